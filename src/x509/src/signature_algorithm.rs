//! With which algorithm a certificate was signed.

use std::fmt;

/// The algorithms by which certificates are signed, as far as anyone here tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with this hash, in bits.
    RsaPkcs1(u16),
    /// RSASSA-PSS; the parameters are judged where the signature is verified.
    RsaPss,
    /// ECDSA with this hash, in bits.
    Ecdsa(u16),
    /// Ed25519.
    Ed25519,
    /// ML-DSA with this parameter set: 44, 65 or 87.
    MlDsa(u8),
    /// A signature over SHA-1.
    Sha1,
    /// A signature over MD5 or MD2.
    Md5,
    /// Something else, by its object identifier.
    Other(String),
}

impl SignatureAlgorithm {
    pub(crate) fn from_oid(oid: &str) -> Self {
        match oid {
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(256),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(384),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(512),
            "1.2.840.113549.1.1.10" => Self::RsaPss,
            "1.2.840.10045.4.3.2" => Self::Ecdsa(256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(512),
            "1.3.101.112" => Self::Ed25519,
            "2.16.840.1.101.3.4.3.17" => Self::MlDsa(44),
            "2.16.840.1.101.3.4.3.18" => Self::MlDsa(65),
            "2.16.840.1.101.3.4.3.19" => Self::MlDsa(87),
            "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" | "1.3.14.3.2.29" => {
                Self::Sha1
            }
            "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.2" | "1.3.14.3.2.3" => Self::Md5,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether the hash no longer stands for what was signed (threat P14).
    pub fn is_weak(&self) -> bool {
        matches!(self, Self::Sha1 | Self::Md5)
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(bits) => write!(f, "RSA PKCS#1 with SHA-{bits}"),
            Self::RsaPss => f.write_str("RSA-PSS"),
            Self::Ecdsa(bits) => write!(f, "ECDSA with SHA-{bits}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::MlDsa(set) => write!(f, "ML-DSA-{set}"),
            Self::Sha1 => f.write_str("a signature over SHA-1"),
            Self::Md5 => f.write_str("a signature over MD5 or MD2"),
            Self::Other(oid) => write!(f, "algorithm {oid}"),
        }
    }
}
