//! The operator's commands, each in a file of its own.

mod audit;
mod check;
mod dev;
mod explain;
mod import_crl;
mod init;
mod rehearse;
mod reload;
mod serve;

pub(crate) use audit::audit;
pub(crate) use check::check;
pub(crate) use dev::dev;
pub(crate) use explain::explain;
pub(crate) use import_crl::import_crl;
pub(crate) use init::init;
pub(crate) use reload::reload;
pub(crate) use serve::serve;

use std::io::Write as _;

/// Prints what was asked for. A reader that went away, as `| head` does, is no error.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
}

/// Prints what went wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "certroled: {}", text.trim_end());
}
