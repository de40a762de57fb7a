//! Who the client is: the certificate, the certificates above it, and the private key. Everything here is judged
//! before any network call.

mod certificates;
mod key;

use rustls_pki_types::CertificateDer;
use wire::Timestamp;
use x509::Certificate;

pub(crate) use certificates::{Chain, check_validity, read_chain};
pub(crate) use key::{PrivateKey, WireSigner, check_match, parse_key, read_key_file};

use crate::log::Log;
use crate::settings::Settings;
use crate::trouble::Trouble;

/// A certificate that is valid now, and the private key that belongs to it.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) leaf: Certificate,
    /// Certificates between the leaf and the anchor, as far as they were given.
    pub(crate) intermediates: Vec<Certificate>,
    pub(crate) key: PrivateKey,
}

impl Identity {
    /// Reads and judges everything, the key's file first.
    pub(crate) fn load(settings: &Settings, now: Timestamp, log: Log) -> Result<Self, Trouble> {
        let file = read_key_file(settings)?;
        file.warnings.iter().for_each(|warning| log.warn(warning));
        let key = parse_key(settings, &file.bytes)?;
        let chain = read_chain(settings)?;
        chain.warnings.iter().for_each(|warning| log.warn(warning));
        check_match(settings, &key, &chain)?;
        check_validity(settings, &chain.leaf, now)?;
        log.step(|| {
            format!(
                "the certificate is {}, valid until {}",
                chain.leaf.subject().display(),
                chain.leaf.not_after()
            )
        });
        Ok(Self {
            leaf: chain.leaf,
            intermediates: chain.intermediates,
            key,
        })
    }

    /// What is shown in a TLS handshake, the leaf first.
    pub(crate) fn tls_chain(&self) -> Vec<CertificateDer<'static>> {
        std::iter::once(&self.leaf)
            .chain(&self.intermediates)
            .map(|certificate| CertificateDer::from(certificate.der().to_vec()))
            .collect()
    }
}
