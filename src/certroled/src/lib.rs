//! `certroled`: listeners, front doors, configuration, and the operator's commands.
//!
//! What lives here: whatever needs HTTP, TLS, files or a clock. What does not: any decision about trust, which is
//! `broker`'s; this crate hands it bytes and answers with what comes back recorded.

mod boot;
mod cli;
mod clock;
mod commands;
mod config;
mod control;
mod explain;
mod fetch;
mod lab;
mod primitives;
mod randomness;
mod reload;
mod revocation;
mod server;
mod state;

pub use cli::main;
