//! Which revocation lists may be used at all: judged once, when one is brought in (threats R2, R4, R6, R7).

use wire::Timestamp;
use x509::{Certificate, Crl, CrlError, IssuingDistributionPoint, PublicKey, Signed};

use crate::signature::{self, Algorithms, BadSignature, SignatureFact};

/// Lists of at most this many bytes keep them, so that their signature can be verified by an issuer that is only met
/// on a path. Larger ones must be brought in beside their issuer's certificate.
const KEPT: usize = 1024 * 1024;

/// Why a list is not used. It counts as absent then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] CrlError),
    /// A version 1 list has no number and no scope.
    #[error("it is of version {0}; only version 2 is used")]
    Version(u32),
    /// Signed with what no longer stands for anything.
    #[error("it is signed with {0}, which is not accepted")]
    Algorithm(String),
    /// Two algorithms are named.
    #[error("the algorithm inside what was signed is not the one of the signature")]
    AlgorithmsDisagree,
    /// It names no issuer.
    #[error("its issuer is empty")]
    EmptyIssuer,
    /// No next update: it would count for ever (RFC 5280, 5.1.2.5).
    #[error("it has no nextUpdate, so nobody could tell when it is stale")]
    NoNextUpdate,
    /// nextUpdate lies before thisUpdate.
    #[error("its nextUpdate {next_update} lies before its thisUpdate {this_update}")]
    Backwards {
        /// When it was made.
        this_update: Timestamp,
        /// By when there should be another.
        next_update: Timestamp,
    },
    /// No number, or a critical one: an older list could not be told from a newer one.
    #[error("it has no CRLNumber, so an older list could not be told from it")]
    NoNumber,
    /// A critical extension that is not processed, or one that must not be critical.
    #[error("it has the critical extension {0}, which is not known or must not be critical")]
    CriticalExtension(String),
    /// An entry with a critical extension that is not known (RFC 5280, 5.3).
    #[error("one of its entries has the critical extension {0}, which is not known")]
    CriticalEntryExtension(String),
    /// It is about certificates of other issuers too.
    #[error("it is an indirect list, about certificates of other issuers; those are not used")]
    Indirect,
    /// It is about attribute certificates only.
    #[error("it is about attribute certificates only")]
    AttributeCertificates,
    /// Its scope contradicts itself (RFC 5280, 5.2.5).
    #[error("its scope contradicts itself: only users' certificates and only CAs'")]
    Contradiction,
    /// Too large to be kept until its issuer is met.
    #[error(
        "it is {0} bytes long and none of the certificates beside it signed it: put its issuer's certificate into the \
         same file"
    )]
    IssuerNeeded(usize),
    /// A certificate of its issuer's name is there, and its key did not sign.
    #[error("it names `{0}` as its issuer, and was not signed by that CA's key")]
    Signature(String),
    /// The issuer may not sign lists.
    #[error("its issuer `{0}` may not sign revocation lists (keyUsage without cRLSign)")]
    NoCrlSign(String),
}

/// A revocation list that may be used, for what it covers.
#[derive(Debug, Clone)]
pub struct List {
    crl: Crl,
    /// SHA-256 of the keys that it verified under when it was brought in.
    verified: Vec<[u8; 32]>,
    /// Its bytes, while they are small or nobody has verified them.
    der: Option<Vec<u8>>,
    superseded: bool,
}

impl List {
    /// Brings a list in. `issuers` are certificates among which its issuer may be: an anchor's, or what lay beside the
    /// list. Where one bears the issuer's name and the very key that the list asks for, its signature must hold.
    pub fn new(der: &[u8], issuers: &[Certificate], algorithms: Algorithms<'_>) -> Result<Self, ListError> {
        let crl = Crl::parse(der)?;
        check(&crl)?;
        let mut verified = Vec::new();
        let mut refused = None;
        let signed = Signed::split(der).ok();
        for issuer in issuers
            .iter()
            .filter(|issuer| issuer.subject().matches(crl.issuer()))
        {
            let subject = || issuer.subject().display();
            if !may_sign_lists(issuer) {
                refused.get_or_insert_with(|| ListError::NoCrlSign(subject()));
                continue;
            }
            let holds = signed
                .is_some_and(|signed| signature::verify(signed, issuer.public_key(), algorithms) == Ok(()));
            if holds {
                verified.push(issuer.spki_sha256());
            } else if asks_for(&crl, issuer) {
                refused.get_or_insert_with(|| ListError::Signature(subject()));
            }
        }
        match refused {
            Some(error) if verified.is_empty() => return Err(error),
            _ => {}
        }
        if verified.is_empty() && der.len() > KEPT {
            return Err(ListError::IssuerNeeded(der.len()));
        }
        let der = (der.len() <= KEPT).then(|| der.to_vec());
        Ok(Self {
            crl,
            verified,
            der,
            superseded: false,
        })
    }

