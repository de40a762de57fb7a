//! Serial numbers: octets, never floats or machine integers (threat P13).

use std::fmt;
use std::sync::Arc;

/// A certificate's serial number, as its canonical octets (two's complement, as encoded).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Serial {
    octets: Vec<u8>,
    /// As every event and most sessions name it.
    hex: Arc<str>,
}

impl Serial {
    pub(crate) fn new(octets: &[u8]) -> Self {
        let magnitude = match octets {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        Self {
            octets: octets.to_vec(),
            hex: hex::encode(magnitude).into(),
        }
    }

    /// The octets of the INTEGER, as encoded.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether the number is greater than zero.
    pub fn is_positive(&self) -> bool {
        self.octets.first().is_some_and(|first| first & 0x80 == 0)
            && self.octets.iter().any(|octet| *octet != 0)
    }

    /// Lower-case hexadecimal of the magnitude, of even length, without the sign octet (contract 1.9).
    pub fn hex(&self) -> &Arc<str> {
        &self.hex
    }

    /// Decimal, of any length, as the credential scope carries it (contract 1.5). A negative number is written as
    /// its octets read unsigned: it is refused elsewhere.
    pub fn decimal(&self) -> String {
        // Little-endian digits in base 10^9.
        let mut digits: Vec<u64> = vec![0];
        for octet in &self.octets {
            let mut carry = u64::from(*octet);
            for digit in &mut digits {
                let sum = *digit * 256 + carry;
                *digit = sum % 1_000_000_000;
                carry = sum / 1_000_000_000;
            }
            if carry > 0 {
                digits.push(carry);
            }
        }
        let mut text = String::new();
        for (at, digit) in digits.iter().rev().enumerate() {
            text.push_str(&if at == 0 {
                digit.to_string()
            } else {
                format!("{digit:09}")
            });
        }
        text
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_written_as_the_contract_has_them() {
        for (octets, hex, decimal) in [
            (&[0x01, 0x23][..], "0123", "291"),
            (&[0x45, 0x67], "4567", "17767"),
            (&[0x00, 0x80], "80", "128"),
            (&[0x00], "00", "0"),
            (
                &[
                    0x1f, 0x71, 0xc5, 0x11, 0x4a, 0x11, 0x9f, 0xc0, 0xcc, 0x5a, 0x5a, 0x52, 0xfb, 0x37, 0x20,
                    0xad,
                ],
                "1f71c5114a119fc0cc5a5a52fb3720ad",
                "41796794418840706582093025104159514797",
            ),
            (&[0x3b, 0x9a, 0xca, 0x00], "3b9aca00", "1000000000"),
        ] {
            let serial = Serial::new(octets);
            assert_eq!((serial.hex().as_ref(), serial.decimal().as_str()), (hex, decimal));
        }
    }

    /// Threat P13.
    #[test]
    fn zero_and_negative_are_not_positive() {
        assert!(!Serial::new(&[0]).is_positive());
        assert!(!Serial::new(&[0x80]).is_positive());
        assert!(!Serial::new(&[]).is_positive());
        assert!(Serial::new(&[0, 0x80]).is_positive());
    }
}
