//! What the lists of an issuer say about one certificate.
//!
//! Every list of the issuer is consulted: one that lists the certificate refuses it, whatever its scope and its age. A
//! list says good only of what it covers, while it is fresh; a delta says good of nothing; one of a distribution point covers only certificates that
//! point at it, and lists that are limited to some reasons say good only together, when they cover all.

use wire::Timestamp;
use x509::{Certificate, DistributionPoint, IssuingDistributionPoint, PointName, RevocationReason, Revoked};

use super::list::{List, asks_for, may_sign_lists};
use super::policy::Undetermined;
use crate::error::PathError;
use crate::graph::check_validity;
use crate::question::Question;
use crate::work::Account;

/// Bits 1 to 8 of ReasonFlags: bit 0 is not used (RFC 5280, 4.2.1.13).
const ALL_REASONS: u16 = 0x1fe;

/// What lists said.
pub(super) enum Said {
    Good {
        this_update: Timestamp,
        next_update: Timestamp,
    },
    Revoked(Revoked, String),
    NotTold(Undetermined),
}

/// Asks the lists of an issuer about a certificate. `above` are the certificates of the path above it: its issuer, and
/// whoever bears the same name with another key (a CA that changed keys signs its list with one of them). The anchor's
/// own certificates of that name count besides.
pub(super) fn ask(
    question: &Question<'_>,
    certificate: &Certificate,
    above: &[&Certificate],
    account: &mut Account,
) -> Result<Said, PathError> {
    let mut not_told = Undetermined::Missing;
    let mut reasons = 0;
    let mut good: Option<(Timestamp, Timestamp)> = None;
    for list in question.evidence.lists(certificate.issuer()) {
        if let Err(why) = signed_by(list, certificate, above, question, account)? {
            not_told = not_told.or(why);
            continue;
        }
        match list.crl().find(certificate.serial()) {
            // A delta takes a hold back. The list that it is a delta of still has it, and is believed until there is
            // a new one. In a complete list the reason has no meaning (RFC 5280, 5.3.1), and the certificate is listed.
            Some(revoked) if list.is_delta() && revoked.reason == Some(RevocationReason::RemoveFromCrl) => {}
            Some(revoked) => return Ok(Said::Revoked(revoked, describe(list))),
            None => {}
        }
        if let Some(why) = list.revokes_only() {
            not_told = not_told.or(Undetermined::OutOfScope(why.to_owned()));
            continue;
        }
        let covered = match covers(list.scope(), certificate) {
            Ok(covered) => covered,
            Err(why) => {
                not_told = not_told.or(Undetermined::OutOfScope(why.to_owned()));
                continue;
            }
        };
        match is_fresh(list, question) {
            Ok(()) => {
                reasons |= covered;
                let (this, next) = (list.crl().this_update(), list.next_update());
                let earlier = good.map_or((this, next), |(t, n)| (t.min(this), n.min(next)));
                good = Some(earlier);
            }
            Err(why) => not_told = not_told.or(why),
        }
    }
    match good {
        Some((this_update, next_update)) if reasons & ALL_REASONS == ALL_REASONS => Ok(Said::Good {
            this_update,
            next_update,
        }),
        Some(_) => Ok(Said::NotTold(not_told.or(Undetermined::OutOfScope(
            "its lists are limited to some reasons, and do not cover all".to_owned(),
        )))),
        None => Ok(Said::NotTold(not_told)),
    }
}

