//! What a path's rule compared, as values with names.

use pki::PathError;

/// The values of a reason, in the order in which they are told.
pub(super) fn path_values(error: &PathError) -> Vec<(&'static str, String)> {
    match error {
        PathError::Expired {
            subject,
            not_after,
            now,
        } => vec![
            ("certificate", subject.clone()),
            ("not after", not_after.to_string()),
            ("judged at", now.to_string()),
        ],
        PathError::NotYetValid {
            subject,
            not_before,
            now,
        } => vec![
            ("certificate", subject.clone()),
            ("not before", not_before.to_string()),
            ("judged at", now.to_string()),
        ],
        PathError::IssuerMissing { issuer } => vec![("issuer", issuer.clone())],
        PathError::NotPinned { subject } => vec![("certificate", subject.clone())],
        PathError::Signature { subject, issuer } => {
            vec![("certificate", subject.clone()), ("issuer", issuer.clone())]
        }
        PathError::Unfit { subject, reason } | PathError::AnchorConstraint { subject, reason } => {
            vec![("certificate", subject.clone()), ("what", reason.clone())]
        }
        PathError::NameConstraints {
            subject,
            name,
            constrained_by,
            rule,
        } => vec![
            ("certificate", subject.clone()),
            ("name", name.clone()),
            ("constrained by", constrained_by.clone()),
            ("constraint", rule.clone()),
        ],
        PathError::TooLong {
            subject,
            intermediates,
            allowed,
        } => vec![
            ("certificate", subject.clone()),
            ("intermediates", intermediates.to_string()),
            ("allowed", allowed.to_string()),
        ],
        PathError::ExtendedKeyUsage {
            subject,
            usage,
            wanted,
        } => vec![
            ("certificate", subject.clone()),
            ("extendedKeyUsage", usage.clone()),
            ("wanted", wanted.clone()),
        ],
        PathError::Algorithm {
            subject,
            algorithm,
            key,
        } => vec![
            ("certificate", subject.clone()),
            ("signed with", algorithm.clone()),
            ("issuer's key", key.clone()),
        ],
        PathError::Revoked {
            subject,
            serial,
            since,
            reason,
            source_of,
        } => vec![
            ("certificate", subject.clone()),
            ("serial", serial.clone()),
            ("revoked since", since.to_string()),
            ("revoked because", reason.clone()),
            ("says", source_of.clone()),
        ],
        PathError::RevocationUnknown { subject, serial, why } => vec![
            ("certificate", subject.clone()),
            ("serial", serial.clone()),
            ("why", why.to_string()),
        ],
        PathError::TooMany(count, most) => {
            vec![("certificates", count.to_string()), ("most", most.to_string())]
        }
        PathError::TooMuchWork(limit) => vec![("limit", limit.to_string())],
    }
}
