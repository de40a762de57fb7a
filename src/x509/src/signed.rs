//! The three parts of whatever is signed: what was signed, with which algorithm, and the signature.
//!
//! What lives here: `SIGNED{}` as certificates and CRLs share it (RFC 5280, 4.1.1 and 5.1.1), split and not read.
//! What does not: the arithmetic, which is for whoever holds the key.

use crate::der::{BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE};
use crate::object_identifier::dotted;
use crate::reader::{Fault, Reader, check_whole};
use crate::signature_algorithm::SignatureAlgorithm;

/// The largest AlgorithmIdentifier that is read: the longest in use, RSASSA-PSS with all its parameters, takes 70.
const LARGEST_ALGORITHM: usize = 1024;

/// Bytes that are not a signed structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signed structure at byte {offset}: {reason}")]
pub struct NotSigned {
    offset: usize,
    reason: &'static str,
}

/// A signed structure, in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// What was signed: one whole element.
    pub tbs: &'a [u8],
    /// The content of the AlgorithmIdentifier that stands beside the signature, as signature verifiers compare it.
    pub algorithm: &'a [u8],
    /// The signature's octets.
    pub signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Splits a certificate or a CRL. Nothing inside the parts is looked at.
    pub fn split(der: &'a [u8]) -> Result<Self, NotSigned> {
        Self::read(der).map_err(|fault| {
            let (offset, reason) = fault.place(der);
            NotSigned { offset, reason }
        })
    }

    pub(crate) fn read(der: &'a [u8]) -> Result<Self, Fault<'a>> {
        let mut reader = Reader::new(der);
        let outer = reader.expect(SEQUENCE, "not a sequence")?;
        reader.end("bytes after the end")?;
        let mut parts = Reader::new(outer.content);
        let signed = Self::parts(&mut parts)?;
        parts.end("bytes after the signature")?;
        Ok(signed)
    }

    /// The three parts, from a structure that may go on after them.
    pub(crate) fn parts(reader: &mut Reader<'a>) -> Result<Self, Fault<'a>> {
        let tbs = reader.expect(SEQUENCE, "what was signed is not a sequence")?;
        let algorithm = reader.expect(SEQUENCE, "the signature algorithm is not a sequence")?;
        let bits = reader.expect(BIT_STRING, "the signature is not a bit string")?;
        match bits.content.split_first() {
            Some((0, signature)) => Ok(Self {
                tbs: tbs.whole,
                algorithm: algorithm.content,
                signature,
            }),
            _ => Err(Fault::new(
                bits.whole,
                "the signature is not a whole number of octets",
            )),
        }
    }

    /// Which algorithm the identifier names; its parameters are judged where the signature is verified.
    pub(crate) fn signature_algorithm(&self) -> Result<SignatureAlgorithm, Fault<'a>> {
        if self.algorithm.len() > LARGEST_ALGORITHM {
            return Err(Fault::new(
                self.algorithm,
                "a signature algorithm of more than 1 KiB",
            ));
        }
        let mut parts = Reader::new(self.algorithm);
        let oid = parts.expect(OBJECT_IDENTIFIER, "a signature algorithm without its type")?;
        if !parts.is_empty() {
            check_whole(parts.rest())?;
        }
        Ok(SignatureAlgorithm::from_oid(&dotted(oid.content)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encode::element;

    #[test]
    fn the_parts_are_what_they_are_and_nothing_else_passes() {
        let tbs = element(0x30, &[&[0x02, 0x01, 0x05]]);
        let algorithm = element(0x30, &[&[0x06, 0x01, 0x2a]]);
        let signature = element(0x03, &[&[0, 1, 2, 3]]);
        let good = element(0x30, &[&tbs, &algorithm, &signature]);
        let signed = Signed::split(&good).unwrap();
        assert_eq!(
            (signed.tbs, signed.algorithm, signed.signature),
            (tbs.as_slice(), &[0x06, 0x01, 0x2a][..], &[1, 2, 3][..])
        );
        let unused_bits = element(0x03, &[&[1, 2]]);
        for (why, bad) in [
            ("cut off", good[..good.len() - 1].to_vec()),
            ("bytes after the end", [&good[..], &[0x05, 0x00]].concat()),
            ("not a sequence", element(0x31, &[&tbs, &algorithm, &signature])),
            (
                "what was signed",
                element(0x30, &[&signature, &algorithm, &signature]),
            ),
            ("algorithm", element(0x30, &[&tbs, &signature])),
            ("not a bit string", element(0x30, &[&tbs, &algorithm])),
            ("whole number", element(0x30, &[&tbs, &algorithm, &unused_bits])),
            (
                "after the signature",
                element(0x30, &[&tbs, &algorithm, &signature, &tbs]),
            ),
        ] {
            let error = Signed::split(&bad).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
