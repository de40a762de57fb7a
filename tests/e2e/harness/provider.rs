//! What the tests' own ends of TLS are made of: the source that the daemon under test has, so that both know the same
//! kinds of key.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring::default_provider;

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}
