//! The three parts of anything that is signed: certificates and revocation lists alike (RFC 5280, 4.1.1 and 5.1.1).

use crate::der::{self, NotDer};

/// What was signed, with which algorithm, and the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// The bytes that the signature is over.
    pub tbs: &'a [u8],
    /// The content of the AlgorithmIdentifier, as signature verifiers compare it.
    pub algorithm: &'a [u8],
    /// The signature: the content of the BIT STRING.
    pub signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes the parts out of DER bytes. Nothing is said about whether the signature is good.
    pub fn split(der: &'a [u8]) -> Result<Self, NotDer> {
        Self::parts(der).map_err(|reason| NotDer::at_the_start(reason))
    }

    fn parts(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (outer, rest) = der::split(bytes)?;
        if outer.tag != der::SEQUENCE || !rest.is_empty() {
            return Err("not one sequence");
        }
        let (tbs, rest) = der::split(outer.content)?;
        let (algorithm, rest) = der::split(rest)?;
        let (bits, rest) = der::split(rest)?;
        if tbs.tag != der::SEQUENCE || algorithm.tag != der::SEQUENCE || bits.tag != der::BIT_STRING {
            return Err("not what was signed, an algorithm and a signature");
        }
        match bits.content.split_first() {
            Some((0, signature)) if rest.is_empty() => Ok(Self {
                tbs: tbs.whole,
                algorithm: algorithm.content,
                signature,
            }),
            _ => Err("a signature that is not a whole number of bytes, or something after it"),
        }
    }
}
