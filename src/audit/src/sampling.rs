//! What many like things take, measured on one of four: to measure each would cost too.

use std::time::Duration;

/// The one that is measured stands for so many.
const STANDS_FOR: u32 = 4;

/// Which of a row of things is measured: the first, and every fourth from there.
#[derive(Debug, Default)]
pub(crate) struct Sampling {
    passed: u32,
}

impl Sampling {
    /// Whether the next one is measured.
    pub(crate) fn next_is_measured(&mut self) -> bool {
        let measured = self.passed == 0;
        self.passed = self.passed.saturating_add(1) % STANDS_FOR;
        measured
    }

    /// What all took that a measured one stands for.
    pub(crate) fn estimate(took: Duration) -> Duration {
        took.saturating_mul(STANDS_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_stands_for_as_many_as_pass() {
        let mut sampling = Sampling::default();
        let measured: Vec<bool> = (0..8).map(|_| sampling.next_is_measured()).collect();
        assert_eq!(measured, [true, false, false, false, true, false, false, false]);
        let each = Duration::from_micros(7);
        let estimated: Duration = measured
            .iter()
            .filter(|measured| **measured)
            .map(|_| Sampling::estimate(each))
            .sum();
        assert_eq!(estimated, each * 8);
    }
}
