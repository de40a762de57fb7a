//! `certroled check`: everything that `serve` would refuse, without starting.

use std::path::Path;

use anyhow::bail;

use super::{complain, say};
use crate::config::{Configuration, Lab, load};
use crate::server::ServerCertificate;
use crate::state::State;
use crate::{clock, primitives};

/// How long before its end a trust anchor is worth a word.
const WARNING_DAYS: i64 = 45;
const DAY: i64 = 86_400;

pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    let Configuration { settings, objects } = load(file, Lab::Refused)?;
    // What clients and trust policies have to name.
    for anchor in &objects.anchors {
        say(&format!("trust anchor {}: {}", anchor.name, anchor.arn));
    }
    for profile in &objects.profiles {
        say(&format!("profile {}: {}", profile.name, profile.arn));
    }
    for role in objects.role_arns() {
        say(&format!("role {}: {role}", role.name()));
    }
    let mut problems = Vec::new();
    let provider = primitives::provider();
    if let Err(error) = ServerCertificate::read(&settings.listen, &provider, clock::now()) {
        problems.push(format!("the server's certificate cannot be used: {error}"));
    }
    match State::open(&settings.state) {
        Ok(state) => {
            if let Err(error) = state.checkpoint_key() {
                problems.push(format!("{error:#}"));
            }
        }
        Err(error) => problems.push(format!("{error:#}")),
    }
    for anchor in &objects.anchors {
        let days = anchor
            .trust
            .earliest_not_after()
            .since(clock::now())
            .div_euclid(DAY);
        if days < 0 {
            problems.push(format!(
                "trust anchor `{}`: a certificate of it is over since {} days; replace it in trust-anchors/{}.pem",
                anchor.name, -days, anchor.name
            ));
        } else if days < WARNING_DAYS {
            complain(&format!(
                "warning: a certificate of trust anchor `{}` is over in {days} days",
                anchor.name
            ));
        }
    }
    for warning in objects.warnings(clock::now()) {
        complain(&format!("warning: {warning}"));
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    say(&format!(
        "{} is fine: {} trust anchors, {} profiles, {} roles; keys, certificates and state can be used",
        file.display(),
        objects.anchors.len(),
        objects.profiles.len(),
        objects.roles.len()
    ));
    Ok(())
}
