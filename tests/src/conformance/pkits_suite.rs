//! NIST PKITS: path validation with revocation lists, in 2011.

use std::path::Path;

use anyhow::Context as _;
use pki::{Limits, Mode, NoMemory, Question, RevocationPolicy, Source, TrustAnchor};
use serde::Deserialize;
use wire::Timestamp;
use x509::Certificate;

use crate::evidence::Lists;
use crate::tally::{Outcome, Tally, Tier};
use crate::verifiers;

/// The suite's leaves are for no purpose in particular.
const ANY_PURPOSE: &str = "2.5.29.37.0";

#[derive(Debug, Deserialize)]
struct Manifest {
    validation_time: String,
    tests: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    anchor: String,
    intermediates: Vec<String>,
    end_entity: String,
    crls: Vec<String>,
    expected: String,
    broker: String,
}

pub(crate) fn run(file: &[u8], folder: &Path) -> anyhow::Result<Tally> {
    let manifest: Manifest = serde_json::from_slice(file).context("not the suite's manifest")?;
    let now = Timestamp::parse_rfc3339(&manifest.validation_time)?;
    let mut tally = Tally::new("pkits")?;
    for case in &manifest.tests {
        let wanted = match case.broker.as_str() {
            "must" => case.expected == "valid",
            // What PKITS accepts and a broker does not.
            "inverted" => false,
            // What concerns no broker: certificate policies, and kinds of lists that are refused when brought in.
            _ => continue,
        };
        tally.count(
            &case.name,
            Tier::Must,
            Outcome::of(wanted, case.judge(folder, now)?),
        );
    }
    tally.close(true);
    Ok(tally)
}

impl Case {
    fn judge(&self, folder: &Path, now: Timestamp) -> anyhow::Result<Result<(), String>> {
        let read = |name: &String| std::fs::read(folder.join(name)).with_context(|| name.clone());
        let bytes = |names: &[String]| names.iter().map(read).collect::<anyhow::Result<Vec<Vec<u8>>>>();
        let (leaf, anchor) = (read(&self.end_entity)?, read(&self.anchor)?);
        let (pool, crls) = (bytes(&self.intermediates)?, bytes(&self.crls)?);
        Ok(judge(&leaf, &anchor, &pool, &crls, now))
    }
}

fn judge(
    leaf: &[u8],
    anchor: &[u8],
    pool: &[Vec<u8>],
    crls: &[Vec<u8>],
    now: Timestamp,
) -> Result<(), String> {
    let parse = |der: &[u8]| Certificate::parse(der).map_err(|error| error.to_string());
    let (leaf, root) = (parse(leaf)?, parse(anchor)?);
    let pool: Vec<Certificate> = pool.iter().filter_map(|der| parse(der).ok()).collect();
    let algorithms = verifiers::all();
    let issuers: Vec<Certificate> = pool.iter().chain([&root]).cloned().collect();
    let lists = Lists::of(crls, &issuers, algorithms);
    let policy = RevocationPolicy {
        mode: Mode::Require,
        sources: vec![Source::Crl],
        max_staleness: 0,
    };
    let anchor = TrustAnchor::new(vec![root])
        .map_err(|error| error.to_string())?
        .with_revocation(policy);
    let question = Question {
        purpose: ANY_PURPOSE,
        limits: Limits {
            pool: pool.len(),
            ..Limits::default()
        },
        ..Question::for_client(&leaf, &pool, &anchor, now, algorithms, (&NoMemory, &lists))
    };
    pki::validate(&question)
        .map(|_| ())
        .map_err(|error| error.to_string())
}
