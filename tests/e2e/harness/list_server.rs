//! A server of revocation lists and OCSP answers that does as the test says, and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a path answers with.
#[derive(Clone)]
pub(crate) enum Page {
    /// These bytes, and 200.
    Bytes(Vec<u8>),
    /// The head of an answer, and nothing after it.
    Head(String),
    /// The beginning of these bytes, though all were announced.
    Cut(Vec<u8>),
    /// A body that never ends.
    Endless,
    /// Nothing, for as long as the client waits.
    Silent,
}

/// The server; gone when dropped.
pub(crate) struct ListServer {
    pub(crate) address: SocketAddr,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
    running: JoinHandle<()>,
}

impl ListServer {
    /// At this address of the machine, by a port that nobody has.
    pub(crate) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (pages, asked) = (Arc::<Mutex<HashMap<_, _>>>::default(), Arc::default());
        let (known, seen) = (Arc::clone(&pages), Arc::clone(&asked));
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (known, seen) = (Arc::clone(&known), Arc::clone(&seen));
                tokio::spawn(async move {
                    let _ = serve(stream, &known, &seen).await;
                });
            }
        });
        Self {
            address,
            pages,
            asked,
            running,
        }
    }

    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1").await
    }

    pub(crate) fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until somebody asked for anything.
    pub(crate) async fn is_asked(&self) {
        for _ in 0..3000 {
            if !self.asked().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody asked {} for anything", self.address);
    }
}

impl Drop for ListServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    pages: &Mutex<HashMap<String, Page>>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    while !whole(&bytes) {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let page = pages.lock().unwrap().get(&path).cloned();
    asked.lock().unwrap().push(path);
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    match page {
        None => {
            let none = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(none).await?;
        }
        Some(Page::Bytes(body)) => stream.write_all(&[head(body.len()), body].concat()).await?,
        Some(Page::Head(head)) => stream.write_all(head.as_bytes()).await?,
        Some(Page::Cut(body)) => {
            let half = &body[..body.len() / 2];
            stream.write_all(&[&head(body.len()), half].concat()).await?;
        }
        Some(Page::Endless) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
        Some(Page::Silent) => {
            // Ends when the client goes away.
            stream.read_buf(&mut bytes).await?;
        }
    }
    stream.shutdown().await
}

/// Whether a request is there with its body.
fn whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    bytes.len() >= end + 4 + length
}
