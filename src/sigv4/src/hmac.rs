//! `AWS4-HMAC-SHA256`: deriving the key, signing, verifying (policy contract 5.2).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use subtle::ConstantTimeEq as _;
use wire::Timestamp;
use zeroize::Zeroizing;

use crate::authorization::Scope;
use crate::canonical::{PathRule, canonical_request, string_to_sign};
use crate::primitives::hmac::{HMAC_SHA256, Key, sign};
use crate::request::Request;
use crate::signed::{Algorithm, Form, SignedRequest};

/// A signing key: good for one day, region and service.
pub struct SigningKey(Key);

/// A header to add, name and value.
pub type NewHeader = (&'static str, String);

impl SigningKey {
    /// Derives the key for a scope from a secret access key.
    pub fn derive(secret: &str, scope: &Scope) -> Self {
        let mut start = Zeroizing::new(String::with_capacity(secret.len().saturating_add(4)));
        start.push_str("AWS4");
        start.push_str(secret);
        let mut key = Key::new(HMAC_SHA256, start.as_bytes());
        for part in [scope.date.as_str(), &scope.region, &scope.service, "aws4_request"] {
            key = Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref());
        }
        Self(key)
    }

    /// The signature over a string to sign.
    pub fn sign(&self, string_to_sign: &str) -> Vec<u8> {
        sign(&self.0, string_to_sign.as_bytes()).as_ref().to_vec()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey([secret])")
    }
}

impl SignedRequest {
    /// Whether the holder of this secret signed this request. Compared in constant time (threat S12); everything
    /// around the signature (scope, window, which headers must be signed) is for the caller to judge.
    pub fn verify_hmac(&self, request: &Request<'_>, path: PathRule, secret: &str) -> bool {
        if self.algorithm != Algorithm::Hmac
            || self.absent_header(request).is_some()
            || !Self::payload_agrees(request)
            || !self.dates_agree()
        {
            return false;
        }
        let key = SigningKey::derive(secret, &self.scope);
        let holds = |request: &Request<'_>| {
            let wanted = key.sign(&self.string_to_sign(request, path));
            bool::from(wanted.as_slice().ct_eq(self.signature.as_slice()))
        };
        if holds(request) {
            return true;
        }
        // Some services have the token put into the query after signing. Nothing hangs on its being signed: the secret
        // belongs to the token.
        let query = self
            .security_token
            .as_ref()
            .filter(|_| self.form == Form::Query)
            .and(request.query);
        query.is_some_and(|query| {
            let query = without_token(query);
            holds(&Request {
                query: Some(&query),
                ..*request
            })
        })
    }
}

/// The query without its session token.
fn without_token(query: &str) -> String {
    let is_token = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy() == "X-Amz-Security-Token"
    };
    let pairs: Vec<&str> = query.split('&').filter(|pair| !is_token(pair)).collect();
    pairs.join("&")
}

