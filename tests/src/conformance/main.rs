//! Runs a published suite, where it lies, against the product's own code: `conformance SUITE FILE`.
//!
//! A line for each case that is not as expected, then one that counts; exit status 0 only when nothing failed.

mod broker;
mod evidence;
mod exceptions;
mod limbo_broker_suite;
mod limbo_cases;
mod limbo_suite;
mod pkits_suite;
mod sigv4_suite;
mod suite_file;
mod tally;
mod verifiers;
mod wycheproof_suite;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use wire::Timestamp;

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

const SUITES: &str = "sigv4, limbo, limbo-client, limbo-client-broker, pkits, wycheproof";

/// For cases that are judged by the present.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn run() -> anyhow::Result<Tally> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [suite, file] = arguments.as_slice() else {
        bail!("usage: conformance SUITE FILE; the suites are: {SUITES}");
    };
    let path = Path::new(file);
    let tally = match suite.as_str() {
        "sigv4" => sigv4_suite::run(&suite_file::read(path)?)?,
        "limbo" => limbo_suite::run("limbo", &suite_file::read(path)?, false, now())?,
        "limbo-client" => limbo_suite::run("limbo-client", &suite_file::read(path)?, true, now())?,
        "limbo-client-broker" => limbo_broker_suite::run(&suite_file::read(path)?)?,
        "pkits" => pkits_suite::run(&suite_file::read(path)?, path.parent().unwrap_or(Path::new("")))?,
        "wycheproof" => wycheproof_suite::run(path)?,
        other => bail!("there is no suite `{other}`; the suites are: {SUITES}"),
    };
    writeln!(std::io::stdout(), "{tally}")?;
    Ok(tally)
}
