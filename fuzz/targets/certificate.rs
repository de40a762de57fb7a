//! Certificates: bytes in TLS handshakes and signed requests.
//!
//! Nothing panics, what was read is what stood there, and the bytes read once more give the same certificate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::{Certificate, Signed, read_certificates};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_certificates(bytes);
    let Ok(certificate) = Certificate::parse(bytes) else {
        return;
    };
    // Whatever is read as a certificate splits into what was signed and its signature.
    assert_eq!(Signed::split(bytes), Ok(certificate.signed()));
    assert_eq!(certificate.der(), bytes);
    assert_eq!(Certificate::parse(certificate.der()), Ok(certificate.clone()));
    // What is shown to people: escaped, whatever is in it.
    for name in [certificate.subject(), certificate.issuer()] {
        assert!(!name.display().contains(char::is_control));
    }
    let _ = (certificate.serial().decimal(), certificate.spki_sha256());
});
