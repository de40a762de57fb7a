//! The broker's own rules for an end-entity certificate, beside those of its path (contract 2; threats P2, P3, P14).

use pki::Unfit;
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

/// Proof that a certificate was judged, and found fit for a client: made by `judge`, and by nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit(());

/// Judges the certificate by itself: is it one that a client may present? Its key must be of a kind that these
/// verifiers know.
pub(crate) fn judge(
    certificate: &Certificate,
    channel: Channel,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<Fit, Refusal> {
    let refuse = |rule| refuse(certificate, rule);
    if let Err(unfit) = pki::check_end_entity(certificate) {
        return Err(refuse(rule_of(&unfit)).with("reason", unfit));
    }
    if certificate.subject().is_empty() {
        return Err(refuse("end-entity.empty-subject"));
    }
    match certificate.key_usage() {
        None => return Err(refuse("end-entity.no-key-usage")),
        Some(usage) if !usage.digital_signature() => {
            return Err(refuse("end-entity.no-digital-signature").with("keyUsage", usage.describe()));
        }
        Some(_) => {}
    }
    if let Some(usage) = certificate.extended_key_usage()
        && !usage.client_auth()
    {
        return Err(refuse("end-entity.not-for-clients").with("extendedKeyUsage", usage.describe()));
    }
    judge_proof(certificate, channel)?;
    let key = certificate.public_key();
    let verified = algorithms
        .iter()
        .any(|verifier| verifier.public_key_alg_id().as_ref() == key.algorithm_identifier());
    if !verified {
        return Err(refuse("end-entity.key-not-supported").with("key", key.algorithm()));
    }
    Ok(Fit(()))
}

/// Judges whether such a key may be proven this way: all of a judgement that does not follow from the certificate alone.
pub(crate) fn judge_proof(certificate: &Certificate, channel: Channel) -> Result<(), Refusal> {
    let key = certificate.public_key().algorithm();
    if (key, channel) == (&KeyAlgorithm::Ed25519, Channel::Signature) {
        return Err(refuse(certificate, "end-entity.key-not-for-signing").with("key", key));
    }
    Ok(())
}

fn refuse(certificate: &Certificate, rule: &'static str) -> Refusal {
    Refusal::new(Step::Authenticate, ErrorClass::Unauthenticated, rule)
        .with("subject", certificate.subject().display())
        .with("serial", certificate.serial().hex())
}

/// The form of a certificate is judged in one place, for every path (`pki`). What an operator meets most often in a
/// client's has a rule of its own here; the rest is said with the path's.
fn rule_of(unfit: &Unfit) -> &'static str {
    match unfit {
        Unfit::Version(_) => "end-entity.version",
        Unfit::Extension { .. } | Unfit::TooManyExtensions(_) => "end-entity.malformed-extension",
        Unfit::RepeatedExtension(_) => "end-entity.duplicate-extension",
        Unfit::UnknownCriticalExtension(_) => "end-entity.unknown-critical-extension",
        Unfit::IsACa => "end-entity.is-a-ca",
        Unfit::SignsCertificates(_) => "end-entity.signs-certificates",
        Unfit::EmptySubject | Unfit::NamesNobody => "end-entity.empty-subject",
        Unfit::Signature(_) => "end-entity.weak-signature",
        Unfit::Key(_) => "end-entity.key-not-supported",
        Unfit::NotACa
        | Unfit::KeyUsage(_)
        | Unfit::Serial(_)
        | Unfit::EmptyIssuer
        | Unfit::ConstrainsNames
        | Unfit::AlgorithmsDisagree => "path.unfit",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair, KeyUsagePurpose};
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

    /// Each extension is compared with those before it, so that how many there may be is asked first: a certificate of
    /// a stranger has room for thousands, and the answer must not be that the last two are the same.
    #[test]
    fn extensions_are_counted_before_they_are_compared() {
        let knows: &dyn SignatureVerificationAlgorithm = &Knows(alg_id::ECDSA_P256);
        for (count, repeated, wanted) in [
            (40, false, Ok(())),
            (40, true, Err("end-entity.duplicate-extension")),
            (3000, true, Err("end-entity.malformed-extension")),
        ] {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, "web-1");
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.custom_extensions = (0..count)
                .chain(repeated.then_some(count - 1))
                .map(|number| CustomExtension::from_oid_content(&[1, 3, number], vec![5, 0]))
                .collect();
            let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let leaf = Certificate::parse(made.der()).unwrap();
            let judged = judge(&leaf, Channel::Handshake, &[knows]).map_err(|refusal| refusal.rule);
            assert_eq!(judged.map(|_fit| ()), wanted, "{count} {repeated}");
        }
    }

    /// However well its certificate is known.
    #[test]
    fn an_ed25519_key_is_proven_in_the_handshake_and_by_no_signature() {
        let knows: &dyn SignatureVerificationAlgorithm = &Knows(alg_id::ED25519);
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "web-1");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let leaf = Certificate::parse(params.self_signed(&key).unwrap().der()).unwrap();
        for (channel, wanted) in [
            (Channel::Handshake, Ok(())),
            (Channel::Signature, Err("end-entity.key-not-for-signing")),
        ] {
            let judged = judge(&leaf, channel, &[knows]).map_err(|refusal| refusal.rule);
            assert_eq!(judged.map(|_fit| ()), wanted, "{channel:?}");
            let judged = judge_proof(&leaf, channel).map_err(|refusal| refusal.rule);
            assert_eq!(judged, wanted, "{channel:?}, known");
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
                assert_eq!(judged.map(|_fit| ()), wanted, "{channel:?} with {verifiers:?}");
            }
        }
    }
}
