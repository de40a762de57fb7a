//! One request at a door, as plain bytes: what the front door hands over, undecided.

use std::net::IpAddr;
use std::sync::Arc;

use wire::{RequestId, Timestamp};
use x509::Certificate;

use crate::memory::CertificateMemory;

/// Where a request came from, as the broker itself saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// The peer's address.
    pub address: IpAddr,
    /// The peer's port.
    pub port: u16,
}

/// One request, before anything in it is believed.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The request's id.
    pub request_id: RequestId,
    /// Where it came from.
    pub source: Source,
    /// What the client says it is; no decision rests on it.
    pub user_agent: Option<&'a str>,
    /// When it arrived.
    pub at: Timestamp,
    /// The request's bytes.
    pub request: sigv4::Request<'a>,
    /// The certificate that the TLS handshake of this connection proved, if any.
    pub handshake: Option<&'a HandshakeProof>,
}

/// A certificate whose key signed the TLS handshake of the connection that a request came on.
///
/// Read once a connection: the parsed certificates are shared by its requests, the verdict on them never is.
#[derive(Debug)]
pub struct HandshakeProof {
    pub(crate) leaf: Result<Certificate, String>,
    pub(crate) pool: Arc<[Certificate]>,
    pub(crate) certificates: usize,
}

impl HandshakeProof {
    /// Says that the peer proved possession of the key of the first of these certificates (DER, as sent).
    ///
    /// **The one trusted constructor.** Only the module that has just seen a finished handshake, whose signature was
    /// verified with that certificate's key, may call it; CI fails when a second place does.
    ///
    /// `read` is the first of them, if it was read already; another certificate is not taken for it.
    pub fn by_handshake(
        chain: &[Vec<u8>],
        read: Option<&Certificate>,
        memory: &CertificateMemory,
    ) -> Option<Arc<Self>> {
        let (first, rest) = chain.split_first()?;
        Some(Arc::new(Self {
            leaf: match read.filter(|read| read.der() == first) {
                Some(leaf) => Ok(leaf.clone()),
                None => memory.read(first).map_err(|error| error.to_string()),
            },
            // The chain is an unordered pool of hints: one that cannot be read helps nobody and harms nobody.
            pool: rest.iter().filter_map(|der| memory.read(der).ok()).collect(),
            certificates: chain.len(),
        }))
    }
}
