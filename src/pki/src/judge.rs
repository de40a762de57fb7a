//! What a path must be as a whole, once its signatures hold (RFC 5280, section 6).

use x509::Certificate;

use crate::error::PathError;
use crate::name_constraints::{self, Failure};
use crate::path::VerifiedPath;
use crate::question::Question;
use crate::revocation;
use crate::work::Account;

/// Judges a path, from the leaf up to the anchor's certificate.
pub(crate) fn path(
    question: &Question<'_>,
    path: &[&Certificate],
    account: &mut Account,
) -> Result<VerifiedPath, PathError> {
    let [leaf, intermediates @ .., anchor] = path else {
        return Err(PathError::IssuerMissing {
            issuer: question.leaf.issuer().display(),
        });
    };
    check_lengths(path, account.limits().depth)?;
    for ca in intermediates.iter().chain([anchor]) {
        check_ca_purpose(ca, question.purpose)?;
    }
    check_names(question, path, account)?;
    let issuer = path.get(1).unwrap_or(anchor);
    let below = path.get(..path.len() - 1).unwrap_or_default();
    question.anchor.constraints().judge(below, issuer)?;
    let revocation = revocation::check_path(question, path, account)?;
    Ok(VerifiedPath {
        leaf: (*leaf).clone(),
        intermediates: intermediates.iter().map(|one| (*one).clone()).collect(),
        anchor: (*anchor).clone(),
        revocation,
    })
}

/// Judges a leaf by an anchor that pins certificates: it is one of them, byte for byte, or it is not trusted. Nobody
/// issued it, as far as anyone here cares: there is nobody to ask whether it is revoked.
pub(crate) fn pinned(question: &Question<'_>) -> Result<VerifiedPath, PathError> {
    let leaf = question.leaf;
    if !question.anchor.certificates().contains(leaf) {
        return Err(PathError::NotPinned {
            subject: leaf.subject().display(),
        });
    }
    let mut account = Account::new(question.limits);
    check_own_names(question, &[leaf], &mut account)?;
    question.anchor.constraints().judge(&[leaf], leaf)?;
    Ok(VerifiedPath {
        leaf: leaf.clone(),
        intermediates: Vec::new(),
        anchor: leaf.clone(),
        revocation: Vec::new(),
    })
}

/// The leaf is for this purpose, or says nothing about purposes (threat P2).
pub(crate) fn check_purpose(leaf: &Certificate, purpose: &str) -> Result<(), PathError> {
    match leaf.extended_key_usage() {
        Some(usage) if !usage.names(purpose) => Err(PathError::ExtendedKeyUsage {
            subject: leaf.subject().display(),
            usage: usage.describe(),
            wanted: purpose.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// A CA that lists purposes issues for those only: they nest, the anchor's included.
fn check_ca_purpose(ca: &Certificate, purpose: &str) -> Result<(), PathError> {
    match ca.extended_key_usage() {
        Some(usage) if !usage.covers(purpose) => Err(PathError::ExtendedKeyUsage {
            subject: ca.subject().display(),
            usage: usage.describe(),
            wanted: purpose.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// pathLenConstraint of every CA, the anchor's included; self-issued intermediates do not count (threat P5).
fn check_lengths(path: &[&Certificate], depth: usize) -> Result<(), PathError> {
    let mut counted = 0usize;
    for ca in path.iter().skip(1) {
        let length = ca
            .basic_constraints()
            .and_then(|constraints| constraints.path_length);
        // A limit beyond what is addressed is none.
        let own = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if counted > own.min(depth) {
            return Err(PathError::TooLong {
                subject: ca.subject().display(),
                intermediates: counted,
                allowed: own.min(depth),
            });
        }
        if !ca.is_self_issued() {
            counted = counted.saturating_add(1);
        }
    }
    Ok(())
}

/// The constraints of every CA on everything below it (threat P6).
fn check_names(
    question: &Question<'_>,
    path: &[&Certificate],
    account: &mut Account,
) -> Result<(), PathError> {
    for (at, ca) in path.iter().enumerate().skip(1) {
        let Some(constraints) = ca.name_constraints() else {
            continue;
        };
        for (below, certificate) in path.iter().enumerate().take(at) {
            // Self-issued ones change a CA's keys and nothing else; the leaf is judged whoever issued it.
            if below > 0 && certificate.is_self_issued() {
                continue;
            }
            name_constraints::check(certificate, constraints, account)
                .map_err(|failure| name_failure(failure, certificate, || ca.subject().display()))?;
        }
    }
    check_own_names(question, path, account)
}

/// The anchor's own constraint on names is about the leaf: what a CA calls itself is the CA's affair.
fn check_own_names(
    question: &Question<'_>,
    path: &[&Certificate],
    account: &mut Account,
) -> Result<(), PathError> {
    match (&question.anchor.constraints().names, path.first()) {
        (Some(constraints), Some(leaf)) => name_constraints::check(leaf, constraints, account)
            .map_err(|failure| name_failure(failure, leaf, || "the trust anchor itself".to_owned())),
        _ => Ok(()),
    }
}

fn name_failure(failure: Failure, certificate: &Certificate, by: impl Fn() -> String) -> PathError {
    match failure {
        Failure::TooMuch(error) => error.into(),
        Failure::Violation(violation) => PathError::NameConstraints {
            subject: certificate.subject().display(),
            name: violation.name,
            constrained_by: by(),
            rule: violation.rule,
        },
    }
}
