//! What the user wants, from the command line, the configuration file and the environment, in that order. Nothing is
//! ever looked up in the current directory (threat C13).

mod choices;
mod configuration;
mod environment;
mod foreign;

use std::path::PathBuf;
use std::time::Duration;

use wire::{ProfileArn, Region, RoleArn, RoleSessionName, SessionDuration, TrustAnchorArn};

pub(crate) use choices::{Choices, Proof};
pub(crate) use environment::Environment;
pub(crate) use foreign::Foreign;

use crate::cli::Selection;
use crate::log::Log;
use crate::network::Endpoint;
use crate::trouble::Trouble;

/// What is asked of the broker, and how: complete, and each part of its own kind.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) trust_anchor: TrustAnchorArn,
    pub(crate) profile: ProfileArn,
    pub(crate) role: RoleArn,
    /// The region of the signature's scope.
    pub(crate) region: Region,
    pub(crate) endpoint: Endpoint,
    pub(crate) duration: SessionDuration,
    pub(crate) session_name: Option<RoleSessionName>,
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: PathBuf,
    pub(crate) intermediates: Option<PathBuf>,
    pub(crate) ca_bundle: Option<PathBuf>,
    pub(crate) key_permissions: keyfile::Policy,
    pub(crate) parents: keyfile::Parents,
    pub(crate) proof: Proof,
    pub(crate) timeout: Duration,
    /// How often the broker is asked at most.
    pub(crate) attempts: u32,
    pub(crate) environment: Environment,
}

/// Puts together what was asked for.
pub(crate) fn gather(selection: &Selection, environment: Environment, log: Log) -> Result<Settings, Trouble> {
    selection.foreign.refuse()?;
    let mut choices = selection.choices.clone();
    if let Some(table) = configuration::read(selection, &environment, log)? {
        choices = choices.or(table);
    }
    if choices.with_proxy == Some(true) {
        log.step(|| {
            "--with-proxy changes nothing: proxies of the environment are used with and without it".into()
        });
    }
    choices.complete(environment)
}
