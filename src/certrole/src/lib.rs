//! `certrole`: a certificate's private key proves itself to a broker, and temporary credentials come back.
//!
//! What lives here: the command line and its configuration, the key's file and its rules, the connection, the
//! exchange, and what is printed. What does not: how a request is signed (`sigv4`), how a certificate is read
//! (`x509`), when a key file is refused (`keyfile`).

mod cli;
mod clock;
mod commands;
mod exchange;
mod identity;
mod log;
mod network;
mod settings;
mod trouble;

pub use cli::main;
