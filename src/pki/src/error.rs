//! Why there is no path: the most telling reason, with the values.

use wire::Timestamp;

use crate::revocation::Undetermined;
use crate::work::TooMuch;

/// Why a certificate is not trusted by an anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A certificate of the path has ended.
    #[error("`{subject}` expired at {not_after}; it is {now}")]
    Expired {
        /// Which.
        subject: String,
        /// Its last second.
        not_after: Timestamp,
        /// The instant it was judged by.
        now: Timestamp,
    },
    /// A certificate of the path has not begun.
    #[error("`{subject}` is not valid before {not_before}; it is {now}")]
    NotYetValid {
        /// Which.
        subject: String,
        /// Its first second.
        not_before: Timestamp,
        /// The instant it was judged by.
        now: Timestamp,
    },
    /// No certificate that was sent, and none of the anchor, is the issuer's.
    #[error(
        "no certificate of the issuer `{issuer}` was sent or is in the trust anchor; either an intermediate \
         certificate is missing from the request, or this is another CA's certificate"
    )]
    IssuerMissing {
        /// The issuer that was looked for last.
        issuer: String,
    },
    /// The anchor pins certificates, and this is none of them.
    #[error("`{subject}` is none of the certificates that the trust anchor pins")]
    NotPinned {
        /// The certificate.
        subject: String,
    },
    /// A certificate of the issuer's name is there, and its key did not sign.
    #[error("`{subject}` names `{issuer}` as its issuer, but was not signed by that CA's key")]
    Signature {
        /// The certificate.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// A certificate on the path is not fit to be there.
    #[error("`{subject}`: {reason}")]
    Unfit {
        /// Which.
        subject: String,
        /// Why.
        reason: String,
    },
    /// A name that a CA of the path may not give.
    #[error(
        "`{subject}` bears {name}, which the name constraints of `{constrained_by}` do not allow ({rule})"
    )]
    NameConstraints {
        /// Whose name it is.
        subject: String,
        /// The name.
        name: String,
        /// The CA that constrains names, or the anchor itself.
        constrained_by: String,
        /// What the name meets, or does not meet.
        rule: String,
    },
    /// More intermediates than a CA of the path, or a request, is allowed.
    #[error(
        "there are {intermediates} intermediates below `{subject}`, which allows {allowed} (pathLenConstraint)"
    )]
    TooLong {
        /// Who allows no more.
        subject: String,
        /// How many there are, self-issued ones not counted.
        intermediates: usize,
        /// How many may be.
        allowed: usize,
    },
    /// The extended key usages of a certificate leave the purpose out.
    #[error("`{subject}` is not for this use (extendedKeyUsage is {usage}, and must cover {wanted})")]
    ExtendedKeyUsage {
        /// Which.
        subject: String,
        /// What it is for.
        usage: String,
        /// What it is wanted for, dotted.
        wanted: String,
    },
    /// Signed with an algorithm that is not verified here.
    #[error("`{subject}` is signed with {algorithm} by a key of type {key}, which is not accepted")]
    Algorithm {
        /// Which.
        subject: String,
        /// With what.
        algorithm: String,
        /// The issuer's key.
        key: String,
    },
    /// Something that the operator demands of this anchor's certificates.
    #[error("`{subject}`: {reason}, which the trust anchor's own constraints do not allow")]
    AnchorConstraint {
        /// Which.
        subject: String,
        /// What.
        reason: String,
    },
    /// A certificate of the path is revoked.
    #[error("`{subject}` (serial {serial}) is revoked since {since} ({reason}), says {source_of}")]
    Revoked {
        /// Which.
        subject: String,
        /// Its serial number.
        serial: String,
        /// Since when.
        since: Timestamp,
        /// Why, by the name of RFC 5280, 5.3.1.
        reason: String,
        /// Which list or responder says so.
        source_of: String,
    },
    /// Whether a certificate of the path is revoked cannot be told, and the anchor wants it told.
    #[error("whether `{subject}` (serial {serial}) is revoked cannot be told: {why}")]
    RevocationUnknown {
        /// Which.
        subject: String,
        /// Its serial number.
        serial: String,
        /// Why.
        why: Undetermined,
    },
    /// More certificates than are looked at.
    #[error("{0} certificates came with the request; at most {1} are looked at")]
    TooMany(usize, usize),
    /// The search was given up: the certificates are made to be slow.
    #[error("the search for a path was given up: {0}")]
    TooMuchWork(#[from] TooMuch),
}

impl PathError {
    /// The rule's stable name, for events.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "path.expired",
            Self::NotYetValid { .. } => "path.not-yet-valid",
            Self::IssuerMissing { .. } => "path.issuer-missing",
            Self::NotPinned { .. } => "path.not-pinned",
            Self::Signature { .. } => "path.signature",
            Self::Unfit { .. } => "path.unfit",
            Self::NameConstraints { .. } => "path.name-constraints",
            Self::TooLong { .. } => "path.too-long",
            Self::ExtendedKeyUsage { .. } => "path.extended-key-usage",
            Self::Algorithm { .. } => "path.algorithm",
            Self::AnchorConstraint { .. } => "path.anchor-constraint",
            Self::Revoked { .. } => "path.revoked",
            Self::RevocationUnknown { why, .. } => why.rule(),
            Self::TooMany(..) => "path.too-many-certificates",
            Self::TooMuchWork(_) => "path.too-much-work",
        }
    }
}
