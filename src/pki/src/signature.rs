//! Whether a signature verifies under a key: arithmetic, and no trust.

use rustls_pki_types::SignatureVerificationAlgorithm;
use x509::{Certificate, PublicKey, Signed};

/// The closed list of algorithms: whoever is not on it is not verified (threat P14).
pub type Algorithms<'a> = &'a [&'a dyn SignatureVerificationAlgorithm];

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSignature {
    /// No verifier for this algorithm with a key of this kind.
    Algorithm,
    /// The signature is not this key's over these bytes.
    Mismatch,
}

/// Verifies a signature. The algorithm's identifier and the key's are compared with a verifier's byte for byte, so that
/// odd parameters are another algorithm, which is not there.
pub fn verify(signed: Signed<'_>, key: &PublicKey, algorithms: Algorithms<'_>) -> Result<(), BadSignature> {
    let mut outcome = BadSignature::Algorithm;
    for algorithm in algorithms {
        if algorithm.signature_alg_id().as_ref() != signed.algorithm
            || algorithm.public_key_alg_id().as_ref() != key.algorithm_identifier()
        {
            continue;
        }
        match algorithm.verify_signature(key.key(), signed.tbs, signed.signature) {
            Ok(()) => return Ok(()),
            Err(_) => outcome = BadSignature::Mismatch,
        }
    }
    Err(outcome)
}

/// Which bytes verified under which key: SHA-256 of everything signed (with its signature), and of the key's
/// SubjectPublicKeyInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureFact {
    /// SHA-256 of the certificate or list, signature included.
    pub signed: [u8; 32],
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub key: [u8; 32],
}

/// Remembers that signatures verified, so that the arithmetic is done once. It is no trust that is remembered: what is
/// true of these bytes under this key stays true. Only positive verdicts are kept.
pub trait SignatureMemory {
    /// Whether this verified before.
    fn holds(&self, fact: &SignatureFact) -> bool;
    /// This verified.
    fn remember(&self, fact: SignatureFact);
}

/// Remembers nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMemory;

impl SignatureMemory for NoMemory {
    fn holds(&self, _: &SignatureFact) -> bool {
        false
    }

    fn remember(&self, _: SignatureFact) {}
}

/// What the signature of a certificate under an issuer's key is remembered by.
pub(crate) fn fact(certificate: &Certificate, issuer: &Certificate) -> SignatureFact {
    SignatureFact {
        signed: certificate.sha256(),
        key: issuer.spki_sha256(),
    }
}
