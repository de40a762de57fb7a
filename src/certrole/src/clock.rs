//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use wire::Timestamp;

/// Now, in whole seconds.
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(0))
}
