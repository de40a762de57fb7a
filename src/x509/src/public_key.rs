//! A certificate's public key.

use std::fmt;

use crate::der::{self, NotDer};

/// The kinds of public key that anyone here tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA (`rsaEncryption`), by the bits of its modulus.
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// ML-DSA with this parameter set: 44, 65 or 87.
    MlDsa(u8),
    /// Something else, by object identifier, or by what is odd about it.
    Other(String),
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::P521 => f.write_str("P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::MlDsa(set) => write!(f, "ML-DSA-{set}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// A public key, as its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki: Vec<u8>,
    algorithm_identifier: Vec<u8>,
    key: Vec<u8>,
}

const RSA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
const P256: &[u8] = &[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07,
];
const P384: &[u8] = &[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
];
const P521: &[u8] = &[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23,
];
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
const ML_DSA: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo that stands by itself.
    pub fn parse(spki: &[u8]) -> Result<Self, NotDer> {
        der::check(spki)?;
        Self::read(spki).map_err(NotDer::at_the_start)
    }

    /// Reads a SubjectPublicKeyInfo. The algorithm is decided by the exact bytes of its identifier: explicit curve
    /// parameters or odd RSA parameters are something else (threats P14, P15).
    pub(crate) fn read(spki: &[u8]) -> Result<Self, &'static str> {
        let (outer, []) = der::split(spki)? else {
            return Err("bytes after the public key");
        };
        let (identifier, rest) = der::split(outer.content)?;
        let (bits, []) = der::split(rest)? else {
            return Err("something after the public key's bits");
        };
        if (outer.tag, identifier.tag, bits.tag) != (der::SEQUENCE, der::SEQUENCE, der::BIT_STRING) {
            return Err("the public key is not a sequence of an algorithm and a bit string");
        }
        let Some((0, key)) = bits.content.split_first() else {
            return Err("the public key is not a whole number of bytes");
        };
        let algorithm = match identifier.content {
            RSA => match modulus_bits(key) {
                Some(bits) => KeyAlgorithm::Rsa { bits },
                None => KeyAlgorithm::Other(
                    "an RSA key that cannot be read, or whose exponent is not sane".to_owned(),
                ),
            },
            P256 if is_point(key, 32) => KeyAlgorithm::P256,
            P384 if is_point(key, 48) => KeyAlgorithm::P384,
            P521 if is_point(key, 66) => KeyAlgorithm::P521,
            P256 | P384 | P521 => {
                KeyAlgorithm::Other("an elliptic-curve key whose point is not written in full".to_owned())
            }
            ED25519 => KeyAlgorithm::Ed25519,
            [prefix @ .., set @ 17..=19] if prefix == ML_DSA => KeyAlgorithm::MlDsa(match set {
                17 => 44,
                18 => 65,
                _ => 87,
            }),
            other if other.starts_with(EC) => {
                KeyAlgorithm::Other("an elliptic curve other than P-256, P-384, P-521".into())
            }
            other => KeyAlgorithm::Other(format!("a key of algorithm {}", hex::encode(other))),
        };
        Ok(Self {
            algorithm,
            spki: outer.whole.to_vec(),
            algorithm_identifier: identifier.content.to_vec(),
            key: key.to_vec(),
        })
    }

    /// Which kind of key it is.
    pub fn algorithm(&self) -> &KeyAlgorithm {
        &self.algorithm
    }

    /// The whole SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The content of the AlgorithmIdentifier, as signature verifiers compare it.
    pub fn algorithm_identifier(&self) -> &[u8] {
        &self.algorithm_identifier
    }

    /// The key itself: the content of the BIT STRING.
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

/// Whether these are both coordinates of a point (SEC 1, 2.3.3); compressed ones are not read (threat P15). That the
/// point lies on the curve is seen by whoever verifies with it.
fn is_point(key: &[u8], coordinate: usize) -> bool {
    key.first() == Some(&4) && key.len() == 2 * coordinate + 1
}

