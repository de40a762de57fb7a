//! TLS: who the peer proved to be, and nothing about whether it may.

mod certificate;
mod config;
mod notes;
mod proof;
mod verifier;

pub(crate) use certificate::ServerCertificate;
pub(crate) use config::server_config;
pub(crate) use notes::Notes;
pub(crate) use proof::proven;
