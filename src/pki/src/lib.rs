//! Trust decisions: anchors, and whether a path leads from a certificate to one of them.
//!
//! What lives here: what a trust anchor must be, path building and validation, and the reason when there is no path.
//!
//! What does not: the rules for an end-entity certificate by itself (`broker`), and where anchors come from. A pure
//! function of certificates, anchors, verifiers and time: nothing is fetched, no clock is read.

// Time, randomness and data come in as arguments.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod anchor;
mod error;
mod path;

pub use anchor::{AnchorError, TrustAnchor};
pub use error::PathError;
pub use path::{VerifiedPath, validate};
