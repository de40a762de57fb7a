//! The length of a session.

use std::fmt;

/// A session's length in seconds: 900 to 43,200 (contract 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionDuration(u32);

/// The number of seconds is outside 900 to 43,200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session lasts 900 to 43200 seconds, not {0}")]
pub struct InvalidSessionDuration(pub i64);

impl SessionDuration {
    /// Fifteen minutes, the shortest session that can be asked for.
    pub const SHORTEST: Self = Self(900);
    /// Twelve hours, the longest.
    pub const LONGEST: Self = Self(43_200);
    /// One hour, what a profile allows unless it says otherwise, and what the official client asks for.
    pub const DEFAULT: Self = Self(3600);

    /// The length as seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for SessionDuration {
    type Error = InvalidSessionDuration;

    fn try_from(seconds: i64) -> Result<Self, InvalidSessionDuration> {
        match u32::try_from(seconds) {
            Ok(length) if (900..=43_200).contains(&length) => Ok(Self(length)),
            _ => Err(InvalidSessionDuration(seconds)),
        }
    }
}

impl fmt::Display for SessionDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}
