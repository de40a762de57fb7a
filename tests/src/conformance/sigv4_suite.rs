//! AWS's suite for Signature Version 4: each signed request verifies, and none does after any one bit of it changed
//! that changes the canonical request, the scope, the date or the signature.

use anyhow::Context as _;
use serde_json::Value;
use sigv4::{PathRule, Request, SignedRequest, canonical_request};

use crate::tally::{Outcome, Tally, Tier};

pub(crate) fn run(file: &[u8]) -> anyhow::Result<Tally> {
    let suite: Value = serde_json::from_slice(file).context("not the suite's JSON")?;
    let cases = suite
        .get("sigv4_cases")
        .and_then(Value::as_array)
        .context("it has no sigv4_cases")?;
    let mut tally = Tally::new("sigv4")?;
    for case in cases {
        let name = text(case, "/name")?;
        for form in ["header", "query"] {
            let signed = Case::read(case, form).with_context(|| name.to_owned())?;
            tally.count(&format!("{name} ({form})"), Tier::Must, signed.judge());
        }
    }
    tally.close(true);
    Ok(tally)
}

fn text<'v>(value: &'v Value, pointer: &str) -> anyhow::Result<&'v str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("it has no {pointer}"))
}

/// One signed request, and who signed it.
#[derive(Debug)]
struct Case<'v> {
    key_id: &'v str,
    secret: &'v str,
    path: PathRule,
    request: &'v str,
    token_is_appended: bool,
}

/// What the signature is about: the request in canonical form, and everything that the signature says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    canonical: String,
    signature: String,
}

impl<'v> Case<'v> {
    fn read(case: &'v Value, form: &str) -> anyhow::Result<Self> {
        let normalize = case.pointer("/context/normalize").and_then(Value::as_bool);
        Ok(Self {
            key_id: text(case, "/context/credentials/access_key_id")?,
            secret: text(case, "/context/credentials/secret_access_key")?,
            path: match normalize.context("it has no /context/normalize")? {
                true => PathRule::Normalized,
                false => PathRule::AsReceived,
            },
            request: text(case, &format!("/{form}_signed_request"))?,
            token_is_appended: case
                .pointer("/context/omit_session_token")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }

    fn judge(&self) -> Outcome {
        let Some(meaning) = self.meaning(self.request.as_bytes()) else {
            return Outcome::Failed("it cannot be read".into());
        };
        if !self.verifies(self.request.as_bytes()) {
            return Outcome::Failed("it does not verify".into());
        }
        let mut bytes = self.request.as_bytes().to_vec();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                flip(&mut bytes, at, bit);
                let changed = self.meaning(&bytes).as_ref() != Some(&meaning);
                if changed && self.verifies(&bytes) {
                    return Outcome::FalseAccept(format!("bit {bit} of byte {at} changed"));
                }
                flip(&mut bytes, at, bit);
            }
        }
        Outcome::Passed
    }

    fn verifies(&self, bytes: &[u8]) -> bool {
        with_request(bytes, |request| {
            // Whoever is named by another key id has another secret.
            SignedRequest::read(request).is_ok_and(|signed| {
                signed.scope.credential_id == self.key_id
                    && signed.verify_hmac(request, self.path, self.secret)
            })
        })
        .unwrap_or(false)
    }

    fn meaning(&self, bytes: &[u8]) -> Option<Meaning> {
        with_request(bytes, |request| {
            // A session token that was added after signing is no part of what was signed.
            let mut signed = SignedRequest::read(request).ok()?;
            let names: Vec<&str> = signed.signed_headers.iter().map(String::as_str).collect();
            let canonical = canonical_request(request, &names, self.path);
            let token = signed.security_token.take();
            let in_query = request
                .query
                .is_some_and(|query| query.contains("X-Amz-Security-Token"));
            let canonical = match token {
                Some(_) if in_query && self.token_is_appended => without_token(&canonical),
                _ => canonical,
            };
            Some(Meaning {
                canonical,
                signature: format!("{signed:?}"),
            })
        })?
    }
}

/// The canonical request as it was signed, before the token was added to the query.
fn without_token(canonical: &str) -> String {
    let mut lines: Vec<String> = canonical.split('\n').map(str::to_owned).collect();
    if let Some(query) = lines.get_mut(2) {
        let pairs: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.starts_with("X-Amz-Security-Token="))
            .collect();
        *query = pairs.join("&");
    }
    lines.join("\n")
}

fn flip(bytes: &mut [u8], at: usize, bit: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

/// Reads the suite's own form of a request: HTTP with bare line feeds, header lines that may be folded, and paths with
/// spaces. None when it is no request, as a server would have it.
fn with_request<T>(bytes: &[u8], then: impl FnOnce(&Request<'_>) -> T) -> Option<T> {
    let (head, body) = match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (bytes.get(..end)?, bytes.get(end + 2..)?),
        None => (bytes, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, rest) = first.split_once(' ')?;
    let target = rest.strip_suffix(" HTTP/1.1")?;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut headers: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in lines {
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            let (_, value) = headers.last_mut()?;
            value.push(b' ');
            value.extend_from_slice(line.trim_ascii());
        } else {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(line.get(..colon)?).ok()?;
            headers.push((name, line.get(colon + 1..)?.to_vec()));
        }
    }
    let headers: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_slice()))
        .collect();
    Some(then(&Request {
        method,
        path,
        query,
        headers: &headers,
        body,
    }))
}