/// Whether the list's signature holds under the key of someone who bears the issuer's name and may sign lists: a CA of
/// the path, or one of the anchor's own certificates, which is as good as on it (RFC 5280, 6.3.3 (f)).
fn signed_by(
    list: &List,
    certificate: &Certificate,
    above: &[&Certificate],
    question: &Question<'_>,
    account: &mut Account,
) -> Result<Result<(), Undetermined>, PathError> {
    let mut why = Undetermined::Missing;
    for (issuer, on_path) in signers(certificate, above, question) {
        let key = issuer.spki_sha256();
        let was_verified = list.was_verified_by(&key);
        // Another CA of the same name signs its own lists: this is none of ours. A signature holds under one key, so
        // that what was verified under another costs no arithmetic here.
        if !was_verified && (list.is_verified() || !asks_for(list.crl(), issuer)) {
            continue;
        }
        let unusable = |reason: &str| {
            let subject = issuer.subject().display();
            Undetermined::Unusable(format!("`{subject}` {reason}"))
        };
        if !may_sign_lists(issuer) {
            if on_path {
                let reason = "may not sign revocation lists (keyUsage without cRLSign)";
                why = why.or(unusable(reason));
            }
            continue;
        }
        if !on_path && check_validity(issuer, question.now).is_err() {
            why = why.or(unusable("signed a revocation list, and is not valid now"));
            continue;
        }
        let fact = list.fact(key);
        if was_verified || question.signatures.holds(&fact) {
            return Ok(Ok(()));
        }
        account.signature()?;
        if list.verify(issuer.public_key(), question.algorithms).is_ok() {
            question.signatures.remember(fact);
            return Ok(Ok(()));
        }
        why = why.or(unusable("did not sign a revocation list that bears its name"));
    }
    Ok(Err(why))
}

/// Whoever may have signed the lists about a certificate, those on the path first, and whether each is on it.
fn signers<'a>(
    certificate: &'a Certificate,
    above: &'a [&Certificate],
    question: &'a Question<'_>,
) -> impl Iterator<Item = (&'a Certificate, bool)> {
    let on_path = above.iter().map(|ca| (*ca, true));
    let of_anchor = question
        .anchor
        .certificates()
        .iter()
        .filter(|ca| !above.iter().any(|other| other.spki_sha256() == ca.spki_sha256()))
        .map(|ca| (ca, false));
    on_path
        .chain(of_anchor)
        .filter(|(ca, _)| ca.subject().matches(certificate.issuer()))
}

/// For which reasons the list covers the certificate.
fn covers(scope: Option<&IssuingDistributionPoint>, certificate: &Certificate) -> Result<u16, &'static str> {
    let Some(scope) = scope else {
        return Ok(ALL_REASONS);
    };
    let is_ca = certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca);
    if scope.only_user && is_ca {
        return Err("it is a CA's certificate, and the list is about users' only");
    }
    if scope.only_ca && !is_ca {
        return Err("it is a user's certificate, and the list is about CAs' only");
    }
    let of_list = scope.some_reasons.unwrap_or(ALL_REASONS);
    if scope.full_names.is_empty() && scope.relative_name.is_none() {
        return Ok(of_list);
    }
    let points = certificate
        .distribution_points()
        .iter()
        .filter(|point| !point.other_issuer && points_at(point, scope));
    let of_points = points.map(|point| point.reasons.unwrap_or(ALL_REASONS));
    match of_points.reduce(|one, other| one | other) {
        Some(of_points) => Ok(of_list & of_points),
        None => Err("the list is of a distribution point that it does not point at"),
    }
}

fn points_at(point: &DistributionPoint, scope: &IssuingDistributionPoint) -> bool {
    point.names.iter().any(|name| match name {
        PointName::Full { der, .. } => scope.full_names.contains(der),
        PointName::Relative(set) => scope.relative_name.as_ref() == Some(set),
    })
}

/// Made by now, and not over for longer than the policy allows; both ends inclusive (threat R4).
fn is_fresh(list: &List, question: &Question<'_>) -> Result<(), Undetermined> {
    super::check::is_fresh(list.crl().this_update(), list.next_update(), question)
}

fn describe(list: &List) -> String {
    let number = list.crl().number().map(ToString::to_string).unwrap_or_default();
    format!("revocation list {number} of `{}`", list.crl().issuer().display())
}
