//! The walk through a response, from its first byte to its last (RFC 6960, 4.2.1).

use crate::der::{ENUMERATED, Element, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::extension_list::ExtensionList;
use crate::extensions::Extension;
use crate::object_identifier::dotted;
use crate::primitives::sha256;
use crate::reader::{Fault, Reader, check_whole, only};
use crate::signed::Signed;
use crate::{asn1_time, directory_name};

use super::single_response::SingleResponse;
use super::{OcspResponse, ResponderId, ResponseStatus};

/// id-pkix-ocsp-basic.
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// id-pkix-ocsp-nonce.
pub(super) const NONCE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];

/// The most extensions of one list that are read. RFC 6960 knows six.
const MOST_EXTENSIONS: usize = 64;

const RESPONSE_BYTES: u8 = 0xa0;
const CERTIFICATES: u8 = 0xa0;
const BY_NAME: u8 = 0xa1;
const BY_KEY: u8 = 0xa2;
const RESPONSE_EXTENSIONS: u8 = 0xa1;

/// Why a response was not read.
#[derive(Debug)]
pub(super) enum Unread<'a> {
    Fault(Fault<'a>),
    Type(String),
    Status(ResponseStatus),
}

impl<'a> From<Fault<'a>> for Unread<'a> {
    fn from(fault: Fault<'a>) -> Self {
        Self::Fault(fault)
    }
}

pub(super) fn read(der: &[u8]) -> Result<OcspResponse, Unread<'_>> {
    check_whole(der)?;
    let mut whole = Reader::new(der);
    let outer = whole.expect(SEQUENCE, "not a sequence")?;
    whole.end("bytes after the end")?;
    let mut parts = Reader::new(outer.content);
    let status = parts.expect(ENUMERATED, "a response without a status")?;
    let bytes = parts.optional(RESPONSE_BYTES)?;
    parts.end("something that a response does not have")?;
    if let Some(status) = unsuccessful(&status)? {
        return Err(Unread::Status(status));
    }
    let bytes = bytes.ok_or(Fault::new(outer.whole, "a successful response without an answer"))?;
    let bytes = only(&bytes, SEQUENCE, "the response's bytes are not one sequence")?;

    let mut parts = Reader::new(bytes.content);
    let kind = parts.expect(OBJECT_IDENTIFIER, "a response without its type")?;
    let response = parts.expect(OCTET_STRING, "a response without its content")?;
    parts.end("something after the response's content")?;
    if kind.content != BASIC {
        return Err(Unread::Type(dotted(kind.content)));
    }
    // Inside of an octet string, where the first check did not look.
    check_whole(response.content)?;
    Ok(basic(der, response.content)?)
}

fn unsuccessful<'a>(status: &Element<'a>) -> Result<Option<ResponseStatus>, Fault<'a>> {
    Ok(Some(match status.content {
        [0] => return Ok(None),
        [1] => ResponseStatus::MalformedRequest,
        [2] => ResponseStatus::InternalError,
        [3] => ResponseStatus::TryLater,
        [5] => ResponseStatus::SigRequired,
        [6] => ResponseStatus::Unauthorized,
        _ => return Err(Fault::new(status.whole, "a status that does not exist")),
    }))
}

fn basic<'a>(der: &'a [u8], response: &'a [u8]) -> Result<OcspResponse, Fault<'a>> {
    let outer = Reader::new(response).expect(SEQUENCE, "a basic response is not a sequence")?;
    let mut parts = Reader::new(outer.content);
    let signed = Signed::parts(&mut parts)?;
    let signature_algorithm = signed.signature_algorithm()?;
    let certificates = match parts.optional(CERTIFICATES)? {
        Some(outer) => certificates(&only(&outer, SEQUENCE, "the certificates are not one sequence")?)?,
        None => Vec::new(),
    };
    parts.end("something that a basic response does not have")?;

    let tbs = Reader::new(signed.tbs).any()?;
    let mut fields = Reader::new(tbs.content);
    // A version would come first, and be left out for the only one there is.
    let responder_id = responder_id(&fields.any()?)?;
    let produced_at = asn1_time::generalized_time(&mut fields)?;
    let list = fields.expect(SEQUENCE, "the answers are not a sequence")?;
    let mut answers = Reader::new(list.content);
    let mut responses = Vec::new();
    while !answers.is_empty() {
        responses.push(SingleResponse::read(&mut answers)?);
    }
    let (mut extensions, mut nonce) = (Vec::new(), None);
    if let Some(outer) = fields.optional(RESPONSE_EXTENSIONS)? {
        let sequence = only(&outer, SEQUENCE, "the extensions are not one sequence")?;
        (extensions, nonce) = read_extensions(&sequence)?;
    }
    fields.end("something that a basic response does not have")?;

    Ok(OcspResponse {
        sha256: sha256(der),
        tbs: signed.tbs.to_vec(),
        algorithm: signed.algorithm.to_vec(),
        signature: signed.signature.to_vec(),
        signature_algorithm,
        responder_id,
        produced_at,
        responses,
        extensions,
        nonce,
        certificates,
    })
}

fn certificates<'a>(sequence: &Element<'a>) -> Result<Vec<Vec<u8>>, Fault<'a>> {
    let mut certificates = Vec::new();
    let mut reader = Reader::new(sequence.content);
    while !reader.is_empty() {
        let one = reader.expect(SEQUENCE, "a certificate is not a sequence")?;
        certificates.push(one.whole.to_vec());
    }
    Ok(certificates)
}

fn responder_id<'a>(element: &Element<'a>) -> Result<ResponderId, Fault<'a>> {
    match element.tag {
        BY_NAME => {
            let name = only(element, SEQUENCE, "the responder's name is not one sequence")?;
            directory_name::read(&name).map(ResponderId::Name)
        }
        BY_KEY => {
            let hash = only(
                element,
                OCTET_STRING,
                "the responder's key hash is not one octet string",
            )?;
            Ok(ResponderId::KeyHash(hash.content.to_vec()))
        }
        _ => Err(Fault::new(
            element.whole,
            "a responder that is neither a name nor a key",
        )),
    }
}

/// The extensions of a response or of one answer, and the nonce among them (RFC 9654, 2.1).
pub(super) fn read_extensions<'a>(
    sequence: &Element<'a>,
) -> Result<(Vec<Extension>, Option<Vec<u8>>), Fault<'a>> {
    let mut read: Vec<Extension> = Vec::new();
    let mut nonce = None;
    let mut list = ExtensionList::new(sequence)?;
    while let Some(extension) = list.next()? {
        let oid = dotted(extension.oid);
        if read.len() >= MOST_EXTENSIONS {
            return Err(Fault::new(extension.whole, "more than 64 extensions"));
        }
        if read.iter().any(|other| other.oid == oid) {
            return Err(Fault::new(extension.whole, "an extension that stands twice"));
        }
        let known = extension.oid == NONCE;
        if known {
            let mut value = Reader::new(extension.value);
            let octets = value.expect(OCTET_STRING, "a nonce is not an octet string")?;
            value.end("bytes after a nonce")?;
            nonce = Some(octets.content.to_vec());
        }
        read.push(Extension {
            oid,
            critical: extension.critical,
            known,
            error: None,
        });
    }
    Ok((read, nonce))
}
