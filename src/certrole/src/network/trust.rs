//! Whom the broker's certificate may come from.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::settings::Settings;
use crate::trouble::Trouble;

/// Where systems keep their bundle: Debian, Fedora, openSUSE, Alpine and RHEL, FreeBSD.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/usr/local/etc/ssl/cert.pem",
];

/// The authorities, and the file they came from.
pub(crate) fn read_roots(settings: &Settings) -> Result<(RootCertStore, PathBuf), Trouble> {
    match &settings.ca_bundle {
        Some(path) => read(path).map(|roots| (roots, path.clone())),
        None => {
            let path = BUNDLES
                .iter()
                .map(Path::new)
                .find(|path| path.exists())
                .ok_or(Trouble::NoRoots)?;
            read(path).map(|roots| (roots, path.to_owned()))
        }
    }
}

fn read(path: &Path) -> Result<RootCertStore, Trouble> {
    let refuse = |problem: String| Trouble::Roots {
        path: path.to_owned(),
        problem,
    };
    // Whoever may write it may pass for the broker.
    let bytes = keyfile::read_trusted(path).map_err(|refusal| refuse(refusal.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
        // A system's bundle may hold one that is not understood; the others count.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err(refuse("there is no usable certificate in it".into()));
    }
    Ok(roots)
}
