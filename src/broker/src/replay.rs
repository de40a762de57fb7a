//! The memory of signed requests: the same bytes are not accepted twice (threat S5).
//!
//! Bounded: a share for each certificate, and a bound for all. When a share is full the request is throttled, never
//! let through: forgetting early would open the window that this memory closes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use wire::Timestamp;

/// Signed requests that one certificate may have in memory at once. A request stays for at most ten minutes, so this
/// allows several a second, kept up for the whole window.
const SHARE: usize = 4096;
/// Signed requests in memory for all certificates together: about 40 MB at worst.
const ALL: usize = 262_144;

/// What a signed request is remembered by.
pub(crate) type Fingerprint = [u8; 32];

#[derive(Debug, Default)]
pub(crate) struct ReplayMemory {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: HashSet<Fingerprint>,
    by_certificate: HashMap<Fingerprint, usize>,
    /// Until when each is kept: the request and its certificate.
    until: BTreeMap<i64, Vec<(Fingerprint, Fingerprint)>>,
}

/// What the memory says of a signed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It is new, and is remembered now.
    New,
    /// It was seen before.
    Repeated,
    /// There is no room to remember it.
    Full,
}

impl ReplayMemory {
    /// Remembers a request of this certificate until `until`, unless it is there already.
    pub(crate) fn remember(
        &self,
        request: Fingerprint,
        certificate: Fingerprint,
        until: Timestamp,
        now: Timestamp,
    ) -> Memory {
        // A panic while the lock was held cannot leave the sets half-changed in a way that lets a repeat through.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_before(now);
        if seen.requests.contains(&request) {
            return Memory::Repeated;
        }
        let held = seen.by_certificate.get(&certificate).copied().unwrap_or(0);
        if held >= SHARE || seen.requests.len() >= ALL {
            return Memory::Full;
        }
        seen.requests.insert(request);
        seen.by_certificate.insert(certificate, held.saturating_add(1));
        seen.until
            .entry(until.seconds())
            .or_default()
            .push((request, certificate));
        Memory::New
    }
}

impl Seen {
    fn forget_before(&mut self, now: Timestamp) {
        while let Some(entry) = self.until.first_entry() {
            if *entry.key() >= now.seconds() {
                break;
            }
            for (request, certificate) in entry.remove() {
                self.requests.remove(&request);
                if let Some(held) = self.by_certificate.get_mut(&certificate) {
                    *held = held.saturating_sub(1);
                    if *held == 0 {
                        self.by_certificate.remove(&certificate);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn numbered(number: usize) -> Fingerprint {
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(number.to_be_bytes()) {
            *to = from;
        }
        fingerprint
    }

    #[test]
    fn a_repeat_is_seen_until_the_request_could_no_longer_be_accepted() {
        let memory = ReplayMemory::default();
        assert_eq!(memory.remember([1; 32], [9; 32], at(100), at(0)), Memory::New);
        assert_eq!(
            memory.remember([1; 32], [9; 32], at(100), at(100)),
            Memory::Repeated
        );
        assert_eq!(memory.remember([2; 32], [9; 32], at(100), at(100)), Memory::New);
        assert_eq!(memory.remember([1; 32], [9; 32], at(300), at(101)), Memory::New);
    }

    /// One certificate cannot push another's requests out, nor use up the memory of all.
    #[test]
    fn a_full_share_throttles_its_own_certificate_only() {
        let memory = ReplayMemory::default();
        for number in 0..SHARE {
            assert_eq!(
                memory.remember(numbered(number), [9; 32], at(100), at(0)),
                Memory::New
            );
        }
        assert_eq!(
            memory.remember(numbered(SHARE), [9; 32], at(100), at(0)),
            Memory::Full
        );
        assert_eq!(
            memory.remember(numbered(0), [9; 32], at(100), at(0)),
            Memory::Repeated
        );
        assert_eq!(
            memory.remember(numbered(SHARE), [8; 32], at(100), at(0)),
            Memory::New
        );
        assert_eq!(
            memory.remember(numbered(SHARE + 1), [9; 32], at(300), at(101)),
            Memory::New
        );
    }
}
