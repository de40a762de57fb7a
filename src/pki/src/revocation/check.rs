//! The verdict: what a policy makes of lists and answers, for each certificate of a path.

use wire::Timestamp;
use x509::Certificate;

use super::evidence::{Answer, AnswerStatus};
use super::lists::{self, Said};
use super::policy::{Checked, Mode, Source, Undetermined, Verdict};
use crate::error::PathError;
use crate::path::VerifiedPath;
use crate::question::Question;
use crate::work::Account;

/// Asks about every certificate of a path but the anchor's, which is trusted because somebody said so.
pub(crate) fn check_path(
    question: &Question<'_>,
    path: &[&Certificate],
    account: &mut Account,
) -> Result<Vec<Checked>, PathError> {
    let mut checked = Vec::new();
    for (at, certificate) in path.iter().enumerate() {
        let above = path.get(at + 1..).unwrap_or_default();
        if above.is_empty() {
            break;
        }
        let verdict = check(question, certificate, above, account)?;
        checked.push(Checked {
            subject: certificate.subject().display(),
            verdict,
        });
    }
    Ok(checked)
}

/// Asks again about a path that was found valid: with what is known now, at the instant that the question is about.
pub fn recheck(question: &Question<'_>, path: &VerifiedPath) -> Result<(), PathError> {
    if question.anchor.revocation().mode == Mode::Off || question.anchor.kind() == crate::AnchorKind::Pinned {
        return Ok(());
    }
    let mut certificates = Vec::with_capacity(path.intermediates().len().saturating_add(2));
    certificates.push(path.leaf());
    certificates.extend(path.intermediates());
    certificates.push(path.anchor());
    let mut account = Account::new(question.limits);
    for (at, certificate) in certificates.iter().enumerate() {
        let above = certificates.get(at + 1..).unwrap_or_default();
        if !above.is_empty() {
            check(question, certificate, above, &mut account)?;
        }
    }
    Ok(())
}

fn check(
    question: &Question<'_>,
    certificate: &Certificate,
    above: &[&Certificate],
    account: &mut Account,
) -> Result<Verdict, PathError> {
    let policy = question.anchor.revocation();
    if policy.mode == Mode::Off {
        return Ok(Verdict::NotAsked);
    }
    let mut good = None;
    let mut why = Undetermined::Missing;
    // All sources are asked before any is believed: one that says revoked refuses.
    for source in &policy.sources {
        let said = match source {
            Source::Crl => lists::ask(question, certificate, above, account)?,
            Source::Ocsp => answer(question, certificate, above),
        };
        match said {
            Said::Revoked(revoked, source_of) => {
                return Err(PathError::Revoked {
                    subject: certificate.subject().display(),
                    serial: certificate.serial().hex().to_string(),
                    since: revoked.date,
                    reason: revoked
                        .reason
                        .map_or("no reason given".to_owned(), |reason| reason.to_string()),
                    source_of,
                });
            }
            Said::Good {
                this_update,
                next_update,
            } => {
                good.get_or_insert(Verdict::Good {
                    source: *source,
                    this_update,
                    next_update,
                });
            }
            Said::NotTold(reason) => why = why.or(reason),
        }
    }
    match good {
        Some(verdict) => Ok(verdict),
        None if policy.mode == Mode::Prefer && why == Undetermined::Missing => Ok(Verdict::NothingKnown),
        None => Err(PathError::RevocationUnknown {
            subject: certificate.subject().display(),
            serial: certificate.serial().hex().to_string(),
            why,
        }),
    }
}

fn answer(question: &Question<'_>, certificate: &Certificate, above: &[&Certificate]) -> Said {
    let Some(issuer) = above.first() else {
        return Said::NotTold(Undetermined::Missing);
    };
    let Some(answer) = question.evidence.answer(issuer, certificate.serial()) else {
        return Said::NotTold(Undetermined::Missing);
    };
    let Answer {
        status,
        this_update,
        next_update,
    } = answer;
    match status {
        AnswerStatus::Revoked(revoked) => {
            let issuer = issuer.subject().display();
            Said::Revoked(revoked, format!("an OCSP answer of `{issuer}`"))
        }
        AnswerStatus::Unknown => Said::NotTold(Undetermined::Unknown),
        AnswerStatus::Good => match is_fresh(this_update, next_update, question) {
            Ok(()) => Said::Good {
                this_update,
                next_update,
            },
            Err(why) => Said::NotTold(why),
        },
    }
}

/// Made by now, and not over for longer than the policy allows; both ends inclusive (threat R4).
pub(super) fn is_fresh(
    this_update: Timestamp,
    next_update: Timestamp,
    question: &Question<'_>,
) -> Result<(), Undetermined> {
    let (now, staleness) = (question.now, question.anchor.revocation().max_staleness);
    if this_update > now {
        return Err(Undetermined::NotYet { this_update, now });
    }
    if next_update.plus(staleness) < now {
        return Err(Undetermined::Stale {
            next_update,
            staleness,
            now,
        });
    }
    Ok(())
}
