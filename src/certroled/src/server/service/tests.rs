#![allow(clippy::unwrap_used)]
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use audit::Log;
use broker::{Randomness, RandomnessUnavailable, Replay, SnapshotBuilder};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::*;
use crate::primitives;
use crate::randomness::System;
use crate::state::State;

#[derive(Debug)]
struct NoRandomness;

impl Randomness for NoRandomness {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        Err(RandomnessUnavailable)
    }
}

/// The system's, counted.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        self.0.fetch_add(1, Ordering::Relaxed);
        System::new().fill(bytes)
    }
}

/// A service that knows nobody, and draws from this source.
fn service(source: Arc<dyn Randomness>) -> (TempDir, Service) {
    let (folder, now) = (tempfile::tempdir().unwrap(), clock::now());
    let state = State::init(&folder.path().join("state"), &System::new()).unwrap();
    let log = Log::open(
        audit::Settings::default(),
        Box::new(audit::Folder::open(&state.audit_folder()).unwrap()),
        state.checkpoint_key().unwrap(),
        None,
        now,
    );
    let broker = Broker::new(
        log.unwrap().0,
        state.key_ring(now, &System::new()).unwrap(),
        primitives::provider().signature_verification_algorithms.all,
        Arc::clone(&source),
    );
    let snapshot = SnapshotBuilder {
        partition: "aws".parse().unwrap(),
        region: "eu-local-1".parse().unwrap(),
        server_names: vec!["broker.example.com".to_owned()],
        replay: Replay::Refuse,
        anchors: Vec::new(),
        profiles: Vec::new(),
        roles: Vec::new(),
    };
    let limits = Limits::default();
    let service = Service {
        broker: Arc::new(broker),
        snapshot: Arc::new(ArcSwap::from_pointee(snapshot.build().unwrap())),
        randomness: Drawing::from(source),
        limits,
        metrics: Arc::new(Metrics::new()),
        status: Arc::new(Status::new()),
        rates: Rates::new(
            limits.requests_per_address_per_second,
            limits.requests_per_address_burst,
        ),
        in_flight: InFlight::at_most(limits.requests_in_flight),
    };
    (folder, service)
}

/// Answers the requests of a connection.
async fn answered(service: &Service, server: DuplexStream) {
    let source = Source {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 1,
    };
    let handler = service_fn(|mut request| async move {
        Ok::<_, Infallible>(service.answer(&mut request, source, None).await)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), handler);
    connection.await.unwrap();
}

/// What the service says to a request.
async fn said(service: &Service, request: &str) -> String {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    client.write_all(request.as_bytes()).await.unwrap();
    answered(service, server).await;
    let mut said = String::new();
    client.read_to_string(&mut said).await.unwrap();
    said.to_lowercase()
}

/// Threat O6: at every door, and at none.
#[tokio::test]
async fn without_randomness_callers_are_told_to_come_again() {
    let (_folder, failing) = service(Arc::new(NoRandomness));
    let (_other_folder, working) = service(Arc::new(System::new()));
    for (request, otherwise) in [
        ("POST /sessions HTTP/1.1", "403"),
        ("POST / HTTP/1.1", "400"),
        ("GET /nowhere HTTP/1.1", "404"),
    ] {
        let request = format!(
            "{request}\r\nhost: broker.example.com\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let told = said(&failing, &request).await;
        assert!(told.starts_with("http/1.1 503 "), "{told}");
        assert!(told.contains("\r\nretry-after: 1\r\n"), "{told}");
        assert!(!told.contains("\r\nx-amzn-requestid:"), "{told}");
        let told = said(&working, &request).await;
        assert!(told.starts_with(&format!("http/1.1 {otherwise} ")), "{told}");
        assert!(told.contains("\r\nx-amzn-requestid:"), "{told}");
    }
}

/// Whether it goes on waiting when it is looked at.
async fn waits(mut answering: Pin<&mut impl Future>) -> bool {
    std::future::poll_fn(|context| Poll::Ready(answering.as_mut().poll(context).is_pending())).await
}

/// Threat T9: whoever finds no room is told so at once, and whoever comes when there is some again is let in, however
/// the request before it ended.
#[tokio::test]
async fn so_many_requests_are_let_in_and_no_more() {
    let (_folder, mut service) = service(Arc::new(System::new()));
    service.in_flight = InFlight::at_most(1);
    let request = "POST /sessions HTTP/1.1\r\nhost: broker.example.com\r\ncontent-type: application/json\r\n\
                   content-length: 2\r\nconnection: close\r\n\r\n";
    let whole = format!("{request}{{}}");
    for ends_by_itself in [true, false] {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answering = Box::pin(answered(&service, server));
        assert!(waits(answering.as_mut()).await);
        let told = said(&service, &whole).await;
        assert!(told.starts_with("http/1.1 503 "), "{told}");
        assert!(told.contains("\r\nretry-after: 1\r\n"), "{told}");
        if ends_by_itself {
            client.write_all(b"{}").await.unwrap();
            answering.await;
        } else {
            drop(answering);
        }
        let told = said(&service, &whole).await;
        assert!(told.starts_with("http/1.1 403 "), "{told}");
        assert_eq!(service.in_flight.now(), 0);
    }
}

/// Threat K6: a machine that is copied while a client takes its time has drawn nothing that it could use twice.
#[tokio::test]
async fn nothing_is_drawn_while_a_body_is_awaited() {
    let source = Arc::new(Counting::default());
    let (_folder, service) = service(Arc::<Counting>::clone(&source));
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let head = "POST /sessions HTTP/1.1\r\nhost: broker.example.com\r\ncontent-type: application/json\r\n\
                content-length: 2\r\nconnection: close\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answering = pin!(answered(&service, server));
    // More than once: the body is looked for at once, and then with a timer.
    for _ in 0..3 {
        assert!(waits(answering.as_mut()).await);
    }
    assert_eq!(service.in_flight.now(), 1, "the request has begun");
    assert_eq!(source.0.load(Ordering::Relaxed), 0);
    client.write_all(b"{}").await.unwrap();
    answering.await;
    assert_ne!(source.0.load(Ordering::Relaxed), 0);
}
