//! The chain: every line carries its number and the SHA-256 of the line before, so that a line that is changed,
//! dropped, moved or added shows (threat O2).

use std::io::Write as _;

use serde::Deserialize;

use crate::hexadecimal::Hexadecimal;
use crate::primitives::digest::{SHA256, digest};

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// A place in the log: the number of a line and the hash of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The line's number; the first is 1.
    pub sequence: u64,
    /// SHA-256 of the line's bytes, without the line feed.
    pub hash: [u8; 32],
}

/// Before the first line.
pub(crate) const BEGINNING: Mark = Mark {
    sequence: 0,
    hash: [0; 32],
};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The first line of a file.
    Opening,
    /// An event.
    Event,
    /// How many refusals of strangers have no event of their own.
    Count,
    /// What was cut off after a crash or a failed write.
    Recovery,
    /// A signed checkpoint of the line before.
    Checkpoint,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Event => "event",
            Self::Count => "count",
            Self::Recovery => "recovery",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// The `chain` member that every line begins with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub(crate) sequence: u64,
    pub(crate) previous: String,
    pub(crate) record: Kind,
}

#[derive(Deserialize)]
struct Linked {
    chain: Link,
}

/// Appends the line that follows `last`: `inside` is one JSON object. Gives the new line's mark.
pub(crate) fn write_line(out: &mut Vec<u8>, last: Mark, kind: Kind, inside: &[u8]) -> Mark {
    let sequence = last.sequence.saturating_add(1);
    let start = out.len();
    let previous = Hexadecimal::of(&last.hash);
    // Writing to memory cannot fail.
    let _ = write!(
        out,
        "{{\"chain\":{{\"sequence\":{sequence},\"previous\":\"{}\",\"record\":\"{}\"}}",
        previous.as_str(),
        kind.name()
    );
    // `{…}` goes on behind a comma, `{}` just ends.
    if inside.len() > 2 {
        out.push(b',');
    }
    out.extend_from_slice(inside.get(1..).unwrap_or(b"}"));
    let mark = Mark {
        sequence,
        hash: hash(out.get(start..).unwrap_or_default()),
    };
    out.push(b'\n');
    mark
}

pub(crate) fn hash(line: &[u8]) -> Hash {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest(&SHA256, line).as_ref()) {
        *to = *from;
    }
    hash
}

/// Reads what a line says of its place.
pub(crate) fn read_link(line: &[u8]) -> Option<Link> {
    serde_json::from_slice::<Linked>(line)
        .ok()
        .map(|linked| linked.chain)
}

/// Whether a line follows `last`; if so, its mark and kind.
pub(crate) fn follow(last: Mark, line: &[u8]) -> Option<(Mark, Kind)> {
    let link = read_link(line)?;
    let fits = link.sequence == last.sequence.checked_add(1)?
        && link.previous == Hexadecimal::of(&last.hash).as_str();
    fits.then(|| {
        (
            Mark {
                sequence: link.sequence,
                hash: hash(line),
            },
            link.record,
        )
    })
}

/// The name of the file with this number; names sort as their numbers do.
pub(crate) fn file_name(number: u32) -> String {
    format!("audit-{number:08}.jsonl")
}

/// The number of the file with this name, if it is one of ours.
pub(crate) fn file_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn lines_follow_each_other_and_nothing_else() {
        let mut out = Vec::new();
        let first = write_line(&mut out, BEGINNING, Kind::Event, b"{\"a\":1}");
        let second = write_line(&mut out, first, Kind::Recovery, b"{}");
        let lines: Vec<&[u8]> = out.split(|byte| *byte == b'\n').collect();
        let previous = format!("\"previous\":\"{}\"", hex::encode(first.hash));
        assert!(
            String::from_utf8_lossy(lines[1]).contains(&previous),
            "{previous}"
        );
        assert_eq!(follow(BEGINNING, lines[0]), Some((first, Kind::Event)));
        assert_eq!(follow(first, lines[1]), Some((second, Kind::Recovery)));
        assert_eq!(follow(BEGINNING, lines[1]), None);
        assert_eq!(follow(first, lines[0]), None);
        assert_eq!(file_number(&file_name(7)), Some(7));
        assert_eq!(file_number("audit-7.jsonl"), None);
    }
}
