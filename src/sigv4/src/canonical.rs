//! The canonical request and the string to sign (policy contract 5.2; contract 1.3, 1.4).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::authorization::Scope;
use crate::primitives::digest::{SHA256, digest};
use crate::request::Request;

/// How the path enters the canonical request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRule {
    /// Dot segments resolved, double slashes collapsed, then each segment encoded over what was received: every
    /// service but S3.
    Normalized,
    /// Encoded over what was received, nothing resolved.
    AsReceived,
    /// This text, whatever was received: the official Roles Anywhere client signs `/sessions` behind any prefix.
    Fixed(&'static str),
}

/// RFC 3986's unreserved characters stay; everything else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// The canonical request over these signed headers (lower case, sorted). A header that is signed and not there
/// stands with an empty value; whoever verifies has refused it before.
pub fn canonical_request(request: &Request<'_>, signed_headers: &[&str], path: PathRule) -> String {
    let mut text = String::with_capacity(1024);
    text.push_str(request.method);
    text.push('\n');
    match path {
        PathRule::Fixed(path) => text.push_str(path),
        PathRule::AsReceived => {
            text.extend(percent_encode(or_root(request.path).as_bytes(), ENCODED_IN_PATH))
        }
        PathRule::Normalized => {
            text.extend(percent_encode(
                normalized(request.path).as_bytes(),
                ENCODED_IN_PATH,
            ));
        }
    }
    text.push('\n');
    push_query(&mut text, request.query.unwrap_or(""));
    text.push('\n');
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        for (at, line) in request.header_lines(name).enumerate() {
            if at > 0 {
                text.push(',');
            }
            push_header_value(&mut text, line);
        }
        text.push('\n');
    }
    text.push('\n');
    for (at, name) in signed_headers.iter().enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(name);
    }
    text.push('\n');
    text.push_str(&hex::encode(digest(&SHA256, request.body)));
    text
}

/// The string to sign: what HMAC, RSA and ECDSA alike are computed over.
pub fn string_to_sign(algorithm: &str, date: &str, scope: &Scope, canonical_request: &str) -> String {
    let hash = hex::encode(digest(&SHA256, canonical_request.as_bytes()));
    format!("{algorithm}\n{date}\n{}\n{hash}", scope.without_credential())
}

fn or_root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

/// RFC 3986, 5.2.4, and no empty segments; going above the root stays at the root.
fn normalized(path: &str) -> Cow<'_, str> {
    let path = or_root(path);
    if !path.contains("//") && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let ends_open = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    let slash = if ends_open && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    Cow::Owned(format!("/{}{slash}", segments.join("/")))
}

/// Names and values decoded, encoded again, sorted after encoding; the signature itself is left out. A `+` is a plus:
/// no signer writes a blank so.
fn push_query(text: &mut String, query: &str) {
    let recode = |part: &str| -> String {
        let decoded: Cow<'_, [u8]> = percent_decode_str(part).into();
        percent_encode(&decoded, ENCODED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (recode(name), recode(value)))
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    pairs.sort();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
}

/// Blanks at the ends cut, runs of blanks inside one; a line that was folded is one line with blanks.
fn push_header_value(text: &mut String, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    let mut words = line
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        text.push_str(first);
    }
    for word in words {
        text.push(' ');
        text.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized_as_the_rule_says() {
        for (path, wanted) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/", "/a/"),
            ("/a//b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/../a", "/a"),
        ] {
            assert_eq!(normalized(path), wanted, "{path}");
        }
    }

    #[test]
    fn queries_are_encoded_once_and_sorted_after() {
        let mut text = String::new();
        push_query(&mut text, "b=2&a=%2f%3D&a=+&c&X-Amz-Signature=x&a%5B=1&\u{e9}=1");
        assert_eq!(text, "%C3%A9=1&a=%2B&a=%2F%3D&a%5B=1&b=2&c=");
    }
}
