//! What came of a suite.

use std::fmt;
use std::io::Write as _;

use crate::exceptions::Exceptions;

/// The counts of a suite's cases.
#[derive(Debug)]
pub(crate) struct Tally {
    suite: &'static str,
    exceptions: Exceptions,
    passed: usize,
    failed: usize,
    false_accepts: usize,
    excused: usize,
}

/// What came of one case.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    /// A good one was refused, or could not be read.
    Failed(String),
    /// A bad one was accepted.
    FalseAccept(String),
}

/// Whether a case may be excused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Must,
    Optional,
}

impl Outcome {
    /// Of a verdict beside the one that is expected.
    pub(crate) fn of(wanted: bool, got: Result<(), String>) -> Self {
        match (wanted, got) {
            (true, Ok(())) | (false, Err(_)) => Self::Passed,
            (true, Err(why)) => Self::Failed(why),
            (false, Ok(())) => Self::FalseAccept("it was accepted".to_owned()),
        }
    }
}

impl Tally {
    pub(crate) fn new(suite: &'static str) -> anyhow::Result<Self> {
        Ok(Self {
            suite,
            exceptions: Exceptions::of(suite)?,
            passed: 0,
            failed: 0,
            false_accepts: 0,
            excused: 0,
        })
    }

    /// Counts a case, and tells of it when it is not as expected.
    pub(crate) fn count(&mut self, case: &str, tier: Tier, outcome: Outcome) {
        let excuse = self.exceptions.take(case);
        let text = match (outcome, excuse) {
            (Outcome::Passed, None) => {
                self.passed += 1;
                return;
            }
            (Outcome::Passed, Some(_)) => {
                self.failed += 1;
                format!("{case}: failed: it passes, and exceptions.txt excuses it")
            }
            (Outcome::Failed(why), Some(reason)) if tier == Tier::Optional => {
                self.excused += 1;
                format!("{case}: excused: {reason} ({why})")
            }
            (Outcome::Failed(why), excuse) => {
                self.failed += 1;
                let note = excuse.map_or("", |_| "; exceptions.txt cannot excuse it");
                format!("{case}: failed: {why}{note}")
            }
            (Outcome::FalseAccept(why), _) => {
                self.failed += 1;
                self.false_accepts += 1;
                format!("{case}: false accept: {why}")
            }
        };
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// Fails what is excused and not there. Only a whole suite can say so: `whole` is false for a part of one.
    pub(crate) fn close(&mut self, whole: bool) {
        for case in self.exceptions.stale().filter(|_| whole) {
            self.failed += 1;
            let _ = writeln!(
                std::io::stdout(),
                "{case}: failed: exceptions.txt excuses it, and there is no such case"
            );
        }
    }

    /// Whether nothing failed, and there was something to fail.
    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0 && self.false_accepts == 0 && self.passed > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            suite,
            exceptions: _,
            passed,
            failed,
            false_accepts,
            excused,
        } = self;
        write!(
            f,
            "{suite}: {passed} passed, {failed} failed, {false_accepts} false accepts, {excused} excused"
        )
    }
}
