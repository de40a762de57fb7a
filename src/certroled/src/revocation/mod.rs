//! Keeping evidence of revocation: from files, from an operator's import, and fetched ahead of need.
//!
//! What lives here: which lists and answers are in force, that newer ones only ever replace them, and when they are
//! fetched again. What does not: what they mean (`pki`), going to places (`fetch`), and any part of an exchange: the road
//! reads what is in force, and says what it misses without waiting.

mod answers;
mod collector;
mod import;
mod jobs;
mod keeper;
mod kept;
mod places;
mod scope;
#[cfg(test)]
mod tests;

pub(crate) use answers::read_back;
pub(crate) use collector::{Collector, collect};
pub(crate) use keeper::{Keeper, names_of, read_stored};
pub(crate) use kept::Kept;
