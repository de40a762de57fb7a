//! Which source of primitives this build has, TLS and its verifiers included (docs/cryptography.md).
//!
//! What lives here: the only lines of the daemon that name ring or aws-lc-rs. What does not: any choice at run time; a
//! daemon has one source for everything, and never a process-wide default that could be another.

use rustls::crypto::CryptoProvider;

#[cfg(feature = "aws-lc-rs")]
use aws_lc_rs::digest;
#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc_rs::rand;
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as tls;

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use ring::digest;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) use ring::rand;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use rustls::crypto::ring as tls;

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!(
    "certroled needs a source of primitives: turn on its feature `ring` (the default) or `aws-lc-rs`"
);
#[cfg(all(feature = "ring", feature = "aws-lc-rs"))]
compile_error!(
    "certroled has one source of primitives, `ring` or `aws-lc-rs`: for aws-lc-rs build with \
     `--no-default-features --features aws-lc-rs`"
);

/// The program's version and its source, for whoever wonders why a key is refused.
#[cfg(feature = "aws-lc-rs")]
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (aws-lc-rs)");
/// The program's version and its source, for whoever wonders why a key is refused.
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (ring)");

/// What TLS is made of, and with it the closed list of signatures that are verified.
pub(crate) fn provider() -> CryptoProvider {
    tls::default_provider()
}

/// SHA-256 of these bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash
        .iter_mut()
        .zip(digest::digest(&digest::SHA256, bytes).as_ref())
    {
        *to = *from;
    }
    hash
}
