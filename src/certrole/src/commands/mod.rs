//! The commands.

mod credential_process;
mod doctor;
mod read_certificate_data;

use std::io::{self, Write as _};

pub(crate) use credential_process::credential_process;
pub(crate) use doctor::doctor;
pub(crate) use read_certificate_data::read_certificate_data;

use crate::trouble::Trouble;

/// Prints the version.
pub(crate) fn version() -> Result<(), Trouble> {
    print(concat!(env!("CARGO_PKG_VERSION"), "\n").as_bytes())
}

/// Writes an answer to standard output, at once, so that a reader never sees half of it.
fn print(bytes: &[u8]) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(Trouble::Output)
}

/// The runtime: one thread, since one exchange is all there is.
fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Trouble::Output)
}
