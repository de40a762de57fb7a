//! The X.509 variant: the certificate's key signs the string to sign (contract 1.4, 1.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::{SignatureVerificationAlgorithm, alg_id};
use wire::Timestamp;
use x509::{Certificate, KeyAlgorithm, PublicKey};

use crate::authorization::Scope;
use crate::canonical::{PathRule, canonical_request, string_to_sign};
use crate::hmac::NewHeader;
use crate::request::Request;
use crate::signed::{Algorithm, SignedRequest};

/// The algorithms of the X.509 variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum X509Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// ECDSA with SHA-256 on every curve, as ASN.1 DER.
    EcdsaSha256,
    /// Pure ML-DSA over the string itself; the parameter set is the certificate's.
    MlDsa,
}

impl X509Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaSha256, Self::EcdsaSha256, Self::MlDsa];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "AWS4-X509-RSA-SHA256",
            Self::EcdsaSha256 => "AWS4-X509-ECDSA-SHA256",
            Self::MlDsa => "AWS4-X509-MLDSA",
        }
    }

    /// The algorithm that a key signs with; none for a key that the variant does not know, such as Ed25519.
    pub fn for_key(key: &KeyAlgorithm) -> Option<Self> {
        match key {
            KeyAlgorithm::Rsa { .. } => Some(Self::RsaSha256),
            KeyAlgorithm::P256 | KeyAlgorithm::P384 | KeyAlgorithm::P521 => Some(Self::EcdsaSha256),
            KeyAlgorithm::MlDsa(_) => Some(Self::MlDsa),
            KeyAlgorithm::Ed25519 | KeyAlgorithm::Other(_) => None,
        }
    }
}

/// Why a certificate's signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum X509Refused {
    /// The request claims another algorithm than the key's (threat S7).
    #[error("the request claims {claimed}, but the certificate's key is {key}")]
    AlgorithmMismatch {
        /// What the request says.
        claimed: &'static str,
        /// What the certificate's key is.
        key: String,
    },
    /// The request claims another serial number than the certificate's (threat S7).
    #[error("the credential names serial number {claimed}, the certificate's is {actual}")]
    SerialMismatch {
        /// What the request says.
        claimed: String,
        /// The certificate's.
        actual: String,
    },
    /// This build verifies no signature by such a key.
    #[error("signatures by a key of kind {0} are not verified by this build")]
    KeyNotSupported(String),
    /// A signed header is missing from the request.
    #[error("`{0}` is signed and not there")]
    AbsentHeader(String),
    /// `x-amz-content-sha256` is not the body's hash.
    #[error("x-amz-content-sha256 is not the SHA-256 of the body")]
    Payload,
    /// The scope's date is not the signature's.
    #[error("the date of the scope, {scope}, is not that of X-Amz-Date, {date}")]
    Dates {
        /// The scope's.
        scope: String,
        /// The header's.
        date: String,
    },
    /// The signature does not hold.
    #[error("the signature does not verify with the certificate's key")]
    Signature,
}

