//! The shape of an event: CloudTrail's members under CloudTrail's names, and a `certrole` member with the step, the
//! rule and the values compared (contract 6).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};
use wire::{
    AccessKeyId, AccountId, AssumedRoleArn, CreateSession, RequestId, SourceIdentity, SubjectArn, Timestamp,
};

use crate::capped;
use crate::hexadecimal::Hexadecimal;
use crate::prewritten::Prewritten;

/// One event; it borrows most of what it tells of.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    /// The version of CloudTrail's record that these members are of.
    pub event_version: &'static str,
    /// Who acted.
    pub user_identity: UserIdentity,
    /// When.
    pub event_time: Timestamp,
    /// The service: `rolesanywhere.amazonaws.com`, `sts.amazonaws.com`, or `certrole.local` for what is ours alone.
    pub event_source: &'static str,
    /// The operation.
    pub event_name: &'a str,
    /// The region.
    pub aws_region: &'a str,
    /// Where it came from.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Origin,
    /// What the client says it is.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "capped::some")]
    pub user_agent: Option<&'a str>,
    /// The refusal's code, as the caller was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<&'static str>,
    /// The refusal's text, as the caller was told.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "capped::some")]
    pub error_message: Option<Cow<'a, str>>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_parameters: Option<RequestParameters>,
    /// What was given; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_elements: Option<ResponseElements<'a>>,
    /// The request's id, which the caller was told.
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The event's own id, made as a request's is; empty without randomness.
    #[serde(rename = "eventID", serialize_with = "or_nothing")]
    pub event_id: Option<RequestId>,
    /// Whether nothing was changed or given.
    pub read_only: bool,
    /// Always `AwsApiCall`.
    pub event_type: &'static str,
    /// Always true.
    pub management_event: bool,
    /// The account that was addressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_account_id: Option<AccountId>,
    /// Always `Management`.
    pub event_category: &'static str,
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_details: Option<TlsDetails<'a>>,
    /// What CloudTrail has no member for.
    pub certrole: Detail,
}

/// Where an event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The machine itself, through the daemon's control socket.
    ControlSocket,
    /// A peer at this address, as the broker saw it.
    Address(IpAddr),
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ControlSocket => serializer.serialize_str("control socket"),
            Self::Address(address) => serializer.collect_str(address),
        }
    }
}

/// Who acted.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `AWSService` for an exchange, `AssumedRole` for issued credentials, `Operator` for a local command.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The service in whose name it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<&'static str>,
    /// The session's id, or the operator's user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// The session's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The access key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
}

/// What was asked for, under the names of the request's members (contract 1.1).
#[derive(Debug, Clone)]
pub struct RequestParameters(pub Arc<CreateSession>);

impl Serialize for RequestParameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CreateSession {
            trust_anchor,
            profile,
            role,
            duration,
            session_name,
        } = self.0.as_ref();
        let mut members = serializer.serialize_struct("RequestParameters", 5)?;
        members.serialize_field("trustAnchorArn", trust_anchor)?;
        members.serialize_field("profileArn", profile)?;
        members.serialize_field("roleArn", role)?;
        if let Some(duration) = duration {
            members.serialize_field("durationSeconds", &duration.seconds())?;
        }
        if let Some(name) = session_name {
            members.serialize_field("roleSessionName", name)?;
        }
        members.end()
    }
}

/// What was given.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseElements<'a> {
    /// The access key id; the secret and the token are nowhere in the log.
    pub access_key_id: AccessKeyId,
    /// When the credentials end.
    pub expiration: Timestamp,
    /// The session's ARN.
    pub assumed_role_arn: &'a AssumedRoleArn,
    /// The session's id.
    pub assumed_role_id: &'a str,
    /// The certificate's subject, as an ARN.
    pub subject_arn: &'a SubjectArn,
    /// The source identity.
    pub source_identity: &'a SourceIdentity,
}

