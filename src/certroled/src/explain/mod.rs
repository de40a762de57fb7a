//! Events as sentences: what was asked, how far it came, which rule refused, what was compared, what to do. And
//! rehearsals: the same of a request that nobody made.

mod evidence;
mod path_values;
mod rehearsal;
mod rehearsal_sentences;
mod rules;

use std::fmt::Write as _;

use serde_json::Value;

use rules::rule;

pub(crate) use {evidence::Evidence, rehearsal::Rehearsed, rehearsal_sentences::rehearsal_sentences};

/// Tells an event, or a count of strangers' refusals.
pub(crate) fn sentences(event: &Value) -> String {
    if let Some(count) = event.get("count") {
        let text = |name: &str| count.get(name).and_then(Value::as_str).unwrap_or("?");
        let refusals = count.get("refusals").and_then(Value::as_u64).unwrap_or(0);
        return format!(
            "In the minute from {} on, {refusals} more refusals of {} were counted and have no event of their own.\n",
            text("minute"),
            text("address")
        );
    }
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}  {} from {}{}",
        text("/eventTime").unwrap_or("?"),
        text("/eventName").unwrap_or("?"),
        text("/sourceIPAddress").unwrap_or("?"),
        text("/requestID")
            .map(|id| format!(", request {id}"))
            .unwrap_or_default()
    );
    for (what, path) in [
        ("certificate", "/certrole/certificate/subject"),
        ("  issued by", "/certrole/certificate/issuer"),
        ("  serial", "/certrole/certificate/serial"),
        ("  valid from", "/certrole/certificate/notBefore"),
        ("  valid until", "/certrole/certificate/notAfter"),
        ("proof", "/certrole/proof"),
        ("trust anchor", "/requestParameters/trustAnchorArn"),
        ("profile", "/requestParameters/profileArn"),
        ("role", "/requestParameters/roleArn"),
        ("caller", "/userIdentity/arn"),
    ] {
        if let Some(value) = text(path) {
            let _ = writeln!(out, "  {what}: {value}");
        }
    }
    match text("/certrole/rule") {
        Some(name) => refused(&mut out, event, name),
        None => granted(&mut out, event),
    }
    out
}

fn refused(out: &mut String, event: &Value, name: &str) {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or("?");
    let known = rule(name);
    let what = known.map_or("a rule that this certroled does not know", |rule| rule.what);
    let _ = writeln!(
        out,
        "  Refused at the step `{}`: {what} ({name}).",
        text("/certrole/step")
    );
    if let Some(values) = event.pointer("/certrole/values").and_then(Value::as_object) {
        for (value_name, value) in values {
            let _ = writeln!(out, "    {value_name}: {}", value.as_str().unwrap_or("?"));
        }
    }
    let _ = writeln!(
        out,
        "  The caller was told: {}: {}",
        text("/errorCode"),
        text("/errorMessage")
    );
    if let Some(known) = known {
        let _ = writeln!(out, "  What to do: {}", known.remedy);
    }
}

fn granted(out: &mut String, event: &Value) {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    match (text("/responseElements/accessKeyId"), text("/errorMessage")) {
        (Some(key), _) => {
            let _ = writeln!(
                out,
                "  Granted: {key}, as {}, until {}.",
                text("/responseElements/assumedRoleArn").unwrap_or("?"),
                text("/responseElements/expiration").unwrap_or("?")
            );
            if let Some(identity) = text("/responseElements/sourceIdentity") {
                let _ = writeln!(out, "  source identity: {identity}");
            }
        }
        (None, Some(error)) => {
            let _ = writeln!(out, "  Failed: {error}");
        }
        (None, None) => {
            let _ = writeln!(out, "  Answered.");
        }
    }
    for name in ["tags", "values"] {
        let members = event
            .pointer("/certrole")
            .and_then(|detail| detail.get(name))
            .and_then(Value::as_object);
        for (key, value) in members.into_iter().flatten() {
            let _ = writeln!(out, "    {key}: {}", value.as_str().unwrap_or("?"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::json;

    use super::rules::RULES;
    use super::*;

    #[test]
    fn a_refusal_is_told_with_its_values_and_its_remedy() {
        let told = sentences(&json!({
            "eventTime": "2026-01-31T12:00:00Z", "eventName": "CreateSession", "sourceIPAddress": "192.0.2.1",
            "requestID": "abc", "errorCode": "AccessDeniedException", "errorMessage": "no",
            "certrole": {
                "step": "authenticate", "rule": "path.expired", "values": {"not after": "2026-01-01T00:00:00Z"},
                "certificate": {"subject": "CN=web"},
            },
        }));
        for part in [
            "192.0.2.1",
            "request abc",
            "CN=web",
            "path.expired",
            "not after: 2026",
            "What to do",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }

    /// Every rule that anything refuses by has its sentence and its remedy, and no sentence is left over.
    #[test]
    fn every_rule_is_explained() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut used = BTreeSet::new();
        for folder in ["broker/src", "pki/src", "certroled/src/server"] {
            collect(&source.join(folder), &mut used);
        }
        let explained: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
        assert!(used.len() > 60, "the rules were not found: {used:?}");
        assert_eq!(explained, used);
    }

    fn collect(folder: &Path, used: &mut BTreeSet<String>) {
        const FAMILIES: [&str; 10] = [
            "present",
            "authenticate",
            "end-entity",
            "path",
            "authorize",
            "issue",
            "identity",
            "record",
            "edge",
            "sts",
        ];
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, used);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for literal in text.split('"').skip(1).step_by(2) {
                if let Some((family, name)) = literal.split_once('.')
                    && FAMILIES.contains(&family)
                    && !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                {
                    used.insert(literal.to_owned());
                }
            }
        }
    }
}
