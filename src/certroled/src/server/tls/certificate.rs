//! The server's own certificate: read under the key-file rule, checked against its key, replaced by every reload.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use wire::Timestamp;
use x509::PrivateKeyDocument;

use crate::config::ListenSettings;

/// The certificate in force.
#[derive(Debug)]
pub(crate) struct ServerCertificate {
    key: ArcSwap<CertifiedKey>,
}

/// Why the server's certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerCertificateError {
    #[error("{0}")]
    File(#[from] keyfile::Refusal),
    #[error("{path}: {reason}; it must hold the server's certificate, then its chain, in PEM form")]
    Certificate { path: PathBuf, reason: String },
    #[error("{path}: {reason}")]
    Key { path: PathBuf, reason: String },
    #[error("{key} is not the key of {certificate}: put the pair together again")]
    Mismatch { key: PathBuf, certificate: PathBuf },
    #[error("{path}: the certificate is over since {not_after}: renew it")]
    Expired { path: PathBuf, not_after: Timestamp },
    #[error("{path}: the certificate is not valid before {not_before}: check this machine's clock")]
    NotYet { path: PathBuf, not_before: Timestamp },
}

impl ServerCertificate {
    /// Reads certificate and key, and checks that they belong together and are valid now.
    pub(crate) fn read(
        settings: &ListenSettings,
        provider: &CryptoProvider,
        now: Timestamp,
    ) -> Result<Self, ServerCertificateError> {
        Ok(Self {
            key: ArcSwap::from_pointee(certified(settings, provider, now)?),
        })
    }

    /// Puts another one in force; handshakes from now on show it.
    pub(crate) fn replace(&self, other: Self) {
        self.key.store(other.key.into_inner());
    }
}

fn certified(
    settings: &ListenSettings,
    provider: &CryptoProvider,
    now: Timestamp,
) -> Result<CertifiedKey, ServerCertificateError> {
    let path = &settings.certificate;
    let unfit = |reason: String| ServerCertificateError::Certificate {
        path: path.clone(),
        reason,
    };
    let chain =
        x509::read_certificates(&keyfile::read_trusted(path)?).map_err(|error| unfit(error.to_string()))?;
    let leaf = chain.first().ok_or_else(|| unfit("it is empty".to_owned()))?;
    if leaf.not_after() < now {
        return Err(ServerCertificateError::Expired {
            path: path.clone(),
            not_after: leaf.not_after(),
        });
    }
    if leaf.not_before() > now {
        return Err(ServerCertificateError::NotYet {
            path: path.clone(),
            not_before: leaf.not_before(),
        });
    }

    let key_path = &settings.private_key;
    let file = keyfile::read_private(key_path, keyfile::Policy::Enforce, keyfile::Parents::Warn)?;
    for warning in &file.warnings {
        tracing::warn!("{warning}");
    }
    let unusable = |reason: String| ServerCertificateError::Key {
        path: key_path.clone(),
        reason,
    };
    let document = PrivateKeyDocument::read(&file.bytes).map_err(|error| unusable(error.to_string()))?;
    let key = match &document {
        PrivateKeyDocument::Pkcs8(der) => PrivateKeyDer::Pkcs8(der.to_vec().into()),
        PrivateKeyDocument::Pkcs1(der) => PrivateKeyDer::Pkcs1(der.to_vec().into()),
        PrivateKeyDocument::Sec1(der) => PrivateKeyDer::Sec1(der.to_vec().into()),
    };
    let key = provider.key_provider.load_private_key(key).map_err(|error| {
        unusable(format!(
            "this key cannot be used ({error}): use RSA, P-256, P-384 or Ed25519"
        ))
    })?;
    let chain = chain
        .iter()
        .map(|certificate| CertificateDer::from(certificate.der().to_vec()))
        .collect();
    let certified = CertifiedKey::new(chain, key);
    certified
        .keys_match()
        .map_err(|_| ServerCertificateError::Mismatch {
            key: key_path.clone(),
            certificate: path.clone(),
        })?;
    Ok(certified)
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key.load_full())
    }
}
