//! A broker of our own for a suite: `certroled` as a process, and a client that shows it one certificate.
//!
//! What lives here: its folder and configuration, the process, and the two ways of proving a key. What does not: what
//! answer is right.

mod client;
mod daemon;
mod home;
mod signed_request;

pub(crate) use client::{Answer, Client, Identity, Proof};
pub(crate) use daemon::Daemon;
pub(crate) use home::{Anchor, Home};
