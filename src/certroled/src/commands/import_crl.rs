//! `certroled import-crl`: hands a revocation list to the running daemon, which keeps it over restarts.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::say;
use crate::config::{Lab, load};
use crate::control::{Question, ask};

pub(crate) fn import_crl(config: &Path, file: &Path, trust_anchor: &str) -> anyhow::Result<()> {
    let settings = load(config, Lab::Refused)?.settings;
    // The daemon reads the file itself, by the rule for files that decide about trust, and has a folder of its own.
    let file = std::path::absolute(file).with_context(|| file.display().to_string())?;
    let Some(file) = file.to_str() else {
        bail!("{}: its path is not text in UTF-8", file.display());
    };
    let question = Question::ImportCrl {
        file: file.to_owned(),
        trust_anchor: trust_anchor.to_owned(),
    };
    let reply = ask(&settings.control_socket, question)?;
    if !reply.ok {
        bail!(
            "nothing was imported; what was in force before still is.\n{}",
            reply.text
        );
    }
    say(&reply.text);
    Ok(())
}
