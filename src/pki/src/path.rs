//! A path that was found valid.

use wire::Timestamp;
use x509::Certificate;

use crate::revocation::Checked;

/// A path that was found valid. Made by [`crate::validate`] only.
#[derive(Debug, Clone)]
pub struct VerifiedPath {
    pub(crate) leaf: Certificate,
    pub(crate) intermediates: Vec<Certificate>,
    pub(crate) anchor: Certificate,
    pub(crate) revocation: Vec<Checked>,
}

impl VerifiedPath {
    /// The end-entity certificate.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The intermediates, from the leaf's issuer on.
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// The certificate of the anchor that the path ends at: the leaf itself where the anchor pins it.
    pub fn anchor(&self) -> &Certificate {
        &self.anchor
    }

    /// Every certificate, from the leaf up to the anchor's; an anchor that is the leaf stands once.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let pinned = self.anchor == self.leaf;
        let anchor = (!pinned).then_some(&self.anchor);
        [&self.leaf].into_iter().chain(&self.intermediates).chain(anchor)
    }

    /// What was known of revocation, from the leaf up; the anchor's certificate is not asked about.
    pub fn revocation(&self) -> &[Checked] {
        &self.revocation
    }

    /// When the path is over: the earliest end on it, the anchor's included.
    pub fn earliest_not_after(&self) -> Timestamp {
        let others = self.intermediates.iter().chain([&self.anchor]);
        others
            .map(Certificate::not_after)
            .fold(self.leaf.not_after(), Timestamp::min)
    }

    /// When the path began to be valid: the latest beginning on it.
    pub fn latest_not_before(&self) -> Timestamp {
        let others = self.intermediates.iter().chain([&self.anchor]);
        others
            .map(Certificate::not_before)
            .fold(self.leaf.not_before(), Timestamp::max)
    }
}
