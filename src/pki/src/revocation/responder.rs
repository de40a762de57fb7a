//! Who may answer for an issuer by OCSP (RFC 6960, 4.2.2.2): the issuer's own key, or somebody whom that key certified
//! for it. Nobody is configured as a responder, and a responder that another CA certified is none.

use wire::Timestamp;
use x509::{Certificate, ExtendedKeyUsage, OcspResponse};

use crate::fitness;
use crate::graph::check_validity;
use crate::signature::{self, Algorithms, BadSignature};

/// The most certificates that may come with a response. One is usual, a chain of three happens.
const MOST_CERTIFICATES: usize = 8;

/// The longest life of a responder's certificate that nobody could take back: one without id-pkix-ocsp-nocheck asks for
/// its own revocation to be checked, which would be asked of the same responder. Those that CAs make for responders have
/// the extension, or live this short.
const SHORT_LIVED: i64 = 30 * 86_400;

/// Why a response's signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponderError {
    /// Signed with what no longer stands for anything, whoever could verify it.
    #[error("it is signed with {0}, which is not accepted")]
    Weak(String),
    /// Signed with what there is no verifier for.
    #[error("it is signed with {algorithm} by a key of type {key}, which is not accepted")]
    Algorithm {
        /// With what.
        algorithm: String,
        /// The signer's key.
        key: String,
    },
    /// More certificates came with it than are looked at.
    #[error("{0} certificates came with it; at most {MOST_CERTIFICATES} are looked at")]
    TooManyCertificates(usize),
    /// Nobody of that name or key is there.
    #[error(
        "it was signed by {responder}, which is neither its issuer `{issuer}` nor any certificate that came with it"
    )]
    Stranger {
        /// Who the response says that it is.
        responder: String,
        /// Who should have answered, or certified the responder.
        issuer: String,
    },
    /// Whoever it names did not sign it.
    #[error("it names `{0}` as its responder, and was not signed by that key")]
    Signature(String),
    /// The responder's certificate is not the issuer's to answer for it.
    #[error("the responder's certificate `{subject}` {reason}")]
    NotAuthorized {
        /// Which.
        subject: String,
        /// Why.
        reason: String,
    },
}

/// Whether the response was signed by someone who may answer for the issuer.
pub(super) fn check(
    response: &OcspResponse,
    issuer: &Certificate,
    now: Timestamp,
    algorithms: Algorithms<'_>,
) -> Result<(), ResponderError> {
    if response.signature_algorithm().is_weak() {
        return Err(ResponderError::Weak(response.signature_algorithm().to_string()));
    }
    let came = response.certificates();
    if came.len() > MOST_CERTIFICATES {
        return Err(ResponderError::TooManyCertificates(came.len()));
    }
    let mut why = None;
    // Which key usage the issuer itself has does not matter: a CA's key that is for certificates and lists only
    // answers for its own certificates in most private PKIs.
    if is_named(response, issuer) {
        match verify(response, issuer, algorithms) {
            Ok(()) => return Ok(()),
            Err(error) => why = Some(error),
        }
    }
    // What cannot be read is not the responder's.
    let delegates = came.iter().filter_map(|der| Certificate::parse(der).ok());
    for delegate in delegates.filter(|delegate| is_named(response, delegate) && delegate != issuer) {
        let judged = authorized(&delegate, issuer, now, algorithms)
            .map_err(|reason| ResponderError::NotAuthorized {
                subject: delegate.subject().display(),
                reason,
            })
            // Its key does no work before the issuer's vouched for it.
            .and_then(|()| verify(response, &delegate, algorithms));
        match judged {
            Ok(()) => return Ok(()),
            Err(error) => why = Some(error),
        }
    }
    Err(why.unwrap_or_else(|| ResponderError::Stranger {
        responder: response.responder_id().to_string(),
        issuer: issuer.subject().display(),
    }))
}

fn is_named(response: &OcspResponse, certificate: &Certificate) -> bool {
    response
        .responder_id()
        .names(certificate.subject(), certificate.public_key().key())
}

fn verify(
    response: &OcspResponse,
    signer: &Certificate,
    algorithms: Algorithms<'_>,
) -> Result<(), ResponderError> {
    let verified = signature::verify(response.signed(), signer.public_key(), algorithms);
    verified.map_err(|bad| match bad {
        BadSignature::Mismatch => ResponderError::Signature(signer.subject().display()),
        BadSignature::Algorithm => ResponderError::Algorithm {
            algorithm: response.signature_algorithm().to_string(),
            key: signer.public_key().algorithm().to_string(),
        },
    })
}

/// Whether the issuer certified this certificate to answer for it: directly, with the key that is answered for, and for
/// just this. The purposes that the issuer lists for itself do not matter: CAs delegate OCSP without listing it.
fn authorized(
    delegate: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
    algorithms: Algorithms<'_>,
) -> Result<(), String> {
    check_validity(delegate, now).map_err(|error| format!("does not count now: {error}"))?;
    fitness::check_end_entity(delegate).map_err(|reason| format!("is not fit: {reason}"))?;
    match delegate.extended_key_usage() {
        Some(usage) if usage.names(ExtendedKeyUsage::OCSP_SIGNING) => {}
        Some(usage) => {
            return Err(format!(
                "is not for this use: its extendedKeyUsage is {}, and must name OCSPSigning",
                usage.describe()
            ));
        }
        None => {
            return Err(
                "is not for this use: it has no extendedKeyUsage, which must name OCSPSigning".to_owned(),
            );
        }
    }
    match delegate.key_usage() {
        Some(usage) if !usage.digital_signature() => {
            return Err(format!(
                "may not sign: its keyUsage is {}, and must have digitalSignature",
                usage.describe()
            ));
        }
        _ => {}
    }
    let lifetime = delegate.not_after().since(delegate.not_before());
    if !delegate.has_ocsp_no_check() && lifetime > SHORT_LIVED {
        return Err(format!(
            "could be revoked itself: it has no id-pkix-ocsp-nocheck and is valid for {lifetime} seconds; without it, \
             at most {SHORT_LIVED} are accepted"
        ));
    }
    let by_issuer = issuer.subject().matches(delegate.issuer());
    if by_issuer && signature::verify(delegate.signed(), issuer.public_key(), algorithms) == Ok(()) {
        Ok(())
    } else {
        Err(format!(
            "was not issued by `{}`, for which it answers",
            issuer.subject().display()
        ))
    }
}
