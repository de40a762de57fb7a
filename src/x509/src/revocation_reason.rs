//! Why a certificate was revoked, as CRLs and OCSP responses both say it (RFC 5280, 5.3.1).

use std::fmt;

use crate::der::{ENUMERATED, Element};
use crate::reader::Fault;

/// A `CRLReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationReason {
    /// No reason given.
    Unspecified,
    /// The subject's key is known to others.
    KeyCompromise,
    /// The issuing CA's key is known to others.
    CaCompromise,
    /// The subject's name or another attribute changed.
    AffiliationChanged,
    /// There is a newer certificate.
    Superseded,
    /// The certificate is no longer needed.
    CessationOfOperation,
    /// On hold: may be revoked for good, or come back.
    CertificateHold,
    /// Came back from hold, or expired; of meaning in a delta list only.
    RemoveFromCrl,
    /// What the certificate attests no longer holds.
    PrivilegeWithdrawn,
    /// An attribute authority's key is known to others.
    AaCompromise,
}

impl RevocationReason {
    const ALL: [(u8, Self, &'static str); 10] = [
        (0, Self::Unspecified, "unspecified"),
        (1, Self::KeyCompromise, "keyCompromise"),
        (2, Self::CaCompromise, "cACompromise"),
        (3, Self::AffiliationChanged, "affiliationChanged"),
        (4, Self::Superseded, "superseded"),
        (5, Self::CessationOfOperation, "cessationOfOperation"),
        (6, Self::CertificateHold, "certificateHold"),
        (8, Self::RemoveFromCrl, "removeFromCRL"),
        (9, Self::PrivilegeWithdrawn, "privilegeWithdrawn"),
        (10, Self::AaCompromise, "aACompromise"),
    ];

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        let known = Self::ALL.iter().find(|(one, ..)| *one == code);
        known.map(|(_, reason, _)| *reason)
    }

    /// The reason that an ENUMERATED names. A number without a meaning is an error, not a guess.
    pub(crate) fn read<'a>(element: &Element<'a>) -> Result<Self, Fault<'a>> {
        match (element.tag, element.content) {
            (ENUMERATED, [code]) => Self::from_code(*code),
            _ => None,
        }
        .ok_or(Fault::new(element.whole, "a reason code that does not exist"))
    }

    /// Its number.
    pub fn code(self) -> u8 {
        let known = Self::ALL.iter().find(|(_, reason, _)| *reason == self);
        known.map_or(0, |(code, ..)| *code)
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.iter().find(|(_, reason, _)| reason == self);
        f.write_str(known.map_or("unspecified", |(.., name)| name))
    }
}
