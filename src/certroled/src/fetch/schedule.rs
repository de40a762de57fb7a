//! When to fetch again. No clock and no randomness: both come in as arguments.
//!
//! What lives here: the arithmetic. What does not: whether the data at hand may still be used; that is `pki`'s.

use wire::Timestamp;

/// No fetch follows a successful one sooner.
const SOONEST: i64 = 60;
/// No fetch follows a successful one later: an issuer that revokes may publish long before it said it would.
const LATEST: i64 = 24 * 3600;
/// How often data is fetched that does not say when it ends. For OCSP that means that there is always something newer
/// (RFC 6960, 4.2.2.1).
const WITHOUT_END: i64 = 3600;
/// The shortest and the longest wait after a failure.
const FIRST_WAIT: i64 = 30;
const LONGEST_WAIT: i64 = 30 * 60;

/// When one place is fetched again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// How often fetching failed since it last succeeded.
    failures: u32,
}

impl Schedule {
    /// When to fetch again after data came that is in order. Data that is over already is as good as none: it counts as
    /// a failure. `jitter` is uniform over its type.
    pub(crate) fn fetched(
        &mut self,
        now: Timestamp,
        this_update: Timestamp,
        next_update: Option<Timestamp>,
        jitter: u32,
    ) -> Timestamp {
        if next_update.is_some_and(|next| next <= now) {
            return self.failed(now, jitter);
        }
        self.failures = 0;
        before_expiry(now, this_update, next_update, jitter)
    }

    /// When to fetch again after nothing came, or nothing that can be used: a wait that doubles from failure to failure,
    /// between 30 seconds and 30 minutes. `jitter` is uniform over its type.
    pub(crate) fn failed(&mut self, now: Timestamp, jitter: u32) -> Timestamp {
        self.failures = self.failures.saturating_add(1);
        // The upper end: 60 seconds, 120, 240, ... The lower end is half of that, so that waits of one number of failures
        // and of the next do not overlap.
        let upper = (FIRST_WAIT << self.failures.min(16)).min(LONGEST_WAIT);
        now.plus(between(upper / 2, upper, jitter))
    }

    /// How often fetching failed since it last succeeded.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }
}

/// When to fetch in place of data at hand, such as what a restart found: at 80 to 90 % of its time, not before a minute
/// and not after a day from now.
///
/// Past that point (the issuer goes on giving the same) the time that is left is halved each time: a list that its issuer
/// replaces in its last second only is asked for a few times on the way there, and not every minute for hours.
pub(crate) fn before_expiry(
    now: Timestamp,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    jitter: u32,
) -> Timestamp {
    let wait = match next_update {
        None => between(percent(WITHOUT_END, 80), percent(WITHOUT_END, 90), jitter),
        Some(next) => {
            let whole = next.since(this_update).max(0);
            let age = now.since(this_update).max(0);
            let due = between(percent(whole, 80), percent(whole, 90), jitter);
            let left = next.since(now);
            if age < due {
                due.saturating_sub(age)
            } else {
                between(percent(left, 40), percent(left, 50), jitter)
            }
        }
    };
    now.plus(wait.clamp(SOONEST, LATEST))
}

/// A part of a time in seconds; times are far too small to overflow (the years 0 to 9999).
fn percent(seconds: i64, percent: i64) -> i64 {
    seconds.saturating_mul(percent) / 100
}

