//! A rehearsal as sentences.

use std::fmt::Write as _;

use serde_json::Value;

/// Tells a rehearsal.
pub(crate) fn rehearsal_sentences(told: &Value) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}  rehearsed: no key was proven, and no credentials were made",
        text(told, "/at")
    );
    for (what, path) in [
        ("certificate", "/certificate/subject"),
        ("  issued by", "/certificate/issuer"),
        ("  serial", "/certificate/serial"),
        ("  valid from", "/certificate/notBefore"),
        ("  valid until", "/certificate/notAfter"),
        ("trust anchor", "/trustAnchorArn"),
        ("profile", "/profileArn"),
        ("role", "/roleArn"),
    ] {
        let _ = writeln!(out, "  {what}: {}", text(told, path));
    }
    for (at, path) in array(told, "/paths").iter().enumerate() {
        tell_path(&mut out, at.saturating_add(1), path);
    }
    tell_revocation(&mut out, told);
    match told.pointer("/outcome/granted").and_then(Value::as_bool) {
        Some(true) => granted(&mut out, told),
        _ => refused(&mut out, told),
    }
    out
}

fn tell_path(out: &mut String, number: usize, path: &Value) {
    let subjects: Vec<&str> = array(path, "/subjects")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let subjects = if subjects.is_empty() {
        "the certificate by itself".to_owned()
    } else {
        subjects.join(" <- ")
    };
    if path.get("holds").and_then(Value::as_bool) == Some(true) {
        let _ = writeln!(out, "  Path {number}: {subjects}");
        let _ = writeln!(out, "    holds, until {}", text(path, "/until"));
        return;
    }
    let _ = writeln!(out, "  Path {number}: {subjects}");
    let _ = writeln!(
        out,
        "    fails: {} ({})",
        text(path, "/what"),
        text(path, "/rule")
    );
    tell_values(out, "      ", path);
}

fn tell_revocation(out: &mut String, told: &Value) {
    let lists = array(told, "/revocation/lists");
    let answers = told
        .pointer("/revocation/answers")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let _ = writeln!(
        out,
        "  Known of revocation: {} lists, {answers} OCSP answers",
        lists.len()
    );
    for list in lists {
        let _ = writeln!(
            out,
            "    list {} of {}, {} entries, {} old, next one by {}, from {}",
            text(list, "/number"),
            text(list, "/issuer"),
            list.get("entries").and_then(Value::as_u64).unwrap_or(0),
            age(list),
            text(list, "/nextUpdate"),
            text(list, "/from")
        );
    }
    for checked in array(told, "/revocation/certificates") {
        let subject = text(checked, "/subject");
        let _ = match text(checked, "/verdict") {
            "good" => writeln!(
                out,
                "    {subject}: not revoked, by {} that is {} old",
                match text(checked, "/source") {
                    "ocsp" => "an OCSP answer",
                    _ => "a list",
                },
                age(checked)
            ),
            "not asked" => writeln!(out, "    {subject}: not asked about (`mode` is \"off\")"),
            _ => writeln!(
                out,
                "    {subject}: nothing known, which `mode` \"prefer\" lets pass"
            ),
        };
    }
    for note in array(told, "/revocation/notes") {
        let _ = writeln!(out, "    note: {}", note.as_str().unwrap_or_default());
    }
}

fn granted(out: &mut String, told: &Value) {
    let seconds = told
        .pointer("/outcome/durationSeconds")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let _ = writeln!(
        out,
        "  It would be granted, until {} ({seconds} seconds).",
        text(told, "/outcome/expires")
    );
    let _ = writeln!(out, "    session name: {}", text(told, "/outcome/sessionName"));
    let _ = writeln!(
        out,
        "    source identity: {}",
        text(told, "/outcome/sourceIdentity")
    );
    let _ = writeln!(out, "    trust policy: allows it, with these tags");
    for tag in array(told, "/outcome/tags") {
        let _ = writeln!(out, "      {}: {}", text(tag, "/key"), text(tag, "/value"));
    }
    for dropped in array(told, "/outcome/droppedTags") {
        let _ = writeln!(out, "    no tag: {}", dropped.as_str().unwrap_or_default());
    }
    if let Some(rule) = told.pointer("/outcome/notBySignature").and_then(Value::as_str) {
        let _ = writeln!(
            out,
            "    only where TLS proves the key: a signed request would be refused ({rule})"
        );
    }
}

fn refused(out: &mut String, told: &Value) {
    let _ = writeln!(
        out,
        "  It would be refused at the step `{}`: {} ({}).",
        text(told, "/outcome/step"),
        text(told, "/outcome/what"),
        text(told, "/outcome/rule")
    );
    if let Some(outcome) = told.get("outcome") {
        tell_values(out, "    ", outcome);
    }
    let _ = writeln!(out, "  What to do: {}", text(told, "/outcome/remedy"));
}

fn tell_values(out: &mut String, indent: &str, of: &Value) {
    let values = of.get("values").and_then(Value::as_object);
    for (name, value) in values.into_iter().flatten() {
        let _ = writeln!(out, "{indent}{name}: {}", value.as_str().unwrap_or("?"));
    }
}

/// How old evidence is, in the largest unit that there is a whole one of.
fn age(of: &Value) -> String {
    let seconds = of.get("ageSeconds").and_then(Value::as_i64).unwrap_or(0);
    for (unit, name) in [(86_400, "d"), (3600, "h"), (60, "min")] {
        let count = seconds.div_euclid(unit);
        if count > 0 {
            return format!("{count} {name}");
        }
    }
    format!("{seconds} s")
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("?")
}

fn array<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}
