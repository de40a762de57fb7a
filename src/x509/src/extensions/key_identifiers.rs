//! Key identifiers: hints for building paths, and for finding the key of a revocation list (RFC 5280, 4.2.1.1, 4.2.1.2).

use crate::der;

/// An octet string.
pub(super) fn subject(value: &[u8]) -> Result<Vec<u8>, String> {
    match der::split(value)? {
        (id, []) if id.tag == 0x04 && !id.content.is_empty() => Ok(id.content.to_vec()),
        _ => Err("is not an octet string with something in it".to_owned()),
    }
}

/// The key identifier, where there is one. Issuer and serial number go together or not at all.
pub(super) fn authority(value: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut id = None;
    let (mut least, mut issuer, mut serial) = (0, false, false);
    for element in der::elements(der::only_sequence(value)?) {
        let element = element?;
        let number = element.tag & 0x1f;
        if number < least {
            return Err("has parts that are repeated or out of order".to_owned());
        }
        least = number.saturating_add(1);
        match element.tag {
            0x80 => id = Some(element.content.to_vec()),
            0xa1 => issuer = true,
            0x82 => serial = true,
            other => return Err(format!("has the unknown part {other:02x}")),
        }
    }
    if issuer != serial {
        return Err("names an issuer without a serial number, or the other way round".to_owned());
    }
    Ok(id)
}
