//! The shape of a TBSCertificate, walked before the library reads it (RFC 5280, 4.1; threat P17).
//!
//! x509-parser goes by a tag's number and not by its class, and passes over what follows the last part that it looks
//! for. Each of that is a second encoding of one certificate, or a place for what only some verifiers see.
//!
//! What lives here: which fields there are, in which order, under which tags, and that nothing follows. What does not:
//! what names, keys and extensions hold, which is read where it is known.

use wire::Timestamp;

use crate::asn1_time;
use crate::der::{self, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use crate::extension_list::ExtensionList;
use crate::reader::{Fault, Reader, only};

const VERSION: u8 = 0xa0;
const ISSUER_UNIQUE_ID: u8 = 0x81;
const SUBJECT_UNIQUE_ID: u8 = 0x82;
const EXTENSIONS: u8 = 0xa3;

/// What is read on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walked<'a> {
    /// The content of the AlgorithmIdentifier that is signed.
    pub(crate) algorithm: &'a [u8],
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// Whole, as the two that follow: the library cuts a field off where it stops reading it.
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) public_key: &'a [u8],
}

/// Walks through the whole of it. Versions that do not exist, and fields that a version does not have, are let be: who
/// refuses the certificate for its version tells that.
pub(crate) fn walk(tbs: &[u8]) -> Result<Walked<'_>, Fault<'_>> {
    let mut whole = Reader::new(tbs);
    let sequence = whole.expect(SEQUENCE, "what was signed is not a sequence")?;
    whole.end("bytes after what was signed")?;
    let mut fields = Reader::new(sequence.content);
    if let Some(version) = fields.optional(VERSION)? {
        let number = only(&version, INTEGER, "the version is not one integer")?;
        if number.content == [0] {
            return Err(Fault::new(
                version.whole,
                "version 1 written out, which is the default",
            ));
        }
    }
    fields.expect(INTEGER, "the serial number is not an integer")?;
    let algorithm = fields.expect(SEQUENCE, "the signature algorithm is not a sequence")?;
    check_algorithm(algorithm.content)?;
    let issuer = fields.expect(SEQUENCE, "the issuer is not a sequence")?;
    let validity = fields.expect(SEQUENCE, "the validity is not a sequence")?;
    let mut times = Reader::new(validity.content);
    let not_before = asn1_time::either_time(&mut times)?;
    let not_after = asn1_time::either_time(&mut times)?;
    times.end("something after notAfter")?;
    let subject = fields.expect(SEQUENCE, "the subject is not a sequence")?;
    let public_key = fields.expect(SEQUENCE, "the public key is not a sequence")?;
    for tag in [ISSUER_UNIQUE_ID, SUBJECT_UNIQUE_ID] {
        if let Some(id) = fields.optional(tag)? {
            der::check_as(BIT_STRING, &id).map_err(|reason| Fault::new(id.whole, reason))?;
        }
    }
    if let Some(outer) = fields.optional(EXTENSIONS)? {
        let sequence = only(&outer, SEQUENCE, "the extensions are not one sequence")?;
        let mut list = ExtensionList::new(&sequence)?;
        while list.next()?.is_some() {}
    }
    fields.end("something that a certificate does not have, or out of its order")?;
    Ok(Walked {
        algorithm: algorithm.content,
        not_before,
        not_after,
        issuer: issuer.whole,
        subject: subject.whole,
        public_key: public_key.whole,
    })
}