/// Signs in header form: the `Authorization` header for a request whose headers, `X-Amz-Date` among them, are
/// complete. Signs exactly the headers named (lower case, sorted).
pub fn sign_header_form(
    request: &Request<'_>,
    path: PathRule,
    scope: &Scope,
    secret: &str,
    signed_headers: &[&str],
    at: Timestamp,
) -> NewHeader {
    let canonical = canonical_request(request, signed_headers, path);
    let text = string_to_sign(Algorithm::Hmac.name(), &at.basic(), scope, &canonical);
    let signature = hex::encode(SigningKey::derive(secret, scope).sign(&text));
    let names = signed_headers.join(";");
    let value = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}");
    ("Authorization", value)
}

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Signs in query form: the whole query, signature included, for a request whose own query holds everything else.
pub fn sign_query_form(
    request: &Request<'_>,
    path: PathRule,
    scope: &Scope,
    secret: &str,
    signed_headers: &[&str],
    at: Timestamp,
    expires: u32,
) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut query = request.query.map(|query| format!("{query}&")).unwrap_or_default();
    query.push_str(&format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={expires}&X-Amz-SignedHeaders={}",
        encoded(&scope.to_string()),
        at.basic(),
        encoded(&signed_headers.join(";")),
    ));
    let canonical = canonical_request(
        &Request {
            query: Some(&query),
            ..*request
        },
        signed_headers,
        path,
    );
    let text = string_to_sign(Algorithm::Hmac.name(), &at.basic(), scope, &canonical);
    let signature = hex::encode(SigningKey::derive(secret, scope).sign(&text));
    format!("{query}&X-Amz-Signature={signature}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn scope() -> Scope {
        Scope::parse("ASIAEXAMPLE/20261122/eu-local-1/sts/aws4_request").unwrap()
    }

    fn at() -> Timestamp {
        Timestamp::parse_basic("20261122T011419Z").unwrap()
    }

    proptest::proptest! {
        /// What is signed verifies; with another secret it does not.
        #[test]
        fn both_forms_verify_with_the_secret_and_with_no_other(
            path in "/[a-z%/. ]{0,12}", query in "[a-z=&%+ ]{0,16}", body: Vec<u8>, value in "[ -~]{0,16}",
        ) {
            let headers: [(&str, &[u8]); 3] =
                [("Host", b"b"), ("X-Amz-Date", b"20261122T011419Z"), ("X-Other", value.as_bytes())];
            let request =
                Request { method: "POST", path: &path, query: Some(&query), headers: &headers, body: &body };
            let signed = ["host", "x-amz-date", "x-other"];
            let (name, authorization) =
                sign_header_form(&request, PathRule::Normalized, &scope(), "secret", &signed, at());
            let mut with = headers.to_vec();
            with.push((name, authorization.as_bytes()));
            let request = Request { headers: &with, ..request };
            let read = SignedRequest::read(&request).unwrap();
            assert!(read.verify_hmac(&request, PathRule::Normalized, "secret"));
            assert!(!read.verify_hmac(&request, PathRule::Normalized, "secreT"));

            let request = Request { headers: &headers, ..request };
            let query = sign_query_form(&request, PathRule::Normalized, &scope(), "secret", &["host"], at(), 60);
            let request = Request { query: Some(&query), ..request };
            let read = SignedRequest::read(&request).unwrap();
            assert_eq!(read.expires, Some(60));
            assert!(read.verify_hmac(&request, PathRule::Normalized, "secret"));
            assert!(!read.verify_hmac(&request, PathRule::Normalized, "other"));
        }
    }

    /// Threats S9, S11: modes that leave the body out, and two signatures at once.
    #[test]
    fn unsigned_payloads_and_double_signatures_are_refused() {
        let signed = ["host", "x-amz-content-sha256", "x-amz-date"];
        for (mode, passes) in [
            ("UNSIGNED-PAYLOAD", false),
            ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", false),
            ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", false),
            (
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                false,
            ),
            ("", false),
            (
                "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5",
                true,
            ),
        ] {
            let headers: Vec<(&str, &[u8])> = vec![
                ("Host", b"b"),
                ("X-Amz-Date", b"20261122T011419Z"),
                ("X-Amz-Content-Sha256", mode.as_bytes()),
            ];
            let request = Request {
                method: "POST",
                path: "/",
                query: None,
                headers: &headers,
                body: b"body",
            };
            let (name, value) =
                sign_header_form(&request, PathRule::Normalized, &scope(), "secret", &signed, at());
            let mut with = headers.clone();
            with.push((name, value.as_bytes()));
            let request = Request {
                headers: &with,
                ..request
            };
            let read = SignedRequest::read(&request).unwrap();
            assert_eq!(
                read.verify_hmac(&request, PathRule::Normalized, "secret"),
                passes,
                "{mode}"
            );

            let both = Request {
                query: Some("X-Amz-Algorithm=AWS4-HMAC-SHA256"),
                ..request
            };
            assert_eq!(
                SignedRequest::read(&both).unwrap_err(),
                crate::UnreadableSignature::Both
            );
        }
    }
}
