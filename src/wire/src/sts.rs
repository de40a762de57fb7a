//! The answers of STS: fixed shapes in XML, and in JSON for who asks (policy contract 4.2, 4.3).

use std::fmt::Write as _;

use serde_json::json;

use crate::{AccountId, AssumedRoleArn, RequestId};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The answer to `GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentityResponse {
    /// `AROA…:SESSION_NAME`.
    pub user_id: String,
    /// The account.
    pub account: AccountId,
    /// The session's ARN.
    pub arn: AssumedRoleArn,
}

impl CallerIdentityResponse {
    /// As XML.
    pub fn xml(&self, request_id: RequestId) -> String {
        format!(
            "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\">\n  <GetCallerIdentityResult>\n    <Arn>{}</Arn>\n    \
             <UserId>{}</UserId>\n    <Account>{}</Account>\n  </GetCallerIdentityResult>\n  <ResponseMetadata>\n    \
             <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
            escape(self.arn.as_str()),
            escape(&self.user_id),
            self.account,
        )
    }

    /// As JSON, for a caller whose `Accept` asks for it.
    pub fn json(&self, request_id: RequestId) -> String {
        json!({"GetCallerIdentityResponse": {
            "GetCallerIdentityResult": {
                "Account": self.account.to_string(), "Arn": self.arn.as_str(), "UserId": self.user_id,
            },
            "ResponseMetadata": {"RequestId": request_id.to_string()},
        }})
        .to_string()
    }
}

/// A refusal of STS. Always this document, also before the action is known: anything else hides the code from
/// clients (policy contract 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsError<'a> {
    /// The HTTP status, which decides whose fault the document says it is.
    pub status: u16,
    /// The code.
    pub code: &'a str,
    /// The text.
    pub message: &'a str,
}

impl StsError<'_> {
    /// As XML.
    pub fn xml(&self, request_id: RequestId) -> String {
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{}</Type>\n    <Code>{}</Code>\n    \
             <Message>{}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
            self.fault(),
            escape(self.code),
            escape(self.message),
        )
    }

    /// As JSON.
    pub fn json(&self, request_id: RequestId) -> String {
        json!({
            "Error": {"Type": self.fault(), "Code": self.code, "Message": self.message},
            "RequestId": request_id.to_string(),
        })
        .to_string()
    }

    fn fault(&self) -> &'static str {
        if self.status >= 500 { "Receiver" } else { "Sender" }
    }
}

/// Text as XML 1.0 content: markup escaped, characters that XML forbids replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_is_the_document_that_clients_expect() {
        let id = RequestId::from_random([0; 16]);
        let error = StsError {
            status: 403,
            code: "AccessDenied",
            message: "a < b & \u{1}",
        };
        assert_eq!(
            error.xml(id),
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    \
             <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n    <Message>a &lt; b &amp; \u{fffd}</Message>\n  \
             </Error>\n  <RequestId>00000000-0000-4000-8000-000000000000</RequestId>\n</ErrorResponse>\n"
        );
        assert!(StsError { status: 500, ..error }.xml(id).contains("Receiver"));
    }

    #[test]
    fn the_identity_is_written_in_both_forms() {
        let role: crate::RoleArn = "arn:aws:iam::111122223333:role/app/Reader".parse().unwrap();
        let answer = CallerIdentityResponse {
            user_id: "AROAX:0123".into(),
            account: role.account(),
            arn: role.session(&"0123".parse().unwrap()),
        };
        let id = RequestId::from_random([0; 16]);
        assert!(
            answer
                .xml(id)
                .contains("<Arn>arn:aws:sts::111122223333:assumed-role/Reader/0123</Arn>")
        );
        let json: serde_json::Value = serde_json::from_str(&answer.json(id)).unwrap();
        let pointer = "/GetCallerIdentityResponse/GetCallerIdentityResult/Account";
        assert_eq!(json.pointer(pointer).unwrap(), "111122223333");
    }
}
