//! `POST /` and `GET /?…`: STS (policy contract 4). Today: `GetCallerIdentity`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap};

use crate::server::answer::Form;
use crate::server::request::text;

const VERSION: &str = "2011-06-15";

/// What the door is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    GetCallerIdentity,
}

/// Why it is nothing that the door does: AWS's code and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoAction {
    pub(crate) rule: &'static str,
    pub(crate) code: &'static str,
    pub(crate) text: Cow<'static, str>,
}

/// The form in which the caller wants to be answered.
pub(crate) fn form(headers: &HeaderMap) -> Form {
    match text(headers, ACCEPT) {
        Some(accept) if accept.split(';').next().unwrap_or_default().trim() == "application/json" => {
            Form::StsJson
        }
        _ => Form::StsXml,
    }
}

/// Reads what is asked for. A parameter given twice is refused: which one counts would be anybody's guess.
pub(crate) fn action(
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Action, NoAction> {
    let refuse = |rule, code, text: Cow<'static, str>| NoAction { rule, code, text };
    let malformed =
        |text: &'static str| refuse("sts.parameters", "MalformedQueryString", Cow::Borrowed(text));
    if method == Method::POST {
        let media_type = text(headers, CONTENT_TYPE).unwrap_or_default();
        let media_type = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if media_type != "application/x-www-form-urlencoded" {
            let text = "The body must be of type application/x-www-form-urlencoded";
            return Err(refuse(
                "sts.content-type",
                "MalformedQueryString",
                Cow::Borrowed(text),
            ));
        }
    } else if !body.is_empty() {
        return Err(malformed("A GET request bears no body"));
    }
    let form = std::str::from_utf8(body).map_err(|_| malformed("The body is not text in UTF-8"))?;
    let mut parameters = BTreeMap::new();
    for pair in [query.unwrap_or(""), form]
        .iter()
        .flat_map(|text| text.split('&'))
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or_else(|| malformed("Incomplete trailing escape % sequence"))?;
        let value = decode(value).ok_or_else(|| malformed("Incomplete trailing escape % sequence"))?;
        if parameters.insert(name, value).is_some() {
            return Err(malformed("A parameter is given twice"));
        }
    }
    let version = parameters.get("Version").map_or("", String::as_str);
    match parameters.get("Action").map(String::as_str) {
        None => Err(refuse(
            "sts.action",
            "MissingAction",
            Cow::Borrowed("The request names no Action"),
        )),
        Some("GetCallerIdentity") if version == VERSION => Ok(Action::GetCallerIdentity),
        Some(action) => {
            let shown = |text: &str| text.chars().take(64).collect::<String>();
            let text = format!(
                "Could not find operation {} for version {}",
                shown(action),
                shown(version)
            );
            Err(refuse("sts.action", "InvalidAction", Cow::Owned(text)))
        }
    }
}

/// Decodes a form's name or value: `+` is a blank; half an escape is no escape.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let mut decoded = [0];
                hex::decode_to_slice(digits, &mut decoded).ok()?;
                let [decoded] = decoded;
                decoded
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hyper::header::HeaderValue;

    use super::*;

    fn post(body: &str) -> Result<Action, NoAction> {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        action(&Method::POST, &headers, None, body.as_bytes())
    }

    #[test]
    fn the_action_is_read_from_form_or_query() {
        assert_eq!(
            post("Action=GetCallerIdentity&Version=2011-06-15"),
            Ok(Action::GetCallerIdentity)
        );
        assert_eq!(
            post("Version=2011-06-15&Action=Get%43allerIdentity"),
            Ok(Action::GetCallerIdentity)
        );
        let query = Some("Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=x");
        assert_eq!(
            action(&Method::GET, &HeaderMap::new(), query, b""),
            Ok(Action::GetCallerIdentity)
        );
    }

    #[test]
    fn everything_else_is_refused_with_the_code_that_clients_know() {
        for (body, code) in [
            ("Version=2011-06-15", "MissingAction"),
            ("Action=AssumeRole&Version=2011-06-15", "InvalidAction"),
            ("Action=GetCallerIdentity", "InvalidAction"),
            ("Action=GetCallerIdentity&Version=2011-06-16", "InvalidAction"),
            (
                "Action=GetCallerIdentity&Version=2011-06-15&Action=X",
                "MalformedQueryString",
            ),
            ("Action=%4", "MalformedQueryString"),
            ("Action=%zz", "MalformedQueryString"),
            ("Action=%ff", "MalformedQueryString"),
        ] {
            assert_eq!(post(body).unwrap_err().code, code, "{body}");
        }
        let refused = action(
            &Method::POST,
            &HeaderMap::new(),
            None,
            b"Action=GetCallerIdentity",
        )
        .unwrap_err();
        assert_eq!(refused.rule, "sts.content-type");
    }
}
