//! Configuration: `certrole.toml`, `trust-anchors/`, trust policies; read whole, judged whole.
//!
//! Bytes become [`Configuration`] here and nowhere else; a value of that type is valid. Every mistake is told at once,
//! with its file, its line and what to do about it.

mod accounts;
mod anchor_constraints;
mod anchor_revocation;
mod anchor_table;
mod anchors;
mod directory_names;
mod fetching;
mod limits;
mod list_files;
mod load;
mod objects;
mod problem;
mod profiles;
mod roles;
mod section;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use anchor_revocation::Locations;
pub(crate) use fetching::Fetching;
pub(crate) use limits::Limits;
pub(crate) use load::{Configuration, lies_in_a_lab, load, provisional_ids};
pub(crate) use objects::Objects;
pub(crate) use settings::{ClientAuth, ListenSettings, LogFormat, LogSettings, Settings};

/// Whether material of a lab is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lab {
    /// By `certroled dev`, which made it.
    Accepted,
    /// By everything else.
    Refused,
}
