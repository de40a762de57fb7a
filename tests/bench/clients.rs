//! Whoever asks a server: clients with a new connection for each request, or many that keep theirs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustls::ClientConfig;

use crate::harness::{Wire, members};

/// How the load comes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Load {
    /// A new TLS 1.3 connection for each request, from so many clients.
    New(usize),
    /// Requests on so many connections that are kept.
    Kept(usize),
}

impl Load {
    fn clients(self) -> usize {
        match self {
            Self::New(count) | Self::Kept(count) => count,
        }
    }
}

/// The clients of one server under one load.
pub(crate) struct Clients {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    host: String,
    load: Load,
    kept: Vec<Wire>,
}

impl Clients {
    pub(crate) fn of(address: SocketAddr, config: &Arc<ClientConfig>, host: String, load: Load) -> Self {
        Self {
            address,
            config: Arc::clone(config),
            host,
            load,
            kept: Vec::new(),
        }
    }

    /// Opens the connections that are kept, those that are not open yet.
    pub(crate) async fn connect(&mut self) {
        if let Load::Kept(count) = self.load {
            while self.kept.len() < count {
                self.kept
                    .push(Wire::open(self.address, &self.config).await.unwrap());
            }
        }
    }

    /// Closes them: all rows' at once would be more than a process may usually have open.
    pub(crate) fn disconnect(&mut self) {
        self.kept.clear();
    }

    /// All ask, again and again, while `meanwhile` lasts. Gives what that gave, and the requests.
    pub(crate) async fn ask_during<T>(&mut self, meanwhile: impl Future<Output = T>) -> (T, Vec<Asked>) {
        let stop = Arc::new(AtomicBool::new(false));
        let mut kept = std::mem::take(&mut self.kept);
        let tasks: Vec<_> = (0..self.load.clients())
            .map(|_| {
                let client = Client {
                    address: self.address,
                    config: Arc::clone(&self.config),
                    host: self.host.clone(),
                    stop: Arc::clone(&stop),
                };
                tokio::spawn(client.ask(kept.pop()))
            })
            .collect();
        let given = meanwhile.await;
        stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for task in tasks {
            let (asked, wire) = task.await.unwrap();
            all.extend(asked);
            self.kept.extend(wire);
        }
        (given, all)
    }
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    began: Instant,
    pub(crate) answered: Instant,
}

impl Asked {
    /// From the first thought of it, a connection where it needed one, to the whole answer.
    pub(crate) fn milliseconds(&self) -> f64 {
        (self.answered - self.began).as_secs_f64() * 1e3
    }
}

struct Client {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    host: String,
    stop: Arc<AtomicBool>,
}

impl Client {
    async fn ask(self, mut kept: Option<Wire>) -> (Vec<Asked>, Option<Wire>) {
        let headers = [
            ("Host".to_owned(), self.host),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        let body = members("acme", "web", "Reader").to_string();
        let mut asked = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            let mut new = None;
            let wire = match &mut kept {
                Some(wire) => wire,
                None => new.insert(Wire::open(self.address, &self.config).await.unwrap()),
            };
            let answer = wire
                .request("POST", "/sessions", &headers, body.as_bytes())
                .await
                .unwrap();
            assert!(answer.status < 300, "{}", answer.body);
            asked.push(Asked {
                began,
                answered: Instant::now(),
            });
        }
        (asked, kept)
    }
}
