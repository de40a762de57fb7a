//! Certificates that were read before, by their bytes.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use x509::{Certificate, CertificateError};

/// Bytes of certificates that are kept, as encoded; read, they take some three times as much.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// About how many certificates that is.
const USUAL: usize = 16 * 1024;

/// Certificates of paths that were found valid, so that they are read once and not with every connection.
pub struct CertificateMemory(Cache<Bytes, Certificate, Length>);

/// The bytes of a certificate, which the certificate itself holds.
struct Bytes(Certificate);

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.der().hash(state);
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Bytes {}

impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        self.0.der()
    }
}

#[derive(Clone)]
struct Length;

impl Weighter<Bytes, Certificate> for Length {
    fn weight(&self, _: &Bytes, certificate: &Certificate) -> u64 {
        u64::try_from(certificate.der().len()).unwrap_or(u64::MAX)
    }
}

impl CertificateMemory {
    /// Reads a certificate: the one that was read before, where these very bytes were.
    pub fn read(&self, der: &[u8]) -> Result<Certificate, CertificateError> {
        self.0.get(der).map_or_else(|| Certificate::parse(der), Ok)
    }

    /// Keeps a certificate of a path that was found valid.
    pub(crate) fn keep(&self, certificate: &Certificate) {
        self.0.insert(Bytes(certificate.clone()), certificate.clone());
    }
}

impl Default for CertificateMemory {
    fn default() -> Self {
        Self(Cache::with_weighter(USUAL, MOST_BYTES, Length))
    }
}

impl fmt::Debug for CertificateMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateMemory({} bytes)", self.0.weight())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_kept_is_given_for_the_very_same_bytes_only() {
        let made = rcgen::generate_simple_self_signed(vec!["web".to_owned()]).unwrap();
        let der = made.cert.der();
        let memory = CertificateMemory::default();
        let certificate = memory.read(der).unwrap();
        assert_eq!(memory.0.len(), 0, "reading alone keeps nothing");
        memory.keep(&certificate);
        assert_eq!(memory.0.len(), 1);
        let weight = memory.0.weight();
        assert_eq!(weight, der.len() as u64, "it weighs as much as its bytes");
        // The very value is given, and not another reading of the same bytes.
        let kept = memory.read(der).unwrap();
        assert_eq!(kept.der().as_ptr(), certificate.der().as_ptr());
        let mut bent = der.to_vec();
        *bent.last_mut().unwrap() ^= 1;
        assert_ne!(memory.read(&bent).unwrap(), certificate);
        assert!(memory.read(&bent[1..]).is_err());
    }

    #[test]
    fn it_is_bounded_by_bytes() {
        const MOST: u64 = 4096;
        let memory = CertificateMemory(Cache::with_weighter(8, MOST, Length));
        let mut kept_in_all = 0;
        for _ in 0..64 {
            let made = rcgen::generate_simple_self_signed(vec!["web".to_owned()]).unwrap();
            let certificate = memory.read(made.cert.der()).unwrap();
            kept_in_all += certificate.der().len() as u64;
            memory.keep(&certificate);
        }
        assert!(kept_in_all > 4 * MOST, "more than there is room for");
        assert!(memory.0.weight() <= MOST);
        assert!((1..64).contains(&memory.0.len()), "{} are kept", memory.0.len());
    }
}
