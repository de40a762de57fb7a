//! A client that sends the certificates it is given, as they are: an odd one is the broker's to refuse.

use std::fmt;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use wire::Timestamp;

use super::daemon::Daemon;
use super::home::Home;
use super::signed_request::{self, Header};
use crate::verifiers::provider;

/// How long the broker may be silent before it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the key is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// By the handshake.
    Tls,
    /// By the request's signature, on a connection without a client's certificate.
    Signature,
}

/// What came back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// An HTTP status, and the body.
    Status(u16, String),
    /// The broker broke the handshake off, with this alert.
    Alert(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The body has credentials in it.
            Self::Status(201, _) => f.write_str("201"),
            Self::Status(status, body) => write!(f, "{status} {body}"),
            Self::Alert(alert) => write!(f, "the handshake ended with the alert {alert}"),
        }
    }
}

/// A certificate, those that are sent with it, and its key.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(super) leaf: CertificateDer<'static>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Arc<dyn SigningKey>,
}

impl Identity {
    /// From PEM.
    pub(crate) fn read(leaf: &str, chain: &[String], key: &str) -> anyhow::Result<Self> {
        let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).context("a certificate's PEM");
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("the key's PEM")?;
        Ok(Self {
            leaf: der(leaf)?,
            chain: chain.iter().map(|pem| der(pem)).collect::<Result<_, _>>()?,
            key: provider().key_provider.load_private_key(key)?,
        })
    }
}

/// Talks to one broker.
pub(crate) struct Client<'d> {
    daemon: &'d Daemon,
    /// Without a client's certificate.
    nobody: Arc<ClientConfig>,
    roots: RootCertStore,
}

impl<'d> Client<'d> {
    pub(crate) fn of(daemon: &'d Daemon) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(daemon.home.certificate.clone().into())?;
        let nobody = builder(&roots)?.with_no_client_auth();
        Ok(Self {
            daemon,
            nobody: Arc::new(nobody),
            roots,
        })
    }

    /// One exchange on a connection of its own. An error is neither a yes nor a no: a hang, or a connection that ended.
    pub(crate) fn exchange(
        &self,
        anchor: &str,
        identity: &Identity,
        proof: Proof,
        now: Timestamp,
    ) -> anyhow::Result<Answer> {
        let query = Home::query(anchor)?;
        let mut headers: Vec<Header> = vec![
            ("Host", format!("localhost:{}", self.daemon.home.address.port())),
            ("Content-Type", "application/json".to_owned()),
        ];
        if proof == Proof::Signature {
            signed_request::sign(&mut headers, &query, identity, now)?;
        }
        let mut request = format!("POST {}?{query} HTTP/1.1\r\n", signed_request::PATH);
        for (name, value) in &headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = signed_request::BODY;
        request.push_str(&format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ));
        let config = match proof {
            Proof::Tls => self.showing(identity)?,
            Proof::Signature => Arc::clone(&self.nobody),
        };
        let tcp = TcpStream::connect(self.daemon.home.address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(config, ServerName::try_from("localhost")?)?;
        let mut stream = StreamOwned::new(connection, tcp);
        // A broker that breaks off says why in what is still to be read.
        let sent = stream.write_all(request.as_bytes()).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        match sent.and(stream.read_to_end(&mut answer)) {
            Ok(_) => {}
            // Whoever closes without a word of goodbye had said everything.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && !answer.is_empty() => {}
            Err(error) => return alert(&error).context(error),
        }
        status(&answer)
    }

    fn showing(&self, identity: &Identity) -> anyhow::Result<Arc<ClientConfig>> {
        let mut chain = vec![identity.leaf.clone()];
        chain.extend(identity.chain.iter().cloned());
        // Unlike the builder's own way, this looks at nothing that it sends.
        let shown = SingleCertAndKey::from(CertifiedKey::new(chain, Arc::clone(&identity.key)));
        let config = builder(&self.roots)?.with_client_cert_resolver(Arc::new(shown));
        Ok(Arc::new(config))
    }
}

fn builder(
    roots: &RootCertStore,
) -> anyhow::Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>> {
    Ok(ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots.clone()))
}

/// The alert that ended the connection, if one did.
fn alert(error: &std::io::Error) -> Option<Answer> {
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    match inner {
        rustls::Error::AlertReceived(alert) => Some(Answer::Alert(format!("{alert:?}"))),
        _ => None,
    }
}

fn status(answer: &[u8]) -> anyhow::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no HTTP answer: {text:?}"))?;
    Ok(Answer::Status(status, body.to_owned()))
}
