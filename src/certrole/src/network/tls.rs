//! The client's side of TLS: the broker is verified always, there is no switch against it (threat C8).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};

use crate::identity::Identity;

/// The certificate, ready for a broker that asks for it; remembers whether one did.
#[derive(Debug)]
pub(crate) struct Possession {
    certificate: Arc<CertifiedKey>,
    shown: AtomicBool,
}

impl Possession {
    /// The certificate and key of this identity.
    pub(crate) fn new(identity: &Identity) -> Arc<Self> {
        let certificate = Arc::new(CertifiedKey::new(identity.tls_chain(), identity.key.for_tls()));
        Arc::new(Self {
            certificate,
            shown: AtomicBool::new(false),
        })
    }

    /// Whether the broker asked, and the certificate was sent.
    pub(crate) fn was_shown(&self) -> bool {
        self.shown.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Possession {
    fn resolve(&self, _authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // The broker's list of authorities is a hint for people with many certificates; there is one here.
        self.certificate.key.choose_scheme(schemes)?;
        self.shown.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.certificate))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// TLS 1.2 and 1.3; nothing is resumed, since one exchange is all there is.
pub(crate) fn client_config(
    roots: RootCertStore,
    possession: Option<&Arc<Possession>>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let mut config = match possession {
        Some(possession) => {
            builder.with_client_cert_resolver(Arc::clone(possession) as Arc<dyn ResolvesClientCert>)
        }
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
