//! What many events say alike: written once, and copied into each.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::capped::Tags;
use crate::event::CertificateFacts;

/// The value of a member, as it stands in the line.
#[derive(Debug, Clone)]
pub struct Written(Arc<RawValue>);

impl Written {
    fn of(value: &impl Serialize) -> Self {
        // Objects of text always serialize; were that ever to change, `null` in the event would be a fault that shows.
        let written = to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self(written.into())
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
        self.0.get().len()
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