/// A type, and at most one element of parameters (RFC 5280, 4.1.1.2).
fn check_algorithm(content: &[u8]) -> Result<(), Fault<'_>> {
    let mut parts = Reader::new(content);
    parts.expect(OBJECT_IDENTIFIER, "a signature algorithm without its type")?;
    if !parts.is_empty() {
        parts.any()?;
    }
    parts.end("something after a signature algorithm's parameters")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encode::element;

    const VERSION_3: &[u8] = &[0xa0, 3, 2, 1, 2];
    const KEY_USAGE: &[u8] = &[6, 3, 0x55, 0x1d, 15];
    const VALUE: &[u8] = &[4, 4, 3, 2, 7, 0x80];

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        element(0x30, parts)
    }

    fn extensions(parts: &[&[u8]]) -> Vec<u8> {
        element(0xa3, &[&sequence(&[&sequence(parts)])])
    }

    fn utc(text: &str) -> Vec<u8> {
        element(0x17, &[text.as_bytes()])
    }

    fn generalized(text: &str) -> Vec<u8> {
        element(0x18, &[text.as_bytes()])
    }

    /// The fields, each whole: version, serial number, algorithm, issuer, validity, subject, key, and what follows.
    fn good() -> Vec<Vec<u8>> {
        vec![
            VERSION_3.to_vec(),
            vec![2, 1, 5],
            sequence(&[&[6, 1, 0x2a], &[5, 0]]),
            sequence(&[]),
            sequence(&[&utc("260101000000Z"), &generalized("20500101000000Z")]),
            sequence(&[]),
            sequence(&[&sequence(&[&[6, 1, 0x2a]]), &[3, 2, 0, 1]]),
            extensions(&[KEY_USAGE, &[1, 1, 0xff], VALUE]),
        ]
    }

    fn with(at: usize, field: Vec<u8>) -> Vec<Vec<u8>> {
        let mut fields = good();
        fields[at] = field;
        fields
    }

    fn tagged(at: usize, tag: u8) -> Vec<Vec<u8>> {
        let mut fields = good();
        fields[at][0] = tag;
        fields
    }

    #[test]
    fn one_shape_passes() {
        let id = |tag: u8| element(tag, &[&[0, 7]]);
        let mut with_ids = good();
        with_ids.splice(7..7, [id(0x81), id(0x82)]);
        for (case, fields) in [
            ("everything", good()),
            ("no version", with(0, Vec::new())),
            ("a version that does not exist", with(0, vec![0xa0, 3, 2, 1, 7])),
            ("no extensions", with(7, Vec::new())),
            (
                "a GeneralizedTime before 2050",
                with(
                    4,
                    sequence(&[&utc("260101000000Z"), &generalized("20270101000000Z")]),
                ),
            ),
            ("unique identifiers", with_ids),
            ("no parameters", with(2, sequence(&[&[6, 1, 0x2a]]))),
            ("not critical", with(7, extensions(&[KEY_USAGE, VALUE]))),
        ] {
            let tbs = sequence(&[&fields.concat()]);
            let walked = walk(&tbs).map_err(|fault| fault.place(&tbs));
            assert!(walked.is_ok(), "{case}: {walked:?}");
        }
        let tbs = sequence(&[&good().concat()]);
        let walked = walk(&tbs).unwrap();
        assert_eq!(walked.algorithm, [6, 1, 0x2a, 5, 0]);
        assert_eq!(walked.not_before.rfc3339(), "2026-01-01T00:00:00Z");
        assert_eq!(walked.not_after.rfc3339(), "2050-01-01T00:00:00Z");
    }

    /// Threat P17: each of these was taken for what it resembles.
    #[test]
    fn any_other_shape_is_refused() {
        let (begin, end) = (utc("260101000000Z"), utc("270101000000Z"));
        let null: &[u8] = &[5, 0];
        let list = sequence(&[&sequence(&[KEY_USAGE, VALUE])]);
        let after = |field: Vec<u8>| {
            let mut fields = good();
            fields.push(field);
            fields
        };
        let mut swapped = good();
        swapped.splice(7..7, [vec![0x82, 2, 0, 7], vec![0x81, 2, 0, 7]]);
        for (why, fields) in [
            ("the default", with(0, vec![0xa0, 3, 2, 1, 0])),
            ("not one integer", with(0, vec![0xa0, 5, 2, 1, 2, 5, 0])),
            ("not one integer", with(0, vec![0xa0, 3, 0x82, 1, 2])),
            ("serial number", tagged(1, 0x82)),
            ("signature algorithm", tagged(2, 0xb0)),
            (
                "algorithm's parameters",
                with(2, sequence(&[&[6, 1, 0x2a], null, null])),
            ),
            ("without its type", with(2, sequence(&[null]))),
            ("issuer", tagged(3, 0xb0)),
            ("validity", tagged(4, 0xb0)),
            ("after notAfter", with(4, sequence(&[&begin, &end, null]))),
            (
                "not a time",
                with(4, sequence(&[&begin, &element(0x97, &[b"270101000000Z"])])),
            ),
            ("cut off", with(4, sequence(&[&begin]))),
            ("subject", tagged(5, 0xb0)),
            ("public key", tagged(6, 0xb0)),
            ("out of its order", swapped),
            ("unused bits", with(7, vec![0x81, 2, 9, 0])),
            ("out of its order", with(7, vec![0xa1, 4, 3, 2, 0, 7])),
            ("out of its order", with(7, [&[0x83, 0][..], &list].concat())),
            ("not one sequence", with(7, element(0xa3, &[&list, null]))),
            ("not one sequence", with(7, element(0xa3, &[]))),
            ("none in it", with(7, element(0xa3, &[&sequence(&[])]))),
            (
                "not a sequence",
                with(
                    7,
                    element(0xa3, &[&sequence(&[&element(0xb0, &[KEY_USAGE, VALUE])])]),
                ),
            ),
            ("FALSE", with(7, extensions(&[KEY_USAGE, &[1, 1, 0], VALUE]))),
            (
                "without its content",
                with(7, extensions(&[KEY_USAGE, &[0x81, 1, 0xff], VALUE])),
            ),
            (
                "without its content",
                with(7, extensions(&[KEY_USAGE, &[0x84, 4, 3, 2, 7, 0x80]])),
            ),
            (
                "after an extension",
                with(7, extensions(&[KEY_USAGE, VALUE, null])),
            ),
            ("does not have", after(null.to_vec())),
        ] {
            let tbs = sequence(&[&fields.concat()]);
            let refused = walk(&tbs).map_err(|fault| fault.place(&tbs).1);
            assert!(
                refused.as_ref().is_err_and(|reason| reason.contains(why)),
                "{why}: {refused:?}"
            );
        }
    }
}