/// The bits of an RSA key's modulus, where the key is one: two positive numbers, the modulus odd, the exponent odd, at
/// least 3 and below 2^33, as the verifiers have it (RFC 8017, 3.1; threat P14).
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let mut numbers = der::elements(der::only_sequence(key).ok()?);
    let modulus = magnitude(&numbers.next()?.ok()?)?;
    let exponent = magnitude(&numbers.next()?.ok()?)?;
    let value = exponent.iter().try_fold(0u64, |sum, octet| {
        sum.checked_mul(256)?.checked_add(u64::from(*octet))
    })?;
    let sane = value % 2 == 1 && (3..1 << 33).contains(&value) && modulus.last()? % 2 == 1;
    if numbers.next().is_some() || !sane {
        return None;
    }
    let leading = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    modulus.len().checked_mul(8)?.checked_sub(leading)
}

/// The octets of a positive number.
fn magnitude<'a>(element: &der::Element<'a>) -> Option<&'a [u8]> {
    match element.content {
        [0, rest @ ..] if element.tag == der::INTEGER && !rest.is_empty() => Some(rest),
        [first, ..] if element.tag == der::INTEGER && *first < 0x80 && *first > 0 => Some(element.content),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode;

    fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
        let element = |tag: u8, content: &[u8]| {
            let length = u8::try_from(content.len()).unwrap();
            let header = if length < 128 {
                vec![tag, length]
            } else {
                vec![tag, 0x81, length]
            };
            [header.as_slice(), content].concat()
        };
        let bits = element(0x03, &[&[0][..], key].concat());
        element(0x30, &[element(0x30, algorithm), bits].concat())
    }

    fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let number = |octets: &[u8]| [&[0x02, u8::try_from(octets.len()).unwrap()][..], octets].concat();
        let both = [number(modulus), number(exponent)].concat();
        [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()
    }

    fn read(algorithm: &[u8], key: &[u8]) -> KeyAlgorithm {
        PublicKey::read(&spki(algorithm, key))
            .unwrap()
            .algorithm()
            .clone()
    }

    /// Threats P14, P15.
    #[test]
    fn keys_that_are_odd_are_not_taken_for_the_ones_they_resemble() {
        let point = |first: u8, length: usize| [vec![first], vec![7; length]].concat();
        assert_eq!(read(P256, &point(4, 64)), KeyAlgorithm::P256);
        assert_eq!(read(P384, &point(4, 96)), KeyAlgorithm::P384);
        for (algorithm, key) in [
            (P256, point(2, 32)),
            (P256, point(4, 63)),
            (P384, point(0, 0)),
            (P521, point(4, 64)),
        ] {
            assert!(matches!(read(algorithm, &key), KeyAlgorithm::Other(_)));
        }
        let modulus = [&[0x00, 0xc1][..], &[0x55; 63]].concat();
        assert_eq!(
            read(RSA, &rsa(&modulus, &[1, 0, 1])),
            KeyAlgorithm::Rsa { bits: 512 }
        );
        assert_eq!(read(RSA, &rsa(&modulus, &[3])), KeyAlgorithm::Rsa { bits: 512 });
        let even = [&[0x00, 0xc1][..], &[0x54; 63]].concat();
        for (modulus, exponent) in [
            (&modulus, &[1][..]),
            (&modulus, &[0]),
            (&modulus, &[0x81]),
            (&modulus, &[1, 0, 0]),
            (&modulus, &[2, 0, 0, 0, 1]),
            (&even, &[1, 0, 1]),
        ] {
            assert!(
                matches!(read(RSA, &rsa(modulus, exponent)), KeyAlgorithm::Other(_)),
                "{exponent:?}"
            );
        }
        // Without the NULL the algorithm is another one.
        assert!(matches!(
            read(&RSA[..11], &rsa(&modulus, &[3])),
            KeyAlgorithm::Other(_)
        ));
    }

    /// Threat P17: a key has one encoding, by which it is known.
    #[test]
    fn a_key_of_another_shape_is_refused() {
        let good = spki(ED25519, &[7; 32]);
        assert!(PublicKey::parse(&good).is_ok());
        let bits = 2 + 2 + ED25519.len();
        let tagged = |at: usize, tag: u8| {
            let mut bent = good.clone();
            bent[at] = tag;
            bent
        };
        for (case, bent) in [
            ("outer tag", tagged(0, 0xb0)),
            ("algorithm's tag", tagged(2, 0xb0)),
            ("key's tag", tagged(bits, 0x83)),
            ("after the bits", encode::element(0x30, &[&good[2..], &[5, 0]])),
        ] {
            assert!(PublicKey::parse(&bent).is_err(), "{case}");
        }
    }
}
