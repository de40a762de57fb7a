//! `certroled init`: the state folder and the root key.

use std::path::Path;

use super::say;
use crate::config::{Lab, load};
use crate::randomness::System;
use crate::state::State;

pub(crate) fn init(file: &Path) -> anyhow::Result<()> {
    let settings = load(file, Lab::Refused)?.settings;
    let state = State::init(&settings.state, &System::new())?;
    let folder = state.folder.display();
    say(&format!(
        "The state folder {folder} is made, with a root key of its own.\n\
         Keep a copy of {folder}/root.key apart from backups of the rest: together they open every session.\n\
         The audit log's public key, for auditors: {}\n\
         Next: certroled serve --config {}",
        state.checkpoint_key()?.public_key(),
        file.display()
    ));
    Ok(())
}
