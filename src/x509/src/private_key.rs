//! Private keys as files hold them: which form, and the bytes; what cannot be read is named for what it is.

use std::fmt;

use zeroize::Zeroizing;

use crate::pem::{PemError, blocks};

/// A private key's document, by its form. The bytes are wiped when dropped and never shown.
pub enum PrivateKeyDocument {
    /// PKCS#8 (RFC 5958).
    Pkcs8(Zeroizing<Vec<u8>>),
    /// PKCS#1, RSA only (RFC 8017, A.1.2).
    Pkcs1(Zeroizing<Vec<u8>>),
    /// SEC1, elliptic curves only (RFC 5915).
    Sec1(Zeroizing<Vec<u8>>),
}

/// Why a file does not give a private key; each says how to convert what it found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// No key in it.
    #[error("there is no private key in it (no `-----BEGIN PRIVATE KEY-----`)")]
    NoKey,
    /// More than one.
    #[error("there are {0} private keys in it; keep the one that belongs to the certificate")]
    Several(usize),
    /// The PEM is broken.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// An encrypted PKCS#8 key.
    #[error(
        "it is an encrypted PKCS#8 key, which cannot be read yet; decrypt it into a file of mode 0600 with \
         `openssl pkey -in FILE -out NEW`"
    )]
    EncryptedPkcs8,
    /// The old encrypted PEM, with `Proc-Type`.
    #[error(
        "it is a key in OpenSSL's old encrypted form (`Proc-Type: 4,ENCRYPTED`), which cannot be read; decrypt it \
         into a file of mode 0600 with `openssl pkey -in FILE -out NEW`"
    )]
    EncryptedTraditional,
    /// An OpenSSH key.
    #[error("it is an OpenSSH key; convert a copy of it with `ssh-keygen -p -m PKCS8 -N '' -f COPY`")]
    OpenSsh,
    /// A TPM-wrapped key.
    #[error("it is a key wrapped by a TPM (TSS2), which cannot be used yet; use a key in a file")]
    Tpm,
    /// PKCS#12 or another DER file.
    #[error(
        "it is not PEM; a PKCS#12 file is converted with `openssl pkcs12 -in FILE -nodes -out NEW`, a DER key with \
         `openssl pkey -inform DER -in FILE -out NEW` (write NEW with mode 0600)"
    )]
    NotPem,
    /// A DSA key, or another kind that no certificate here may have.
    #[error("it is a `{0}`, which no certificate that is accepted here has")]
    OtherKind(String),
}

impl PrivateKeyDocument {
    /// Reads the one private key of a file. Certificates beside it, and the parameters that `openssl ecparam` writes
    /// before it, are passed over.
    pub fn read(file: &[u8]) -> Result<Self, PrivateKeyError> {
        if file.first() == Some(&0x30) {
            return Err(PrivateKeyError::NotPem);
        }
        let mut found = Vec::new();
        for block in blocks(file)? {
            let document = match block.label.as_str() {
                "CERTIFICATE" | "EC PARAMETERS" | "X509 CRL" | "PUBLIC KEY" => continue,
                "ENCRYPTED PRIVATE KEY" => return Err(PrivateKeyError::EncryptedPkcs8),
                "OPENSSH PRIVATE KEY" => return Err(PrivateKeyError::OpenSsh),
                "TSS2 PRIVATE KEY" => return Err(PrivateKeyError::Tpm),
                _ if block.headers => return Err(PrivateKeyError::EncryptedTraditional),
                "PRIVATE KEY" => Self::Pkcs8(block.content),
                "RSA PRIVATE KEY" => Self::Pkcs1(block.content),
                "EC PRIVATE KEY" => Self::Sec1(block.content),
                other => return Err(PrivateKeyError::OtherKind(other.to_owned())),
            };
            found.push(document);
        }
        match found.len() {
            0 => Err(PrivateKeyError::NoKey),
            1 => found.pop().ok_or(PrivateKeyError::NoKey),
            several => Err(PrivateKeyError::Several(several)),
        }
    }
}

impl fmt::Debug for PrivateKeyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8(_) => "Pkcs8([secret])",
            Self::Pkcs1(_) => "Pkcs1([secret])",
            Self::Sec1(_) => "Sec1([secret])",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn block(label: &str, content: &str) -> String {
        format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
    }

    #[test]
    fn each_form_is_told_from_the_others() {
        let read = |text: String| PrivateKeyDocument::read(text.as_bytes());
        assert!(matches!(
            read(block("PRIVATE KEY", "AAAA")),
            Ok(PrivateKeyDocument::Pkcs8(_))
        ));
        assert!(matches!(
            read(block("RSA PRIVATE KEY", "AAAA")),
            Ok(PrivateKeyDocument::Pkcs1(_))
        ));
        let with_parameters = block("EC PARAMETERS", "AAAA") + &block("EC PRIVATE KEY", "AAAA");
        assert!(matches!(read(with_parameters), Ok(PrivateKeyDocument::Sec1(_))));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_conversion() {
        let old = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA";
        for (text, said) in [
            (block("ENCRYPTED PRIVATE KEY", "AAAA"), "openssl pkey"),
            (block("RSA PRIVATE KEY", old), "Proc-Type"),
            (block("OPENSSH PRIVATE KEY", "AAAA"), "ssh-keygen"),
            (block("TSS2 PRIVATE KEY", "AAAA"), "TPM"),
            (block("DSA PRIVATE KEY", "AAAA"), "DSA PRIVATE KEY"),
            (
                block("PRIVATE KEY", "AAAA") + &block("PRIVATE KEY", "AAAA"),
                "2 private keys",
            ),
            ("0\u{2}".to_owned(), "pkcs12"),
            (String::new(), "no private key"),
            (block("CERTIFICATE", "AAAA"), "no private key"),
        ] {
            let error = PrivateKeyDocument::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    /// Threat K11.
    #[test]
    fn a_key_does_not_show_in_debug_output() {
        let key = PrivateKeyDocument::read(block("PRIVATE KEY", "c2VjcmV0").as_bytes()).unwrap();
        assert_eq!(format!("{key:?}"), "Pkcs8([secret])");
    }
}