/// The connection that a request came on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsDetails<'a> {
    /// The `Host` that the client sent.
    #[serde(serialize_with = "capped::text")]
    pub client_provided_host_header: Cow<'a, str>,
}

/// What CloudTrail has no member for.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The step of the road that was reached or that refused.
    pub step: &'static str,
    /// The rule that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// What was compared.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "capped::values")]
    pub values: BTreeMap<&'static str, String>,
    /// The peer's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// How the key was proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<&'static str>,
    /// The certificate presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Prewritten>,
    /// The session tags, each key once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Prewritten>,
}

/// What is kept of a certificate.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts<'a> {
    /// The subject, as text.
    #[serde(serialize_with = "capped::text")]
    pub subject: &'a str,
    /// The issuer, as text.
    #[serde(serialize_with = "capped::text")]
    pub issuer: &'a str,
    /// The serial number, hexadecimal.
    #[serde(serialize_with = "capped::text")]
    pub serial: &'a str,
    /// SHA-256 of the certificate, written in hexadecimal.
    #[serde(serialize_with = "hexadecimal")]
    pub sha256: [u8; 32],
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

impl<'a> Event<'a> {
    /// An event with the members that never change filled in.
    pub fn new(source: &'static str, name: &'a str, from: Origin, at: Timestamp, region: &'a str) -> Self {
        Self {
            event_version: "1.08",
            user_identity: UserIdentity::default(),
            event_time: at,
            event_source: source,
            event_name: name,
            aws_region: region,
            source_ip_address: from,
            user_agent: None,
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            request_id: None,
            event_id: None,
            read_only: true,
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: None,
            event_category: "Management",
            tls_details: None,
            certrole: Detail::default(),
        }
    }

    /// Writes the event as the inside of a line: one JSON object, its strangers' texts capped. JSON escapes every control
    /// character, so that nothing in a certificate or a header can begin a line of its own (threat O4).
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(out, self)
    }
}

fn hexadecimal<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(Hexadecimal::of(bytes).as_str())
}

fn or_nothing<S: Serializer>(id: &Option<RequestId>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => id.serialize(serializer),
        None => serializer.serialize_str(""),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    /// Threat O4.
    #[test]
    fn no_text_can_begin_a_line_or_grow_without_bound() {
        let mut event = Event::new(
            "certrole.local",
            "CreateSession",
            Origin::ControlSocket,
            Timestamp::from_seconds(0),
            "r",
        );
        event.user_agent = Some("x\r\n{\"forged\":true}\u{1b}[31m\u{2028}");
        event.certrole.values.insert("subject", "ü".repeat(100_000));
        let mut json = Vec::new();
        event.write_json(&mut json).unwrap();
        assert!(!json.contains(&b'\n') && !json.contains(&b'\r') && !json.contains(&0x1b));
        assert!(json.len() < 4096, "{}", json.len());
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read["sourceIPAddress"], "control socket");
        assert_eq!(read["userAgent"], "x\r\n{\"forged\":true}\u{1b}[31m\u{2028}");
    }

    #[test]
    fn request_parameters_have_the_requests_names() {
        let arn = |kind: &str| {
            format!(
                "arn:aws:rolesanywhere:eu-local-1:111122223333:{kind}/11111111-2222-3333-4444-555555555555"
            )
        };
        let mut asked = serde_json::json!({
            "trustAnchorArn": arn("trust-anchor"),
            "profileArn": arn("profile"),
            "roleArn": "arn:aws:iam::111122223333:role/app/Reader",
        });
        for (member, value) in [
            ("", serde_json::Value::Null),
            ("durationSeconds", 900.into()),
            ("roleSessionName", "web-1".into()),
        ] {
            if !member.is_empty() {
                asked[member] = value;
            }
            let read = CreateSession::parse(None, asked.to_string().as_bytes()).unwrap();
            let told = serde_json::to_value(RequestParameters(Arc::new(read))).unwrap();
            assert_eq!(told, asked);
        }
    }
}
