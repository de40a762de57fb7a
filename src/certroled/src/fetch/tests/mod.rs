//! Servers that nobody should trust, on this machine, and what a fetch makes of them.

mod answers;
mod places;
mod server;

use std::net::IpAddr;
use std::sync::Mutex;

use super::error::Failure;
use super::names::Names;
use super::{Fetcher, Location, Rules};

/// The most that an answer may have in these tests.
const LIMIT: usize = 1000;

/// Rules that let certroled speak to 127.0.0.1, and to no other address of this machine.
fn rules() -> Rules {
    Rules {
        hosts: ["127.0.0.1", "localhost", "*.test"]
            .iter()
            .map(|entry| entry.parse().unwrap())
            .collect(),
        addresses: vec!["127.0.0.1".parse().unwrap()],
        ..Rules::default()
    }
}

/// A fetcher for which each look-up of a name has the next of these answers.
fn scripted(rules: Rules, answers: &[&[&str]]) -> Fetcher {
    let addresses =
        |answer: &&[&str]| -> Vec<IpAddr> { answer.iter().map(|address| address.parse().unwrap()).collect() };
    let script = answers.iter().map(addresses).collect();
    Fetcher::with_names(rules, Names::Scripted(Mutex::new(script)))
}

async fn get(rules: Rules, at: &Location) -> Result<Vec<u8>, Failure> {
    let outcome = Fetcher::new(rules).get(at, LIMIT).await;
    outcome.map_err(|error| {
        let told = error.to_string();
        assert!(told.starts_with(&format!("{at} was not fetched: ")), "{told}");
        error.failure
    })
}
