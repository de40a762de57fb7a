//! `POST /sessions`: a certificate in, temporary credentials out (contract 1).

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, ORIGIN};

use crate::server::request::text;

/// The content types that are taken.
const JSON_TYPES: [&str; 2] = ["application/json", "application/x-amz-json-1.0"];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the door refuses before the broker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotForThisDoor {
    /// A browser sent it: a page could make its user's certificate act (threat T12).
    Browser { header: &'static str, value: String },
    /// The body is of another type than the door takes.
    ContentType(String),
}

/// Looks at the head.
pub(crate) fn check(headers: &HeaderMap, has_body: bool) -> Result<(), NotForThisDoor> {
    if let Some(origin) = headers.get(ORIGIN) {
        let value = String::from_utf8_lossy(origin.as_bytes()).into_owned();
        return Err(NotForThisDoor::Browser {
            header: "Origin",
            value,
        });
    }
    if let Some(site) = headers.get(FETCH_SITE)
        && site.as_bytes() != b"none"
    {
        let value = String::from_utf8_lossy(site.as_bytes()).into_owned();
        return Err(NotForThisDoor::Browser {
            header: "Sec-Fetch-Site",
            value,
        });
    }
    let given = headers.get_all(CONTENT_TYPE).iter().count();
    let media_type =
        text(headers, CONTENT_TYPE).map(|value| value.split(';').next().unwrap_or_default().trim());
    let is_json = |given: &str| JSON_TYPES.iter().any(|taken| given.eq_ignore_ascii_case(taken));
    match media_type {
        None if given == 0 && !has_body => Ok(()),
        Some(media_type) if given == 1 && is_json(media_type) => Ok(()),
        other => Err(NotForThisDoor::ContentType(
            other.unwrap_or("none").to_ascii_lowercase(),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_what_is_no_browser_and_speaks_json_comes_in() {
        let json = ("content-type", "application/json");
        for fine in [
            vec![json],
            vec![("content-type", "Application/JSON; charset=utf-8")],
            vec![("content-type", "application/x-amz-json-1.0")],
            vec![json, ("sec-fetch-site", "none")],
        ] {
            assert_eq!(check(&headers(&fine), true), Ok(()), "{fine:?}");
        }
        assert_eq!(check(&headers(&[]), false), Ok(()));
        for refused in [
            vec![],
            vec![("content-type", "text/plain")],
            vec![("content-type", "application/x-www-form-urlencoded")],
            vec![("content-type", "multipart/form-data")],
            vec![json, json],
            vec![json, ("origin", "null")],
            vec![json, ("origin", "https://broker.example.com")],
            vec![json, ("sec-fetch-site", "same-origin")],
            vec![json, ("sec-fetch-site", "cross-site")],
        ] {
            assert!(check(&headers(&refused), true).is_err(), "{refused:?}");
        }
    }
}
