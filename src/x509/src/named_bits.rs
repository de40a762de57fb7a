//! A BIT STRING whose bits have names: key usage, reasons (RFC 5280, 4.2.1.3 and 4.2.1.13).
//!
//! What lives here: its one encoding. What does not: what the bits are called.

use crate::der::{self, BIT_STRING, Element};

/// Bit *n* of the string as bit *n* of the number; its tag may be implicit. Such a string ends in a bit that is set
/// (X.690, 11.2.2), and no list of names here has more than sixteen.
pub(crate) fn read(element: &Element<'_>) -> Result<u16, &'static str> {
    der::check_as(BIT_STRING, element)?;
    let (&unused, octets) = element.content.split_first().ok_or("an empty bit string")?;
    let (first, second) = match octets {
        [] => (0, 0),
        [first] => (*first, 0),
        [first, second] => (*first, *second),
        _ => return Err("more bits than have names"),
    };
    let bits = u16::from_be_bytes([first, second]).reverse_bits();
    let length = octets.len().saturating_mul(8).saturating_sub(unused.into());
    if bits.checked_ilog2().map(|last| last as usize) != length.checked_sub(1) {
        return Err("named bits that are not written as short as they can be");
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_written_as_short_as_they_can_be() {
        for (content, wanted) in [
            (&[0][..], Some(0)),
            (&[7, 0x80], Some(1)),
            (&[0, 0x01], Some(0x80)),
            (&[1, 0x06], Some(0x60)),
            (&[7, 0x80, 0x80], Some(0x101)),
            (&[], None),
            // Bits that are not set at the end, an octet of them, and unused ones that are set.
            (&[6, 0x80], None),
            (&[0, 0x80], None),
            (&[7, 0], None),
            (&[0, 0x80, 0], None),
            (&[7, 0xc0], None),
            (&[7, 0x80, 0x80, 0x80], None),
        ] {
            let element = Element {
                tag: 0x81,
                content,
                whole: content,
            };
            assert_eq!(read(&element).ok(), wanted, "{content:02x?}");
        }
    }
}
