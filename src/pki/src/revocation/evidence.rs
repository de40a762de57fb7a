//! What is known of revocation, as whoever keeps it hands it in.

use std::sync::Arc;

use wire::Timestamp;
use x509::{Certificate, Name, Revoked, Serial};

use super::list::List;

/// Everything that is known of revocation, at one instant. Look-ups are hashes: their cost does not grow with what is
/// known.
pub trait Evidence {
    /// The usable lists whose issuer bears this name, whichever key it has.
    fn lists(&self, issuer: &Name) -> &[Arc<List>];
    /// The OCSP answer about the certificate with this serial number, of this issuer: its name and its key, since two
    /// CAs may share either (threat R3).
    fn answer(&self, issuer: &Certificate, serial: &Serial) -> Option<Answer>;
}

/// Nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvidence;

impl Evidence for NoEvidence {
    fn lists(&self, _: &Name) -> &[Arc<List>] {
        &[]
    }

    fn answer(&self, _: &Certificate, _: &Serial) -> Option<Answer> {
        None
    }
}

/// What an OCSP responder said about one certificate, its signature and its right to speak verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// What it said.
    pub status: AnswerStatus,
    /// When that was known to be so.
    pub this_update: Timestamp,
    /// Until when it counts.
    pub next_update: Timestamp,
}

/// What an OCSP responder says of a certificate (RFC 6960, 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerStatus {
    /// It is not revoked.
    Good,
    /// It is revoked.
    Revoked(Revoked),
    /// The responder does not know it.
    Unknown,
}
