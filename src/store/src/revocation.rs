//! What revocation keeps: lists, the highest number seen of each, OCSP answers.
//!
//! What lives here: the rows, and what can be wrong with them. What does not: reading a list, checking its signature, or
//! any opinion on it; whoever puts it here has done that, and does it again after reading it back (threat R2).

use wire::Timestamp;

use crate::StoreError;

/// The longest key of a scope or an answer.
pub(crate) const LONGEST_KEY: usize = 64;
/// The longest CRL number: 20 octets (RFC 5280, 5.2.3).
pub(crate) const LONGEST_NUMBER: usize = 20;

/// How a list came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListSource {
    /// An operator brought it.
    Imported,
    /// certroled fetched it.
    Fetched,
}

/// A revocation list at rest. One is kept for each account, trust anchor and scope.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredList {
    /// The account of the anchor.
    pub account: String,
    /// The anchor's object id.
    pub trust_anchor: String,
    /// What the list speaks for, as an opaque key of 1 to 64 bytes. It must tell apart all that number their lists on
    /// their own: the issuer's name, its key, the distribution point.
    pub scope: Vec<u8>,
    /// How it came here.
    pub source: ListSource,
    /// Where it was fetched.
    pub url: Option<String>,
    /// The list.
    pub der: Vec<u8>,
    /// The certificate whose key signed it, where that is not an anchor's.
    pub issuer_certificate: Option<Vec<u8>>,
    /// Its CRLNumber (RFC 5280, 5.2.3): unsigned, big-endian.
    pub number: Vec<u8>,
    /// The SHA-256 of the list.
    pub sha256: [u8; 32],
    /// When it was put here.
    pub stored_at: Timestamp,
}

/// Tells the list without printing it: it may be fifty megabytes.
impl std::fmt::Debug for StoredList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredList")
            .field("account", &self.account)
            .field("trust_anchor", &self.trust_anchor)
            .field("scope", &Hex(&self.scope))
            .field("source", &self.source)
            .field("url", &self.url)
            .field("der", &format_args!("{} bytes", self.der.len()))
            .field("number", &Hex(&self.number))
            .field("sha256", &Hex(&self.sha256))
            .field("stored_at", &self.stored_at)
            .finish_non_exhaustive()
    }
}

/// An OCSP answer at rest. One is kept for each key.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// What the answer speaks for, as an opaque key of 1 to 64 bytes: the issuer and the serial number.
    pub key: Vec<u8>,
    /// The answer.
    pub der: Vec<u8>,
    /// The certificate of the judged certificate's issuer.
    pub issuer_certificate: Vec<u8>,
    /// The certificate that was judged.
    pub certificate: Vec<u8>,
    /// When that certificate is over: until then the answer is never cleaned up (threat R9).
    pub not_after: Timestamp,
    /// The answer's thisUpdate (RFC 6960, 4.2.2.1).
    pub this_update: Timestamp,
    /// How much it weighs beside one of the same thisUpdate: the heavier one stays, and of equals the first. Whoever
    /// keeps answers lets what revokes weigh most, so that nothing of the same instant takes it back.
    pub weight: u8,
    /// The answer's nextUpdate, where it has one.
    pub next_update: Option<Timestamp>,
}

impl std::fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredAnswer")
            .field("key", &Hex(&self.key))
            .field("der", &format_args!("{} bytes", self.der.len()))
            .field("not_after", &self.not_after)
            .field("this_update", &self.this_update)
            .field("next_update", &self.next_update)
            .finish_non_exhaustive()
    }
}

/// A revocation list is not kept, and what was there stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A newer list of the scope was seen, be it gone or not (threat R6).
    #[error(
        "the revocation list has number {offered}, but number {have} of the same issuer and scope was seen already: a newer list is never replaced by an older one; get the issuer's present list",
        offered = shown(offered),
        have = shown(have)
    )]
    Older {
        /// The number of the list.
        offered: Vec<u8>,
        /// The highest number seen.
        have: Vec<u8>,
    },
    /// The issuer gave one number to two lists, or somebody else did (threat R6).
    #[error(
        "the revocation list has number {number}, and so had another list of the same issuer and scope with other content: one of them is not what it says; ask the issuer for a list with a higher number",
        number = shown(number)
    )]
    SameNumberOtherContent {
        /// The number of both.
        number: Vec<u8>,
    },
    /// What was handed in breaks the rules of the store.
    #[error("{what} is {length} bytes long; it must have {rule}")]
    Length {
        /// Which field.
        what: &'static str,
        /// How long it is.
        length: usize,
        /// How long it may be.
        rule: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ListError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Bytes as people compare them.
struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// A number as OpenSSL's `crl -crlnumber` prints it.
fn shown(number: &[u8]) -> String {
    match number {
        [] => "0x00".into(),
        number => format!("0x{}", Hex(number)),
    }
}
