//! A client that sends exactly the bytes it is told, over TLS or not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Leaf, provider};

/// How long anything may take before a test calls it hung. Nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the client shows in the handshake.
pub(crate) enum Identity<'a> {
    Nobody,
    Certificate(&'a Leaf),
}

pub(crate) fn tls_config(server_ca: &[u8], identity: &Identity<'_>) -> Arc<ClientConfig> {
    tls_config_of(server_ca, identity, rustls::ALL_VERSIONS)
}

/// The same with some versions of TLS only. It resumes sessions, and sends early data, where it is let.
pub(crate) fn tls_config_of(
    server_ca: &[u8],
    identity: &Identity<'_>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    tls_config_by(provider(), server_ca, identity, versions)
}

/// The same by another provider.
pub(crate) fn tls_config_by(
    provider: Arc<rustls::crypto::CryptoProvider>,
    server_ca: &[u8],
    identity: &Identity<'_>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(server_ca.to_vec())).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        Identity::Nobody => builder.with_no_client_auth(),
        Identity::Certificate(leaf) => {
            let mut chain = vec![CertificateDer::from(leaf.der.clone())];
            chain.extend(leaf.chain.iter().cloned().map(CertificateDer::from));
            let key = PrivateKeyDer::Pkcs8(leaf.key.serialize_der().into());
            let key = provider.key_provider.load_private_key(key).unwrap();
            // Unlike the builder's own way, this sends what it is given: an odd certificate is the broker's to refuse.
            let certificate = SingleCertAndKey::from(CertifiedKey::new(chain, key));
            builder.with_client_cert_resolver(Arc::new(certificate))
        }
    };
    config.enable_early_data = true;
    Arc::new(config)
}

/// A connection to the broker.
pub(crate) struct Wire {
    stream: TlsStream<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr, config: &Arc<ClientConfig>) -> std::io::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::clone(config)).connect(name, tcp).await?;
        Ok(Self { stream })
    }

    /// What TLS knows of the connection.
    pub(crate) fn session(&self) -> &rustls::ClientConnection {
        self.stream.get_ref().1
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Says that nothing more comes from this side.
    pub(crate) async fn end(&mut self) -> std::io::Result<()> {
        self.stream.shutdown().await
    }

    /// One request with a `Content-Length`, and its answer.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        self.send(&[head.as_bytes(), body].concat()).await?;
        self.answer().await
    }

    /// Reads one answer.
    pub(crate) async fn answer(&mut self) -> std::io::Result<Answer> {
        tokio::time::timeout(PATIENCE, self.read_answer())
            .await
            .expect("the broker did not answer")
    }

    async fn read_answer(&mut self) -> std::io::Result<Answer> {
        let eof = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            if self.stream.read_buf(&mut bytes).await? == 0 {
                return Err(eof());
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = bytes.split_off(end + 4);
        while body.len() < length {
            if self.stream.read_buf(&mut body).await? == 0 {
                return Err(eof());
            }
        }
        Ok(Answer {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        })
    }

    /// Sends the same bytes again and again, without waiting for answers, until the broker closes the connection; gives
    /// what it sent meanwhile.
    pub(crate) async fn flood(self, bytes: &[u8]) -> Vec<u8> {
        let (mut from, mut to) = tokio::io::split(self.stream);
        let mut said = Vec::new();
        let sending = async {
            while to.write_all(bytes).await.is_ok() {}
            // The broker has closed its side; the other loop sees it too.
            std::future::pending::<()>().await;
        };
        let cut = async {
            tokio::select! {
                _ = from.read_to_end(&mut said) => {}
                () = sending => {}
            }
        };
        tokio::time::timeout(PATIENCE, cut)
            .await
            .expect("the broker did not close the connection");
        said
    }

    /// What the broker sends until it closes the connection, or until it plainly waits for the next request.
    pub(crate) async fn closed_or_idle(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        loop {
            match tokio::time::timeout(Duration::from_millis(500), self.stream.read_buf(&mut said)).await {
                Ok(Ok(0) | Err(_)) => return said,
                Ok(Ok(_)) => {}
                Err(_) => return said,
            }
        }
    }

    /// Waits until the broker closes the connection; gives what it sent before.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = self.stream.read_to_end(&mut rest);
        let _ = tokio::time::timeout(PATIENCE, read)
            .await
            .expect("the broker did not close the connection");
        rest
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn request_id(&self) -> &str {
        self.header("x-amzn-requestid")
            .expect("every answer bears a request id")
    }
}
