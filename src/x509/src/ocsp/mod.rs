//! The online certificate status protocol (RFC 6960): reading answers, writing questions.
//!
//! What lives here: a response as an owned value with every fact on which a judge of it rests, the identifier of a
//! certificate, and the request. What does not: judgement (who may answer, whether the answer is fresh, whether it is
//! about the certificate asked for) and the asking itself.

mod cert_id;
mod read;
mod request;
mod single_response;
#[cfg(test)]
mod tests;

use std::fmt;

use wire::Timestamp;

pub use cert_id::{CertId, IssuerHash};
pub use request::OcspRequest;
pub use single_response::{CertStatus, SingleResponse};

use crate::extensions::Extension;
use crate::name::Name;
use crate::signature_algorithm::SignatureAlgorithm;
use crate::signed::Signed;

/// The largest response that is read. One with a responder's certificate of ML-DSA-87 takes 13 KB, one with a chain
/// of three 27 KB; the usual one takes 2 KB.
const LARGEST: usize = 64 * 1024;

/// Why bytes are not an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OcspError {
    /// More bytes than are read.
    #[error("the OCSP response is {0} bytes long; at most {LARGEST} are read")]
    TooLarge(usize),
    /// Not DER, or not a response.
    #[error("the OCSP response cannot be read at byte {offset}: {reason}")]
    Malformed {
        /// Where.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A response of another type than the basic one (RFC 6960, 4.2.1), which is the only one there is.
    #[error("the OCSP response is of type {0}, and not a basic one")]
    Type(String),
    /// The responder did not answer. Nobody signed that: it is as good as no response.
    #[error("the OCSP responder answered {0}")]
    Unsuccessful(ResponseStatus),
}

/// Why a responder did not answer (RFC 6960, 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseStatus {
    /// It could not read the request.
    MalformedRequest,
    /// It failed.
    InternalError,
    /// It is busy.
    TryLater,
    /// It wants the request signed.
    SigRequired,
    /// It does not answer for this issuer, or not to this client.
    Unauthorized,
}

impl fmt::Display for ResponseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
        })
    }
}

/// Who answered, as the response says (RFC 6960, 4.2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponderId {
    /// The subject of the responder's certificate.
    Name(Name),
    /// SHA-1 of the responder's public key: the content of its BIT STRING.
    KeyHash(Vec<u8>),
}

impl ResponderId {
    /// Whether this names whoever bears that name and has that key (the octets of the BIT STRING). It tells which key
    /// to verify with, and proves nothing.
    pub fn names(&self, subject: &Name, key: &[u8]) -> bool {
        match self {
            Self::Name(name) => name.matches(subject),
            Self::KeyHash(hash) => *hash == IssuerHash::Sha1.of(key),
        }
    }
}

impl fmt::Display for ResponderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{}`", name.display()),
            Self::KeyHash(hash) => write!(f, "the key with SHA-1 {}", hex::encode(hash)),
        }
    }
}

/// A basic response, read strictly and judged by nobody.
#[derive(Clone)]
pub struct OcspResponse {
    sha256: [u8; 32],
    tbs: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    signature_algorithm: SignatureAlgorithm,
    responder_id: ResponderId,
    produced_at: Timestamp,
    responses: Vec<SingleResponse>,
    extensions: Vec<Extension>,
    nonce: Option<Vec<u8>>,
    certificates: Vec<Vec<u8>>,
}

impl OcspResponse {
    /// Reads a response from its DER.
    pub fn parse(der: &[u8]) -> Result<Self, OcspError> {
        if der.len() > LARGEST {
            return Err(OcspError::TooLarge(der.len()));
        }
        read::read(der).map_err(|error| match error {
            read::Unread::Fault(fault) => {
                let (offset, reason) = fault.place(der);
                OcspError::Malformed { offset, reason }
            }
            read::Unread::Type(oid) => OcspError::Type(oid),
            read::Unread::Status(status) => OcspError::Unsuccessful(status),
        })
    }

    /// SHA-256 of the response's bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// What the responder signed, with which algorithm, and the signature.
    pub fn signed(&self) -> Signed<'_> {
        Signed {
            tbs: &self.tbs,
            algorithm: &self.algorithm,
            signature: &self.signature,
        }
    }

    /// With which algorithm it was signed. Nothing inside of what was signed repeats it.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.signature_algorithm
    }

    /// Who answered.
    pub fn responder_id(&self) -> &ResponderId {
        &self.responder_id
    }

    /// When it was signed.
    pub fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// The answers, one for each certificate, in order. A responder may tell more than was asked.
    pub fn responses(&self) -> &[SingleResponse] {
        &self.responses
    }

    /// Every extension of the response, in order. An unknown critical one makes the response worth nothing (RFC
    /// 6960, 4.4).
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The nonce that it repeats (RFC 9654), if it does.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// The certificates that came with it, each as DER not yet read. Nothing makes them trusted.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({}, {:?})", self.produced_at, self.responses)
    }
}
