//! `trust-anchors/NAME.crl`: the revocation lists that lie beside an anchor, each judged when it is read.

use std::path::Path;
use std::sync::Arc;

use pki::{List, ListError};
use x509::{Certificate, Crl};

use super::section::Source;
use crate::primitives;

/// A list of a million entries is some 40 MB, and a third more in PEM.
const LARGEST: u64 = 256 << 20;

/// What a file of lists holds.
#[derive(Debug, Default)]
pub(super) struct ListFile {
    pub(super) lists: Vec<Arc<List>>,
    /// Certificates beside the lists.
    pub(super) certificates: Vec<Certificate>,
}

/// Reads the file of an anchor. Every list of it that cannot be used is a mistake: whoever put it there relies on it
/// (threat R7).
pub(super) fn read(source: &Source<'_>, path: &Path, anchor: &[Certificate]) -> ListFile {
    let bytes = match keyfile::read_trusted_up_to(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(refusal) => {
            let what = format!("the revocation lists cannot be used: {refusal}");
            source.report_in(path, 0, what, "");
            return ListFile::default();
        }
    };
    let file = match x509::read_crls(&bytes) {
        Ok(file) => file,
        Err(error) => {
            let remedy =
                "it must hold CRLs, in PEM (`X509 CRL`) or one in DER; `openssl crl -in FILE` writes that";
            source.report_in(path, 0, error.to_string(), remedy);
            return ListFile::default();
        }
    };
    let issuers = [anchor, file.certificates.as_slice()].concat();
    let algorithms = primitives::provider().signature_verification_algorithms.all;
    let mut lists = Vec::new();
    for (at, der) in file.crls.iter().enumerate() {
        match List::new(der, &issuers, algorithms) {
            Ok(list) => lists.push(Arc::new(list)),
            Err(error) => {
                let what = format!("{}: {error}", which(at, der));
                source.report_in(path, 0, what, remedy(&error));
            }
        }
    }
    ListFile {
        lists,
        certificates: file.certificates,
    }
}

fn which(at: usize, der: &[u8]) -> String {
    let number = at.saturating_add(1);
    match Crl::parse(der) {
        Ok(crl) => format!("list {number}, of `{}`", crl.issuer().display()),
        Err(_) => format!("list {number}"),
    }
}

fn remedy(error: &ListError) -> &'static str {
    match error {
        ListError::Unreadable(_) => "get the list from its CA again; what is not strict DER is not read",
        ListError::Version(_) | ListError::NoNumber => {
            "have the CA issue version 2 lists with a number (`crlnumber` and `crl_extensions` in OpenSSL's configuration)"
        }
        ListError::NoNextUpdate | ListError::Backwards { .. } => {
            "have the CA issue it with the time of the next one (`default_crl_days` in OpenSSL's configuration)"
        }
        ListError::Algorithm(_) | ListError::AlgorithmsDisagree => {
            "have the CA sign it with SHA-256 or better"
        }
        ListError::IssuerNeeded(_) => "append the issuer's certificate to this file",
        ListError::Signature(_) => {
            "get the list from its CA again; if the CA has a new key, append that key's certificate to this file"
        }
        ListError::NoCrlSign(_) => {
            "have the CA's certificate issued with keyUsage cRLSign, or without keyUsage"
        }
        ListError::Indirect | ListError::AttributeCertificates => {
            "take it out: have the CA issue a list of its own, about certificates"
        }
        ListError::CriticalExtension(_)
        | ListError::CriticalEntryExtension(_)
        | ListError::EmptyIssuer
        | ListError::Contradiction => "take it out, and have the CA issue lists by RFC 5280",
    }
}
