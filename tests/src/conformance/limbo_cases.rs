//! The file of an x509-limbo suite, and what its cases have in common however they are run.

use anyhow::Context as _;
use serde::Deserialize;

use crate::tally::Tier;

#[derive(Debug, Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

/// A certificate, what came with it, and whom to trust.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) validation_kind: String,
    pub(crate) trusted_certs: Vec<String>,
    pub(crate) untrusted_intermediates: Vec<String>,
    pub(crate) peer_certificate: String,
    /// In the suite of clients only.
    pub(crate) peer_certificate_key: Option<String>,
    pub(crate) validation_time: Option<String>,
    pub(crate) max_chain_depth: Option<usize>,
    #[serde(default)]
    pub(crate) crls: Vec<String>,
    expected_result: String,
    broker_tier: String,
    /// Whether the answer is the same at every time from now on.
    #[serde(default)]
    pub(crate) broker_realtime: bool,
}

impl Case {
    /// Whether the certificate must be accepted.
    pub(crate) fn is_good(&self) -> bool {
        self.expected_result == "SUCCESS"
    }

    pub(crate) fn tier(&self) -> Tier {
        if self.broker_tier == "core" {
            Tier::Must
        } else {
            Tier::Optional
        }
    }
}

pub(crate) fn read(file: &[u8]) -> anyhow::Result<Vec<Case>> {
    let suite: Suite = serde_json::from_slice(file).context("not the suite's JSON")?;
    Ok(suite.testcases)
}
