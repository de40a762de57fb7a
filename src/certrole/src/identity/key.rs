//! The private key: its file, its kinds, and the signatures it makes.

use std::sync::Arc;

use keyfile::PrivateFile;
use p384::ecdsa::signature::hazmat::PrehashSigner as _;
use p384::pkcs8::DecodePrivateKey as _;
use ring::digest::{SHA256, digest};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::sign::SigningKey;
use rustls_pki_types::{PrivateKeyDer, alg_id};
use sigv4::{CertificateSigner, SignError};
use x509::{Certificate, KeyAlgorithm, PrivateKeyDocument};

use super::Chain;
use crate::settings::Settings;
use crate::trouble::Trouble;

/// Reads the key's file if it keeps the rules (client contract, section d).
pub(crate) fn read_key_file(settings: &Settings) -> Result<PrivateFile, Trouble> {
    keyfile::read_private(&settings.private_key, settings.key_permissions, settings.parents)
        .map_err(Trouble::KeyFile)
}

/// Reads the key itself.
pub(crate) fn parse_key(settings: &Settings, bytes: &[u8]) -> Result<PrivateKey, Trouble> {
    let refuse = |problem: String| Trouble::Key {
        path: settings.private_key.clone(),
        problem,
    };
    let document = PrivateKeyDocument::read(bytes).map_err(|error| refuse(error.to_string()))?;
    PrivateKey::new(document).map_err(|problem| refuse(problem.into()))
}

/// Whether the key is the certificate's.
pub(crate) fn check_match(settings: &Settings, key: &PrivateKey, chain: &Chain) -> Result<(), Trouble> {
    if key.belongs_to(&chain.leaf) {
        return Ok(());
    }
    let algorithm = chain.leaf.public_key().algorithm();
    if matches!(
        algorithm,
        KeyAlgorithm::P521 | KeyAlgorithm::MlDsa(_) | KeyAlgorithm::Other(_)
    ) {
        return Err(Trouble::UnusableKey(algorithm.to_string()));
    }
    let position = chain
        .file
        .iter()
        .position(|certificate| key.belongs_to(certificate));
    Err(Trouble::Mismatch {
        key: settings.private_key.clone(),
        certificate: settings.certificate.clone(),
        belongs_to: position.map(|position| position.saturating_add(1)),
    })
}

/// A private key that can sign.
#[derive(Debug)]
pub(crate) struct PrivateKey {
    tls: Arc<dyn SigningKey>,
    /// The same key where ring does not sign: P-384 with SHA-256, as the signed wire wants it.
    p384: Option<p384::ecdsa::SigningKey>,
}

impl PrivateKey {
    fn new(document: PrivateKeyDocument) -> Result<Self, &'static str> {
        let (der, p384) = match &document {
            PrivateKeyDocument::Pkcs8(bytes) => (
                PrivateKeyDer::Pkcs8(bytes.as_slice().into()),
                p384::SecretKey::from_pkcs8_der(bytes).ok(),
            ),
            PrivateKeyDocument::Sec1(bytes) => (
                PrivateKeyDer::Sec1(bytes.as_slice().into()),
                p384::SecretKey::from_sec1_der(bytes).ok(),
            ),
            PrivateKeyDocument::Pkcs1(bytes) => (PrivateKeyDer::Pkcs1(bytes.as_slice().into()), None),
        };
        let tls = any_supported_type(&der)
            .map_err(|_| "it is no usable key of RSA 2048 to 4096 bits, P-256, P-384 or Ed25519")?;
        Ok(Self {
            tls,
            p384: p384.map(p384::ecdsa::SigningKey::from),
        })
    }

    /// Whether it is the private half of the certificate's key.
    fn belongs_to(&self, certificate: &Certificate) -> bool {
        self.tls
            .public_key()
            .is_some_and(|spki| spki.as_ref() == certificate.public_key().spki())
    }

    /// The key as TLS uses it.
    pub(crate) fn for_tls(&self) -> Arc<dyn SigningKey> {
        Arc::clone(&self.tls)
    }

    fn sign_for_wire(&self, leaf: &Certificate, message: &[u8]) -> Result<Vec<u8>, String> {
        let scheme = match (leaf.public_key().algorithm(), &self.p384) {
            (KeyAlgorithm::P384, Some(key)) => {
                let signature: p384::ecdsa::Signature = key
                    .sign_prehash(digest(&SHA256, message).as_ref())
                    .map_err(|error| error.to_string())?;
                return Ok(signature.to_der().as_bytes().to_vec());
            }
            (KeyAlgorithm::Rsa { .. }, _) => SignatureScheme::RSA_PKCS1_SHA256,
            (KeyAlgorithm::P256, _) => SignatureScheme::ECDSA_NISTP256_SHA256,
            (other, _) => return Err(format!("a {other} key signs no request")),
        };
        let signer = self
            .tls
            .choose_scheme(&[scheme])
            .ok_or("the key does not know SHA-256")?;
        signer.sign(message).map_err(|error| error.to_string())
    }
}

/// Signs for the wire, and verifies what it signed: a fault while signing must not give the key away (threat S14).
#[derive(Debug)]
pub(crate) struct WireSigner<'i> {
    pub(crate) key: &'i PrivateKey,
    pub(crate) leaf: &'i Certificate,
}

impl CertificateSigner for WireSigner<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.key.sign_for_wire(self.leaf, message).map_err(SignError)?;
        let public = self.leaf.public_key();
        let wanted = match public.algorithm() {
            KeyAlgorithm::Rsa { .. } => alg_id::RSA_PKCS1_SHA256,
            _ => alg_id::ECDSA_SHA256,
        };
        let provider = rustls::crypto::ring::default_provider();
        let holds = provider
            .signature_verification_algorithms
            .all
            .iter()
            .any(|algorithm| {
                algorithm.signature_alg_id() == wanted
                    && algorithm.public_key_alg_id().as_ref() == public.algorithm_identifier()
                    && algorithm
                        .verify_signature(public.key(), message, &signature)
                        .is_ok()
            });
        if holds {
            Ok(signature)
        } else {
            Err(SignError(
                "its signature does not verify with the certificate's key, and is not sent".into(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pair(algorithm: &'static rcgen::SignatureAlgorithm) -> (Certificate, PrivateKey) {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let der = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap()
            .der()
            .to_vec();
        let document = PrivateKeyDocument::read(key.serialize_pem().as_bytes()).unwrap();
        (
            Certificate::parse(&der).unwrap(),
            PrivateKey::new(document).unwrap(),
        )
    }

    /// Threat S14: what was signed with another key never leaves.
    #[test]
    fn a_signature_that_does_not_verify_is_not_sent() {
        for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384] {
            let (leaf, key) = pair(algorithm);
            let (_, other) = pair(algorithm);
            assert!(
                WireSigner {
                    key: &key,
                    leaf: &leaf
                }
                .sign(b"request")
                .is_ok()
            );
            assert!(
                WireSigner {
                    key: &other,
                    leaf: &leaf
                }
                .sign(b"request")
                .is_err()
            );
            assert!(key.belongs_to(&leaf) && !other.belongs_to(&leaf));
        }
    }

    #[test]
    fn an_ed25519_key_signs_no_request() {
        let (leaf, key) = pair(&rcgen::PKCS_ED25519);
        let error = WireSigner {
            key: &key,
            leaf: &leaf,
        }
        .sign(b"request")
        .unwrap_err();
        assert!(error.to_string().contains("Ed25519"), "{error}");
    }
}
