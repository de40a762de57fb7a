//! One connection to the broker, and requests on it.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use rustls::{CertificateError, ClientConfig, Error as TlsError};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::{Endpoint, Proxy};
use crate::log::Log;
use crate::trouble::Trouble;

/// No broker's answer is longer (threat C10).
const LONGEST_ANSWER: usize = 64 << 10;
/// How long one address of several may take to answer.
const PER_ADDRESS: Duration = Duration::from_secs(3);

/// What the broker answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// May hold credentials: wiped, never printed.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// A connection whose other end is the broker that the certificate says.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    endpoint: Endpoint,
}

/// Connects, by the proxy where there is one.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    proxy: Option<&Proxy>,
    config: &Arc<ClientConfig>,
    log: Log,
) -> Result<Connection, Trouble> {
    let tcp = match proxy {
        Some(proxy) => {
            log.step(|| format!("connecting to {endpoint} by the proxy {}", proxy.shown()));
            proxy.connect(endpoint).await?
        }
        None => {
            log.step(|| format!("connecting to {endpoint}"));
            direct(endpoint).await?
        }
    };
    let _ = tcp.set_nodelay(true);
    let stream = TlsConnector::from(Arc::clone(config))
        .connect(endpoint.name(), tcp)
        .await
        .map_err(|error| handshake_trouble(endpoint, &error))?;
    log.step(|| {
        let (_, session) = stream.get_ref();
        let version = session.protocol_version();
        format!(
            "the broker is verified, over {}",
            version.and_then(|version| version.as_str()).unwrap_or("TLS")
        )
    });
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Trouble::Broken(endpoint.to_string(), error.to_string()))?;
    // How it ends shows in the requests.
    drop(tokio::spawn(connection));
    Ok(Connection {
        sender,
        endpoint: endpoint.clone(),
    })
}

async fn direct(endpoint: &Endpoint) -> Result<TcpStream, Trouble> {
    let (name, to) = (endpoint.host().to_owned(), endpoint.authority());
    let addresses = tokio::net::lookup_host((endpoint.host(), endpoint.port()))
        .await
        .map_err(|error| Trouble::Name {
            name: name.clone(),
            problem: error.to_string(),
        })?;
    let mut last = Trouble::Name {
        name,
        problem: "it has no address".into(),
    };
    let addresses: Vec<_> = addresses.collect();
    let mut left = addresses.len();
    for address in addresses {
        left = left.saturating_sub(1);
        let connecting = TcpStream::connect(address);
        // One family that leads nowhere must not use up the time of the other; the last may take all there is.
        let outcome = if left == 0 {
            connecting.await
        } else {
            tokio::time::timeout(PER_ADDRESS, connecting)
                .await
                .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
        };
        match outcome {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                last = Trouble::Connect {
                    to: to.clone(),
                    problem: format!("{address}: {error}"),
                }
            }
        }
    }
    Err(last)
}

/// Tells a broker that is not trusted from one that does not want us.
fn handshake_trouble(endpoint: &Endpoint, error: &std::io::Error) -> Trouble {
    let at = endpoint.to_string();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)) => Trouble::Untrusted {
            at,
            problem: "none of the authorities that are trusted here issued its certificate".into(),
        },
        Some(TlsError::InvalidCertificate(reason)) => Trouble::Untrusted {
            at,
            problem: reason.to_string(),
        },
        Some(tls) => Trouble::Handshake {
            at,
            problem: tls.to_string(),
        },
        None => Trouble::Broken(at, error.to_string()),
    }
}

impl Connection {
    /// Sends one request and reads its answer whole. Redirects are answers like any other.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        let from = self.endpoint.to_string();
        let broken = |error: hyper::Error| match tls_alert(&error) {
            // In TLS 1.3 the broker refuses a certificate after the client believes the handshake done.
            Some(problem) => Trouble::Handshake {
                at: from.clone(),
                problem,
            },
            None => Trouble::Broken(from.clone(), innermost(&error)),
        };
        self.sender.ready().await.map_err(broken)?;
        let answer = self.sender.send_request(request).await.map_err(broken)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER)
            .collect()
            .await
            .map_err(|error| Trouble::Answer {
                at: from.clone(),
                problem: error.to_string(),
            })?;
        let body = Zeroizing::new(body.to_bytes().to_vec());
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    /// Whether another request can be sent.
    pub(crate) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }
}

fn tls_alert(error: &hyper::Error) -> Option<String> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        let io = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if let Some(TlsError::AlertReceived(alert)) = io.and_then(|inner| inner.downcast_ref::<TlsError>()) {
            return Some(TlsError::AlertReceived(*alert).to_string());
        }
        source = current.source();
    }
    None
}

fn innermost(error: &hyper::Error) -> String {
    let mut current: &dyn std::error::Error = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}
