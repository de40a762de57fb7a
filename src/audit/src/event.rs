//! The shape of an event: CloudTrail's members under CloudTrail's names, and a `certrole` member with the step, the
//! rule and the values compared (contract 6).

use std::collections::BTreeMap;

use serde::Serialize;
use wire::Timestamp;

/// The longest text that an event takes from a stranger, in bytes; what is longer is cut and marked.
const LONGEST: usize = 1024;

/// One event.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The version of CloudTrail's record that these members are of.
    pub event_version: &'static str,
    /// Who acted.
    pub user_identity: UserIdentity,
    /// When.
    pub event_time: Timestamp,
    /// The service: `rolesanywhere.amazonaws.com`, `sts.amazonaws.com`, or `certrole.local` for what is ours alone.
    pub event_source: &'static str,
    /// The operation.
    pub event_name: String,
    /// The region.
    pub aws_region: String,
    /// The peer's address, as the broker saw it.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// What the client says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The refusal's code, as the caller was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The refusal's text, as the caller was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_parameters: Option<RequestParameters>,
    /// What was given; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_elements: Option<ResponseElements>,
    /// The request's id, which the caller was told.
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The event's own id.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Whether nothing was changed or given.
    pub read_only: bool,
    /// Always `AwsApiCall`.
    pub event_type: &'static str,
    /// Always true.
    pub management_event: bool,
    /// The account that was addressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_account_id: Option<String>,
    /// Always `Management`.
    pub event_category: &'static str,
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_details: Option<TlsDetails>,
    /// What CloudTrail has no member for.
    pub certrole: Detail,
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

/// What was asked for.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestParameters {
    /// The trust anchor.
    pub trust_anchor_arn: String,
    /// The profile.
    pub profile_arn: String,
    /// The role.
    pub role_arn: String,
    /// The duration asked for, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// The session name asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_session_name: Option<String>,
}

/// What was given.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseElements {
    /// The access key id; the secret and the token are nowhere in the log.
    pub access_key_id: String,
    /// When the credentials end.
    pub expiration: Timestamp,
    /// The session's ARN.
    pub assumed_role_arn: String,
    /// The session's id.
    pub assumed_role_id: String,
    /// The certificate's subject, as an ARN.
    pub subject_arn: String,
    /// The source identity.
    pub source_identity: String,
}

/// The connection that a request came on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsDetails {
    /// The `Host` that the client sent.
    pub client_provided_host_header: String,
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
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<&'static str, String>,
    /// The peer's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// How the key was proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<&'static str>,
    /// The certificate presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFacts>,
    /// The session tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What is kept of a certificate.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// The subject, as text.
    pub subject: String,
    /// The issuer, as text.
    pub issuer: String,
    /// The serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

impl Event {
    /// An event with the members that never change filled in.
    pub fn new(source: &'static str, name: impl Into<String>, at: Timestamp, region: impl ToString) -> Self {
        Self {
            event_version: "1.08",
            user_identity: UserIdentity::default(),
            event_time: at,
            event_source: source,
            event_name: name.into(),
            aws_region: region.to_string(),
            source_ip_address: String::new(),
            user_agent: None,
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            request_id: None,
            event_id: String::new(),
            read_only: true,
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: None,
            event_category: "Management",
            tls_details: None,
            certrole: Detail::default(),
        }
    }

    /// The event as the inside of a line: one JSON object, its strangers' texts capped. JSON escapes every control
    /// character, so that nothing in a certificate or a header can begin a line of its own (threat O4).
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut capped = self.clone();
        for text in [&mut capped.user_agent, &mut capped.error_message]
            .into_iter()
            .flatten()
        {
            cap(text);
        }
        for value in capped.certrole.values.values_mut() {
            cap(value);
        }
        if let Some(certificate) = &mut capped.certrole.certificate {
            cap(&mut certificate.subject);
            cap(&mut certificate.issuer);
        }
        if let Some(tls) = &mut capped.tls_details {
            cap(&mut tls.client_provided_host_header);
        }
        serde_json::to_vec(&capped)
    }
}

fn cap(text: &mut String) {
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    /// Threat O4.
    #[test]
    fn no_text_can_begin_a_line_or_grow_without_bound() {
        let mut event = Event::new("certrole.local", "CreateSession", Timestamp::from_seconds(0), "r");
        event.user_agent = Some("x\r\n{\"forged\":true}\u{1b}[31m\u{2028}".into());
        event.certrole.values.insert("subject", "ü".repeat(100_000));
        let json = event.to_json().unwrap();
        assert!(!json.contains(&b'\n') && !json.contains(&b'\r') && !json.contains(&0x1b));
        assert!(json.len() < 4096, "{}", json.len());
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read["userAgent"], "x\r\n{\"forged\":true}\u{1b}[31m\u{2028}");
    }
}
