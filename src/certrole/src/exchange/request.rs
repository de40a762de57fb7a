//! The request of CreateSession, in the official helper's form (contract 1.1): the ARNs in the query, the rest in the
//! body.

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use ring::rand::{SecureRandom as _, SystemRandom};
use sigv4::{PathRule, sign_with_certificate};
use wire::Timestamp;

use crate::identity::{Identity, WireSigner};
use crate::settings::Settings;
use crate::trouble::Trouble;

const PATH: &str = "/sessions";

/// A request without its proof.
#[derive(Debug)]
pub(super) struct Prepared {
    query: String,
    body: String,
    headers: Vec<(&'static str, String)>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'s> {
    duration_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_session_name: Option<&'s str>,
}

impl Prepared {
    pub(super) fn new(settings: &Settings, number: u32) -> Result<Self, Trouble> {
        let query = [
            ("profileArn", settings.profile.to_string()),
            ("roleArn", settings.role.to_string()),
            ("trustAnchorArn", settings.trust_anchor.to_string()),
        ]
        .map(|(name, value)| format!("{name}={}", percent_encoded(&value)))
        .join("&");
        let body = serde_json::to_string(&Body {
            duration_seconds: settings.duration.seconds(),
            role_session_name: settings.session_name.as_ref().map(|name| name.as_str()),
        })
        .map_err(|error| Trouble::Signing(error.to_string()))?;
        // Without this two requests of one second would be one, and the broker would take the second for a replay
        // (threat S5).
        let mut nonce = [0; 16];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| Trouble::Randomness)?;
        let headers = vec![
            ("Host", settings.endpoint.host_header()),
            ("Content-Type", "application/json".to_owned()),
            ("Content-Length", body.len().to_string()),
            (
                "User-Agent",
                concat!("certrole/", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
            ("Amz-Sdk-Invocation-Id", hex::encode(nonce)),
            (
                "Amz-Sdk-Request",
                format!("attempt={number}; max={}", settings.attempts),
            ),
        ];
        Ok(Self { query, body, headers })
    }

    /// As it is: the handshake was the proof.
    pub(super) fn by_handshake(&self) -> Result<Request<Full<Bytes>>, Trouble> {
        self.with(Vec::new())
    }

    /// Signed with the certificate's key.
    pub(super) fn by_signature(
        &self,
        settings: &Settings,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Request<Full<Bytes>>, Trouble> {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let request = sigv4::Request {
            method: "POST",
            path: PATH,
            query: Some(&self.query),
            headers: &headers,
            body: self.body.as_bytes(),
        };
        let added = sign_with_certificate(
            &request,
            PathRule::Fixed(PATH),
            settings.region.as_str(),
            now,
            &identity.leaf,
            &identity.intermediates,
            &WireSigner {
                key: &identity.key,
                leaf: &identity.leaf,
            },
        )
        .map_err(|error| Trouble::Signing(error.0))?;
        self.with(added)
    }

    fn with(&self, added: Vec<(&'static str, String)>) -> Result<Request<Full<Bytes>>, Trouble> {
        let mut request = Request::builder()
            .method(hyper::Method::POST)
            .uri(format!("{PATH}?{}", self.query));
        for (name, value) in self.headers.iter().cloned().chain(added) {
            request = request.header(name, value);
        }
        request
            .body(Full::new(Bytes::from(self.body.clone())))
            .map_err(|error| Trouble::Signing(format!("the request cannot be written: {error}")))
    }
}

/// Everything but unreserved characters escaped, as the signature wants it.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
