//! Brokers and proxies that the test makes up: what they were sent is what the client gave away.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{Leaf, Possession, provider};

/// A server that answers each request with the next of its answers, the last one for ever.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    /// Whole requests, as text, each with its connection's client certificate noted in front: `cert ` or `none `.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Asks for a client certificate, takes any.
    pub(crate) async fn start(certificate: &Leaf, answers: Vec<Vec<u8>>) -> Self {
        Self::start_with(certificate, answers, Some(Arc::new(Possession(provider())))).await
    }

    /// Asks for none, as a broker does behind something that ends TLS.
    pub(crate) async fn start_without_asking(certificate: &Leaf, answers: Vec<Vec<u8>>) -> Self {
        Self::start_with(certificate, answers, None).await
    }

    async fn start_with(certificate: &Leaf, answers: Vec<Vec<u8>>, asks: Option<Arc<Possession>>) -> Self {
        let provider = provider();
        let key = PrivateKeyDer::Pkcs8(certificate.key.serialize_der().into());
        let own = CertifiedKey::new(
            vec![CertificateDer::from(certificate.der.clone())],
            provider.key_provider.load_private_key(key).unwrap(),
        );
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = match asks {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        }
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answers = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, seen, answers) = (acceptor.clone(), Arc::clone(&seen), Arc::clone(&answers));
                tokio::spawn(async move {
                    let Ok(mut tls) = acceptor.accept(tcp).await else {
                        return;
                    };
                    let proof = if tls.get_ref().1.peer_certificates().is_some() {
                        "cert "
                    } else {
                        "none "
                    };
                    while let Some(request) = read_request(&mut tls).await {
                        let number = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(format!("{proof}{request}"));
                            seen.len() - 1
                        };
                        let answer = answers.get(number).or(answers.last()).unwrap();
                        if tls.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer with a JSON body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn read_request<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            return Some(text);
        }
    }
}

/// A proxy that knows CONNECT; keeps what it was asked, and everything that went through it.
pub(crate) struct FakeProxy {
    pub(crate) address: SocketAddr,
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
    pub(crate) passed: Arc<Mutex<Vec<u8>>>,
}

impl FakeProxy {
    /// Connects to `to`, whatever it is asked for, or answers `refusal`.
    pub(crate) async fn start(to: SocketAddr, refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let passed = Arc::new(Mutex::new(Vec::new()));
        let (seen, through) = (Arc::clone(&heads), Arc::clone(&passed));
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (seen, through) = (Arc::clone(&seen), Arc::clone(&through));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(near.read_u8().await.unwrap_or(b'\n'));
                        if head.len() > 8192 {
                            return;
                        }
                    }
                    seen.lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(&head).into_owned());
                    if let Some(refusal) = refusal {
                        let _ = near.write_all(refusal.as_bytes()).await;
                        return;
                    }
                    let mut far = TcpStream::connect(to).await.unwrap();
                    let _ = near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                    let (mut read, mut write) = near.split();
                    let (mut far_read, mut far_write) = far.split();
                    let up = async {
                        let mut bytes = vec![0; 4096];
                        while let Ok(count @ 1..) = read.read(&mut bytes).await {
                            through.lock().unwrap().extend_from_slice(&bytes[..count]);
                            if far_write.write_all(&bytes[..count]).await.is_err() {
                                break;
                            }
                        }
                    };
                    tokio::select! {
                        () = up => {},
                        _ = tokio::io::copy(&mut far_read, &mut write) => {},
                    }
                });
            }
        });
        Self {
            address,
            heads,
            passed,
        }
    }
}
