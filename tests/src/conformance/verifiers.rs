//! The verifiers of this build (docs/cryptography.md): those that the daemon hands to `pki`.

use pki::Algorithms;
#[cfg(feature = "aws-lc-rs")]
pub(crate) use rustls::crypto::aws_lc_rs::default_provider as provider;
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rustls::crypto::ring::default_provider as provider;

pub(crate) fn all() -> Algorithms<'static> {
    provider().signature_verification_algorithms.all
}
