//! How many refusals a stranger may have written: the first of each minute get an event, the rest are counted, so that
//! a flood neither fills the disk nor hides what happens beside it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use serde_json::json;
use wire::Timestamp;

/// Addresses told apart in one minute; the rest share one count.
const ADDRESSES: usize = 1024;
/// Events of all strangers together in one minute, as a multiple of what one address may have.
const ALL: u32 = 16;

/// What happens to a stranger's refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Write,
    Count,
}

#[derive(Debug)]
pub(crate) struct Strangers {
    per_address: u32,
    minute: i64,
    written: u32,
    seen: HashMap<IpAddr, Tally>,
    others: u64,
}

#[derive(Debug, Default)]
struct Tally {
    written: u32,
    counted: u64,
}

impl Strangers {
    pub(crate) fn new(per_address: u32) -> Self {
        Self {
            per_address,
            minute: i64::MIN,
            written: 0,
            seen: HashMap::new(),
            others: 0,
        }
    }

    /// Whether this refusal gets an event, and the counts of a minute that is over.
    pub(crate) fn admit(&mut self, address: IpAddr, now: Timestamp) -> (Admission, Vec<Vec<u8>>) {
        let over = self.turn(now);
        let all = self.per_address.saturating_mul(ALL);
        let room = self.seen.len() < ADDRESSES;
        let network = network(address);
        let tally = match self.seen.get_mut(&network) {
            Some(tally) => tally,
            None if room => self.seen.entry(network).or_default(),
            None => {
                self.others = self.others.saturating_add(1);
                return (Admission::Count, over);
            }
        };
        if tally.written < self.per_address && self.written < all {
            tally.written = tally.written.saturating_add(1);
            self.written = self.written.saturating_add(1);
            (Admission::Write, over)
        } else {
            tally.counted = tally.counted.saturating_add(1);
            (Admission::Count, over)
        }
    }

    /// Counts one that was to be written, but for which the disk has no room.
    pub(crate) fn count(&mut self, address: IpAddr) {
        match self.seen.get_mut(&network(address)) {
            Some(tally) => tally.counted = tally.counted.saturating_add(1),
            None => self.others = self.others.saturating_add(1),
        }
    }

    /// Begins a new minute if `now` lies in one; gives the lines that close the old.
    pub(crate) fn turn(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let minute = now.seconds().div_euclid(60);
        if minute == self.minute {
            return Vec::new();
        }
        let lines = self.finish(now);
        self.minute = minute;
        lines
    }

    /// Closes the minute before it is over: nothing that was counted is lost when the log ends.
    pub(crate) fn finish(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let begun = Timestamp::from_seconds(self.minute.saturating_mul(60));
        let line = |address: Option<IpAddr>, refusals: u64| {
            let address = address.map_or_else(|| "others".to_owned(), |address| address.to_string());
            let count = json!({ "address": address, "refusals": refusals, "minute": begun.rfc3339(), "at": now.rfc3339() });
            json!({ "count": count }).to_string().into_bytes()
        };
        // The busiest addresses by name, the rest in one line: a flood from everywhere stays small too.
        let mut counted: Vec<(IpAddr, u64)> = self
            .seen
            .drain()
            .filter(|(_, tally)| tally.counted > 0)
            .map(|(address, tally)| (address, tally.counted))
            .collect();
        counted.sort_by_key(|(address, refusals)| (std::cmp::Reverse(*refusals), *address));
        let named = counted.len().min(32);
        let others = counted
            .iter()
            .skip(named)
            .fold(self.others, |sum, (_, refusals)| sum.saturating_add(*refusals));
        let mut lines: Vec<Vec<u8>> = counted
            .iter()
            .take(named)
            .map(|(address, refusals)| line(Some(*address), *refusals))
            .collect();
        if others > 0 {
            lines.push(line(None, others));
        }
        self.written = 0;
        self.others = 0;
        lines
    }
}

/// What one subscriber holds: an IPv4 address, or the /64 that an IPv6 address lies in.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            for segment in segments.iter_mut().skip(4) {
                *segment = 0;
            }
            IpAddr::V6(Ipv6Addr::from(segments))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_first_of_a_minute_are_written_and_the_rest_counted_once() {
        let mut strangers = Strangers::new(3);
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let other: IpAddr = "192.0.2.2".parse().unwrap();
        let admitted: Vec<Admission> = (0..5)
            .map(|at_second| {
                strangers
                    .admit(if at_second % 2 == 0 { one } else { mapped }, at(60))
                    .0
            })
            .collect();
        use Admission::{Count, Write};
        assert_eq!(admitted, [Write, Write, Write, Count, Count]);
        assert_eq!(strangers.admit(other, at(61)).0, Write);
        let lines = strangers.turn(at(120));
        assert_eq!(lines.len(), 1);
        let line: serde_json::Value = serde_json::from_slice(&lines[0]).unwrap();
        assert_eq!(
            (&line["count"]["address"], &line["count"]["refusals"]),
            (&"192.0.2.1".into(), &2.into())
        );
        assert_eq!(strangers.admit(one, at(121)).0, Write);
    }

    /// However many addresses a stranger has, a minute's events, its memory and its counting lines are bounded.
    #[test]
    fn a_flood_from_everywhere_stays_small() {
        let mut strangers = Strangers::new(2);
        let mut written = 0;
        for host in 0..100_000_u32 {
            let address = IpAddr::V4(std::net::Ipv4Addr::from(host));
            written += usize::from(strangers.admit(address, at(60)).0 == Admission::Write);
        }
        assert_eq!(written, 32);
        assert_eq!(strangers.seen.len(), ADDRESSES);
        let lines = strangers.turn(at(120));
        assert!(lines.len() <= 33, "{}", lines.len());
        let counted: u64 = lines
            .iter()
            .map(|line| {
                serde_json::from_slice::<serde_json::Value>(line).unwrap()["count"]["refusals"]
                    .as_u64()
                    .unwrap()
            })
            .sum();
        assert_eq!(counted, 100_000 - 32);
    }

    #[test]
    fn one_ipv6_network_is_one_stranger() {
        let mut strangers = Strangers::new(1);
        assert_eq!(
            strangers.admit("2001:db8::1".parse().unwrap(), at(0)).0,
            Admission::Write
        );
        assert_eq!(
            strangers.admit("2001:db8::2".parse().unwrap(), at(0)).0,
            Admission::Count
        );
        assert_eq!(
            strangers.admit("2001:db8:0:1::2".parse().unwrap(), at(0)).0,
            Admission::Write
        );
    }
}
