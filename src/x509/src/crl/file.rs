//! A file of lists: PEM with several, or one bare list in DER.
//!
//! What lives here: finding the lists. What does not: reading them; [`crate::Crl::parse`] does.

use crate::certificate::Certificate;
use crate::pem::{PemError, blocks};

/// Why a file of lists cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrlFileError {
    /// No list in it.
    #[error("there is no CRL in it (neither `-----BEGIN X509 CRL-----` nor DER)")]
    NoCrl,
    /// A list in the old form with headers, which has no place in RFC 7468.
    #[error("line {line}: the PEM block `X509 CRL` has headers, or is empty")]
    NoContent {
        /// The line of the block's beginning.
        line: usize,
    },
    /// A block or a certificate that cannot be read.
    #[error(transparent)]
    Pem(#[from] PemError),
}

/// What a file of lists holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlFile {
    /// The lists, in order, each as DER not yet read.
    pub crls: Vec<Vec<u8>>,
    /// Certificates beside them, in order: those of the lists' issuers, by custom. Nothing makes them trusted.
    pub certificates: Vec<Certificate>,
}

/// Finds the lists of a file. Text around the blocks and blocks of other kinds are passed over.
pub fn read_crls(file: &[u8]) -> Result<CrlFile, CrlFileError> {
    // A SEQUENCE of more than 127 bytes, as every signed list is; no text begins so.
    if let [0x30, 0x80..=0xff, ..] = file {
        return Ok(CrlFile {
            crls: vec![file.to_vec()],
            certificates: Vec::new(),
        });
    }
    let (mut crls, mut certificates) = (Vec::new(), Vec::new());
    for mut block in blocks(file)? {
        let line = block.line;
        match block.label.as_str() {
            "X509 CRL" if block.content.is_empty() => return Err(CrlFileError::NoContent { line }),
            "X509 CRL" => crls.push(std::mem::take(&mut *block.content)),
            "CERTIFICATE" => {
                let read = Certificate::parse(&block.content);
                certificates.push(read.map_err(|cause| PemError::Certificate { line, cause })?);
            }
            _ => {}
        }
    }
    if crls.is_empty() {
        Err(CrlFileError::NoCrl)
    } else {
        Ok(CrlFile { crls, certificates })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem(label: &str, content: &[u8]) -> String {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(content)
        )
    }

    #[test]
    fn lists_are_found_in_every_form_that_files_have() {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
        let (one, other) = (
            [&[0x30, 0x81, 0xc8][..], &[1; 200]].concat(),
            vec![0x30, 0x01, 0x05],
        );
        for (name, file, crls, certificates) in [
            ("bare DER", one.clone(), vec![&one], 0),
            ("one block", pem("X509 CRL", &one).into_bytes(), vec![&one], 0),
            (
                "several, certificates, a key and text",
                format!(
                    "0 lists\r\n{}issuer\n{certificate}{}{}",
                    pem("X509 CRL", &one).replace('\n', "\r\n"),
                    pem("PRIVATE KEY", &[1]),
                    pem("X509 CRL", &other)
                )
                .into_bytes(),
                vec![&one, &other],
                1,
            ),
        ] {
            let read = read_crls(&file).unwrap();
            assert_eq!(read.crls.iter().collect::<Vec<_>>(), crls, "{name}");
            assert_eq!(read.certificates.len(), certificates, "{name}");
        }
    }

    #[test]
    fn a_file_without_a_list_is_refused_with_what_is_wrong() {
        let list = pem("X509 CRL", &[0x30, 0x00]);
        for (file, why) in [
            (String::new(), "there is no CRL in it"),
            ("0 lists".into(), "there is no CRL in it"),
            (pem("CRL", &[0x30, 0x00]), "there is no CRL in it"),
            (
                format!("\n{}", pem("X509 CRL", &[])),
                "line 2: the PEM block `X509 CRL`",
            ),
            (list.replace("\nMA", "\nProc-Type: 4\nMA"), "has headers"),
            (list.replace("-----END X509 CRL-----", ""), "has no end"),
            (list.replace("MAA=", "M*A="), "is not valid base64"),
            (
                format!("{list}{}", pem("CERTIFICATE", &[0x30, 0x00])),
                "line 4: the certificate",
            ),
        ] {
            let error = read_crls(file.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
