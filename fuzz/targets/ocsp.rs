//! OCSP responses: bytes from the network.
//!
//! Nothing panics, and the parts that a signature is checked over are bytes of the response.
#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::{OcspRequest, OcspResponse, ResponderId};

fuzz_target!(|bytes: &[u8]| {
    let Ok(response) = OcspResponse::parse(bytes) else {
        return;
    };
    let signed = response.signed();
    assert!(bytes.windows(signed.tbs.len()).any(|part| part == signed.tbs));
    assert!(bytes.len() > signed.tbs.len() + signed.algorithm.len() + signed.signature.len());
    if let ResponderId::Name(name) = response.responder_id() {
        assert!(!name.display().contains(char::is_control));
    }
    for one in response.responses() {
        let asked = OcspRequest::encode(&one.cert_id, response.nonce());
        assert!(asked.len() < bytes.len() + 64);
        let _ = one.cert_id.names(b"issuer", b"key", one.cert_id.serial());
    }
});
