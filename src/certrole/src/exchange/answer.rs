//! The broker's answer: credentials, or a refusal. Nothing of it is believed before it was checked (threat C10).

use hyper::HeaderMap;
use wire::{CredentialProcessOutput, SecretText, Timestamp};

use crate::log::printable;
use crate::network::{Answer, Endpoint};
use crate::trouble::Trouble;

/// No session is longer: twelve hours, and an hour for clocks that differ.
const LONGEST_SESSION: i64 = 13 * 3600;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    credential_set: Vec<Element>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    credentials: Credentials,
    assumed_role_user: Option<AssumedRoleUser>,
}

#[derive(serde::Deserialize)]
struct AssumedRoleUser {
    arn: Option<String>,
}

/// Credentials, checked.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) output: CredentialProcessOutput,
    /// The ARN of the session, where the broker told it; for people only.
    pub(crate) assumed_role: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

/// The credentials of an answer, or why there are none.
pub(super) fn credentials(endpoint: &Endpoint, answer: &Answer, now: Timestamp) -> Result<Issued, Trouble> {
    if !matches!(answer.status, 200 | 201) {
        return Err(refusal(answer));
    }
    let refuse = |problem: String| Trouble::Answer {
        at: endpoint.to_string(),
        problem,
    };
    // A parser's message may quote what it read; only the place is told.
    let body: Body = serde_json::from_slice(&answer.body).map_err(|error| {
        refuse(format!(
            "it is not the JSON of CreateSession (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let Some(element) = body.credential_set.into_iter().next() else {
        return Err(refuse("it holds no credentials".into()));
    };
    let found = element.credentials;
    let secret = SecretText::new(found.secret_access_key);
    let token = SecretText::new(found.session_token);
    let key_id = found.access_key_id;
    if !(16..=128).contains(&key_id.len()) || !key_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refuse("its access key id is none".into()));
    }
    for (what, text, most) in [
        ("secret access key", secret.expose(), 256),
        ("session token", token.expose(), 32 << 10),
    ] {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if text.is_empty() || text.len() > most || !plain {
            return Err(refuse(format!("its {what} is none")));
        }
    }
    let expiration = Timestamp::parse_rfc3339(&found.expiration)
        .map_err(|_| refuse("its expiration is no RFC 3339 time".into()))?;
    let left = expiration.since(now);
    if left <= 0 {
        return Err(refuse(format!(
            "its credentials expired at {expiration}, and it is {now} here"
        )));
    }
    if left > LONGEST_SESSION {
        return Err(refuse(format!(
            "its credentials would live until {expiration}, longer than any session may"
        )));
    }
    Ok(Issued {
        output: CredentialProcessOutput::new(key_id, secret, token, expiration),
        assumed_role: element.assumed_role_user.and_then(|user| user.arn),
    })
}

/// The code of a refusal, as AWS's clients find it (contract 1.10): the header first, then the body.
pub(super) fn error_code(answer: &Answer) -> Option<String> {
    let cut = |text: &str| {
        let text = text.split(':').next().unwrap_or_default();
        text.rsplit('#')
            .next()
            .unwrap_or_default()
            .trim()
            .chars()
            .take(100)
            .collect::<String>()
    };
    let body = || {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        let code = body.get("code").or_else(|| body.get("__type"))?;
        code.as_str().map(cut)
    };
    header(&answer.headers, "x-amzn-errortype")
        .map(cut)
        .or_else(body)
        .filter(|code| !code.is_empty())
}

fn refusal(answer: &Answer) -> Trouble {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = body
        .get("message")
        .or_else(|| body.get("Message"))
        .and_then(serde_json::Value::as_str);
    let message: String = message.unwrap_or("no message").chars().take(500).collect();
    let id = header(&answer.headers, "x-amzn-requestid").unwrap_or("none");
    Trouble::Told {
        status: answer.status,
        code: printable(&error_code(answer).unwrap_or_else(|| "unknown error".into())),
        message: printable(&message).replace('\n', " "),
        request_id: printable(&id.chars().take(100).collect::<String>()),
    }
}

/// The broker's clock, from the `Date` of its answer (RFC 9110, 6.6.1: `Sun, 06 Nov 1994 08:49:37 GMT`).
pub(crate) fn broker_time(headers: &HeaderMap) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = header(headers, "date")?;
    let mut words = text.split(' ').skip(1);
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)?.checked_add(1)?;
    Timestamp::parse_rfc3339(&format!("{year}-{month:02}-{day:0>2}T{clock}Z")).ok()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use zeroize::Zeroizing;

    const NOW: &str = "2026-11-24T12:00:00Z";

    fn judge(status: u16, body: &str) -> Result<Issued, Trouble> {
        let answer = Answer {
            status,
            headers: HeaderMap::new(),
            body: Zeroizing::new(body.into()),
        };
        let endpoint = Endpoint::parse("--endpoint", "https://broker.example").unwrap();
        credentials(&endpoint, &answer, Timestamp::parse_rfc3339(NOW).unwrap())
    }

    fn body(key_id: &str, secret: &str, token: &str, expiration: &str) -> String {
        serde_json::json!({"credentialSet": [{"credentials": {"accessKeyId": key_id, "secretAccessKey": secret,
            "sessionToken": token, "expiration": expiration, "more": [1, 2]}}], "subjectArn": "x"})
        .to_string()
    }

    #[test]
    fn a_good_answer_becomes_the_document_of_credential_process() {
        let issued = judge(
            201,
            &body(
                "ASIAEXAMPLEEXAMPLE12",
                "secret",
                "token==",
                "2026-11-24T13:00:00Z",
            ),
        )
        .unwrap();
        assert_eq!(
            serde_json::to_string(&issued.output).unwrap(),
            r#"{"Version":1,"AccessKeyId":"ASIAEXAMPLEEXAMPLE12","SecretAccessKey":"secret","SessionToken":"token==","Expiration":"2026-11-24T13:00:00Z"}"#
        );
    }

    /// Threat C10.
    #[test]
    fn a_hostile_answer_is_not_used_and_never_quoted() {
        let id = "ASIAEXAMPLEEXAMPLE12";
        let soon = "2026-11-24T13:00:00Z";
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        for text in [
            String::new(),
            "canary".into(),
            deep,
            r#"{"credentialSet":[]}"#.into(),
            r#"{"credentialSet":[{"credentials":{"accessKeyId":"ASIAEXAMPLEEXAMPLE12"}}]}"#.into(),
            r#"{"credentialSet":[],"credentialSet":[]}"#.into(),
            body("short", "canary", "token", soon),
            body("ASIAEXAMPLE EXAMPLE1", "canary", "token", soon),
            body(id, "", "token", soon),
            body(id, "canary\u{1b}[2J", "token", soon),
            body(id, "canary", "to\"ken", soon),
            body(id, "canary", &"t".repeat(40_000), soon),
            body(id, "canary", "token", NOW),
            body(id, "canary", "token", "2020-01-01T00:00:00Z"),
            body(id, "canary", "token", "9999-12-31T23:59:59Z"),
            body(id, "canary", "token", "tomorrow"),
        ] {
            let trouble = judge(201, &text).unwrap_err();
            assert!(matches!(trouble, Trouble::Answer { .. }), "{trouble}");
            assert!(!trouble.to_string().contains("canary"), "{trouble}");
        }
    }

    #[test]
    fn a_refusal_is_told_without_anything_that_moves_the_cursor() {
        let trouble = judge(
            403,
            r#"{"message":"no\u001b[2J\nway","__type":"com.example#AccessDeniedException:x"}"#,
        );
        assert_eq!(
            trouble.unwrap_err().to_string(),
            "the broker refused: 403 AccessDeniedException: no\\u{1b}[2J way (request id none)"
        );
    }

    #[test]
    fn the_brokers_clock_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Tue, 24 Nov 2026 12:00:00 GMT".parse().unwrap());
        assert_eq!(broker_time(&headers), Timestamp::parse_rfc3339(NOW).ok());
        headers.insert("date", "yesterday".parse().unwrap());
        assert_eq!(broker_time(&headers), None);
    }
}
