//! The broker's own rules for an end-entity certificate, beside those of its path (contract 2; threats P2, P3, P14).

use wire::ErrorClass;
use x509::{Certificate, KeyAlgorithm};

use crate::refusal::{Refusal, Step};

/// How the key was proven: Ed25519 has no algorithm on the signed wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Handshake,
    Signature,
}

/// Judges the certificate by itself: is it one that a client may present?
pub(crate) fn judge(certificate: &Certificate, channel: Channel) -> Result<(), Refusal> {
    let refuse = |rule| {
        Refusal::new(Step::Authenticate, ErrorClass::Unauthenticated, rule)
            .with("subject", certificate.subject().display())
            .with("serial", certificate.serial().hex())
    };
    if certificate.version() != 3 {
        return Err(refuse("end-entity.version").with("version", certificate.version()));
    }
    // Extensions that cannot be read, or come twice, say nothing that could be relied on (threats P12, P24).
    for (at, extension) in certificate.extensions().iter().enumerate() {
        if let Some(error) = &extension.error {
            return Err(refuse("end-entity.malformed-extension")
                .with("extension", &extension.oid)
                .with("error", error));
        }
        if certificate
            .extensions()
            .iter()
            .skip(at.saturating_add(1))
            .any(|other| other.oid == extension.oid)
        {
            return Err(refuse("end-entity.duplicate-extension").with("extension", &extension.oid));
        }
        if extension.critical && !extension.known {
            return Err(refuse("end-entity.unknown-critical-extension").with("extension", &extension.oid));
        }
    }
    if certificate.subject().is_empty() {
        return Err(refuse("end-entity.empty-subject"));
    }
    if certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca)
    {
        return Err(refuse("end-entity.is-a-ca").with("basicConstraints", "cA is true"));
    }
    match certificate.key_usage() {
        None => return Err(refuse("end-entity.no-key-usage")),
        Some(usage) if !usage.digital_signature() => {
            return Err(refuse("end-entity.no-digital-signature").with("keyUsage", usage.describe()));
        }
        Some(usage) if usage.key_cert_sign() => {
            return Err(refuse("end-entity.signs-certificates").with("keyUsage", usage.describe()));
        }
        Some(_) => {}
    }
    if let Some(usage) = certificate.extended_key_usage()
        && !usage.client_auth()
    {
        return Err(refuse("end-entity.not-for-clients").with("extendedKeyUsage", usage.describe()));
    }
    if certificate.signature_algorithm().is_weak() {
        return Err(
            refuse("end-entity.weak-signature").with("signatureAlgorithm", certificate.signature_algorithm())
        );
    }
    let key = certificate.public_key().algorithm();
    match (key, channel) {
        (KeyAlgorithm::Rsa { bits }, _) if (2048..=8192).contains(bits) => Ok(()),
        (KeyAlgorithm::P256 | KeyAlgorithm::P384, _) => Ok(()),
        (KeyAlgorithm::Ed25519, Channel::Handshake) => Ok(()),
        (KeyAlgorithm::Ed25519, Channel::Signature) => {
            Err(refuse("end-entity.key-not-for-signing").with("key", key))
        }
        _ => Err(refuse("end-entity.key-not-supported").with("key", key)),
    }
}
