//! Looking events up, for `certroled explain`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;
use wire::Timestamp;

use crate::chain::file_number;

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The id that the caller was told.
    pub request_id: Option<String>,
    /// The peer's address.
    pub address: Option<IpAddr>,
    /// From when on.
    pub since: Option<Timestamp>,
}

/// One line of the log that answers the query.
#[derive(Debug, Clone)]
pub struct Found {
    /// The whole line.
    pub event: Value,
}

/// The events that answer the query, in the order in which they were written; at most `most` of them, the last ones.
///
/// Reads while the daemon writes: an unfinished last line is left alone.
pub fn search(folder: &Path, query: &Query, most: usize) -> io::Result<Vec<Found>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(file_number) {
            files.insert(number, entry.path());
        }
    }
    let mut found = std::collections::VecDeque::new();
    for path in files.into_values() {
        let mut reader = BufReader::new(File::open(path)?);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            if line.ends_with(b"\n")
                && query.may_answer(&line)
                && let Ok(event) = serde_json::from_slice::<Value>(&line)
                && query.answers(&event)
            {
                if found.len() == most {
                    found.pop_front();
                }
                found.push_back(Found { event });
            }
            line.clear();
        }
    }
    Ok(found.into())
}

impl Query {
    /// A look at the bytes, so that only lines that may be meant are parsed.
    fn may_answer(&self, line: &[u8]) -> bool {
        self.request_id.as_ref().is_none_or(|id| {
            line.windows(id.len().max(1))
                .any(|window| window == id.as_bytes())
        })
    }

    fn answers(&self, event: &Value) -> bool {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let count = |name: &str| {
            event
                .get("count")
                .and_then(|count| count.get(name))
                .and_then(Value::as_str)
        };
        let record = event
            .get("chain")
            .and_then(|chain| chain.get("record"))
            .and_then(Value::as_str);
        let (address, at) = match record {
            Some("event") => (text("sourceIPAddress"), text("eventTime")),
            Some("count") => (count("address"), count("at")),
            _ => return false,
        };
        self.request_id
            .as_ref()
            .is_none_or(|id| text("requestID") == Some(id.as_str()))
            && self.address.is_none_or(|wanted| {
                address
                    .and_then(|text| text.parse::<IpAddr>().ok())
                    .is_some_and(|address| address == wanted)
            })
            && self.since.is_none_or(|since| {
                at.and_then(|text| Timestamp::parse_rfc3339(text).ok())
                    .is_some_and(|at| at >= since)
            })
    }
}
