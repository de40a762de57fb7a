//! The TLS configuration of the main listener.

use std::sync::Arc;

use broker::CertificateMemory;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::NoServerSessionStorage;

use super::certificate::ServerCertificate;
use super::verifier::Possession;
use crate::config::ClientAuth;

/// TLS 1.2 and 1.3, HTTP/1.1 only, a client certificate asked for; no resumption and no early data, so that every
/// connection proves possession anew (design section 3).
pub(crate) fn server_config(
    provider: Arc<CryptoProvider>,
    client_auth: ClientAuth,
    certificate: Arc<ServerCertificate>,
    memory: Arc<CertificateMemory>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let verifier = Possession::new(&provider, client_auth, memory);
    let mut config = ServerConfig::builder_with_provider(Arc::new(quick_first(&provider)))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(certificate);
    // Of what both have, the server's order counts: see `quick_first`.
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// The provider with its suites on SHA-256 first. Server processors compute that in hardware, and what this build has for
/// SHA-384 is software: a tenth of a handshake. AES-128 and SHA-256 are enough for every use that TLS has for them (RFC
/// 8446, 9.1 makes this suite the one that all must have), and what a client would rather have is overruled on purpose. A
/// client that offers the others alone gets them.
fn quick_first(provider: &CryptoProvider) -> CryptoProvider {
    let mut provider = provider.clone();
    provider.cipher_suites.sort_by_key(|suite| {
        suite
            .suite()
            .as_str()
            .is_some_and(|name| name.ends_with("SHA384"))
    });
    provider
}
