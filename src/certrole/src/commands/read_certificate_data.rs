//! `certrole read-certificate-data`: the official helper's document (contract 7.5).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509::KeyAlgorithm;

use super::print;
use crate::trouble::Trouble;

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    key_type: String,
    certificate_data: String,
    serial_number: String,
    supported_algorithms: Vec<String>,
}

/// Prints what the broker will see of the file's first certificate.
pub(crate) fn read_certificate_data(path: &Path) -> Result<(), Trouble> {
    let refuse = |problem: String| Trouble::Certificates {
        what: "the certificate",
        path: path.to_owned(),
        problem,
    };
    let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let certificates = x509::read_certificates(&bytes).map_err(|error| refuse(error.to_string()))?;
    let leaf = certificates
        .first()
        .ok_or_else(|| refuse("there is none in it".into()))?;
    let digests = |kind: &str| {
        ["256", "384", "512"]
            .map(|bits| format!("{kind}SHA{bits}"))
            .to_vec()
    };
    let (key_type, supported_algorithms) = match leaf.public_key().algorithm() {
        KeyAlgorithm::Rsa { .. } => ("RSA".to_owned(), digests("RSA")),
        KeyAlgorithm::P256 | KeyAlgorithm::P384 | KeyAlgorithm::P521 => ("EC".to_owned(), digests("EC")),
        other => (other.to_string(), vec![other.to_string()]),
    };
    let document = Document {
        key_type,
        certificate_data: STANDARD.encode(leaf.der()),
        serial_number: leaf.serial().decimal(),
        supported_algorithms,
    };
    let mut text = serde_json::to_vec(&document).map_err(|error| Trouble::Output(error.into()))?;
    text.push(b'\n');
    print(&text)
}
