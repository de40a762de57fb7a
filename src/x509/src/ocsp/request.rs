//! Asking about one certificate (RFC 6960, 4.1.1).

use crate::der::{OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::encode::element;

use super::cert_id::CertId;
use super::read::NONCE;

const REQUEST_EXTENSIONS: u8 = 0xa2;

/// A request for the status of one certificate, unsigned. More than one certificate a request is what many responders
/// do not answer (RFC 5019, 2.1.1).
#[derive(Debug)]
pub struct OcspRequest;

impl OcspRequest {
    /// Writes the request. A nonce is for responders that repeat it; RFC 9654, 2.1 wants 32 random octets.
    pub fn encode(id: &CertId, nonce: Option<&[u8]>) -> Vec<u8> {
        let request = element(SEQUENCE, &[&id.encode()]);
        let list = element(SEQUENCE, &[&request]);
        let extensions = nonce.map(|nonce| {
            let value = element(OCTET_STRING, &[&element(OCTET_STRING, &[nonce])]);
            let extension = element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[NONCE]), &value]);
            element(REQUEST_EXTENSIONS, &[&element(SEQUENCE, &[&extension])])
        });
        let tbs = element(SEQUENCE, &[&list, extensions.as_deref().unwrap_or_default()]);
        element(SEQUENCE, &[&tbs])
    }
}
