//! The verifiers of this build (docs/cryptography.md): those that the daemon hands to `pki`.

use pki::Algorithms;
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring::default_provider;

pub(crate) fn all() -> Algorithms<'static> {
    default_provider().signature_verification_algorithms.all
}
