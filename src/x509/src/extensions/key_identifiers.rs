//! Key identifiers: hints for building paths, and for finding the key of a revocation list (RFC 5280, 4.2.1.1, 4.2.1.2).

use crate::der::{self, INTEGER, SEQUENCE};
use crate::reader::{Fault, Reader};

const KEY_IDENTIFIER: u8 = 0x80;
const AUTHORITY_ISSUER: u8 = 0xa1;
const AUTHORITY_SERIAL: u8 = 0x82;

/// An octet string.
pub(super) fn subject(value: &[u8]) -> Result<Vec<u8>, String> {
    match der::split(value)? {
        (id, []) if id.tag == 0x04 && !id.content.is_empty() => Ok(id.content.to_vec()),
        _ => Err("is not an octet string with something in it".to_owned()),
    }
}

/// The key identifier, where there is one, of a certificate's issuer or of a list's. Issuer and serial number go together
/// or not at all (RFC 5280, 4.2.1.1); a key is found by its identifier or tried, so that they are not looked at.
pub(crate) fn authority(value: &[u8]) -> Result<Option<Vec<u8>>, Fault<'_>> {
    let mut whole = Reader::new(value);
    let sequence = whole.expect(SEQUENCE, "an authority key identifier is not a sequence")?;
    whole.end("bytes after an authority key identifier")?;
    let mut parts = Reader::new(sequence.content);
    let id = parts.optional(KEY_IDENTIFIER)?;
    let issuer = parts.optional(AUTHORITY_ISSUER)?;
    let serial = parts.optional(AUTHORITY_SERIAL)?;
    parts.end("something that an authority key identifier does not have, or out of its order")?;
    if issuer.is_some() != serial.is_some() {
        return Err(Fault::new(
            sequence.whole,
            "an authority key identifier with an issuer and no serial number, or the other way round",
        ));
    }
    if let Some(serial) = serial {
        der::check_as(INTEGER, &serial).map_err(|reason| Fault::new(serial.whole, reason))?;
    }
    Ok(id.map(|id| id.content.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::element;

    #[test]
    fn an_authority_key_identifier_has_one_form() {
        let (id, issuer, serial): (&[u8], &[u8], &[u8]) = (&[0x80, 1, 7], &[0xa1, 0], &[0x82, 1, 5]);
        for (case, parts, wanted) in [
            ("all", vec![id, issuer, serial], Some(Some(vec![7]))),
            ("the key", vec![id], Some(Some(vec![7]))),
            ("the certificate", vec![issuer, serial], Some(None)),
            ("nothing", vec![], Some(None)),
            ("no serial number", vec![id, issuer], None),
            ("no issuer", vec![id, serial], None),
            ("out of order", vec![issuer, serial, id], None),
            ("twice", vec![id, id], None),
            ("another tag", vec![&[0x04, 1, 7]], None),
            ("a padded serial number", vec![issuer, &[0x82, 2, 0, 5]], None),
        ] {
            assert_eq!(authority(&element(0x30, &parts)).ok(), wanted, "{case}");
        }
        let twice = element(0x30, &[id]).repeat(2);
        assert!(authority(&twice).is_err());
        assert!(authority(&element(0x31, &[id])).is_err());
    }
}
