//! `certroled audit …`: for the auditor, who need not trust the broker's word.

use std::path::Path;

use ::audit::{Checkpoint, CheckpointPublicKey, Known, verify_folder};
use anyhow::{Context as _, bail};

use super::say;
use crate::cli::{Audit, Verify};
use crate::config::{Lab, load};
use crate::state::State;

pub(crate) fn audit(command: &Audit) -> anyhow::Result<()> {
    match command {
        Audit::Verify(arguments) => verify(arguments),
        Audit::Key(arguments) => {
            say(&state(&arguments.config)?
                .checkpoint_key()?
                .public_key()
                .to_string());
            Ok(())
        }
        Audit::Checkpoint(arguments) => checkpoint(&arguments.config),
        Audit::Forget(arguments) => {
            state(&arguments.config)?.store.set_audit_mark(None)?;
            say("Forgotten where the audit log stood: the next start begins a log where there is none.");
            Ok(())
        }
    }
}

fn state(file: &Path) -> anyhow::Result<State> {
    State::open(&load(file, Lab::Refused)?.settings.state)
}

fn verify(arguments: &Verify) -> anyhow::Result<()> {
    let kept: Option<Checkpoint> = match &arguments.checkpoint {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the checkpoint {} cannot be read", path.display()))?;
            Some(text.parse().with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let given: Option<CheckpointPublicKey> = arguments
        .key
        .as_deref()
        .map(str::parse)
        .transpose()
        .context("--key")?;
    let (folder, key) = match (&arguments.folder, given) {
        (Some(folder), Some(key)) => (folder.clone(), key),
        (_, given) => {
            let state = state(&arguments.config.config)?;
            let key = match given {
                Some(key) => key,
                None => state.checkpoint_key()?.public_key(),
            };
            (state.audit_folder(), key)
        }
    };
    let known = Known {
        checkpoint: kept.as_ref(),
        archived: arguments.archived,
    };
    let report = verify_folder(&folder, &key, known).context("the audit log does not hold")?;
    let kept = match &kept {
        Some(kept) => format!(
            "the checkpoint that was kept vouches for everything up to line {}",
            kept.mark.sequence
        ),
        None => "no checkpoint was given: a tail that someone cut off would not show".to_owned(),
    };
    say(&format!(
        "The audit log holds: lines {} to {} in {} files, {} events, {} checkpoints, {} recoveries.\n\
         {} lines follow the last checkpoint; {kept}.",
        report.first,
        report.last.sequence,
        report.files,
        report.events,
        report.checkpoints,
        report.recoveries,
        report.after_checkpoint
    ));
    if report.unfinished > 0 {
        say(&format!(
            "The last line is not finished ({} bytes): a write is under way, or was cut short.",
            report.unfinished
        ));
    }
    Ok(())
}

fn checkpoint(file: &Path) -> anyhow::Result<()> {
    let state = state(file)?;
    let key = state.checkpoint_key()?.public_key();
    let known = Known {
        checkpoint: None,
        archived: true,
    };
    let report = verify_folder(&state.audit_folder(), &key, known).context("the audit log does not hold")?;
    match report.checkpoint {
        Some(checkpoint) => {
            say(&checkpoint.to_string());
            Ok(())
        }
        None => bail!("there is no checkpoint yet: one is made every `checkpoint_seconds` and at every stop"),
    }
}
