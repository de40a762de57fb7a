//! The broker's own rules for an end-entity certificate, beside those of its path (contract 2; threats P2, P3, P14).

use rustls_pki_types::SignatureVerificationAlgorithm;
use wire::ErrorClass;
use x509::{Certificate, KeyAlgorithm};

use crate::refusal::{Refusal, Step};

/// How the key was proven: Ed25519 has no algorithm on the signed wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Handshake,
    Signature,
}

/// Judges the certificate by itself: is it one that a client may present? Its key must be of a kind that these
/// verifiers know.
pub(crate) fn judge(
    certificate: &Certificate,
    channel: Channel,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<(), Refusal> {
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
    let verified = algorithms.iter().any(|verifier| {
        verifier.public_key_alg_id().as_ref() == certificate.public_key().algorithm_identifier()
    });
    match (key, channel) {
        (KeyAlgorithm::Rsa { bits }, _) if !(2048..=8192).contains(bits) => {
            Err(refuse("end-entity.key-not-supported").with("key", key))
        }
        (KeyAlgorithm::Other(_), _) => Err(refuse("end-entity.key-not-supported").with("key", key)),
        (KeyAlgorithm::Ed25519, Channel::Signature) => {
            Err(refuse("end-entity.key-not-for-signing").with("key", key))
        }
        _ if !verified => Err(refuse("end-entity.key-not-supported").with("key", key)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, DnType, KeyPair, KeyUsagePurpose};
    use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, alg_id};

    use super::*;

    /// Knows keys of one kind, and verifies nothing.
    #[derive(Debug)]
    struct Knows(AlgorithmIdentifier);

    impl SignatureVerificationAlgorithm for Knows {
        fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
            Err(InvalidSignature)
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            self.0
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ECDSA_SHA256
        }
    }

    /// Which keys are accepted is not written down twice: it follows from what the build can verify.
    #[test]
    fn a_key_is_accepted_where_there_is_a_verifier_for_it() {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "web-1");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let leaf = Certificate::parse(made.der()).unwrap();
        let (p256, p521): (
            &dyn SignatureVerificationAlgorithm,
            &dyn SignatureVerificationAlgorithm,
        ) = (&Knows(alg_id::ECDSA_P256), &Knows(alg_id::ECDSA_P521));
        for (verifiers, accepted) in [(&[p521, p256][..], true), (&[p521], false), (&[], false)] {
            for channel in [Channel::Handshake, Channel::Signature] {
                let judged = judge(&leaf, channel, verifiers).map_err(|refusal| refusal.rule);
                let wanted = if accepted {
                    Ok(())
                } else {
                    Err("end-entity.key-not-supported")
                };
                assert_eq!(judged, wanted, "{channel:?} with {verifiers:?}");
            }
        }
    }
}
