//! A certificate's public key.

use std::fmt;

use crate::der;

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
    /// Reads a SubjectPublicKeyInfo. The algorithm is decided by the exact bytes of its identifier: explicit curve
    /// parameters or odd RSA parameters are something else (threats P14, P15).
    pub(crate) fn read(spki: &[u8]) -> Result<Self, &'static str> {
        let (outer, _) = der::split(spki)?;
        let (identifier, rest) = der::split(outer.content)?;
        let (bits, _) = der::split(rest)?;
        let Some((0, key)) = bits.content.split_first() else {
            return Err("the public key is not a whole number of bytes");
        };
        let algorithm = match identifier.content {
            RSA => match modulus_bits(key) {
                Some(bits) => KeyAlgorithm::Rsa { bits },
                None => KeyAlgorithm::Other("an RSA key that cannot be read".to_owned()),
            },
            P256 => KeyAlgorithm::P256,
            P384 => KeyAlgorithm::P384,
            P521 => KeyAlgorithm::P521,
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

fn modulus_bits(key: &[u8]) -> Option<usize> {
    let (outer, _) = der::split(key).ok()?;
    let (modulus, _) = der::split(outer.content).ok()?;
    if modulus.tag != der::INTEGER {
        return None;
    }
    let magnitude = match modulus.content {
        [0, rest @ ..] => rest,
        all => all,
    };
    let first = magnitude.first()?;
    let leading = usize::try_from(first.leading_zeros()).ok()?;
    magnitude.len().checked_mul(8)?.checked_sub(leading)
}
