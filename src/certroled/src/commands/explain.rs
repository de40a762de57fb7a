//! `certroled explain`: what happened, in sentences.

use anyhow::{Context as _, bail};
use audit::{Query, search};
use wire::Timestamp;

use super::say;
use crate::cli::Explain;
use crate::clock;
use crate::config::{Lab, load};
use crate::explain::sentences;

pub(crate) fn explain(arguments: &Explain) -> anyhow::Result<()> {
    if arguments.request_id.is_none() && arguments.address.is_none() && arguments.since.is_none() {
        bail!("say which event: --request-id ID (from the caller's error), --address IP or --since 10m");
    }
    let settings = load(&arguments.config.config, Lab::Refused)?.settings;
    let query = Query {
        request_id: arguments.request_id.clone(),
        address: arguments.address.map(|address| address.to_canonical()),
        since: arguments.since.as_deref().map(since).transpose()?,
    };
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
