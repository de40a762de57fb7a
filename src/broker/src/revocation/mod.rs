//! What the broker knows of revocation while it runs.
//!
//! What lives here: the lists of every anchor, indexed; OCSP answers; and the trait by which the road tells whoever
//! fetches evidence what is missing. What does not: what evidence means (`pki`), and fetching it.

mod answers;
mod lists;
mod source;

pub use answers::OcspAnswers;
pub use lists::{IssuerLists, RevocationLists};
pub use source::{EvidenceSource, NoEvidenceSource, Wanted};

use std::sync::Arc;

use pki::{Answer, Evidence, List};
use x509::{Certificate, Name, Serial};

/// What one anchor's paths are judged by: its own lists, which nobody brought in for another (threat R11), and answers
/// that were verified with their issuer's key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnchorEvidence<'s> {
    pub(crate) lists: Option<&'s IssuerLists>,
    pub(crate) answers: &'s OcspAnswers,
}

impl Evidence for AnchorEvidence<'_> {
    fn lists(&self, issuer: &Name) -> &[Arc<List>] {
        self.lists.map(|lists| lists.of(issuer)).unwrap_or_default()
    }

    fn answer(&self, issuer: &Certificate, serial: &Serial) -> Option<Answer> {
        self.answers.find(issuer, serial)
    }
}
