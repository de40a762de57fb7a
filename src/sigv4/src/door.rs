//! What a front door refuses before it looks at a signature: every spelling of a request but the canonical one
//! (design section 4; threats S4, S10).

use percent_encoding::percent_decode_str;

use crate::request::Request;

/// Why a door refuses a request's spelling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Spelling {
    /// A percent sign that begins no escape.
    #[error("`%` in the {0} is not followed by two hexadecimal digits")]
    Escape(&'static str),
    /// A lower-case escape: the same byte in another spelling.
    #[error("an escape in the {0} is in lower case")]
    LowerCaseEscape(&'static str),
    /// A dot segment, plain or escaped.
    #[error("the path has a dot segment")]
    DotSegment,
    /// An empty segment.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// An escaped slash: one more segment, or none.
    #[error("the path has an escaped slash")]
    EscapedSlash,
    /// A parameter given twice.
    #[error("query parameter `{0}` is given twice")]
    RepeatedParameter(String),
    /// Bytes that do not belong in a request target.
    #[error("the {0} holds a byte that is not printable ASCII")]
    NotPrintable(&'static str),
}

/// Checks the spelling of a signed request.
pub fn check_signed(request: &Request<'_>) -> Result<(), Spelling> {
    check_path(request.path)?;
    check_query(request.query)
}

/// Checks a path.
pub fn check_path(path: &str) -> Result<(), Spelling> {
    check_escapes("path", path)?;
    let segments = path.strip_prefix('/').unwrap_or(path);
    for segment in segments.split('/') {
        let decoded: Vec<u8> = percent_decode_str(segment).collect();
        match decoded.as_slice() {
            b"." | b".." => return Err(Spelling::DotSegment),
            b"" if segments.len() > 1 => return Err(Spelling::EmptySegment),
            other if other.contains(&b'/') => return Err(Spelling::EscapedSlash),
            _ => {}
        }
    }
    Ok(())
}

/// Checks a query: escapes, and that no name is given twice, however it is spelled.
pub fn check_query(query: Option<&str>) -> Result<(), Spelling> {
    let Some(query) = query else { return Ok(()) };
    check_escapes("query", query)?;
    let mut seen: Vec<String> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        if seen.contains(&name) {
            return Err(Spelling::RepeatedParameter(name.chars().take(64).collect()));
        }
        seen.push(name);
    }
    Ok(())
}

fn check_escapes(place: &'static str, text: &str) -> Result<(), Spelling> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Spelling::NotPrintable(place));
    }
    for after in text.split('%').skip(1) {
        match after.as_bytes() {
            [one, two, ..] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => {
                if one.is_ascii_lowercase() || two.is_ascii_lowercase() {
                    return Err(Spelling::LowerCaseEscape(place));
                }
            }
            _ => return Err(Spelling::Escape(place)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threats S4, S10.
    #[test]
    fn only_the_canonical_spelling_passes() {
        for path in ["/", "/sessions", "/a%2Bb", "/a.b/..c"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        for path in [
            "/./sessions",
            "/a/../sessions",
            "/%2E%2E/a",
            "//sessions",
            "/sessions/",
            "/a%2Fb",
            "/a%2fb",
            "/a%",
            "/a%zz",
            "/a b",
            "/\u{e9}",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
        for query in ["", "a=1&b=2", "a=%3D&a%3D=1", "roleArn=x&RoleArn=y"] {
            assert_eq!(check_query(Some(query)), Ok(()), "{query}");
        }
        for query in ["a=1&a=2", "a=1&%61=2", "a=%3d", "a=%", "a= ", "a=\u{e9}"] {
            assert!(check_query(Some(query)).is_err(), "{query}");
        }
    }
}