impl SignedRequest {
    /// Verifies that the holder of this certificate's key signed this request; gives the string that was signed.
    ///
    /// Key, algorithm and serial number are taken from the certificate; what the request claims is compared with
    /// them, never used (threats S7, S8).
    pub fn verify_x509(
        &self,
        request: &Request<'_>,
        path: PathRule,
        certificate: &Certificate,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<String, X509Refused> {
        let key = certificate.public_key();
        let wanted = X509Algorithm::for_key(key.algorithm())
            .ok_or_else(|| X509Refused::KeyNotSupported(key.algorithm().to_string()))?;
        if self.algorithm != Algorithm::X509(wanted) {
            let (claimed, key) = (self.algorithm.name(), key.algorithm().to_string());
            return Err(X509Refused::AlgorithmMismatch { claimed, key });
        }
        let actual = certificate.serial().decimal();
        if self.scope.credential_id != actual {
            return Err(X509Refused::SerialMismatch {
                claimed: self.scope.credential_id.clone(),
                actual,
            });
        }
        if let Some(absent) = self.absent_header(request) {
            return Err(X509Refused::AbsentHeader(absent.to_owned()));
        }
        if !Self::payload_agrees(request) {
            return Err(X509Refused::Payload);
        }
        if !self.dates_agree() {
            let (scope, date) = (self.scope.date.clone(), self.date.clone());
            return Err(X509Refused::Dates { scope, date });
        }
        let verifier = verifier(key, wanted, algorithms)
            .ok_or_else(|| X509Refused::KeyNotSupported(key.algorithm().to_string()))?;
        let text = self.string_to_sign(request, path);
        verifier
            .verify_signature(key.key(), text.as_bytes(), &self.signature)
            .map_err(|_| X509Refused::Signature)?;
        Ok(text)
    }
}

/// The verifier for this key: chosen by the exact algorithm identifiers, which is a closed list (threat P14).
fn verifier<'v>(
    key: &PublicKey,
    algorithm: X509Algorithm,
    algorithms: &[&'v dyn SignatureVerificationAlgorithm],
) -> Option<&'v dyn SignatureVerificationAlgorithm> {
    let signature = match algorithm {
        X509Algorithm::RsaSha256 => alg_id::RSA_PKCS1_SHA256.as_ref(),
        X509Algorithm::EcdsaSha256 => alg_id::ECDSA_SHA256.as_ref(),
        X509Algorithm::MlDsa => key.algorithm_identifier(),
    };
    algorithms.iter().copied().find(|candidate| {
        candidate.signature_alg_id().as_ref() == signature
            && candidate.public_key_alg_id().as_ref() == key.algorithm_identifier()
    })
}

/// A certificate's private key, wherever it is.
pub trait CertificateSigner {
    /// Signs the message: SHA-256 with PKCS#1 v1.5 for RSA, SHA-256 and ASN.1 DER for elliptic curves, pure for
    /// ML-DSA.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// The key could not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the private key did not sign: {0}")]
pub struct SignError(pub String);

/// The headers by which a certificate's holder signs a request: `X-Amz-Date`, `X-Amz-X509`, `X-Amz-X509-Chain` where
/// there is a chain, and `Authorization`. Signs every header that the request already has besides; `Host` must be
/// among them.
pub fn sign_with_certificate(
    request: &Request<'_>,
    path: PathRule,
    region: &str,
    at: Timestamp,
    leaf: &Certificate,
    chain: &[Certificate],
    signer: &dyn CertificateSigner,
) -> Result<Vec<NewHeader>, SignError> {
    let algorithm = X509Algorithm::for_key(leaf.public_key().algorithm()).ok_or_else(|| {
        SignError(format!(
            "a key of kind {} signs no request; prove it by TLS",
            leaf.public_key().algorithm()
        ))
    })?;
    let mut added: Vec<NewHeader> = vec![
        ("X-Amz-Date", at.basic()),
        ("X-Amz-X509", STANDARD.encode(leaf.der())),
    ];
    if !chain.is_empty() {
        let encoded: Vec<String> = chain
            .iter()
            .map(|element| STANDARD.encode(element.der()))
            .collect();
        added.push(("X-Amz-X509-Chain", encoded.join(",")));
    }
    let mut headers: Vec<(&str, &[u8])> = request.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let mut names: Vec<String> = headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort();
    names.dedup();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();

    let scope = Scope {
        credential_id: leaf.serial().decimal(),
        date: at.date(),
        region: region.to_owned(),
        service: "rolesanywhere".to_owned(),
    };
    let canonical = canonical_request(
        &Request {
            headers: &headers,
            ..*request
        },
        &names,
        path,
    );
    let text = string_to_sign(algorithm.name(), &at.basic(), &scope, &canonical);
    let signature = hex::encode(signer.sign(text.as_bytes())?);
    let value = format!(
        "{} Credential={scope}, SignedHeaders={}, Signature={signature}",
        algorithm.name(),
        names.join(";")
    );
    added.push(("Authorization", value));
    Ok(added)
}
