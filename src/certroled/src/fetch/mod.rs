//! Fetching revocation lists and OCSP answers, outside of any exchange.
//!
//! What lives here: where certroled may go by itself ([`Rules`]), going there once and safely ([`Fetcher`]), and when to go
//! again ([`Schedule`]). What does not: what the bytes say, whether they are believed, and which places are worth going
//! to; a location comes from the configuration or from a certificate on a verified path (threat P20).
//!
//! A place is judged twice (threat G5): its host by name, and every address by its range, in the moment of connecting and
//! with no second look-up in between. There is no TLS, no proxy, no redirect, no kept connection, no compression.

mod cidr;
mod error;
mod exchange;
mod fetcher;
mod location;
mod meter;
mod names;
mod ranges;
mod rules;
mod schedule;
#[cfg(test)]
mod tests;
mod turns;

pub(crate) use cidr::Cidr;
pub(crate) use error::FetchError;
pub(crate) use fetcher::Fetcher;
pub(crate) use location::{Host, Location};
pub(crate) use rules::Rules;
pub(crate) use schedule::{Schedule, before_expiry};
