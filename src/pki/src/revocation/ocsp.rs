//! Which OCSP answers may be used at all: judged once, when one is brought in (RFC 6960, 3.2; threats R2 to R4).
//!
//! What lives here: whether a response answers for one certificate, and whether whoever signed it may. What does not:
//! whether the answer is over. That is judged at every use, by the anchor's own grace, and so is who wins when there is
//! an older answer already: whoever keeps answers never lets an older one replace a newer one.

use wire::Timestamp;
use x509::{CertStatus, Certificate, Extension, OcspResponse, Revoked, SingleResponse};

use super::evidence::{Answer, AnswerStatus};
use super::responder::{self, ResponderError};
use crate::signature::Algorithms;

/// For how many seconds an answer without nextUpdate counts from its thisUpdate. Such a responder says that it always
/// has news (RFC 6960, 4.2.2.1): an hour is long enough to ask again, and short enough that nobody lives on it.
pub const WITHOUT_NEXT_UPDATE: i64 = 3600;

/// For how many seconds a responder's clock may be ahead. One that signs on demand would never be heard otherwise, since
/// each of its answers is from the future when it comes. No answer counts before its thisUpdate, whatever its age here.
const AHEAD: i64 = 300;

/// Why a response is not used. It counts as none then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The two certificates do not belong together.
    #[error("`{certificate}` was issued by `{named}`, and not by `{issuer}`")]
    NotTheIssuer {
        /// The certificate that the answer should be about.
        certificate: String,
        /// Whom it names as its issuer.
        named: String,
        /// Who was taken for it.
        issuer: String,
    },
    /// None of its answers is about the certificate.
    #[error(
        "none of the {answers} answers in it is about the certificate with serial {serial} of `{issuer}`"
    )]
    AnotherCertificate {
        /// How many answers there are.
        answers: usize,
        /// The serial number that was asked for.
        serial: String,
        /// The issuer that was asked for.
        issuer: String,
    },
    /// More than one is: they could differ.
    #[error("{0} answers in it are about the certificate; it must be one")]
    Ambiguous(usize),
    /// An extension that is critical and not processed (RFC 6960, 4.4).
    #[error("it has the critical extension {0}, which is not known")]
    CriticalExtension(String),
    /// The response is about another request.
    #[error("its nonce is {got}, and {sent} was sent: it answers another request")]
    Nonce {
        /// What was sent, in hexadecimal.
        sent: String,
        /// What came back.
        got: String,
    },
    /// It is from a time to come, by more than clocks differ.
    #[error(
        "its {field} is {at}, and it is {now}: it is from the future by more than {AHEAD} seconds; compare the clocks"
    )]
    Future {
        /// Which of its times.
        field: &'static str,
        /// What that says.
        at: Timestamp,
        /// The instant it was judged by.
        now: Timestamp,
    },
    /// nextUpdate lies before thisUpdate.
    #[error("its nextUpdate {next_update} lies before its thisUpdate {this_update}")]
    Backwards {
        /// When it was known to be so.
        this_update: Timestamp,
        /// By when there should be news.
        next_update: Timestamp,
    },
    /// Whoever signed it may not, or did not.
    #[error(transparent)]
    Responder(#[from] ResponderError),
}

/// Judges a response about one certificate. `issuer` is the certificate that stands above it on a path; its key
/// decides. `nonce_sent` is what the request asked to be repeated: a responder may leave it out (most sign their answers
/// ahead of time), and may not repeat another one.
pub fn verify_answer(
    response: &OcspResponse,
    certificate: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
    nonce_sent: Option<&[u8]>,
    algorithms: Algorithms<'_>,
) -> Result<Answer, AnswerError> {
    if !issuer.subject().matches(certificate.issuer()) {
        return Err(AnswerError::NotTheIssuer {
            certificate: certificate.subject().display(),
            named: certificate.issuer().display(),
            issuer: issuer.subject().display(),
        });
    }
    let single = the_one_about(response, certificate, issuer)?;
    check_critical(response.extensions())?;
    check_critical(&single.extensions)?;
    check_nonce(response.nonce(), nonce_sent)?;
    check_not_future("thisUpdate", single.this_update, now)?;
    check_not_future("producedAt", response.produced_at(), now)?;
    let next_update = single
        .next_update
        .unwrap_or(single.this_update.plus(WITHOUT_NEXT_UPDATE));
    if next_update < single.this_update {
        return Err(AnswerError::Backwards {
            this_update: single.this_update,
            next_update,
        });
    }
    // Last: nothing of it costs a signature before it is about the right thing.
    responder::check(response, issuer, now, algorithms)?;
    Ok(Answer {
        status: match single.status {
            CertStatus::Good => AnswerStatus::Good,
            CertStatus::Revoked { at, reason } => AnswerStatus::Revoked(Revoked { date: at, reason }),
            CertStatus::Unknown => AnswerStatus::Unknown,
        },
        this_update: single.this_update,
        next_update,
    })
}

/// The answer that names the certificate: by its serial number and by its issuer's key and name, as the certificate or
/// the issuer spells it (RFC 6960, 4.1.1, wants the first; the two may differ in their string types).
fn the_one_about<'r>(
    response: &'r OcspResponse,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<&'r SingleResponse, AnswerError> {
    let key = issuer.public_key().key();
    let is_about = |one: &&SingleResponse| {
        [certificate.issuer(), issuer.subject()]
            .iter()
            .any(|name| one.cert_id.names(name.raw(), key, certificate.serial()))
    };
    let mut about = response.responses().iter().filter(is_about);
    match (about.next(), about.count()) {
        (Some(one), 0) => Ok(one),
        (Some(_), more) => Err(AnswerError::Ambiguous(more.saturating_add(1))),
        (None, _) => Err(AnswerError::AnotherCertificate {
            answers: response.responses().len(),
            serial: certificate.serial().hex().to_string(),
            issuer: issuer.subject().display(),
        }),
    }
}

fn check_critical(extensions: &[Extension]) -> Result<(), AnswerError> {
    let unknown = |extension: &&Extension| extension.critical && !extension.known;
    match extensions.iter().find(unknown) {
        Some(extension) => Err(AnswerError::CriticalExtension(extension.oid.clone())),
        None => Ok(()),
    }
}

fn check_nonce(got: Option<&[u8]>, sent: Option<&[u8]>) -> Result<(), AnswerError> {
    match (got, sent) {
        (Some(got), Some(sent)) if got != sent => Err(AnswerError::Nonce {
            sent: hex::encode(sent),
            got: hex::encode(got),
        }),
        _ => Ok(()),
    }
}

fn check_not_future(field: &'static str, at: Timestamp, now: Timestamp) -> Result<(), AnswerError> {
    if at > now.plus(AHEAD) {
        Err(AnswerError::Future { field, at, now })
    } else {
        Ok(())
    }
}
