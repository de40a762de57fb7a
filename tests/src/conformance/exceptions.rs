//! The deliberate differences from what a suite expects, each with its reason: `exceptions.txt`.
//!
//! A line is `SUITE CASE: reason`. One whose case passes, or is not there, is stale and fails; a false accept is never
//! excused, and no case that must hold may be named.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

const FILE: &str = include_str!("exceptions.txt");

/// The exceptions of one suite, by case.
#[derive(Debug)]
pub(crate) struct Exceptions {
    reasons: BTreeMap<&'static str, &'static str>,
}

impl Exceptions {
    pub(crate) fn of(suite: &str) -> anyhow::Result<Self> {
        let mut reasons = BTreeMap::new();
        for line in FILE
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (named, reason) = line
                .split_once(": ")
                .context("exceptions.txt: `SUITE CASE: reason`")?;
            let (of, case) = named
                .split_once(' ')
                .context("exceptions.txt: `SUITE CASE: reason`")?;
            if of == suite && reasons.insert(case, reason).is_some() {
                bail!("exceptions.txt names `{named}` twice");
            }
        }
        Ok(Self { reasons })
    }

    /// Takes a case's exception out, so that what is left at the end is stale.
    pub(crate) fn take(&mut self, case: &str) -> Option<&'static str> {
        self.reasons.remove(case)
    }

    /// The exceptions that no case asked for.
    pub(crate) fn stale(&self) -> impl Iterator<Item = &'static str> {
        self.reasons.keys().copied()
    }
}
