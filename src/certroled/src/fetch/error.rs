//! Why a fetch brought nothing. Nothing of what a server answered is ever told (threat G5), but for its status.

use std::net::SocketAddr;
use std::time::Duration;

use super::location::{Host, Location};
use super::ranges::Forbidden;

/// A fetch brought nothing.
#[derive(Debug, thiserror::Error)]
#[error("{at} was not fetched: {failure}")]
pub(crate) struct FetchError {
    /// From where.
    pub(crate) at: Location,
    /// Why.
    pub(crate) failure: Failure,
}

/// Why a fetch brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The host is not on the list.
    #[error("`allowed_hosts` does not name {0}; add it if certroled may speak to it")]
    HostNotAllowed(Host),
    /// None of the host's addresses may be gone to; this is one of them.
    #[error(transparent)]
    AddressNotAllowed(#[from] Forbidden),
    /// The name could not be looked up.
    #[error("the name cannot be looked up: {0}")]
    Name(String),
    /// No address could be connected to.
    #[error("{address} cannot be connected to: {problem}")]
    Connect {
        /// The last one tried.
        address: SocketAddr,
        /// The system's reason.
        problem: String,
    },
    /// It took too long.
    #[error("it took longer than {}", told(.0))]
    TooSlow(Duration),
    /// The answer points elsewhere.
    #[error(
        "the server answered {0}, a redirect, and certroled follows none: name the address where the list or responder is"
    )]
    Redirected(u16),
    /// The answer is another than 200.
    #[error("the server answered {0}, and only 200 counts")]
    Status(u16),
    /// The body is longer than allowed.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// The head is longer than any server needs, or announces more than hyper counts.
    #[error("the answer's head is too long, or announces a body of a length that none has")]
    HeadTooLong,
    /// The body is compressed or otherwise wrapped.
    #[error("the answer is encoded, which certroled did not ask for and does not undo")]
    Encoded,
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer was whole")]
    ClosedEarly,
    /// What came is no HTTP, or the connection broke.
    #[error("the answer cannot be read: {0}")]
    Broken(String),
}

fn told(time: &Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{} s", time.as_secs()),
        _ => format!("{} ms", time.as_millis()),
    }
}
