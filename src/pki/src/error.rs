//! Why there is no path: the most telling reason, with the values.

use wire::Timestamp;

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
    #[error("a name in the certificate is outside the name constraints of a CA on its path")]
    NameConstraints,
    /// More intermediates than a CA of the path, or the library, allows.
    #[error("the path is longer than a CA on it allows (pathLenConstraint), or than six intermediates")]
    TooLong,
    /// The extended key usages of the path leave client authentication out.
    #[error("a certificate on the path is not for client authentication (extendedKeyUsage)")]
    ExtendedKeyUsage,
    /// Signed with an algorithm that is not verified here.
    #[error("a certificate on the path is signed with an algorithm that is not accepted: {0}")]
    Algorithm(String),
    /// More certificates than are looked at.
    #[error("{0} certificates came with the request; at most {1} are looked at")]
    TooMany(usize, usize),
    /// The search was given up: the certificates are made to be slow.
    #[error("the search for a path was given up: {0}")]
    TooMuchWork(String),
    /// The library refuses for a reason of its own.
    #[error("no valid path: {0}")]
    Other(String),
}

impl PathError {
    /// The rule's stable name, for events.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "path.expired",
            Self::NotYetValid { .. } => "path.not-yet-valid",
            Self::IssuerMissing { .. } => "path.issuer-missing",
            Self::Signature { .. } => "path.signature",
            Self::Unfit { .. } => "path.unfit",
            Self::NameConstraints => "path.name-constraints",
            Self::TooLong => "path.too-long",
            Self::ExtendedKeyUsage => "path.extended-key-usage",
            Self::Algorithm(_) => "path.algorithm",
            Self::TooMany(..) => "path.too-many-certificates",
            Self::TooMuchWork(_) => "path.too-much-work",
            Self::Other(_) => "path.other",
        }
    }
}
