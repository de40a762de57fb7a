//! A certificate, as OCSP names it: hashes of its issuer's name and key, and its serial number (RFC 6960, 4.1.1).

use crate::primitives::digest::{self, digest};

use crate::der::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::encode::element;
use crate::reader::{Fault, Reader};
use crate::serial::Serial;

/// AlgorithmIdentifier contents, with the NULL that most responders write; RFC 5754 would have it left out.
const SHA1: &[u8] = &[0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00];
const SHA256: &[u8] = &[
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];
const NULL: &[u8] = &[0x05, 0x00];

/// How the issuer is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerHash {
    /// SHA-1, by which most responders index, and some know nothing else (RFC 5019, 2.1.1). It finds an answer and
    /// proves nothing: the answer counts by the signature of the issuer or of a responder that the issuer authorized,
    /// and the issuer's key is compared whole there.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl IssuerHash {
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// A certificate's identifier.
#[derive(Debug, Clone)]
pub struct CertId {
    /// The content of the AlgorithmIdentifier, as written.
    algorithm: Vec<u8>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: Serial,
}

impl CertId {
    /// Names a certificate by its issuer's name (DER), its issuer's key (the octets of the BIT STRING) and its serial
    /// number.
    pub fn of(issuer_name: &[u8], issuer_key: &[u8], serial: &Serial, hash: IssuerHash) -> Self {
        let algorithm = match hash {
            IssuerHash::Sha1 => SHA1,
            IssuerHash::Sha256 => SHA256,
        };
        Self {
            algorithm: algorithm.to_vec(),
            issuer_name_hash: hash.of(issuer_name),
            issuer_key_hash: hash.of(issuer_key),
            serial: serial.clone(),
        }
    }

    pub(super) fn read<'a>(parts: &mut Reader<'a>) -> Result<Self, Fault<'a>> {
        let id = parts.expect(SEQUENCE, "a certificate's identifier is not a sequence")?;
        let mut parts = Reader::new(id.content);
        let algorithm = parts.expect(SEQUENCE, "a hash algorithm is not a sequence")?;
        Reader::new(algorithm.content).expect(OBJECT_IDENTIFIER, "a hash algorithm without its type")?;
        let name = parts.expect(OCTET_STRING, "an issuer without the hash of its name")?;
        let key = parts.expect(OCTET_STRING, "an issuer without the hash of its key")?;
        let serial = parts.expect(INTEGER, "an identifier without a serial number")?;
        parts.end("something that an identifier does not have")?;
        Ok(Self {
            algorithm: algorithm.content.to_vec(),
            issuer_name_hash: name.content.to_vec(),
            issuer_key_hash: key.content.to_vec(),
            serial: Serial::new(serial.content),
        })
    }

    /// How the issuer is hashed; none where the hash is not known here.
    pub fn hash(&self) -> Option<IssuerHash> {
        [(SHA1, IssuerHash::Sha1), (SHA256, IssuerHash::Sha256)]
            .into_iter()
            .find(|(content, _)| {
                self.algorithm == *content || Some(self.algorithm.as_slice()) == content.strip_suffix(NULL)
            })
            .map(|(_, hash)| hash)
    }

    /// The hash of the issuer's name.
    pub fn issuer_name_hash(&self) -> &[u8] {
        &self.issuer_name_hash
    }

    /// The hash of the issuer's key.
    pub fn issuer_key_hash(&self) -> &[u8] {
        &self.issuer_key_hash
    }

    /// The certificate's serial number.
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Whether this names that certificate, whichever known hash it names the issuer by.
    pub fn names(&self, issuer_name: &[u8], issuer_key: &[u8], serial: &Serial) -> bool {
        self.hash().is_some_and(|hash| {
            self.serial == *serial
                && self.issuer_name_hash == hash.of(issuer_name)
                && self.issuer_key_hash == hash.of(issuer_key)
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        element(
            SEQUENCE,
            &[
                &element(SEQUENCE, &[&self.algorithm]),
                &element(OCTET_STRING, &[&self.issuer_name_hash]),
                &element(OCTET_STRING, &[&self.issuer_key_hash]),
                &element(INTEGER, &[self.serial.octets()]),
            ],
        )
    }
}
