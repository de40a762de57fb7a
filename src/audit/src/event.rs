//! The shape of an event: CloudTrail's members under CloudTrail's names, and a `certrole` member with the step, the
//! rule and the values compared (contract 6).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use wire::{
    AccessKeyId, AccountId, AssumedRoleArn, CreateSession, JsonObject, RequestId, SourceIdentity, SubjectArn,
    Timestamp,
};

use crate::capped;
use crate::hexadecimal::Hexadecimal;

/// One event; it borrows most of what it tells of.
#[derive(Debug, Clone)]
pub struct Event<'a> {
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
    pub source_ip_address: Origin,
    /// What the client says it is.
    pub user_agent: Option<&'a str>,
    /// The refusal's code, as the caller was told.
    pub error_code: Option<&'static str>,
    /// The refusal's text, as the caller was told.
    pub error_message: Option<Cow<'a, str>>,
    /// What was asked for.
    pub request_parameters: Option<RequestParameters>,
    /// What was given; never a secret.
    pub response_elements: Option<ResponseElements<'a>>,
    /// The request's id, which the caller was told.
    pub request_id: Option<RequestId>,
    /// The event's own id, made as a request's is; empty without randomness.
    pub event_id: Option<RequestId>,
    /// Whether nothing was changed or given.
    pub read_only: bool,
    /// The account that was addressed.
    pub recipient_account_id: Option<AccountId>,
    /// The connection.
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

/// Who acted.
#[derive(Debug, Clone, Default)]
pub struct UserIdentity {
    /// `AWSService` for an exchange, `AssumedRole` for issued credentials, `Operator` for a local command.
    pub kind: &'static str,
    /// The service in whose name it was done.
    pub invoked_by: Option<&'static str>,
    /// The session's id, or the operator's user id.
    pub principal_id: Option<String>,
    /// The session's ARN.
    pub arn: Option<String>,
    /// The access key that signed.
    pub access_key_id: Option<String>,
}

/// What was asked for, under the names of the request's members (contract 1.1).
#[derive(Debug, Clone)]
pub struct RequestParameters(pub Arc<CreateSession>);

impl RequestParameters {
    fn write(&self, object: &mut JsonObject<'_>) {
        let CreateSession {
            trust_anchor,
            profile,
            role,
            duration,
            session_name,
        } = self.0.as_ref();
        object.text("trustAnchorArn", trust_anchor.as_str());
        object.text("profileArn", profile.as_str());
        object.text("roleArn", role.as_str());
        if let Some(duration) = duration {
            object.number("durationSeconds", duration.seconds());
        }
        if let Some(name) = session_name {
            object.text("roleSessionName", name.as_str());
        }
    }
}

/// What was given.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub struct TlsDetails<'a> {
    /// The `Host` that the client sent.
    pub client_provided_host_header: Cow<'a, str>,
}

/// What CloudTrail has no member for.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// The step of the road that was reached or that refused.
    pub step: &'static str,
    /// The rule that refused.
    pub rule: Option<&'static str>,
    /// What was compared.
    pub values: BTreeMap<&'static str, String>,
    /// The peer's port.
    pub source_port: Option<u16>,
    /// How the key was proven.
    pub proof: Option<&'static str>,
    /// The certificate presented.
    pub certificate: Option<CertificateFacts>,
    /// The session tags, each key once.
    pub tags: Option<Arc<[(String, String)]>>,
}

