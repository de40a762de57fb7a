//! Hashing, from the one source that the build's features choose (docs/cryptography.md).
//! ring and aws-lc-rs have the same interface by design, so that nothing else in this crate names either. Where a build
//! of several programs turns on both, aws-lc-rs wins.

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc_rs::digest;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) use ring::digest;

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("x509 needs a source of primitives: turn on its feature `ring` (the default) or `aws-lc-rs`");

/// SHA-256.
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
