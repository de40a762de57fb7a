//! Texts that a stranger chose the length of: written up to a bound, and marked where they were cut.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// The longest text that an event takes from a stranger, in bytes.
const LONGEST: usize = 1024;

/// A text that is shown cut.
struct Cut<'a>(&'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        f.write_str("…")
    }
}

/// Writes a text.
pub(crate) fn text<S: Serializer>(text: &impl AsRef<str>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = text.as_ref();
    if text.len() <= LONGEST {
        return serializer.serialize_str(text);
    }
    let end = text.floor_char_boundary(LONGEST);
    serializer.collect_str(&Cut(text.get(..end).unwrap_or_default()))
}

/// Writes a text that may not be there.
pub(crate) fn some<S: Serializer>(some: &Option<impl AsRef<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    match some {
        // Where there is nothing the member itself is left out.
        Some(there) => text(there, serializer),
        None => None::<()>.serialize(serializer),
    }
}

/// Writes named texts.
pub(crate) fn values<S: Serializer>(
    values: &BTreeMap<&'static str, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, Capped(value))))
}

struct Capped<'a>(&'a str);

impl Serialize for Capped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text(&self.0, serializer)
    }
}

/// Session tags, whose lengths the mapping bounds: one object.
pub(crate) struct Tags<'a>(pub(crate) &'a [(String, String)]);

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