/// What is kept of a certificate.
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    /// The subject, as text.
    pub subject: Arc<str>,
    /// The issuer, as text.
    pub issuer: Arc<str>,
    /// The serial number, hexadecimal.
    pub serial: Arc<str>,
    /// SHA-256 of the certificate, written in hexadecimal.
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
            recipient_account_id: None,
            tls_details: None,
            certrole: Detail::default(),
        }
    }

    /// Writes the event as the inside of a line: one JSON object, its strangers' texts capped. JSON escapes every control
    /// character, so that nothing in a certificate or a header can begin a line of its own (threat O4).
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        JsonObject::write(out, |event| self.write(event));
    }

    fn write(&self, event: &mut JsonObject<'_>) {
        // The version of CloudTrail's record that these members are of.
        event.word("eventVersion", "1.08");
        event.object("userIdentity", |user| self.user_identity.write(user));
        event.instant("eventTime", self.event_time);
        event.word("eventSource", self.event_source);
        event.text("eventName", self.event_name);
        event.text("awsRegion", self.aws_region);
        match self.source_ip_address {
            Origin::ControlSocket => event.word("sourceIPAddress", "control socket"),
            Origin::Address(address) => event.address("sourceIPAddress", address),
        }
        if let Some(agent) = self.user_agent {
            capped::text(event, "userAgent", agent);
        }
        if let Some(code) = self.error_code {
            event.word("errorCode", code);
        }
        if let Some(message) = &self.error_message {
            capped::text(event, "errorMessage", message);
        }
        if let Some(asked) = &self.request_parameters {
            event.object("requestParameters", |object| asked.write(object));
        }
        if let Some(given) = &self.response_elements {
            event.object("responseElements", |object| given.write(object));
        }
        if let Some(id) = self.request_id {
            event.id("requestID", id);
        }
        match self.event_id {
            Some(id) => event.id("eventID", id),
            None => event.word("eventID", ""),
        }
        event.flag("readOnly", self.read_only);
        event.word("eventType", "AwsApiCall");
        event.flag("managementEvent", true);
        if let Some(account) = self.recipient_account_id {
            event.account("recipientAccountId", account);
        }
        event.word("eventCategory", "Management");
        if let Some(TlsDetails {
            client_provided_host_header: host,
        }) = &self.tls_details
        {
            event.object("tlsDetails", |tls| {
                capped::text(tls, "clientProvidedHostHeader", host);
            });
        }
        event.object("certrole", |detail| self.certrole.write(detail));
    }
}

impl UserIdentity {
    fn write(&self, user: &mut JsonObject<'_>) {
        user.word("type", self.kind);
        if let Some(service) = self.invoked_by {
            user.word("invokedBy", service);
        }
        for (name, known) in [
            ("principalId", &self.principal_id),
            ("arn", &self.arn),
            ("accessKeyId", &self.access_key_id),
        ] {
            if let Some(known) = known {
                user.text(name, known);
            }
        }
    }
}

impl ResponseElements<'_> {
    fn write(&self, given: &mut JsonObject<'_>) {
        given.text("accessKeyId", self.access_key_id.as_str());
        given.instant("expiration", self.expiration);
        given.text("assumedRoleArn", self.assumed_role_arn.as_str());
        given.text("assumedRoleId", self.assumed_role_id);
        given.text("subjectArn", self.subject_arn.as_str());
        given.text("sourceIdentity", self.source_identity.as_str());
    }
}

impl Detail {
    fn write(&self, detail: &mut JsonObject<'_>) {
        detail.word("step", self.step);
        if let Some(rule) = self.rule {
            detail.word("rule", rule);
        }
        if !self.values.is_empty() {
            detail.object("values", |values| {
                for (name, value) in &self.values {
                    capped::text(values, name, value);
                }
            });
        }
        if let Some(port) = self.source_port {
            detail.number("sourcePort", port);
        }
        if let Some(proof) = self.proof {
            detail.word("proof", proof);
        }
        if let Some(certificate) = &self.certificate {
            detail.object("certificate", |object| certificate.write(object));
        }
        if let Some(tags) = &self.tags {
            // Their lengths are bounded by the mapping.
            detail.object("tags", |object| {
                for (key, value) in tags.iter() {
                    object.named(key, value);
                }
            });
        }
    }
}

