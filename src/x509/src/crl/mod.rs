//! Certificate revocation lists (RFC 5280, section 5).
//!
//! What lives here: the list as an owned value, its revoked certificates in rows that a look-up halves, and every
//! fact on which a judge of lists rests. What does not: judgement. Who may have signed it, whether its scope covers a
//! certificate, whether it is fresh, delta or indirect lists: all of that is decided elsewhere, from what is told
//! here. The signature is not looked at either; [`crate::Signed`] gives its parts.

mod entries;
mod extensions;
mod file;
mod issuing_distribution_point;
mod number;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;

use wire::Timestamp;

pub use entries::Revoked;
pub use file::{CrlFile, CrlFileError, read_crls};
pub use issuing_distribution_point::IssuingDistributionPoint;
pub use number::CrlNumber;

use crate::extensions::Extension;
use crate::name::Name;
use crate::serial::Serial;
use crate::signature_algorithm::SignatureAlgorithm;

/// The largest list that is read (threat R8). Ten million entries of the usual size take twice that; five million,
/// more than any public list ever held, fit.
const LARGEST: usize = 256 * 1024 * 1024;
/// The most revoked certificates that are read (threat R8): 270 MB of rows.
const MOST_ENTRIES: usize = 10_000_000;

/// Why bytes are not a CRL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    /// More bytes than are read.
    #[error("the CRL is {0} bytes long; at most {LARGEST} are read")]
    TooLarge(usize),
    /// Not DER, or not a CRL. Extensions that are known here and cannot be read, or stand twice, are among it: a
    /// list whose scope is in doubt must not pass for a complete one.
    #[error("the CRL cannot be read at byte {offset}: {reason}")]
    Malformed {
        /// Where.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
}

/// A revocation list, read strictly and judged by nobody.
///
/// A serial number that is listed more than once counts once, by the entry that weighs most: a revocation for good
/// before a hold, a hold before `removeFromCRL`, and of equals the earliest.
#[derive(Clone)]
pub struct Crl {
    sha256: [u8; 32],
    version: u32,
    signature_algorithm: SignatureAlgorithm,
    algorithms_agree: bool,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: entries::Entries,
    extensions: extensions::Extensions,
}

impl Crl {
    /// Reads a list from its DER.
    ///
    /// An empty `revokedCertificates` is read as none: RFC 5280, 5.1.2.6 wants it left out, the syntax does not.
    pub fn parse(der: &[u8]) -> Result<Self, CrlError> {
        if der.len() > LARGEST {
            return Err(CrlError::TooLarge(der.len()));
        }
        read::read(der, MOST_ENTRIES).map_err(|fault| {
            let (offset, reason) = fault.place(der);
            CrlError::Malformed { offset, reason }
        })
    }

    /// SHA-256 of the list's bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The version as people count it: 1 or 2.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// With which algorithm it was signed, as the signature says.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.signature_algorithm
    }

    /// Whether the algorithm inside what was signed is the one beside it (RFC 5280, 5.1.1.2).
    pub fn algorithms_agree(&self) -> bool {
        self.algorithms_agree
    }

    /// Who signed it.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// By when there will be another, if it says so.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// How many certificates are revoked, each counted once.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries were passed over: their serial numbers have more than 20 octets (RFC 5280, 4.1.2.2), and no
    /// certificate that has one is valid on any path. They are not counted in [`Crl::len`].
    pub fn passed_over(&self) -> usize {
        self.entries.passed_over()
    }

    /// The entry of this serial number, in time logarithmic in the length of the list.
    ///
    /// It says nothing about the certificate unless the list is its issuer's, and not indirect (threat R3).
    pub fn find(&self, serial: &Serial) -> Option<Revoked> {
        self.entries.find(serial.octets())
    }

    /// The first critical extension of an entry that is not known here. Such a list tells nothing about any
    /// certificate (RFC 5280, 5.3).
    pub fn unknown_critical_entry_extension(&self) -> Option<&str> {
        self.entries.unknown_critical()
    }

    /// Whether an entry names another issuer (RFC 5280, 5.3.3), as only those of an indirect list may.
    pub fn has_certificate_issuers(&self) -> bool {
        self.entries.has_certificate_issuers()
    }

    /// Every extension of the list itself, in order. Whoever meets an unknown critical one must not use the list to
    /// tell that a certificate is good (RFC 5280, 5.2). [`Extension::error`] is never set: see
    /// [`CrlError::Malformed`].
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions.all
    }

    /// Its number (RFC 5280, 5.2.3).
    pub fn number(&self) -> Option<&CrlNumber> {
        self.extensions.number.as_ref()
    }

    /// The number of the list that this one adds to: it is a delta (RFC 5280, 5.2.4).
    pub fn delta_base(&self) -> Option<&CrlNumber> {
        self.extensions.delta_base.as_ref()
    }

    /// The identifier of the key that signed it (RFC 5280, 5.2.1), where it is told.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// What it covers, where that is not everything (RFC 5280, 5.2.5).
    pub fn issuing_distribution_point(&self) -> Option<&IssuingDistributionPoint> {
        self.extensions.issuing_distribution_point.as_ref()
    }

    /// Whether it says that there are deltas to it (RFC 5280, 5.2.6).
    pub fn has_freshest(&self) -> bool {
        self.extensions.freshest
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Crl({}, {}, {} entries, {} passed over)",
            self.issuer.display(),
            self.this_update,
            self.len(),
            self.passed_over()
        )
    }
}
