//! Trust anchors: what a path may end at.

use wire::Timestamp;
use x509::Certificate;

use crate::anchor_constraints::AnchorConstraints;
use crate::fitness::{self, Unfit};
use crate::revocation::RevocationPolicy;

/// Why certificates do not make a trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// There is none.
    #[error("there is no certificate in it")]
    Empty,
    /// One of them is not fit.
    #[error("certificate `{subject}`: {reason}")]
    Certificate {
        /// Which.
        subject: String,
        /// Why.
        reason: String,
    },
    /// One stands twice.
    #[error("certificate `{0}` stands in it twice")]
    Twice(String),
}

/// What the certificates of an anchor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AnchorKind {
    /// CA certificates, roots or intermediates, self-signed or not, each trusted by itself.
    #[default]
    Ca,
    /// End-entity certificates, each compared whole with the one presented; none of them issues anything (threat P19).
    Pinned,
}

/// A trust anchor: certificates that are trusted because somebody configured them.
#[derive(Debug, Clone)]
pub struct TrustAnchor {
    kind: AnchorKind,
    certificates: Vec<Certificate>,
    constraints: AnchorConstraints,
    revocation: RevocationPolicy,
}

impl TrustAnchor {
    /// The anchor of these CA certificates, each of which must be fit to be one (contract 2; threats P4, P14, P19). One
    /// that is over, or not yet valid, makes an anchor too: paths to it are refused.
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, AnchorError> {
        Self::of(AnchorKind::Ca, certificates, fitness::check_anchor)
    }

    /// The anchor of these end-entity certificates.
    pub fn pinned(certificates: Vec<Certificate>) -> Result<Self, AnchorError> {
        Self::of(AnchorKind::Pinned, certificates, fitness::check_end_entity)
    }

    fn of(
        kind: AnchorKind,
        certificates: Vec<Certificate>,
        check: fn(&Certificate) -> Result<(), Unfit>,
    ) -> Result<Self, AnchorError> {
        if certificates.is_empty() {
            return Err(AnchorError::Empty);
        }
        for (at, certificate) in certificates.iter().enumerate() {
            let subject = certificate.subject().display();
            if certificates.iter().take(at).any(|other| other == certificate) {
                return Err(AnchorError::Twice(subject));
            }
            check(certificate).map_err(|reason| AnchorError::Certificate {
                subject,
                reason: reason.to_string(),
            })?;
        }
        Ok(Self {
            kind,
            certificates,
            constraints: AnchorConstraints::default(),
            revocation: RevocationPolicy::default(),
        })
    }

    /// The anchor with constraints of its own, beside those in its certificates.
    #[must_use]
    pub fn constrained(mut self, constraints: AnchorConstraints) -> Self {
        self.constraints = constraints;
        self
    }

    /// The anchor with this policy about revocation.
    #[must_use]
    pub fn with_revocation(mut self, policy: RevocationPolicy) -> Self {
        self.revocation = policy;
        self
    }

    /// What it wants to be told about revocation.
    pub fn revocation(&self) -> &RevocationPolicy {
        &self.revocation
    }

    /// What its certificates are.
    pub fn kind(&self) -> AnchorKind {
        self.kind
    }

    /// The certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Its own constraints.
    pub fn constraints(&self) -> &AnchorConstraints {
        &self.constraints
    }

    /// The earliest end of any of the certificates.
    pub fn earliest_not_after(&self) -> Timestamp {
        let ends = self.certificates.iter().map(Certificate::not_after);
        ends.min().unwrap_or(Timestamp::from_seconds(i64::MIN))
    }
}
