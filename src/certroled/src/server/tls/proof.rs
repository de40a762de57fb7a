//! The one place where a finished handshake becomes a proof (design section 3). CI fails when there is a second.

use std::sync::Arc;

use broker::{CertificateMemory, HandshakeProof};
use rustls::ServerConnection;
use x509::Certificate;

/// What the peer of a connection proved. `read` is the leaf, if it was read already.
///
/// Called with connections whose handshake is over: rustls has then verified, with the key of the first certificate
/// (`verifier`), the signature over this handshake. Sessions are not resumed, so that it is this handshake's.
pub(crate) fn proven(
    connection: &ServerConnection,
    read: Option<&Certificate>,
    memory: &CertificateMemory,
) -> Option<Arc<HandshakeProof>> {
    if connection.is_handshaking() {
        return None;
    }
    let chain: Vec<Vec<u8>> = connection
        .peer_certificates()?
        .iter()
        .map(|certificate| certificate.to_vec())
        .collect();
    HandshakeProof::by_handshake(&chain, read, memory)
}
