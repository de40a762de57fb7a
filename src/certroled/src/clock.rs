//! The one place that reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wire::Timestamp;

/// Now, in whole seconds. A clock before 1970 reads as 1970: every certificate is then not yet valid, and nothing is
/// issued (threat O6).
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(0))
}

/// The time since the machine was started, sleep included: nobody sets it.
pub(crate) fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