/// A point between two, chosen by the jitter.
fn between(from: i64, to: i64, jitter: u32) -> i64 {
    let width = i128::from(to.saturating_sub(from));
    let share = (width * i128::from(jitter)) >> 32;
    from.saturating_add(i64::try_from(share).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    fn at(offset: i64) -> Timestamp {
        Timestamp::from_seconds(NOW + offset)
    }

    /// Offsets from now: thisUpdate, nextUpdate, and the earliest and latest next fetch.
    #[test]
    fn data_is_fetched_again_before_it_ends() {
        for (this, next, earliest, latest) in [
            // Fresh: at 80 to 90 %.
            (0, Some(HOUR), 2880, 3240),
            (-HOUR, Some(HOUR), 2 * 2880 - HOUR, 2 * 3240 - HOUR),
            // From the future, by a clock that is ahead.
            (100, Some(HOUR + 100), 2880, 3240),
            // Short: not within a minute.
            (0, Some(60), 60, 60),
            // Long: after a day.
            (0, Some(7 * DAY), DAY, DAY),
            // The same list again, late in its time: half of what is left, and half again.
            (-95 * HOUR, Some(5 * HOUR), 2 * HOUR, 2 * HOUR + 1800),
            (-7 * DAY, Some(100), 60, 60),
            // No end.
            (0, None, 2880, 3240),
            (-365 * DAY, None, 2880, 3240),
            // Upside down: no arithmetic goes wrong.
            (HOUR, Some(60), 60, 60),
            (i64::MIN / 4, Some(i64::MAX / 4), DAY, DAY),
        ] {
            let next = next.map(at);
            let (low, high) = (
                before_expiry(at(0), at(this), next, 0),
                before_expiry(at(0), at(this), next, u32::MAX),
            );
            // The far end of the jitter is open: a second less at most.
            assert_eq!(low, at(earliest), "{this} {next:?}");
            assert!(
                (0..=1).contains(&at(latest).since(high)) && high >= low,
                "{this} {next:?}: {high} is not {}",
                at(latest)
            );
        }
    }

    #[test]
    fn waits_after_failures_double_and_are_bounded() {
        let mut schedule = Schedule::default();
        for (low, high) in [
            (30, 60),
            (60, 120),
            (120, 240),
            (240, 480),
            (480, 960),
            (900, 1800),
            (900, 1800),
        ] {
            let mut other = schedule.clone();
            assert_eq!(schedule.failed(at(0), 0), at(low));
            assert_eq!(other.failed(at(0), u32::MAX), at(high - 1));
        }
        assert_eq!(schedule.failures(), 7);
        schedule.fetched(at(0), at(0), Some(at(HOUR)), 0);
        assert_eq!(schedule.failures(), 0);
        assert_eq!(schedule.failed(at(0), 0), at(30), "a success starts anew");
    }

    /// A server that goes on giving what is over is not asked every minute for ever.
    #[test]
    fn stale_data_counts_as_a_failure() {
        let mut schedule = Schedule::default();
        for (failures, wait) in [(1, 30), (2, 60), (3, 120)] {
            assert_eq!(schedule.fetched(at(0), at(-DAY), Some(at(0)), 0), at(wait));
            assert_eq!(schedule.failures(), failures);
        }
    }

    proptest! {
        #[test]
        fn every_wait_is_within_its_bounds(
            now in any::<i64>(),
            this in any::<i64>(),
            next in proptest::option::of(any::<i64>()),
            failures in any::<u32>(),
            jitter in any::<u32>(),
        ) {
            // A year before the last instant that can be written, so that a wait is not cut off there.
            let now = Timestamp::from_seconds(now.min(253_370_764_799));
            let next = next.map(Timestamp::from_seconds);
            let wait = before_expiry(now, Timestamp::from_seconds(this), next, jitter).since(now);
            prop_assert!((SOONEST..=LATEST).contains(&wait), "{wait}");
            let mut schedule = Schedule { failures };
            let wait = schedule.failed(now, jitter).since(now);
            prop_assert!((FIRST_WAIT..=LONGEST_WAIT).contains(&wait), "{wait}");
        }

        /// Whoever has data that lasts more than a minute asks again before it ends.
        #[test]
        fn data_never_ends_unasked(age in 0..100 * DAY, left in 61..100 * DAY, jitter in any::<u32>()) {
            let again = before_expiry(at(0), at(-age), Some(at(left)), jitter);
            prop_assert!(again < at(left));
        }
    }
}
