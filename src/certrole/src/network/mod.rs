//! The way to the broker: where it is, by which proxy, and whom to trust there.

mod connection;
mod endpoint;
mod proxy;
mod tls;
mod trust;

pub(crate) use connection::{Answer, Connection, connect};
pub(crate) use endpoint::Endpoint;
pub(crate) use proxy::Proxy;
pub(crate) use tls::{Possession, client_config};
pub(crate) use trust::read_roots;
