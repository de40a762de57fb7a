//! The verifiers of this build: those that the daemon hands to `pki`.

use pki::Algorithms;

pub(crate) fn all() -> Algorithms<'static> {
    rustls::crypto::ring::default_provider()
        .signature_verification_algorithms
        .all
}
