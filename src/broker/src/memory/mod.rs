//! What is remembered between exchanges, so that a server that comes back costs little: certificates that were read,
//! signatures that verified, paths that were found. Each is bounded.
//!
//! The first two are arithmetic, and true for ever. A path is trust: it is remembered by the snapshot that it was found
//! under, and forgotten with it. Only what led to an anchor is remembered, so that strangers displace nothing.

mod certificates;
mod paths;
mod signatures;

pub use certificates::CertificateMemory;
pub(crate) use paths::{KnownPath, PathKey, PathMemory};
pub(crate) use signatures::VerifiedSignatures;
