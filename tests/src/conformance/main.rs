//! Runs a published suite, where it lies, against the product's own code: `conformance SUITE FILE`.
//!
//! A line for each case that is not as expected, then one that counts; exit status 0 only when nothing failed.

mod sigv4_suite;
mod tally;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::tally::Tally;

fn main() -> ExitCode {
    match run() {
        Ok(tally) if tally.is_good() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "conformance: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<Tally> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [suite, file] = arguments.as_slice() else {
        bail!("usage: conformance SUITE FILE; the suites are: sigv4");
    };
    let read = || std::fs::read(Path::new(file)).with_context(|| file.clone());
    let tally = match suite.as_str() {
        "sigv4" => sigv4_suite::run(&read()?)?,
        other => bail!("there is no suite `{other}`; the suites are: sigv4"),
    };
    writeln!(std::io::stdout(), "{tally}")?;
    Ok(tally)
}
