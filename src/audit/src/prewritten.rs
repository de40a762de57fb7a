//! What many events say alike: written once, and copied into each.

use std::sync::Arc;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::capped::Tags;
use crate::event::CertificateFacts;

/// The value of a member, as it stands in the line. Nothing where it could not be written: then no event with it can be,
/// and what the event tells of is not given.
#[derive(Debug, Clone)]
pub struct Prewritten(Option<Arc<RawValue>>);

impl Prewritten {
    fn of(value: &impl Serialize) -> Self {
        Self(to_raw_value(value).ok().map(Into::into))
    }

    /// What is kept of a certificate.
    pub fn certificate(facts: &CertificateFacts<'_>) -> Self {
        Self::of(facts)
    }

    /// The session tags, where there is one.
    pub fn tags(tags: &[(String, String)]) -> Option<Self> {
        (!tags.is_empty()).then(|| Self::of(&Tags(tags)))
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |written| written.get().len())
    }
}

impl Serialize for Prewritten {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(written) => written.serialize(serializer),
            None => Err(S::Error::custom("a member of the event cannot be written")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_cannot_be_written_spoils_the_event_and_is_not_left_out() {
        let tags = [("x509Subject/CN".to_owned(), "\u{e9}\"".to_owned())];
        let written = Prewritten::tags(&tags).unwrap();
        assert_eq!(
            serde_json::to_string(&written).unwrap(),
            "{\"x509Subject/CN\":\"\u{e9}\\\"\"}"
        );
        // JSON has no key that is a list.
        let impossible = std::collections::BTreeMap::from([([1, 2], 3)]);
        assert!(serde_json::to_string(&Prewritten::of(&impossible)).is_err());
    }
}
