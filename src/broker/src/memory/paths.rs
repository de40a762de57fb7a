//! Paths that were found valid under one snapshot.

use std::fmt;
use std::sync::Arc;

use pki::VerifiedPath;
use quick_cache::sync::Cache;
use uuid::Uuid;
use wire::{AccountId, Timestamp};
use x509::Certificate;

use crate::snapshot::Anchor;

/// How many are kept.
const MOST: usize = 16 * 1024;

/// Everything that a path was found from, but for the time and what is known of revocation: the anchor, and the bytes
/// that came with the request, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PathKey {
    account: AccountId,
    anchor: Uuid,
    certificates: Vec<[u8; 32]>,
}

impl PathKey {
    pub(crate) fn of(anchor: &Anchor, leaf: &Certificate, pool: &[Certificate]) -> Self {
        Self {
            account: anchor.arn.account(),
            anchor: anchor.arn.id(),
            certificates: [leaf].into_iter().chain(pool).map(Certificate::sha256).collect(),
        }
    }
}

/// Paths that were found valid, never those that were not. Belongs to one snapshot and is gone with it, so that any
/// change of anchors, profiles or revocation lists forgets them all (threat A2).
pub(crate) struct PathMemory(Cache<PathKey, Arc<VerifiedPath>>);

impl Default for PathMemory {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl PathMemory {
    /// The path that was found from these certificates, while every one of its certificates is valid. Whether one of
    /// them is revoked is another question, which is asked each time.
    pub(crate) fn find(&self, key: &PathKey, now: Timestamp) -> Option<Arc<VerifiedPath>> {
        let path = self.0.get(key)?;
        (path.latest_not_before() <= now && now <= path.earliest_not_after()).then_some(path)
    }

    pub(crate) fn keep(&self, key: PathKey, path: &Arc<VerifiedPath>) {
        self.0.insert(key, Arc::clone(path));
    }
}

impl fmt::Debug for PathMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathMemory({})", self.0.len())
    }
}
