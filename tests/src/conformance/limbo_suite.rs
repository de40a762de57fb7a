//! x509-limbo: certificates that must lead to an anchor, and certificates that must not.

use std::io::Write as _;
use std::time::{Duration, Instant};

use pki::{Limits, Mode, NoMemory, Question, RevocationPolicy, Source, TrustAnchor};
use wire::Timestamp;
use x509::{Certificate, ExtendedKeyUsage, read_certificates, read_crls};

use crate::evidence::Lists;
use crate::limbo_cases::{self, Case};
use crate::tally::{Outcome, Tally};
use crate::verifiers;

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";

/// Runs it. `client`: every case is about client authentication.
pub(crate) fn run(name: &'static str, file: &[u8], client: bool, now: Timestamp) -> anyhow::Result<Tally> {
    let mut tally = Tally::new(name)?;
    let cases = limbo_cases::read(file)?;
    let mut slowest = (Duration::ZERO, "none");
    for case in &cases {
        let began = Instant::now();
        let got = case.judge(client, now);
        slowest = slowest.max((began.elapsed(), &case.id));
        tally.count(&case.id, case.tier(), Outcome::of(case.is_good(), got));
    }
    let (took, case) = (slowest.0.as_secs_f64() * 1e3, slowest.1);
    writeln!(
        std::io::stdout(),
        "the slowest case, reading included: {case}, {took:.1} ms"
    )?;
    tally.close(false);
    Ok(tally)
}

impl Case {
    fn judge(&self, client: bool, now: Timestamp) -> Result<(), String> {
        let now = match &self.validation_time {
            Some(text) => instant(text).ok_or_else(|| format!("{text} is no time"))?,
            None => now,
        };
        let leaf = one(&self.peer_certificate)?;
        // What cannot be read in the bag helps nobody and harms nobody.
        let pool: Vec<Certificate> = self
            .untrusted_intermediates
            .iter()
            .filter_map(|pem| one(pem).ok())
            .collect();
        let anchors: Vec<Certificate> = self
            .trusted_certs
            .iter()
            .filter_map(|pem| one(pem).ok())
            .collect();
        let mut crls = Vec::new();
        for pem in &self.crls {
            crls.extend(read_crls(pem.as_bytes()).map_err(|error| error.to_string())?.crls);
        }
        // An anchor that may be none is told when it is configured; the others still stand.
        let fit: Vec<Certificate> = anchors
            .iter()
            .filter(|anchor| TrustAnchor::new(vec![(*anchor).clone()]).is_ok())
            .cloned()
            .collect();
        let policy = RevocationPolicy {
            mode: if self.crls.is_empty() {
                Mode::Off
            } else {
                Mode::Require
            },
            sources: vec![Source::Crl],
            max_staleness: 0,
        };
        let anchor = TrustAnchor::new(fit)
            .map_err(|error| error.to_string())?
            .with_revocation(policy);
        let algorithms = verifiers::all();
        let issuers: Vec<Certificate> = anchors.into_iter().chain(pool.iter().cloned()).collect();
        let lists = Lists::of(&crls, &issuers, algorithms);
        let question = Question {
            purpose: match self.validation_kind.as_str() {
                "SERVER" if !client => SERVER_AUTH,
                _ => ExtendedKeyUsage::CLIENT_AUTH,
            },
            limits: Limits {
                // Some cases carry far more than a request may.
                pool: pool.len(),
                depth: self.max_chain_depth.unwrap_or(Limits::default().depth),
                ..Limits::default()
            },
            ..Question::for_client(&leaf, &pool, &anchor, now, algorithms, (&NoMemory, &lists))
        };
        pki::validate(&question)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

fn one(pem: &str) -> Result<Certificate, String> {
    let read = read_certificates(pem.as_bytes()).map_err(|error| error.to_string())?;
    read.into_iter().next().ok_or_else(|| "no certificate".to_owned())
}

/// RFC 3339 with an offset of zero; fractions of a second are cut off.
fn instant(text: &str) -> Option<Timestamp> {
    let whole = text.get(..19)?;
    Timestamp::parse_rfc3339(&format!("{whole}Z")).ok()
}
