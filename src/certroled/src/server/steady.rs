//! Whether the clock went on as clocks do. One that jumps makes old certificates valid again or new ones expired, so
//! nothing is issued until an operator has looked (threat A14).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wire::Timestamp;

/// A clock may be set right by so many seconds an hour; what NTP does to a clock that is roughly right is far less.
const TOLERANCE: i64 = 300;
const HOUR: Duration = Duration::from_secs(3600);

/// The clock, held against one that nobody sets: the time since the machine was started.
#[derive(Debug)]
pub(crate) struct Steady {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    wall: Timestamp,
    since_boot: Duration,
    told: bool,
}

/// The clock jumped by so many seconds, forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jumped(pub(crate) i64);

impl Steady {
    /// Takes the present time as right.
    pub(crate) fn new(wall: Timestamp, since_boot: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                wall,
                since_boot,
                told: false,
            }),
        }
    }

    /// Takes the present time as right, whatever was before: an operator has reloaded.
    pub(crate) fn accept(&self, wall: Timestamp, since_boot: Duration) {
        *self.lock() = State {
            wall,
            since_boot,
            told: false,
        };
    }

    /// Whether the clock may be believed. A jump stays one until the clock is set back or an operator accepts it.
    pub(crate) fn judge(&self, wall: Timestamp, since_boot: Duration) -> Result<(), Jumped> {
        let mut state = self.lock();
        let passed = since_boot.saturating_sub(state.since_boot);
        let expected = state
            .wall
            .plus(i64::try_from(passed.as_secs()).unwrap_or(i64::MAX));
        let off = wall.since(expected);
        if off.abs() > TOLERANCE {
            if !state.told {
                state.told = true;
                tracing::error!(
                    seconds = off,
                    "the clock jumped: nothing is issued until it is set right, or `certroled reload` accepts it"
                );
            }
            return Err(Jumped(off));
        }
        state.told = false;
        if passed >= HOUR {
            state.wall = wall;
            state.since_boot = since_boot;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: i64 = 365 * 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn boot(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    /// Threat A14.
    #[test]
    fn a_clock_that_jumps_stops_issuing_until_someone_looked() {
        for jump in [-YEAR, -3600, -301, 301, 3600, YEAR] {
            let steady = Steady::new(at(0), boot(0));
            assert_eq!(steady.judge(at(60), boot(60)), Ok(()));
            assert_eq!(steady.judge(at(120 + jump), boot(120)), Err(Jumped(jump)));
            // It stays one however long it lasts, and ends when the clock is right again ...
            assert_eq!(steady.judge(at(9000 + jump), boot(9000)), Err(Jumped(jump)));
            assert_eq!(steady.judge(at(9001), boot(9001)), Ok(()));
            // ... or when an operator says that it is.
            assert_eq!(steady.judge(at(9002 + jump), boot(9002)), Err(Jumped(jump)));
            steady.accept(at(9003 + jump), boot(9003));
            assert_eq!(steady.judge(at(9004 + jump), boot(9004)), Ok(()));
        }
    }

    #[test]
    fn a_clock_that_is_set_right_little_by_little_is_believed_within_a_bound() {
        let steady = Steady::new(at(0), boot(0));
        for hour in 1..100_i64 {
            let seconds = hour * 3600;
            let since = boot(u64::try_from(seconds).unwrap_or(0));
            assert_eq!(steady.judge(at(seconds + hour * 200), since), Ok(()));
        }
        // Many small steps within one hour are one large one.
        let steady = Steady::new(at(0), boot(0));
        let refused = (1..100_i64).any(|minute| {
            let seconds = minute * 30;
            let since = boot(u64::try_from(seconds).unwrap_or(0));
            steady.judge(at(seconds + minute * 100), since).is_err()
        });
        assert!(refused);
    }
}
