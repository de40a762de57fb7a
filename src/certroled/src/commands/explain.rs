//! `certroled explain`: what happened, in sentences; what would happen is told by `rehearse.rs`.

use std::path::Path;

use anyhow::{Context as _, bail};
use audit::{Query, search};
use wire::Timestamp;

use super::rehearse::rehearse;
use super::{complain, say};
use crate::cli::Explain;
use crate::clock;
use crate::config::{Lab, load};
use crate::control::{Question, ask};
use crate::explain::sentences;

pub(crate) fn explain(arguments: &Explain) -> anyhow::Result<()> {
    if let Some(certificate) = &arguments.rehearsal.certificate {
        return rehearse(arguments, certificate);
    }
    if arguments.request_id.is_none() && arguments.address.is_none() && arguments.since.is_none() {
        bail!(
            "say which event: --request-id ID (from the caller's error), --address IP or --since 10m; or rehearse one: --certificate FILE"
        );
    }
    let settings = load(&arguments.config.config, Lab::Refused)?.settings;
    let query = Query {
        request_id: arguments.request_id.clone(),
        address: arguments.address.map(|address| address.to_canonical()),
        since: arguments.since.as_deref().map(since).transpose()?,
    };
    put_on_record(&settings.control_socket, asked(arguments));
    let folder = settings.state.join("audit");
    let found = search(&folder, &query, arguments.most)
        .with_context(|| format!("the audit log in {} cannot be read", folder.display()))?;
    if found.is_empty() {
        bail!(
            "no such event in {}; strangers beyond their share of a minute are only counted (--address shows the counts)",
            folder.display()
        );
    }
    for found in found {
        say(&if arguments.json {
            found.event.to_string()
        } else {
            sentences(&found.event)
        });
    }
    Ok(())
}

fn asked(arguments: &Explain) -> String {
    let mut asked = Vec::new();
    if let Some(id) = &arguments.request_id {
        asked.push(format!("request id {id}"));
    }
    if let Some(address) = arguments.address {
        asked.push(format!("address {address}"));
    }
    if let Some(since) = &arguments.since {
        asked.push(format!("since {since}"));
    }
    asked.join(", ")
}

/// Tells the daemon, if one runs, that someone looks. Whether it could write that down or not, what happened can be
/// read: an operator needs it most when something is broken.
pub(super) fn put_on_record(socket: &Path, asked: String) {
    if !socket.exists() {
        return;
    }
    match ask(socket, Question::Explain { asked }) {
        Ok(reply) if reply.ok => {}
        Ok(reply) => complain(&format!("warning: {}", reply.text)),
        Err(error) => complain(&format!("warning: this look is not on record: {error:#}")),
    }
}

fn since(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(at) = Timestamp::parse_rfc3339(text) {
        return Ok(at);
    }
    let unit = match text.chars().next_back() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => 0,
    };
    let number = text
        .get(..text.len().saturating_sub(1))
        .and_then(|number| number.parse::<i64>().ok());
    match number
        .and_then(|number| number.checked_mul(unit))
        .filter(|seconds| *seconds > 0)
    {
        Some(seconds) => Ok(clock::now().plus(-seconds)),
        None => {
            bail!("--since {text}: write a time such as 2026-01-31T12:00:00Z, or how long ago: 10m, 2h, 1d")
        }
    }
}
