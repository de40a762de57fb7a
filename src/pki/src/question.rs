//! Everything that a verdict depends on, in one value: there is no other input.

use wire::Timestamp;
use x509::{Certificate, ExtendedKeyUsage};

use crate::anchor::TrustAnchor;
use crate::revocation::Evidence;
use crate::signature::{Algorithms, SignatureMemory};
use crate::work::Limits;

/// May this certificate be trusted by this anchor, now?
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The end-entity certificate.
    pub leaf: &'a Certificate,
    /// Certificates that came with it: an unordered bag of hints, which may hold the leaf, roots, strangers and
    /// repeats (contract 1.6). Nothing in it is trusted (threat P20).
    pub pool: &'a [Certificate],
    /// The anchor that was named; no other is looked at (threat P18).
    pub anchor: &'a TrustAnchor,
    /// The extended key usage that is wanted, dotted.
    pub purpose: &'a str,
    /// The instant that is judged by.
    pub now: Timestamp,
    /// The closed list of algorithms (threat P14).
    pub algorithms: Algorithms<'a>,
    /// What verified before.
    pub signatures: &'a dyn SignatureMemory,
    /// What is known of revocation.
    pub evidence: &'a dyn Evidence,
    /// What the answer may cost.
    pub limits: Limits,
}

impl<'a> Question<'a> {
    /// For TLS clients, at the cost that a request may have.
    pub fn for_client(
        leaf: &'a Certificate,
        pool: &'a [Certificate],
        anchor: &'a TrustAnchor,
        now: Timestamp,
        algorithms: Algorithms<'a>,
        (signatures, evidence): (&'a dyn SignatureMemory, &'a dyn Evidence),
    ) -> Self {
        Self {
            leaf,
            pool,
            anchor,
            purpose: ExtendedKeyUsage::CLIENT_AUTH,
            now,
            algorithms,
            signatures,
            evidence,
            limits: Limits::default(),
        }
    }
}

impl std::fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question")
            .field("leaf", &self.leaf)
            .field("pool", &self.pool.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
