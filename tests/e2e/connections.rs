//! How long a connection lives, what it may carry, and how it is counted.

use std::time::Duration;

use crate::harness::{Authority, Daemon, Identity, Setup, members};

/// A connection lives so long and no longer; only its age can end it here.
const OLD_SOON: &str =
    "connection_seconds = 1\nidle_seconds = 3600\nheader_seconds = 3600\nfirst_request_seconds = 3600";

/// A client that keeps its connection is not refused anything when it is closed.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_closed_between_requests() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).limits(OLD_SOON).start().await;
    let leaf = acme.leaf("web-1");
    let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
    let body = members("acme", "web", "Reader");
    assert_eq!(daemon.exchange_on(&mut wire, &body).await.unwrap().status, 201);
    assert_eq!(wire.closed().await, b"");
    let refused = daemon
        .events()
        .iter()
        .filter(|event| event["certrole"]["rule"].is_string())
        .count();
    assert_eq!(refused, 0, "{}", daemon.log());
}

/// Threat T8: whoever always has more to say, faster than it is answered, does not live any longer for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_never_rests_grows_old_too() {
    let acme = Authority::root("Acme Root");
    let limits = format!("{OLD_SOON}\nrequests_per_address_per_second = 1\nrequests_per_address_burst = 5");
    let daemon = Setup::with(&acme).limits(&limits).start().await;
    let wire = daemon.open(&Identity::Nobody).await;
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", daemon.host());
    let said = wire.flood(request.repeat(1000).as_bytes()).await;
    let said = String::from_utf8_lossy(&said);
    assert!(
        said.contains("HTTP/1.1 429 "),
        "more was sent than is answered: {}",
        said.len()
    );
}

/// However a body's length is told, and up to the last byte that is allowed.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_comes_by_its_length_or_in_chunks_and_may_be_as_long_as_is_allowed() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).limits("body_bytes = 4096").start().await;
    let leaf = acme.leaf("web-1");
    let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
    let body = members("acme", "web", "Reader").to_string();
    let full = format!("{body:4096}");
    let (begin, end) = full.split_at(100);
    let chunked = format!("64\r\n{begin}\r\n{:x}\r\n{end}\r\n0\r\n\r\n", end.len());
    let head = format!(
        "POST /sessions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n",
        daemon.host()
    );
    // One behind the other: each leaves the connection as the next needs it.
    for (length, body, status) in [
        ("Content-Length: 4096", full.clone(), 201),
        ("Transfer-Encoding: chunked", chunked, 201),
        ("Content-Length: 4096", full.clone(), 201),
        ("Content-Length: 4097", full + " ", 413),
    ] {
        wire.send(format!("{head}{length}\r\n\r\n{body}").as_bytes())
            .await
            .unwrap();
        let answer = wire.answer().await.unwrap();
        assert_eq!(answer.status, status, "{length}: {}", answer.body);
    }
}

/// The gauge says who is here now, not who was.
#[tokio::test(flavor = "multi_thread")]
async fn open_connections_are_counted() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let mut held = Vec::new();
    for open in 1..=3 {
        held.push(daemon.open(&Identity::Nobody).await);
        assert_counted(&daemon, open).await;
    }
    for open in (0..3).rev() {
        held.pop();
        assert_counted(&daemon, open).await;
    }
}

/// Waits for the gauge to show so many: the broker sees a connection end in its own time.
async fn assert_counted(daemon: &Daemon, open: usize) {
    let wanted = format!("certroled_connections {open}");
    let mut seen = String::new();
    for _ in 0..600 {
        (_, seen) = daemon.admin("/metrics").await.unwrap();
        if seen.lines().any(|line| line == wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no `{wanted}` in\n{seen}");
}
