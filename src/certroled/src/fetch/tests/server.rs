//! A server that does as a test says, and remembers who came.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::Location;

#[derive(Clone, Default)]
struct Seen {
    /// For each connection the address that it came to.
    connections: Arc<Mutex<Vec<IpAddr>>>,
    /// For each connection what it asked, head and body.
    requests: Arc<Mutex<Vec<String>>>,
}

pub(super) struct Server {
    port: u16,
    seen: Seen,
}

impl Server {
    /// Answers each request with the same bytes, and closes.
    pub(super) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::doing(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    /// Sends some bytes and then others for ever, until the client has enough.
    pub(super) async fn going_on(begin: &'static str, go_on: &'static str) -> Self {
        Self::doing(move |mut stream| async move {
            let many = go_on.repeat(100);
            let mut outcome = stream.write_all(begin.as_bytes()).await;
            while outcome.is_ok() {
                outcome = stream.write_all(many.as_bytes()).await;
            }
        })
        .await
    }

    /// Reads a request of each connection and leaves the rest to the test. It listens at every address of this machine.
    pub(super) async fn doing<A, F>(answer: A) -> Self
    where
        A: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Seen::default();
        let notes = seen.clone();
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let to = stream.local_addr().unwrap().ip();
                notes.connections.lock().unwrap().push(to);
                let (answer, notes) = (Arc::clone(&answer), notes.clone());
                tokio::spawn(async move {
                    let request = request(&mut stream).await;
                    notes.requests.lock().unwrap().push(request);
                    answer(stream).await;
                });
            }
        });
        Self { port, seen }
    }

    pub(super) fn at(&self, host: &str) -> Location {
        format!("http://{host}:{}/ca.crl?x=1", self.port).parse().unwrap()
    }

    pub(super) fn here(&self) -> Location {
        self.at("127.0.0.1")
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The address that each connection came to.
    pub(super) fn connections(&self) -> Vec<IpAddr> {
        self.seen.connections.lock().unwrap().clone()
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

/// Reads a head, and a body as long as the head says.
async fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return text;
        }
    }
}
