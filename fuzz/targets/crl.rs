//! Revocation lists: bytes from files and from the network.
//!
//! Nothing panics, what is kept of a list stays in proportion to its bytes, and what was read is a signed structure.
#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::{Crl, CrlNumber, Signed, read_crls};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = read_crls(bytes) {
        assert!(!file.crls.is_empty());
    }
    let Ok(crl) = Crl::parse(bytes) else {
        return;
    };
    let signed = Signed::split(bytes).expect("what was read is a signed structure");
    assert!(signed.tbs.len() < bytes.len());
    // No entry is shorter.
    assert!(crl.len() <= bytes.len() / 20);
    if let Some(number) = crl.number() {
        assert_eq!(CrlNumber::from_octets(number.octets()).as_ref(), Some(number));
    }
    assert!(!crl.issuer().display().contains(char::is_control));
    assert!(crl.version() == 2 || crl.extensions().is_empty());
});
