//! One answer: a certificate, what is told about it, and for how long (RFC 6960, 4.2.1).

use wire::Timestamp;

use crate::asn1_time;
use crate::der::{ENUMERATED, Element, SEQUENCE};
use crate::extensions::Extension;
use crate::reader::{Fault, Reader, only};
use crate::revocation_reason::RevocationReason;

use super::cert_id::CertId;
use super::read::read_extensions;

const GOOD: u8 = 0x80;
const REVOKED: u8 = 0xa1;
const UNKNOWN: u8 = 0x82;
const REASON: u8 = 0xa0;
const NEXT_UPDATE: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa1;

/// What is told about a certificate (RFC 6960, 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    /// Not revoked, as far as the responder knows; nor does it say that the certificate exists.
    Good,
    /// Revoked, or on hold.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why, if it says so.
        reason: Option<RevocationReason>,
    },
    /// The responder does not know of it.
    Unknown,
}

/// One answer of a response.
#[derive(Debug, Clone)]
pub struct SingleResponse {
    /// About which certificate it is.
    pub cert_id: CertId,
    /// What is told about it.
    pub status: CertStatus,
    /// When that was known to be right.
    pub this_update: Timestamp,
    /// By when there will be news; without it, there always are.
    pub next_update: Option<Timestamp>,
    /// Every extension, in order. An unknown critical one makes the answer worth nothing.
    pub extensions: Vec<Extension>,
}

impl SingleResponse {
    pub(super) fn read<'a>(answers: &mut Reader<'a>) -> Result<Self, Fault<'a>> {
        let answer = answers.expect(SEQUENCE, "an answer is not a sequence")?;
        let mut parts = Reader::new(answer.content);
        let cert_id = CertId::read(&mut parts)?;
        let status = status(&parts.any()?)?;
        let this_update = asn1_time::generalized_time(&mut parts)?;
        let next_update = match parts.optional(NEXT_UPDATE)? {
            Some(outer) => {
                let mut inner = Reader::new(outer.content);
                let at = asn1_time::generalized_time(&mut inner)?;
                inner.end("bytes after a time")?;
                Some(at)
            }
            None => None,
        };
        let extensions = match parts.optional(EXTENSIONS)? {
            Some(outer) => {
                let sequence = only(&outer, SEQUENCE, "the extensions are not one sequence")?;
                read_extensions(&sequence)?.0
            }
            None => Vec::new(),
        };
        parts.end("something that an answer does not have")?;
        Ok(Self {
            cert_id,
            status,
            this_update,
            next_update,
            extensions,
        })
    }
}

fn status<'a>(element: &Element<'a>) -> Result<CertStatus, Fault<'a>> {
    match (element.tag, element.content) {
        (GOOD, []) => Ok(CertStatus::Good),
        (UNKNOWN, []) => Ok(CertStatus::Unknown),
        (REVOKED, content) => {
            let mut parts = Reader::new(content);
            let at = asn1_time::generalized_time(&mut parts)?;
            let reason = match parts.optional(REASON)? {
                Some(outer) => {
                    let code = only(&outer, ENUMERATED, "a reason is not one enumerated")?;
                    Some(RevocationReason::read(&code)?)
                }
                None => None,
            };
            parts.end("something that a revocation does not have")?;
            Ok(CertStatus::Revoked { at, reason })
        }
        _ => Err(Fault::new(element.whole, "a status that does not exist")),
    }
}
