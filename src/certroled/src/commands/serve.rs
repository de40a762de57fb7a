//! `certroled serve`: the daemon.

use std::path::Path;

use crate::boot;
use crate::config::{Lab, load};

pub(crate) fn serve(file: &Path) -> anyhow::Result<()> {
    let configuration = load(file, Lab::Refused)?;
    boot::run(file, Lab::Refused, configuration, |_| Ok(()))
}
