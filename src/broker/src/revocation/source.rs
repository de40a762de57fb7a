//! How the road tells whoever fetches evidence what it met and what it misses. Never waits: nothing is fetched while a
//! caller waits (design section 3).

use std::fmt;

use x509::Certificate;

use crate::snapshot::Anchor;

/// What becomes of a wish for evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It will be looked for: the caller may come back.
    Queued,
    /// There is no place to look for it.
    Nowhere,
}

/// Whoever fetches evidence.
pub trait EvidenceSource: Send + Sync + fmt::Debug {
    /// A path was found valid: its certificates, leaf first, the anchor's last. The places that they name may be fetched
    /// from (threat P20), ahead of need.
    ///
    /// Whether note was taken. A path of which none was is not remembered, so that it comes again.
    fn met(&self, anchor: &Anchor, path: &[Certificate]) -> bool;
    /// A path lacks nothing but evidence.
    fn wanted(&self, anchor: &Anchor, path: &[Certificate]) -> Wanted;
}

/// Fetches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvidenceSource;

impl EvidenceSource for NoEvidenceSource {
    fn met(&self, _: &Anchor, _: &[Certificate]) -> bool {
        true
    }

    fn wanted(&self, _: &Anchor, _: &[Certificate]) -> Wanted {
        Wanted::Nowhere
    }
}
