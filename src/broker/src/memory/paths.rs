//! Paths that were found valid under one snapshot.

use std::fmt;
use std::sync::{Arc, OnceLock};

use iam::SessionTags;
use pki::VerifiedPath;
use quick_cache::sync::Cache;
use uuid::Uuid;
use wire::{AccountId, SourceIdentity, SubjectArn, Timestamp, TrustAnchorArn};
use x509::Certificate;

use crate::road::Fit;
use crate::snapshot::{Anchor, Profile};

/// How many are kept.
const MOST: usize = 16 * 1024;

/// Everything that a path was found from, but for the time and what is known of revocation: the anchor, the leaf, and
/// the bag of certificates that came with it. Their order and their number say nothing (contract 1.6), so that whoever
/// shuffles them is one entry, and not ten factorial.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PathKey {
    account: AccountId,
    anchor: Uuid,
    leaf: [u8; 32],
    /// Sorted, each once.
    pool: Vec<[u8; 32]>,
}

impl PathKey {
    pub(crate) fn of(anchor: &Anchor, leaf: &Certificate, pool: &[Certificate]) -> Self {
        Self::new(&anchor.arn, leaf, pool)
    }

    fn new(anchor: &TrustAnchorArn, leaf: &Certificate, pool: &[Certificate]) -> Self {
        let mut pool: Vec<_> = pool.iter().map(Certificate::sha256).collect();
        pool.sort_unstable();
        pool.dedup();
        Self {
            account: anchor.account(),
            anchor: anchor.id(),
            leaf: leaf.sha256(),
            pool,
        }
    }
}

/// A path that was found valid, and what follows from it and its leaf alone.
#[derive(Debug)]
pub(crate) struct KnownPath {
    path: VerifiedPath,
    subject_arn: SubjectArn,
    source_identity: Option<SourceIdentity>,
    /// Under the profile that was asked by first: a certificate usually asks by one.
    tags: OnceLock<(Uuid, SessionTags)>,
}

/// The most bytes of tags that are kept with a path. Whoever has one good leaf can make many entries of it, each with
/// its own.
const MOST_TAG_BYTES: usize = 1024;

impl KnownPath {
    /// A path to this anchor.
    pub(crate) fn new(path: VerifiedPath, anchor: &TrustAnchorArn) -> Self {
        let subject_arn = SubjectArn::new(
            &anchor.partition(),
            &anchor.region(),
            anchor.account(),
            path.leaf().subject().raw(),
        );
        Self {
            source_identity: iam::source_identity(path.leaf()),
            path,
            subject_arn,
            tags: OnceLock::new(),
        }
    }

    pub(crate) fn path(&self) -> &VerifiedPath {
        &self.path
    }

    /// The ARN of the leaf's subject.
    pub(crate) fn subject_arn(&self) -> &SubjectArn {
        &self.subject_arn
    }

    /// Who the leaf says that its sessions are.
    pub(crate) fn source_identity(&self) -> Option<&SourceIdentity> {
        self.source_identity.as_ref()
    }

    /// The leaf's session tags under this profile.
    pub(crate) fn tags(&self, profile: &Profile) -> SessionTags {
        match self.tags.get() {
            Some((of, tags)) if *of == profile.arn.id() => tags.clone(),
            _ => {
                let tags = profile.attribute_mapping.tags(self.path.leaf());
                if tags.bytes() <= MOST_TAG_BYTES {
                    // Another profile's stay, where they came first.
                    let _ = self.tags.set((profile.arn.id(), tags.clone()));
                }
                tags
            }
        }
    }
}

/// Paths that were found valid, never those that were not. Belongs to one snapshot and is gone with it, so that any
/// change of anchors, profiles or revocation lists forgets them all (threat A2).
pub(crate) struct PathMemory(Cache<PathKey, Arc<KnownPath>>);

impl Default for PathMemory {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl PathMemory {
    /// The path that was found from these certificates, while every one of its certificates is valid. Whether one of
    /// them is revoked is another question, which is asked each time.
    pub(crate) fn find(&self, key: &PathKey, now: Timestamp) -> Option<Arc<KnownPath>> {
        let known = self.0.get(key)?;
        let path = known.path();
        (path.latest_not_before() <= now && now <= path.earliest_not_after()).then_some(known)
    }

    /// Only for a leaf that was judged fit, as it is not judged again.
    pub(crate) fn keep(&self, key: PathKey, path: &Arc<KnownPath>, _: Fit) {
        self.0.insert(key, Arc::clone(path));
    }
}

impl fmt::Debug for PathMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathMemory({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn neither_order_nor_repetition_makes_another_key() {
        let made = || {
            let made = rcgen::generate_simple_self_signed(vec!["web".to_owned()]).unwrap();
            Certificate::parse(made.cert.der()).unwrap()
        };
        let (leaf, one, two) = (made(), made(), made());
        let anchor = |id: &str| {
            let arn = format!("arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/{id}");
            arn.parse::<TrustAnchorArn>().unwrap()
        };
        let ours = anchor("11111111-1111-4111-8111-111111111111");
        let other = anchor("22222222-2222-4222-8222-222222222222");
        let key = |leaf: &Certificate, pool: &[&Certificate]| {
            let pool: Vec<_> = pool.iter().map(|one| (*one).clone()).collect();
            PathKey::new(&ours, leaf, &pool)
        };
        let wanted = key(&leaf, &[&one, &two]);
        for (pool, same) in [
            (&[&two, &one][..], true),
            (&[&one, &two, &one, &two], true),
            (&[&one], false),
            (&[&one, &two, &leaf], false),
            (&[], false),
        ] {
            assert_eq!(key(&leaf, pool) == wanted, same, "{} certificates", pool.len());
        }
        // Which of them is the leaf, and which anchor was named, matters.
        assert_ne!(key(&one, &[&leaf, &two]), wanted);
        let pool = [one.clone(), two.clone()];
        assert_ne!(PathKey::new(&other, &leaf, &pool), wanted);
    }
}