    /// The list.
    pub fn crl(&self) -> &Crl {
        &self.crl
    }

    /// Until when it counts.
    pub fn next_update(&self) -> Timestamp {
        // Lists without one are not brought in.
        self.crl.next_update().unwrap_or(self.crl.this_update())
    }

    /// Whether it tells only what changed since another list: it revokes, and says good of nothing (RFC 5280, 5.2.4).
    pub fn is_delta(&self) -> bool {
        self.crl.delta_base().is_some()
    }

    /// The list, where a newer one was seen and is not at hand: it still revokes, and says good of nothing (threats R6,
    /// R9).
    #[must_use]
    pub fn superseded(mut self) -> Self {
        self.superseded = true;
        self
    }

    /// Why it says good of nothing, if it does not.
    pub(super) fn revokes_only(&self) -> Option<&'static str> {
        if self.is_delta() {
            Some("a delta says only what changed")
        } else if self.superseded {
            Some("a newer list was seen, and is not here any more")
        } else {
            None
        }
    }

    /// SHA-256 of the keys that it verified under when it was brought in.
    pub fn verified_keys(&self) -> &[[u8; 32]] {
        &self.verified
    }

    /// Whether it verified under a key when it was brought in.
    pub fn is_verified(&self) -> bool {
        !self.verified.is_empty()
    }

    /// What it covers, where that is not everything.
    pub(super) fn scope(&self) -> Option<&IssuingDistributionPoint> {
        self.crl.issuing_distribution_point()
    }

    /// Whether this certificate's key signed it, as far as that was seen when it was brought in.
    pub(super) fn was_verified_by(&self, key: &[u8; 32]) -> bool {
        self.verified.contains(key)
    }

    /// What its signature under this key is remembered by.
    pub(super) fn fact(&self, key: [u8; 32]) -> SignatureFact {
        SignatureFact {
            signed: self.crl.sha256(),
            key,
        }
    }

    /// Verifies its signature. One whose bytes were not kept verifies under nobody it was not brought in with.
    pub(super) fn verify(&self, key: &PublicKey, algorithms: Algorithms<'_>) -> Result<(), BadSignature> {
        let der = self.der.as_deref().ok_or(BadSignature::Mismatch)?;
        let signed = Signed::split(der).map_err(|_| BadSignature::Mismatch)?;
        signature::verify(signed, key, algorithms)
    }
}

/// Whether a certificate's key may sign lists: cRLSign, where key usage is there at all, anchors not excepted.
pub(super) fn may_sign_lists(certificate: &Certificate) -> bool {
    certificate.key_usage().is_none_or(|usage| usage.crl_sign())
}

/// Whether the list says that this certificate's key signed it, or does not say whose did.
pub(super) fn asks_for(crl: &Crl, issuer: &Certificate) -> bool {
    match (crl.authority_key_id(), issuer.subject_key_id()) {
        (Some(wanted), Some(have)) => wanted == have,
        _ => true,
    }
}

fn check(crl: &Crl) -> Result<(), ListError> {
    if crl.version() != 2 {
        return Err(ListError::Version(crl.version()));
    }
    if crl.issuer().is_empty() {
        return Err(ListError::EmptyIssuer);
    }
    if crl.signature_algorithm().is_weak() {
        return Err(ListError::Algorithm(crl.signature_algorithm().to_string()));
    }
    if !crl.algorithms_agree() {
        return Err(ListError::AlgorithmsDisagree);
    }
    for extension in crl.extensions() {
        // Only these two are critical by right (RFC 5280, 5.2.4 and 5.2.5).
        if extension.critical && !["2.5.29.27", "2.5.29.28"].contains(&extension.oid.as_str()) {
            return Err(ListError::CriticalExtension(extension.oid.clone()));
        }
    }
    if let Some(oid) = crl.unknown_critical_entry_extension() {
        return Err(ListError::CriticalEntryExtension(oid.to_owned()));
    }
    if crl.number().is_none() {
        return Err(ListError::NoNumber);
    }
    check_scope(crl)?;
    match crl.next_update() {
        None => Err(ListError::NoNextUpdate),
        Some(next_update) if next_update < crl.this_update() => Err(ListError::Backwards {
            this_update: crl.this_update(),
            next_update,
        }),
        Some(_) => Ok(()),
    }
}

fn check_scope(crl: &Crl) -> Result<(), ListError> {
    let scope = crl.issuing_distribution_point();
    if crl.has_certificate_issuers() || scope.is_some_and(|scope| scope.indirect) {
        return Err(ListError::Indirect);
    }
    match scope {
        Some(scope) if scope.only_attribute => Err(ListError::AttributeCertificates),
        Some(scope) if scope.only_user && scope.only_ca => Err(ListError::Contradiction),
        _ => Ok(()),
    }
}
