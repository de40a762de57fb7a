//! One fetch, from the rules to the bytes.
//!
//! What lives here: the order of things: the host is judged, a turn is waited for, the name is looked up once, every
//! address is judged, and one of those that passed is connected to as it was judged. What does not: HTTP.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error::{Failure, FetchError};
use super::exchange::{Ask, exchange};
use super::location::{Host, Location};
use super::names::Names;
use super::rules::Rules;
use super::turns::Turns;

/// How many addresses of one name are tried.
const MOST_ADDRESSES: usize = 8;

/// Fetches by one set of rules.
#[derive(Debug)]
pub(crate) struct Fetcher {
    rules: Rules,
    names: Names,
    turns: Turns,
}

impl Fetcher {
    /// A fetcher that goes where the rules let it.
    pub(crate) fn new(rules: Rules) -> Self {
        Self::with_names(rules, Names::System)
    }

    pub(super) fn with_names(rules: Rules, names: Names) -> Self {
        let turns = Turns::new(rules.at_once);
        Self { rules, names, turns }
    }

    /// Fetches with GET: a revocation list (RFC 5280, 4.2.1.13). `limit` is the most that the answer may have, in bytes.
    /// What kind of content the server calls it is not looked at: servers differ, and whoever reads it is strict.
    pub(crate) async fn get(&self, at: &Location, limit: usize) -> Result<Vec<u8>, FetchError> {
        self.fetch(at, Ask::Get, limit).await
    }

    /// Asks an OCSP responder with POST (RFC 6960, A.1).
    pub(crate) async fn post(
        &self,
        at: &Location,
        request: Vec<u8>,
        limit: usize,
    ) -> Result<Vec<u8>, FetchError> {
        self.fetch(at, Ask::Ocsp(request), limit).await
    }

    async fn fetch(&self, at: &Location, ask: Ask, limit: usize) -> Result<Vec<u8>, FetchError> {
        let outcome = if self.rules.allow_host(at.host()) {
            let _turn = self.turns.take(at.host()).await;
            let whole = self.rules.whole;
            timeout(whole, self.go(at, ask, limit))
                .await
                .unwrap_or(Err(Failure::TooSlow(whole)))
        } else {
            Err(Failure::HostNotAllowed(at.host().clone()))
        };
        outcome.map_err(|failure| FetchError {
            at: at.clone(),
            failure,
        })
    }

    async fn go(&self, at: &Location, ask: Ask, limit: usize) -> Result<Vec<u8>, Failure> {
        let addresses = match at.host() {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self
                .names
                .look_up(name)
                .await
                .map_err(|error| Failure::Name(error.to_string()))?,
        };
        let stream = self.connect(self.judge(&addresses)?, at.port()).await?;
        exchange(stream, at, ask, limit).await
    }

    /// The addresses that may be gone to. If there is none, the first one tells why.
    fn judge(&self, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Failure> {
        let mut allowed = Vec::new();
        let mut forbidden = None;
        for address in addresses {
            match self.rules.allow_address(*address) {
                Ok(()) => allowed.push(*address),
                Err(why) => forbidden = forbidden.or(Some(why)),
            }
        }
        if !allowed.is_empty() {
            return Ok(allowed);
        }
        Err(match forbidden {
            Some(why) => why.into(),
            None => Failure::Name("it has no address".into()),
        })
    }

    async fn connect(&self, addresses: Vec<IpAddr>, port: u16) -> Result<TcpStream, Failure> {
        let mut last = Failure::Name("it has no address".into());
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            let address = SocketAddr::new(address, port);
            let problem = match timeout(self.rules.connect, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it did not accept a connection in time".into(),
            };
            last = Failure::Connect { address, problem };
        }
        Err(last)
    }
}
