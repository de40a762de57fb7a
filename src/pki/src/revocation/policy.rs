//! What an anchor wants to be told about revocation, and what was told.

use wire::Timestamp;

/// Whether revocation is looked at, and what happens without evidence. `docs/revocation.md` has the whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is not looked at.
    Off,
    /// A certificate that nothing is known about is let in. Evidence that is there counts: whoever is listed is
    /// refused, and so is everybody once it is stale.
    #[default]
    Prefer,
    /// Every certificate needs fresh evidence.
    Require,
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Revocation lists (RFC 5280).
    Crl,
    /// OCSP answers (RFC 6960).
    Ocsp,
}

/// The policy of one anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationPolicy {
    /// Whether evidence is needed.
    pub mode: Mode,
    /// Which kinds are looked at, in this order. Any that says revoked refuses; of those that say good the first
    /// is told.
    pub sources: Vec<Source>,
    /// For how many seconds past its nextUpdate evidence still counts (threat R4).
    pub max_staleness: i64,
}

impl Default for RevocationPolicy {
    /// Whatever is known counts, and not one second longer than its issuer says.
    fn default() -> Self {
        Self {
            mode: Mode::Prefer,
            sources: vec![Source::Crl, Source::Ocsp],
            max_staleness: 0,
        }
    }
}

/// What was known about one certificate of a path that was found valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The certificate's subject.
    pub subject: String,
    /// What was known.
    pub verdict: Verdict,
}

/// Why a certificate passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The policy does not look.
    NotAsked,
    /// Nothing is known, and the policy lets that pass.
    NothingKnown,
    /// Evidence says that it is not revoked.
    Good {
        /// Which kind.
        source: Source,
        /// When the evidence was made.
        this_update: Timestamp,
        /// Until when it counts, without the policy's grace.
        next_update: Timestamp,
    },
}

/// Why it cannot be told whether a certificate is revoked. The order is that of how much each tells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undetermined {
    /// There is no evidence at all.
    #[error("there is no revocation list of its issuer and no OCSP answer about it")]
    Missing,
    /// There are lists of the issuer, and none is about this certificate.
    #[error("no revocation list of its issuer covers it: {0}")]
    OutOfScope(String),
    /// There is evidence that must not be used.
    #[error("the evidence cannot be used: {0}")]
    Unusable(String),
    /// The evidence is from a time to come.
    #[error("the evidence was made at {this_update}, and it is {now}")]
    NotYet {
        /// When it says it was made.
        this_update: Timestamp,
        /// The instant it was judged by.
        now: Timestamp,
    },
    /// The evidence is over.
    #[error("the evidence is over since {next_update}, {staleness} seconds are allowed, and it is {now}")]
    Stale {
        /// Until when it counted.
        next_update: Timestamp,
        /// The policy's grace, in seconds.
        staleness: i64,
        /// The instant it was judged by.
        now: Timestamp,
    },
    /// The responder does not know the certificate.
    #[error("the OCSP responder does not know it")]
    Unknown,
}

impl Undetermined {
    /// The rule's stable name, for events.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Missing => "path.revocation-missing",
            Self::OutOfScope(_) => "path.revocation-out-of-scope",
            Self::Unusable(_) => "path.revocation-unusable",
            Self::NotYet { .. } => "path.revocation-not-yet",
            Self::Stale { .. } => "path.revocation-stale",
            Self::Unknown => "path.revocation-unknown",
        }
    }

    /// Of two reasons, the one that tells more.
    pub(crate) fn or(self, other: Self) -> Self {
        if other.weight() > self.weight() {
            other
        } else {
            self
        }
    }

    const fn weight(&self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::OutOfScope(_) => 1,
            Self::Unusable(_) => 2,
            Self::NotYet { .. } => 3,
            Self::Stale { .. } => 4,
            Self::Unknown => 5,
        }
    }
}
