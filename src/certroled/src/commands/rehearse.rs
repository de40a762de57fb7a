//! `certroled explain --certificate`: the road without its end, from the configuration on disk.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};
use broker::{Rehearsal, Supposition};
use wire::{CreateSession, Timestamp};
use x509::Certificate;

use super::explain::put_on_record;
use super::say;
use crate::cli::Explain;
use crate::config::{Configuration, Lab, Objects, lies_in_a_lab, load, provisional_ids};
use crate::explain::{Evidence, Rehearsed, rehearsal_sentences};
use crate::{clock, primitives};

pub(super) fn rehearse(arguments: &Explain, file: &Path) -> anyhow::Result<()> {
    let lab = if lies_in_a_lab(&arguments.config.config) {
        Lab::Accepted
    } else {
        Lab::Refused
    };
    let Configuration { settings, objects } = load(&arguments.config.config, lab)?;
    let asked = &arguments.rehearsal;
    let mut read = certificates(file)?.into_iter();
    let leaf = read
        .next()
        .with_context(|| format!("{} holds no certificate", file.display()))?;
    let mut pool: Vec<Certificate> = read.collect();
    if let Some(chain) = &asked.chain {
        pool.extend(certificates(chain)?);
    }
    let at = match &asked.at {
        Some(text) => Timestamp::parse_rfc3339(text)
            .map_err(|error| anyhow!("--at {text}: {error}; write a time such as 2026-01-31T12:00:00Z"))?,
        None => clock::now(),
    };
    let wanted = wanted(arguments, &objects)?;
    let sha256 = hex::encode(leaf.sha256());
    put_on_record(
        &settings.control_socket,
        format!(
            "a rehearsal of the certificate with SHA-256 {sha256}, for {}",
            wanted.role
        ),
    );

    let provider = primitives::provider();
    let algorithms = provider.signature_verification_algorithms.all;
    let evidence = Evidence::gather(
        &settings.state,
        &objects,
        &wanted.trust_anchor,
        [&leaf].into_iter().chain(&pool),
    );
    let snapshot = objects
        .snapshot(provisional_ids(&objects))
        .map_err(|errors| {
            anyhow!(
                "{}",
                errors
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; ")
            )
        })?
        .with_lists(evidence.lists());
    let supposed = Supposition {
        certificate: &leaf,
        pool: &pool,
        wanted: &wanted,
        at,
        address: arguments.address.map(|address| address.to_canonical()),
    };
    let rehearsal = Rehearsal::of(&snapshot, evidence.answers(), algorithms, &supposed);
    let told = Rehearsed {
        supposed,
        rehearsal: &rehearsal,
        evidence: &evidence,
    }
    .to_json();
    say(&if arguments.json {
        told.to_string()
    } else {
        rehearsal_sentences(&told).trim_end().to_owned()
    });
    match &rehearsal.outcome {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("it would be refused: {}", refusal.rule()),
    }
}

/// The certificates of a file, in PEM or one in DER.
fn certificates(file: &Path) -> anyhow::Result<Vec<Certificate>> {
    let shown = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("{shown} cannot be read"))?;
    // A SEQUENCE of more than 127 bytes, as every certificate is; no text begins so.
    let read = if let [0x30, 0x80..=0xff, ..] = bytes.as_slice() {
        Certificate::parse(&bytes)
            .map(|one| vec![one])
            .map_err(anyhow::Error::from)
    } else {
        x509::read_certificates(&bytes).map_err(anyhow::Error::from)
    };
    read.with_context(|| {
        format!("{shown} holds no certificate that can be read; a broker would refuse it too")
    })
}

fn wanted(arguments: &Explain, objects: &Objects) -> anyhow::Result<CreateSession> {
    let asked = &arguments.rehearsal;
    let anchors = objects
        .anchors
        .iter()
        .map(|anchor| (anchor.name.as_str(), &anchor.arn));
    let profiles = objects
        .profiles
        .iter()
        .map(|profile| (profile.name.as_str(), &profile.arn));
    let roles = objects.roles.iter().map(|role| (role.arn.name(), &role.arn));
    Ok(CreateSession {
        trust_anchor: named("--trust-anchor", asked.trust_anchor.as_deref(), anchors)?,
        profile: named("--profile", asked.profile.as_deref(), profiles)?,
        role: named("--role", asked.role.as_deref(), roles)?,
        duration: None,
        session_name: None,
    })
}

/// The ARN that was given, or that of the object with this name.
fn named<'o, T>(
    flag: &str,
    text: Option<&str>,
    known: impl Iterator<Item = (&'o str, &'o T)>,
) -> anyhow::Result<T>
where
    T: FromStr + Clone + 'o,
    T::Err: Display,
{
    let text = text.with_context(|| format!("{flag} is missing"))?;
    if text.starts_with("arn:") {
        return text.parse().map_err(|error| anyhow!("{flag}: {error}"));
    }
    let mut names = Vec::new();
    for (name, arn) in known {
        if name == text {
            return Ok(arn.clone());
        }
        names.push(name);
    }
    bail!(
        "{flag} {text}: nothing has that name; write an ARN or one of: {}",
        names.join(", ")
    )
}