impl CertificateFacts {
    fn write(&self, certificate: &mut JsonObject<'_>) {
        capped::text(certificate, "subject", &self.subject);
        capped::text(certificate, "issuer", &self.issuer);
        capped::text(certificate, "serial", &self.serial);
        certificate.text("sha256", Hexadecimal::of(&self.sha256).as_str());
        certificate.instant("notBefore", self.not_before);
        certificate.instant("notAfter", self.not_after);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn event() -> Event<'static> {
        let from = Origin::ControlSocket;
        Event::new(
            "certrole.local",
            "CreateSession",
            from,
            Timestamp::from_seconds(0),
            "r",
        )
    }

    fn written(event: &Event<'_>) -> String {
        let mut json = Vec::new();
        event.write_json(&mut json);
        String::from_utf8(json).unwrap()
    }

    /// Threat O4.
    #[test]
    fn no_text_can_begin_a_line() {
        let mut event = event();
        event.user_agent = Some("x\r\n{\"forged\":true}\u{1b}[31m\u{2028}");
        let json = written(&event);
        assert!(!json.contains(['\n', '\r', '\u{1b}']));
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["sourceIPAddress"], "control socket");
        assert_eq!(read["userAgent"], "x\r\n{\"forged\":true}\u{1b}[31m\u{2028}");
    }

    /// Threat O4: wherever a stranger chooses a text's length.
    #[test]
    fn no_text_can_grow_without_bound() {
        let long = "\u{fc}".repeat(50_000);
        let mut event = event();
        event.user_agent = Some(&long);
        event.error_message = Some(Cow::Borrowed(&long));
        event.tls_details = Some(TlsDetails {
            client_provided_host_header: Cow::Borrowed(&long),
        });
        event.certrole.values.insert("value", long.clone());
        event.certrole.certificate = Some(CertificateFacts {
            subject: long.as_str().into(),
            issuer: long.as_str().into(),
            serial: long.as_str().into(),
            sha256: [0; 32],
            not_before: Timestamp::from_seconds(0),
            not_after: Timestamp::from_seconds(0),
        });
        let read: serde_json::Value = serde_json::from_str(&written(&event)).unwrap();
        for place in [
            "/userAgent",
            "/errorMessage",
            "/tlsDetails/clientProvidedHostHeader",
            "/certrole/values/value",
            "/certrole/certificate/subject",
            "/certrole/certificate/issuer",
            "/certrole/certificate/serial",
        ] {
            let cut = format!("{}…", "\u{fc}".repeat(512));
            assert_eq!(read.pointer(place).unwrap(), &cut, "{place}");
        }
    }

    /// Contract 6: whoever reads CloudTrail's events finds the members under these names, in this order.
    #[test]
    fn an_event_has_every_member_that_is_known_and_no_other() {
        assert_eq!(
            written(&event()),
            r#"{"eventVersion":"1.08","userIdentity":{"type":""},"eventTime":"1970-01-01T00:00:00Z","eventSource":"certrole.local","eventName":"CreateSession","awsRegion":"r","sourceIPAddress":"control socket","eventID":"","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"eventCategory":"Management","certrole":{"step":""}}"#
        );

        let account: AccountId = "011122223333".parse().unwrap();
        let (partition, region) = ("aws".parse().unwrap(), "r".parse().unwrap());
        let role: wire::RoleArn = "arn:aws:iam::011122223333:role/R".parse().unwrap();
        let session = role.session(&"s1".parse().unwrap());
        let subject = SubjectArn::new(&partition, &region, account, b"name");
        let identity: SourceIdentity = "CN=web".parse().unwrap();
        let key = AccessKeyId::new(account, [6; 5]);
        let asked = r#"{"trustAnchorArn":"arn:aws:rolesanywhere:r:011122223333:trust-anchor/11111111-2222-3333-4444-555555555555","profileArn":"arn:aws:rolesanywhere:r:011122223333:profile/11111111-2222-3333-4444-555555555555","roleArn":"arn:aws:iam::011122223333:role/R","durationSeconds":900,"roleSessionName":"web-1"}"#;
        let mut full = event();
        full.user_identity = UserIdentity {
            kind: "AssumedRole",
            invoked_by: Some("service"),
            principal_id: Some("AROA:s".to_owned()),
            arn: Some("arn".to_owned()),
            access_key_id: Some("ASIA".to_owned()),
        };
        full.source_ip_address = Origin::Address("192.0.2.1".parse().unwrap());
        full.user_agent = Some("agent");
        full.error_code = Some("Code");
        full.error_message = Some("message".into());
        let parsed = CreateSession::parse(None, asked.as_bytes()).unwrap();
        full.request_parameters = Some(RequestParameters(Arc::new(parsed)));
        full.response_elements = Some(ResponseElements {
            access_key_id: key,
            expiration: Timestamp::from_seconds(1),
            assumed_role_arn: &session,
            assumed_role_id: "AROA:s",
            subject_arn: &subject,
            source_identity: &identity,
        });
        full.request_id = Some(RequestId::from_random([0; 16]));
        full.event_id = Some(RequestId::from_random([1; 16]));
        full.read_only = false;
        full.recipient_account_id = Some(account);
        full.tls_details = Some(TlsDetails {
            client_provided_host_header: "host".into(),
        });
        full.certrole = Detail {
            step: "record",
            rule: Some("rule"),
            values: BTreeMap::from([("a", "1".to_owned()), ("b", "2".to_owned())]),
            source_port: Some(7),
            proof: Some("signature"),
            certificate: Some(CertificateFacts {
                subject: "CN=web".into(),
                issuer: "CN=CA".into(),
                serial: "0123".into(),
                sha256: [0xab; 32],
                not_before: Timestamp::from_seconds(2),
                not_after: Timestamp::from_seconds(3),
            }),
            tags: Some([("x509Subject/CN".to_owned(), "we\"b".to_owned())].into()),
        };
        let given = format!(
            r#"{{"accessKeyId":"{key}","expiration":"1970-01-01T00:00:01Z","assumedRoleArn":"arn:aws:sts::011122223333:assumed-role/R/s1","assumedRoleId":"AROA:s","subjectArn":"{subject}","sourceIdentity":"CN=web"}}"#
        );
        let certificate = format!(
            r#"{{"subject":"CN=web","issuer":"CN=CA","serial":"0123","sha256":"{}","notBefore":"1970-01-01T00:00:02Z","notAfter":"1970-01-01T00:00:03Z"}}"#,
            "ab".repeat(32)
        );
        let wanted = [
            r#"{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","invokedBy":"service","principalId":"AROA:s","arn":"arn","accessKeyId":"ASIA"},"#,
            r#""eventTime":"1970-01-01T00:00:00Z","eventSource":"certrole.local","eventName":"CreateSession","awsRegion":"r","#,
            r#""sourceIPAddress":"192.0.2.1","userAgent":"agent","errorCode":"Code","errorMessage":"message","requestParameters":"#,
            asked,
            r#","responseElements":"#,
            &given,
            r#","requestID":"00000000-0000-4000-8000-000000000000","eventID":"01010101-0101-4101-8101-010101010101","readOnly":false,"#,
            r#""eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"011122223333","eventCategory":"Management","#,
            r#""tlsDetails":{"clientProvidedHostHeader":"host"},"certrole":{"step":"record","rule":"rule","values":{"a":"1","b":"2"},"#,
            r#""sourcePort":7,"proof":"signature","certificate":"#,
            &certificate,
            r#","tags":{"x509Subject/CN":"we\"b"}}}"#,
        ];
        assert_eq!(written(&full), wanted.concat());
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
            let mut told = Vec::new();
            JsonObject::write(&mut told, |object| {
                RequestParameters(Arc::new(read)).write(object)
            });
            let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
            assert_eq!(told, asked);
        }
    }
}
