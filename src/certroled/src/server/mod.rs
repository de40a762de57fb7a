//! The daemon at work: listeners, TLS, front doors, limits, the second listener.
//!
//! A front door decides nothing about trust: it hands bytes to the broker and answers with what is `Recorded`.

mod addresses;
mod admin;
mod answer;
mod connection;
mod doors;
mod in_flight;
mod listen;
mod logging;
mod metrics;
mod pace;
mod request;
mod route;
mod run;
mod service;
mod status;
mod steady;
mod systemd;
mod tls;

pub(crate) use logging::begin as begin_logging;
pub(crate) use metrics::Metrics;
pub(crate) use run::{Bound, Daemon, Stop};
pub(crate) use status::Status;
pub(crate) use systemd::{ready, reloading};
pub(crate) use tls::ServerCertificate;
