//! certrole end to end: the daemon and the client as processes, real sockets, certificates made in the test.
//!
//! Each module is a promise; `harness` is what they share. The programs are those that `cargo test --workspace`
//! built beside this test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod harness;

mod anchors;
#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod client;
mod connections;
mod durability;
mod edge;
mod exchange;
mod false_brokers;
mod operator;
mod refusals;
mod rehearsal;
mod revocation;
mod sessions;
