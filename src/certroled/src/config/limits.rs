//! `[limits]`: everything that a stranger could make large or slow has a bound.

use std::time::Duration;

use super::section::Section;

/// The bounds of the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How long a TLS handshake may take.
    pub(crate) handshake: Duration,
    /// How long after the handshake the first request's head may take.
    pub(crate) first_request: Duration,
    /// How long a request's head may take, from its first byte.
    pub(crate) header: Duration,
    /// How long a request's body may take.
    pub(crate) body: Duration,
    /// How long a connection may lie idle between requests.
    pub(crate) idle: Duration,
    /// How old a connection may get; requests in flight then finish.
    pub(crate) connection: Duration,
    /// The size of a request's head: that of ML-DSA certificates with a chain is some 50 KB.
    pub(crate) header_bytes: usize,
    /// The number of header lines.
    pub(crate) header_count: usize,
    /// The size of a body.
    pub(crate) body_bytes: usize,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Connections at once from one address (IPv6: one /64).
    pub(crate) connections_per_address: usize,
    /// Requests being answered at once.
    pub(crate) requests_in_flight: usize,
    /// Requests from one address, a second, in the long run.
    pub(crate) requests_per_address_per_second: u32,
    /// Requests from one address at once, on top.
    pub(crate) requests_per_address_burst: u32,
}

impl Limits {
    pub(crate) fn read(section: Option<Section<'_, '_>>) -> Self {
        let Some(mut section) = section else {
            return Self::default();
        };
        let default = Self::default();
        let mut seconds =
            |key, default: Duration| Duration::from_secs(section.number(key, 1..=86_400, default.as_secs()));
        let handshake = seconds("handshake_seconds", default.handshake);
        let first_request = seconds("first_request_seconds", default.first_request);
        let header = seconds("header_seconds", default.header);
        let body = seconds("body_seconds", default.body);
        let idle = seconds("idle_seconds", default.idle);
        let connection = seconds("connection_seconds", default.connection);
        let mut size = |key, least: u64, most: u64, default: usize| {
            let default = u64::try_from(default).unwrap_or(most);
            usize::try_from(section.number(key, least..=most, default)).unwrap_or(usize::MAX)
        };
        let header_bytes = size("header_bytes", 8192, 1 << 20, default.header_bytes);
        let header_count = size("header_count", 16, 1024, default.header_count);
        let body_bytes = size("body_bytes", 4096, 16 << 20, default.body_bytes);
        let connections = size("connections", 1, 1 << 20, default.connections);
        let per_address = size(
            "connections_per_address",
            1,
            1 << 20,
            default.connections_per_address,
        );
        let in_flight = size("requests_in_flight", 1, 1 << 20, default.requests_in_flight);
        let mut count = |key, default: u32| {
            u32::try_from(section.number(key, 1..=1_000_000, u64::from(default))).unwrap_or(u32::MAX)
        };
        let rate = count(
            "requests_per_address_per_second",
            default.requests_per_address_per_second,
        );
        let burst = count("requests_per_address_burst", default.requests_per_address_burst);
        section.close();
        Self {
            handshake,
            first_request,
            header,
            body,
            idle,
            connection,
            header_bytes,
            header_count,
            body_bytes,
            connections,
            connections_per_address: per_address,
            requests_in_flight: in_flight,
            requests_per_address_per_second: rate,
            requests_per_address_burst: burst,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            first_request: Duration::from_secs(10),
            header: Duration::from_secs(10),
            body: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            connection: Duration::from_secs(3600),
            header_bytes: 96 << 10,
            header_count: 64,
            body_bytes: 64 << 10,
            connections: 4096,
            connections_per_address: 256,
            requests_in_flight: 1024,
            requests_per_address_per_second: 100,
            requests_per_address_burst: 400,
        }
    }
}
