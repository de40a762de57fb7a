//! A rehearsal as one JSON value: all that was supposed, looked at and decided.

use broker::{Granted, Refusal, Rehearsal, Supposition};
use pki::{Checked, PathError, Report, Source, Verdict, VerifiedPath};
use serde_json::{Value, json};
use wire::Timestamp;
use x509::Certificate;

use super::evidence::{Evidence, Known};
use super::path_values::path_values;
use super::rules::rule;

/// A rehearsal and what it was about.
pub(crate) struct Rehearsed<'a> {
    pub(crate) supposed: Supposition<'a>,
    pub(crate) rehearsal: &'a Rehearsal,
    pub(crate) evidence: &'a Evidence,
}

impl Rehearsed<'_> {
    /// For programs, and for the sentences that people read.
    pub(crate) fn to_json(&self) -> Value {
        let Supposition {
            certificate,
            pool,
            wanted,
            at,
            address,
        } = &self.supposed;
        let paths = self.rehearsal.search.as_ref().map(paths).unwrap_or_default();
        let path = self
            .rehearsal
            .search
            .as_ref()
            .and_then(|report| report.outcome.as_ref().ok());
        let checked = path.map(VerifiedPath::revocation).unwrap_or_default();
        json!({
            "at": at,
            "address": address,
            "certificate": described(certificate),
            "chain": pool.iter().map(|one| one.subject().display()).collect::<Vec<_>>(),
            "trustAnchorArn": wanted.trust_anchor,
            "profileArn": wanted.profile,
            "roleArn": wanted.role,
            "paths": paths,
            "revocation": {
                "certificates": checked.iter().map(|one| verdict(one, *at)).collect::<Vec<_>>(),
                "lists": self.evidence.known.iter().map(|known| list(known, *at)).collect::<Vec<_>>(),
                "answers": self.evidence.answer_count,
                "notes": self.evidence.notes,
            },
            "outcome": match &self.rehearsal.outcome {
                Ok(granted) => self.granted(granted, *at),
                Err(refusal) => refused(refusal),
            },
        })
    }

    fn granted(&self, granted: &Granted, at: Timestamp) -> Value {
        let tags: Vec<_> = granted
            .tags
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect();
        let by_tls_only = self.rehearsal.not_by_signature.as_ref().map(Refusal::rule);
        json!({
            "granted": true,
            "sessionName": granted.session_name.to_string(),
            "sourceIdentity": granted.source_identity.to_string(),
            "expires": granted.expires,
            "durationSeconds": granted.expires.since(at),
            "tags": tags,
            "droppedTags": granted.dropped_tags,
            "notBySignature": by_tls_only,
        })
    }
}

fn described(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject().display(),
        "issuer": certificate.issuer().display(),
        "serial": certificate.serial().hex().as_ref(),
        "sha256": hex::encode(certificate.sha256()),
        "notBefore": certificate.not_before(),
        "notAfter": certificate.not_after(),
    })
}

/// The paths that were tried, and last the one that holds. Where the certificate itself is refused there is none to
/// try, and the reason stands alone.
fn paths(report: &Report) -> Vec<Value> {
    let mut paths: Vec<Value> = report
        .tried
        .iter()
        .map(|tried| failed(&tried.subjects, &tried.error))
        .collect();
    match &report.outcome {
        Ok(path) => {
            let subjects: Vec<String> = path.certificates().map(|one| one.subject().display()).collect();
            paths.push(json!({"subjects": subjects, "holds": true, "until": path.earliest_not_after()}));
        }
        Err(error) if paths.is_empty() => paths.push(failed(&[], error)),
        Err(_) => {}
    }
    paths
}

fn failed(subjects: &[String], error: &PathError) -> Value {
    json!({
        "subjects": subjects,
        "holds": false,
        "rule": error.rule(),
        "what": rule(error.rule()).map(|rule| rule.what),
        "reason": error.to_string(),
        "values": values(path_values(error).iter()),
    })
}

/// As events have them.
fn values<'v>(values: impl Iterator<Item = &'v (&'static str, String)>) -> Value {
    values
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect()
}

fn verdict(checked: &Checked, at: Timestamp) -> Value {
    let (word, details) = match &checked.verdict {
        Verdict::NotAsked => ("not asked", None),
        Verdict::NothingKnown => ("nothing known", None),
        Verdict::Good {
            source,
            this_update,
            next_update,
        } => ("good", Some((source, this_update, next_update))),
    };
    let mut value = json!({"subject": checked.subject, "verdict": word});
    if let (Some((source, this_update, next_update)), Some(members)) = (details, value.as_object_mut()) {
        let source = match source {
            Source::Crl => "crl",
            Source::Ocsp => "ocsp",
        };
        members.insert("source".to_owned(), json!(source));
        members.insert("thisUpdate".to_owned(), json!(this_update));
        members.insert("nextUpdate".to_owned(), json!(next_update));
        members.insert("ageSeconds".to_owned(), json!(at.since(*this_update)));
    }
    value
}

fn list(known: &Known, at: Timestamp) -> Value {
    let crl = known.list.crl();
    json!({
        "issuer": crl.issuer().display(),
        "number": crl.number().map(ToString::to_string),
        "entries": crl.len(),
        "thisUpdate": crl.this_update(),
        "nextUpdate": known.list.next_update(),
        "ageSeconds": at.since(crl.this_update()),
        "from": known.from,
    })
}

fn refused(refusal: &Refusal) -> Value {
    let known = rule(refusal.rule());
    json!({
        "granted": false,
        "step": refusal.step().name(),
        "rule": refusal.rule(),
        "what": known.map(|rule| rule.what),
        "values": values(refusal.values().iter()),
        "remedy": known.map(|rule| rule.remedy),
    })
}
