//! What came of a suite.

use std::fmt;
use std::io::Write as _;

/// The counts of a suite's cases.
#[derive(Debug)]
pub(crate) struct Tally {
    suite: &'static str,
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

impl Tally {
    pub(crate) fn new(suite: &'static str) -> Self {
        Self {
            suite,
            passed: 0,
            failed: 0,
            false_accepts: 0,
            excused: 0,
        }
    }

    /// Counts a case, and tells of it when it is not as expected.
    pub(crate) fn count(&mut self, case: &str, outcome: Outcome) {
        let text = match outcome {
            Outcome::Passed => {
                self.passed += 1;
                return;
            }
            Outcome::Failed(why) => {
                self.failed += 1;
                format!("{case}: failed: {why}")
            }
            Outcome::FalseAccept(why) => {
                self.failed += 1;
                self.false_accepts += 1;
                format!("{case}: false accept: {why}")
            }
        };
        let _ = writeln!(std::io::stdout(), "{text}");
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
