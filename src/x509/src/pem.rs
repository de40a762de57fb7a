//! PEM (RFC 7468), read strictly enough that nothing in a file is passed over in silence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::certificate::{Certificate, CertificateError};

/// Why a file of certificates cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// No certificate in it.
    #[error("there is no certificate in it (no `-----BEGIN CERTIFICATE-----`)")]
    NoCertificate,
    /// A block that has no end, or whose base64 is broken.
    #[error("line {line}: the PEM block `{label}` {reason}")]
    Block {
        /// The line of the block's beginning.
        line: usize,
        /// What the block says it is.
        label: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// One of the certificates cannot be read.
    #[error("line {line}: {cause}")]
    Certificate {
        /// The line of the block's beginning.
        line: usize,
        /// Why.
        cause: CertificateError,
    },
}

/// One block of a PEM file.
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) label: String,
    /// The headers of the old encrypted form, which RFC 7468 no longer has.
    pub(crate) headers: bool,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// The certificates of a PEM file, in order. Text around the blocks and keys beside them are passed over: many files
/// hold both.
pub fn read_certificates(text: &[u8]) -> Result<Vec<Certificate>, PemError> {
    let mut certificates = Vec::new();
    for block in blocks(text)? {
        if block.label == "CERTIFICATE" {
            let read = Certificate::parse(&block.content);
            certificates.push(read.map_err(|cause| PemError::Certificate {
                line: block.line,
                cause,
            })?);
        }
    }
    if certificates.is_empty() {
        Err(PemError::NoCertificate)
    } else {
        Ok(certificates)
    }
}

/// Every block of the text.
pub(crate) fn blocks(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String, bool, Zeroizing<Vec<u8>>)> = None;
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        let number = at.saturating_add(1);
        if let Some(label) = boundary(line, b"-----BEGIN ") {
            if let Some((line, label, ..)) = open {
                return Err(PemError::Block {
                    line,
                    label,
                    reason: "has no end",
                });
            }
            open = Some((number, label, false, Zeroizing::new(Vec::new())));
        } else if let Some(ending) = boundary(line, b"-----END ") {
            let Some((line, label, headers, base64)) = open.take() else {
                continue;
            };
            let fail = |reason| PemError::Block {
                line,
                label: label.clone(),
                reason,
            };
            if ending != label {
                return Err(fail("ends as another"));
            }
            // The old encrypted form has headers before its base64; it is named by them and not decoded.
            let content = if headers {
                Zeroizing::new(Vec::new())
            } else {
                Zeroizing::new(
                    STANDARD
                        .decode(base64.as_slice())
                        .map_err(|_| fail("is not valid base64"))?,
                )
            };
            blocks.push(Block {
                line,
                label,
                headers,
                content,
            });
        } else if let Some((_, _, headers, base64)) = &mut open {
            if line.contains(&b':') {
                *headers = true;
            } else {
                base64.extend_from_slice(line);
            }
        }
    }
    match open {
        Some((line, label, ..)) => Err(PemError::Block {
            line,
            label,
            reason: "has no end",
        }),
        None => Ok(blocks),
    }
}

fn boundary(line: &[u8], start: &[u8]) -> Option<String> {
    let label = line.strip_prefix(start)?.strip_suffix(b"-----")?;
    Some(String::from_utf8_lossy(label).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem() -> String {
        CertificateParams::default()
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .pem()
    }

    #[test]
    fn several_certificates_and_text_around_them_are_read() {
        let text = format!(
            "subject=x\n{}\r\nmore text\n{}",
            pem().replace('\n', "\r\n"),
            pem().trim_end()
        );
        assert_eq!(read_certificates(text.as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn broken_files_are_refused_with_the_line() {
        assert_eq!(read_certificates(b""), Err(PemError::NoCertificate));
        let cut = pem().replace("-----END CERTIFICATE-----", "");
        assert!(
            read_certificates(cut.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("has no end")
        );
        let broken = format!("\n\n{}", pem().replace("MII", "M*I"));
        let error = read_certificates(broken.as_bytes()).unwrap_err().to_string();
        assert!(
            error.starts_with("line 3:") && error.contains("base64"),
            "{error}"
        );
        let other_end = pem().replace("END CERTIFICATE", "END X509 CRL");
        assert!(read_certificates(other_end.as_bytes()).is_err());
    }
}
