//! Path building and validation (RFC 5280, section 6), on rustls-webpki, with what that leaves to its caller: the
//! anchor's own validity and fitness, keyCertSign, serial numbers, and the certificate that failed.

use std::cell::RefCell;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};
use wire::Timestamp;
use x509::Certificate;

use crate::anchor::{TrustAnchor, check_ca, check_form};
use crate::error::PathError;

/// The most certificates that are looked at besides the leaf: what a door lets in.
const MOST: usize = 10;

/// A path that was found valid. Made by [`validate`] only.
#[derive(Debug, Clone)]
pub struct VerifiedPath {
    leaf: Certificate,
    intermediates: Vec<Certificate>,
    anchor: Certificate,
}

impl VerifiedPath {
    /// The end-entity certificate.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The intermediates, from the leaf's issuer on.
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// The certificate of the anchor that the path ends at.
    pub fn anchor(&self) -> &Certificate {
        &self.anchor
    }

    /// When the path is over: the earliest end on it, the anchor's included.
    pub fn earliest_not_after(&self) -> Timestamp {
        let others = self.intermediates.iter().chain([&self.anchor]);
        others
            .map(Certificate::not_after)
            .fold(self.leaf.not_after(), Timestamp::min)
    }
}

/// Looks for a valid path from the leaf to the anchor at this instant.
///
/// The pool is an unordered bag of hints (contract 1.6): it may hold the leaf, roots, strangers and repeats, and
/// nothing in it is trusted (threat P20). The verifiers given are the closed list of algorithms (threat P14).
pub fn validate(
    leaf: &Certificate,
    pool: &[Certificate],
    anchor: &TrustAnchor,
    now: Timestamp,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<VerifiedPath, PathError> {
    if pool.len() > MOST {
        return Err(PathError::TooMany(pool.len(), MOST));
    }
    check_validity(leaf, now)?;
    check_form(leaf).map_err(|reason| unfit(leaf, &reason))?;

    let leaf_der = CertificateDer::from(leaf.der());
    let end_entity = EndEntityCert::try_from(&leaf_der).map_err(|error| unfit(leaf, &error))?;
    let intermediates: Vec<CertificateDer<'_>> = pool
        .iter()
        .filter(|hint| *hint != leaf)
        .map(|hint| CertificateDer::from(hint.der()))
        .collect();
    let seconds = u64::try_from(now.seconds()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));

    // What our own rules said of the last candidate, and the candidate that they let pass.
    let refused: RefCell<Option<PathError>> = RefCell::new(None);
    let found: RefCell<Option<VerifiedPath>> = RefCell::new(None);
    let judge = |candidate: &webpki::VerifiedPath<'_>| {
        let path = judge_candidate(candidate, leaf, pool, anchor, now);
        match path {
            Ok(path) => {
                found.replace(Some(path));
                Ok(())
            }
            Err(error) => {
                refused.replace(Some(error));
                Err(Error::UnknownIssuer)
            }
        }
    };
    let built = end_entity.verify_for_usage(
        algorithms,
        &anchor.prepared,
        &intermediates,
        time,
        KeyUsage::client_auth(),
        None,
        Some(&judge),
    );
    match built {
        Ok(_) => found
            .take()
            .ok_or_else(|| PathError::Other("the path was not judged".to_owned())),
        // Our own reason is about a path that was otherwise good: nothing tells more.
        Err(error) => Err(refused
            .take()
            .unwrap_or_else(|| explain(&error, leaf, pool, anchor, now))),
    }
}

