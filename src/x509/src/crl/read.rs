//! The walk through a list, from its first byte to its last (RFC 5280, 5.1). Each element is visited once.

use crate::der::{GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME};
use crate::primitives::sha256;
use crate::reader::{Fault, Reader, only};
use crate::signed::Signed;
use crate::{asn1_time, directory_name};

use super::Crl;
use super::entries::Entries;
use super::extensions::Extensions;

const EXTENSIONS: u8 = 0xa0;

pub(super) fn read(der: &[u8], most_entries: usize) -> Result<Crl, Fault<'_>> {
    let signed = Signed::read(der)?;
    let signature_algorithm = signed.signature_algorithm()?;

    let mut whole = Reader::new(signed.tbs);
    let tbs = whole.expect(SEQUENCE, "the list is not a sequence")?;
    let mut fields = Reader::new(tbs.content);
    let version = match fields.optional(INTEGER)? {
        None => 1,
        Some(number) if number.content == [1] => 2,
        Some(number) => return Err(Fault::new(number.whole, "a version that does not exist")),
    };
    let inner = fields.expect(SEQUENCE, "the algorithm is not a sequence")?;
    let issuer = directory_name::read(&fields.any()?)?;
    let this_update = asn1_time::time(&mut fields)?;
    let next_update = match fields.rest().first() {
        Some(&(UTC_TIME | GENERALIZED_TIME)) => Some(asn1_time::time(&mut fields)?),
        _ => None,
    };
    let entries = match fields.optional(SEQUENCE)? {
        Some(revoked) => Entries::read(&revoked, version, most_entries)?,
        None => Entries::default(),
    };
    let extensions = match fields.optional(EXTENSIONS)? {
        Some(outer) if version == 1 => {
            return Err(Fault::new(outer.whole, "extensions in a list of version 1"));
        }
        Some(outer) => Extensions::read(&only(&outer, SEQUENCE, "the extensions are not one sequence")?)?,
        None => Extensions::default(),
    };
    fields.end("something that a list does not have")?;

    Ok(Crl {
        sha256: sha256(der),
        version,
        signature_algorithm,
        // Not read: where it is the same as the one outside, that one was.
        algorithms_agree: inner.content == signed.algorithm,
        issuer,
        this_update,
        next_update,
        entries,
        extensions,
    })
}
