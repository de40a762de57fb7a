//! `certroled dev`: a broker on a fresh lab.

use super::say;
use crate::boot;
use crate::cli::Dev;
use crate::clock;
use crate::config::{Lab, load};
use crate::lab::LabFiles;
use crate::randomness::System;

pub(crate) fn dev(arguments: &Dev) -> anyhow::Result<()> {
    let lab = LabFiles::make(
        &arguments.dir,
        arguments.port,
        arguments.admin_port,
        clock::now(),
        &System::new(),
    )?;
    let configuration = load(&lab.configuration, Lab::Accepted)?;
    boot::run(&lab.configuration, Lab::Accepted, configuration, |bound| {
        let port = bound.addresses().first().map_or(0, std::net::SocketAddr::port);
        let admin = bound
            .admin_addresses()
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        let endpoint = format!("https://localhost:{port}");
        lab.announce(&endpoint, &admin)?;
        say(&lab.instructions(&endpoint, &admin));
        Ok(())
    })
}