/// The rules that the library leaves to its caller, on one candidate path.
fn judge_candidate(
    candidate: &webpki::VerifiedPath<'_>,
    leaf: &Certificate,
    pool: &[Certificate],
    anchor: &TrustAnchor,
    now: Timestamp,
) -> Result<VerifiedPath, PathError> {
    let mut intermediates = Vec::new();
    for certificate in candidate.intermediate_certificates() {
        let der = certificate.der();
        let known = pool.iter().find(|hint| hint.der() == der.as_ref());
        let known = known.ok_or_else(|| PathError::Other("an intermediate that was not sent".to_owned()))?;
        check_validity(known, now)?;
        check_ca(known).map_err(|reason| unfit(known, &reason))?;
        intermediates.push(known.clone());
    }
    // The library's anchor is a name and a key; the certificates with them are the anchor's own. Any valid one will
    // do: a CA that was renewed has two.
    let same = anchor
        .certificates()
        .iter()
        .zip(&anchor.prepared)
        .filter(|(_, prepared)| {
            prepared.subject == candidate.anchor().subject
                && prepared.subject_public_key_info == candidate.anchor().subject_public_key_info
        });
    let mut last = PathError::Other("an anchor that is not configured".to_owned());
    for (certificate, _) in same {
        match check_validity(certificate, now).and_then(|()| check_length(certificate, &intermediates)) {
            Ok(()) => {
                return Ok(VerifiedPath {
                    leaf: leaf.clone(),
                    intermediates,
                    anchor: certificate.clone(),
                });
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Inclusive at both ends, in whole seconds (RFC 5280, 4.1.2.5; threat P1).
fn check_validity(certificate: &Certificate, now: Timestamp) -> Result<(), PathError> {
    let subject = || certificate.subject().display();
    if now < certificate.not_before() {
        return Err(PathError::NotYetValid {
            subject: subject(),
            not_before: certificate.not_before(),
            now,
        });
    }
    if now > certificate.not_after() {
        return Err(PathError::Expired {
            subject: subject(),
            not_after: certificate.not_after(),
            now,
        });
    }
    Ok(())
}

/// The anchor's own path length, which the library does not look at; self-issued certificates do not count
/// (RFC 5280, 6.1.4; threat P5).
fn check_length(anchor: &Certificate, intermediates: &[Certificate]) -> Result<(), PathError> {
    let counted = intermediates.iter().filter(|one| !one.is_self_issued()).count();
    match anchor
        .basic_constraints()
        .and_then(|constraints| constraints.path_length)
    {
        Some(most) if usize::try_from(most).is_ok_and(|most| counted > most) => Err(PathError::TooLong),
        _ => Ok(()),
    }
}

fn unfit(certificate: &Certificate, reason: &dyn std::fmt::Display) -> PathError {
    PathError::Unfit {
        subject: certificate.subject().display(),
        reason: reason.to_string(),
    }
}

/// Turns the library's error into one that names the certificate.
fn explain(
    error: &Error,
    leaf: &Certificate,
    pool: &[Certificate],
    anchor: &TrustAnchor,
    now: Timestamp,
) -> PathError {
    match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => {
            let untimely = pool.iter().find_map(|hint| check_validity(hint, now).err());
            untimely.unwrap_or_else(|| PathError::Other(error.to_string()))
        }
        Error::UnknownIssuer => trace(leaf, pool, anchor),
        Error::InvalidSignatureForPublicKey => PathError::Signature {
            subject: leaf.subject().display(),
            issuer: leaf.issuer().display(),
        },
        Error::NameConstraintViolation | Error::MalformedNameConstraint => PathError::NameConstraints,
        Error::PathLenConstraintViolated | Error::MaximumPathDepthExceeded => PathError::TooLong,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => PathError::ExtendedKeyUsage,
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            let certificates = [leaf].into_iter().chain(pool);
            let algorithms: Vec<String> = certificates
                .map(|one| one.signature_algorithm().to_string())
                .collect();
            PathError::Algorithm(algorithms.join(", "))
        }
        Error::MaximumSignatureChecksExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => PathError::TooMuchWork(error.to_string()),
        // The library does not say which certificate it means; the one that issued the leaf and is not fit is meant.
        other => {
            let not_fit = pool.iter().find_map(|hint| {
                let issues = hint.subject().raw() == leaf.issuer().raw();
                check_ca(hint)
                    .err()
                    .filter(|_| issues)
                    .map(|reason| unfit(hint, &reason))
            });
            not_fit.unwrap_or_else(|| PathError::Other(other.to_string()))
        }
    }
}

/// Follows the names from the leaf on, as far as they go, to say what is missing.
fn trace(leaf: &Certificate, pool: &[Certificate], anchor: &TrustAnchor) -> PathError {
    let mut at = leaf;
    for _ in 0..=MOST {
        let issued_by = |candidate: &&Certificate| candidate.subject().raw() == at.issuer().raw();
        if anchor
            .certificates()
            .iter()
            .any(|candidate| issued_by(&candidate))
        {
            // The name is the anchor's, the path is not: a CA of the same name with another key.
            return PathError::Signature {
                subject: at.subject().display(),
                issuer: at.issuer().display(),
            };
        }
        match pool.iter().filter(|hint| *hint != at).find(issued_by) {
            Some(next) if !next.is_self_issued() => at = next,
            _ => break,
        }
    }
    PathError::IssuerMissing {
        issuer: at.issuer().display(),
    }
}
