//! The number of a list: how many came before it (RFC 5280, 5.2.3).

use std::fmt;

use crate::serial::Serial;

/// The most octets that a number has (RFC 5280, 5.2.3).
const OCTETS: usize = 20;

/// A list's number. Numbers are compared as numbers, whatever their length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlNumber([u8; OCTETS]);

impl CrlNumber {
    /// The number with these octets, most significant first; none where more than twenty are not zero.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let leading = octets.iter().take_while(|octet| **octet == 0).count();
        let magnitude = octets.get(leading..)?;
        let mut number = [0; OCTETS];
        let from = OCTETS.checked_sub(magnitude.len())?;
        number.get_mut(from..)?.copy_from_slice(magnitude);
        Some(Self(number))
    }

    /// The number of an INTEGER; none where it is negative or too long.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        match content.first() {
            Some(first) if first & 0x80 == 0 => Self::from_octets(content),
            _ => None,
        }
    }

    /// All twenty octets, most significant first.
    pub fn octets(&self) -> &[u8; OCTETS] {
        &self.0
    }
}

impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Serial::new(&self.0).decimal())
    }
}

impl fmt::Debug for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Threat R6: 256 comes after 255, whatever their encodings look like.
    #[test]
    fn numbers_are_ordered_as_numbers() {
        let read = |content: &[u8]| CrlNumber::read(content).unwrap();
        let rising = [
            read(&[0]),
            read(&[1]),
            read(&[0x7f]),
            read(&[0, 0xff]),
            read(&[1, 0]),
            read(&[0x7f; 20]),
            read(&[&[0][..], &[0xff; 20]].concat()),
        ];
        assert!(rising.is_sorted_by(|one, next| one < next));
        assert_eq!(read(&[1, 0]).to_string(), "256");
        assert_eq!(
            CrlNumber::from_octets(read(&[1, 0]).octets()),
            Some(read(&[1, 0]))
        );
        for bad in [&[][..], &[0x80], &[0xff, 0x00], &[1; 21]] {
            assert_eq!(CrlNumber::read(bad), None);
        }
    }
}
