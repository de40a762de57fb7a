//! What strangers can do to the listener: nothing large, nothing slow, nothing that two readers could read differently.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Authority, Daemon, Identity, Key, Setup, members};

/// How long a test waits before it calls something hung; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

async fn assert_serves(daemon: &Daemon, acme: &Authority) {
    let answer = daemon
        .by_tls(&acme.leaf("web-1"), &members("acme", "web", "Reader"))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// Waits for an event of this rule: those of refusals without an answer are written on their own time.
async fn assert_told(daemon: &Daemon, rule: &str) {
    for _ in 0..600 {
        if daemon
            .events()
            .iter()
            .any(|event| event["certrole"]["rule"] == rule)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no event of {rule}:\n{}", daemon.log());
}

/// Threat T8: each phase has its own bound; a test waits for the broker to cut the connection.
#[tokio::test(flavor = "multi_thread")]
async fn slow_peers_are_cut_in_every_phase() {
    let acme = Authority::root("Acme Root");
    let limits = "handshake_seconds = 1\nfirst_request_seconds = 1\nheader_seconds = 1\nbody_seconds = 1";
    let daemon = Setup::with(&acme).limits(limits).start().await;

    // Says nothing at all.
    let mut silent = TcpStream::connect(daemon.address).await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut rest))
        .await
        .expect("cut");
    assert_told(&daemon, "edge.handshake-too-slow").await;
    // Says nothing after the handshake.
    let mut wire = daemon.open(&Identity::Nobody).await;
    wire.closed().await;
    assert_told(&daemon, "edge.silent").await;
    // Begins a head and does not end it.
    let mut wire = daemon.open(&Identity::Nobody).await;
    wire.send(b"POST /sessions HTTP/1.1\r\nHost: ").await.unwrap();
    wire.closed().await;
    assert_told(&daemon, "edge.head-too-slow").await;
    // Begins a body and does not end it: this one is told, since there is a request to answer.
    let mut wire = daemon.open(&Identity::Nobody).await;
    let head = format!(
        "POST /sessions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        daemon.host()
    );
    wire.send(head.as_bytes()).await.unwrap();
    let answer = wire.answer().await.unwrap();
    assert_eq!(answer.status, 408);
    assert_eq!(daemon.event(&answer)["certrole"]["rule"], "edge.body-too-slow");
    wire.closed().await;
    assert_serves(&daemon, &acme).await;
}

/// Threats T6, S13.
#[tokio::test(flavor = "multi_thread")]
async fn oversize_anything_is_refused() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let json = |more: &str| {
        format!(
            "POST /sessions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{more}",
            daemon.host()
        )
    };
    // Heads: too long, too many lines.
    for more in [
        format!("X-Long: {}\r\n\r\n", "x".repeat(200_000)),
        (0..200)
            .map(|number| format!("X-{number}: x\r\n"))
            .collect::<String>()
            + "\r\n",
    ] {
        let mut wire = daemon.open(&Identity::Nobody).await;
        let _ = wire.send(json(&more).as_bytes()).await;
        let said = String::from_utf8_lossy(&wire.closed().await).into_owned();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    }
    assert_told(&daemon, "edge.head-too-large").await;
    // Bodies: by their length, and by their chunks.
    for (more, body) in [
        ("Content-Length: 65537\r\n\r\n".to_owned(), "x".repeat(65_537)),
        (
            "Transfer-Encoding: chunked\r\n\r\n".to_owned(),
            format!("11000\r\n{}\r\n0\r\n\r\n", "x".repeat(0x11000)),
        ),
    ] {
        let mut wire = daemon.open(&Identity::Nobody).await;
        wire.send(json(&more).as_bytes()).await.unwrap();
        let _ = wire.send(body.as_bytes()).await;
        let answer = wire.answer().await.unwrap();
        assert_eq!(answer.status, 413, "{}", answer.body);
        assert_eq!(daemon.event(&answer)["certrole"]["rule"], "edge.body-too-large");
    }
    // Certificates: ten are taken from header and handshake together, eleven are not.
    let middles: Vec<Authority> = (0..10)
        .map(|number| acme.intermediate(&format!("M{number}")))
        .collect();
    for (hints, status) in [(9, 201), (10, 400)] {
        let chain: Vec<&Authority> = middles.iter().take(hints).collect();
        let leaf = acme.leaf("web-1").with_chain(&chain);
        let answer = daemon.send(&daemon.signed(&leaf, Key::P256)).await;
        assert_eq!(answer.status, status, "{hints}: {}", answer.body);
        // In a handshake they are refused there.
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let answer = daemon
            .exchange_on(&mut wire, &members("acme", "web", "Reader"))
            .await;
        assert_eq!(
            answer.is_ok_and(|answer| answer.status == 201),
            status == 201,
            "{hints}"
        );
    }
    // A member of a megabyte in the query is a head that is too long; a deep body is malformed: see `refusals`.
    assert_serves(&daemon, &acme).await;
}

/// Threat T11: one byte stream, one reading. Whatever is odd is answered 400 or cut, and nothing after it is taken
/// for a request.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_could_be_smuggled() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let host = daemon.host();
    let body = members("acme", "web", "Reader").to_string();
    let length = body.len();
    let head = format!("Host: {host}\r\nContent-Type: application/json\r\n");
    let smuggled = format!("POST /sessions HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{body}");
    let odd: Vec<String> = vec![
        format!(
            "POST /sessions HTTP/1.1\r\n{head}Content-Length: 0\r\nContent-Length: {}\r\n\r\n{smuggled}",
            smuggled.len()
        ),
        format!("POST /sessions HTTP/1.1\r\n{head}Content-Length: 5, 6\r\n\r\n{smuggled}"),
        format!("POST /sessions HTTP/1.1\r\n{head}Content-Length: +{length}\r\n\r\n{body}"),
        format!(
            "POST /sessions HTTP/1.1\r\n{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
        ),
        format!("POST /sessions HTTP/1.1\r\n{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!(
            "POST /sessions HTTP/1.1\r\n{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}"
        ),
        format!("POST /sessions HTTP/1.1\r\n{head}Content-Length: {length}\r\n X-Folded: 1\r\n\r\n{body}"),
        format!("POST /sessions HTTP/1.1\r\n{head}Content-Length : {length}\r\n\r\n{body}"),
        format!("POST https://{host}/sessions HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{body}"),
        format!("POST /sessions HTTP/1.1\r\nHost: evil\r\n{head}Content-Length: {length}\r\n\r\n{body}"),
        format!(
            "POST /sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
        format!("POST /sessions HTTP/2.0\r\n{head}Content-Length: {length}\r\n\r\n{body}"),
        format!("POST  /sessions HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{body}"),
        format!("\0POST /sessions HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{body}"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "x".repeat(5000),
    ];
    for request in odd {
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let _ = wire.send(request.as_bytes()).await;
        let said = String::from_utf8_lossy(&wire.closed_or_idle().await).into_owned();
        assert!(!said.contains(" 201 "), "{request}: {said}");
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 4"),
            "{request}: {said}"
        );
    }
    // The same, plain, is an exchange.
    let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
    wire.send(smuggled.as_bytes()).await.unwrap();
    assert_eq!(wire.answer().await.unwrap().status, 201);
}

/// Threat G1: what is no door is none, whatever proof comes with it.
#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_other_doors() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let body = members("acme", "web", "Reader").to_string();
    for (method, path, rule) in [
        ("POST", "/sessions/", "edge.no-such-path"),
        ("POST", "//sessions", "edge.no-such-path"),
        ("POST", "/%73essions", "edge.no-such-path"),
        ("POST", "/x/../sessions", "edge.no-such-path"),
        ("POST", "/metrics", "edge.no-such-path"),
        ("POST", "/healthz", "edge.no-such-path"),
        ("GET", "/sessions", "edge.no-such-method"),
        ("PUT", "/sessions", "edge.no-such-method"),
        ("DELETE", "/", "edge.no-such-method"),
    ] {
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let headers = [
            ("Host".to_owned(), daemon.host()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-HTTP-Method-Override".to_owned(), "POST".to_owned()),
        ];
        let answer = wire
            .request(method, path, &headers, body.as_bytes())
            .await
            .unwrap();
        assert!(
            (400..500).contains(&answer.status),
            "{method} {path}: {}",
            answer.body
        );
        assert_eq!(daemon.event(&answer)["certrole"]["rule"], rule);
    }
}

/// Threats T7, T9: bytes that are no TLS, or the beginning of it; the daemon lives and says what it saw.
#[tokio::test(flavor = "multi_thread")]
async fn broken_handshakes_end_themselves_only() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let corpus: Vec<Vec<u8>> = vec![
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0x16, 0x03, 0x01, 0x00, 0x00],
        vec![0x16, 0x03, 0x01, 0xff, 0xff, 0x01],
        vec![0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00],
        vec![0x14, 0x03, 0x03, 0x00, 0x01, 0x01],
        vec![0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0x00, 0x00, 0x00],
        vec![0xff; 70_000],
        vec![0x16; 3],
    ];
    for bytes in corpus {
        let mut stream = TcpStream::connect(daemon.address).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .expect("cut");
    }
    assert_told(&daemon, "edge.handshake").await;
    assert_serves(&daemon, &acme).await;
}

/// Threats T8, T9: whoever holds too many connections is refused the next; with one fewer it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn connections_are_counted() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme)
        .limits("connections_per_address = 3")
        .start()
        .await;
    let leaf = acme.leaf("web-1");
    let config = daemon.tls(&Identity::Certificate(&leaf));
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(crate::harness::Wire::open(daemon.address, &config).await.unwrap());
    }
    assert!(crate::harness::Wire::open(daemon.address, &config).await.is_err());
    assert_told(&daemon, "edge.connections-per-address").await;
    held.pop();
    let mut next = None;
    for _ in 0..600 {
        next = crate::harness::Wire::open(daemon.address, &config).await.ok();
        if next.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let body = members("acme", "web", "Reader");
    assert_eq!(
        daemon
            .exchange_on(&mut next.expect("let in again"), &body)
            .await
            .unwrap()
            .status,
        201
    );
    // The second listener is not touched by it.
    assert_eq!(daemon.readiness().await, Some(200));
}

/// Threat A13: a rate for each address.
#[tokio::test(flavor = "multi_thread")]
async fn requests_have_a_rate() {
    let acme = Authority::root("Acme Root");
    let limits = "requests_per_address_per_second = 1\nrequests_per_address_burst = 5";
    let daemon = Setup::with(&acme).limits(limits).start().await;
    let leaf = acme.leaf("web-1");
    let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
    let body = members("acme", "web", "Reader");
    let mut throttled = None;
    for _ in 0..200 {
        let answer = daemon.exchange_on(&mut wire, &body).await.unwrap();
        if answer.status == 429 {
            throttled = Some(answer);
            break;
        }
        assert_eq!(answer.status, 201);
    }
    let throttled = throttled.expect("a burst of 200 is throttled");
    assert_eq!(throttled.header("x-amzn-errortype"), Some("ThrottlingException"));
    assert!(throttled.header("retry-after").is_some());
    assert_eq!(daemon.event(&throttled)["certrole"]["rule"], "edge.rate");
}

/// Design section 3: a stranger's flood neither fills the disk nor stops others; what is not told is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refusals_is_counted_not_written() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme)
        .audit("refusals_per_address_per_minute = 5")
        .limits("requests_per_address_per_second = 100000\nrequests_per_address_burst = 100000")
        .start()
        .await;
    let mut wire = daemon.open(&Identity::Nobody).await;
    let body = members("acme", "web", "Reader");
    for _ in 0..400 {
        assert_eq!(daemon.exchange_on(&mut wire, &body).await.unwrap().status, 403);
    }
    let refusals = |events: &[serde_json::Value]| {
        events
            .iter()
            .filter(|event| event["certrole"]["rule"] == "present.no-proof")
            .count()
    };
    // The minute may turn while the test runs: then there are two minutes' worth.
    assert!(
        (5..=10).contains(&refusals(&daemon.events())),
        "{}",
        refusals(&daemon.events())
    );
    // An exchange of the same address is told all the same.
    let answer = daemon.by_tls(&acme.leaf("web-1"), &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(daemon.event(&answer)["eventName"], "CreateSession");
    // The rest is in one count, at the latest when the daemon ends.
    let home = daemon.end();
    let counted: u64 = home
        .events()
        .iter()
        .filter_map(|event| event["count"]["refusals"].as_u64())
        .sum();
    let told = u64::try_from(refusals(&home.events())).unwrap();
    assert_eq!(counted + told, 400);
    assert!(home.verify_audit().status.success());
}

/// Threats T1, T5: no ticket is ever given, so that nothing can be resumed and nothing sent early, though the client
/// would.
#[tokio::test(flavor = "multi_thread")]
async fn no_handshake_is_ever_a_resumption() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = daemon.tls_of_version(&Identity::Certificate(&leaf), version);
        for _ in 0..3 {
            let mut wire = crate::harness::Wire::open(daemon.address, &config).await.unwrap();
            let answer = daemon
                .exchange_on(&mut wire, &members("acme", "web", "Reader"))
                .await
                .unwrap();
            assert_eq!(answer.status, 201);
            let session = wire.session();
            assert_eq!(session.handshake_kind(), Some(rustls::HandshakeKind::Full));
            assert_eq!(session.tls13_tickets_received(), 0);
        }
    }
}

/// Of the suites that a client offers the quicker is chosen, whatever the client would rather have; either kind alone
/// will do.
#[tokio::test(flavor = "multi_thread")]
async fn the_quicker_suite_is_chosen_and_either_will_do() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let is_384 = |suite: &rustls::SupportedCipherSuite| format!("{:?}", suite.suite()).ends_with("SHA384");
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for (offers, chosen) in [
            ([true, false], false),
            ([true, true], true),
            ([false, false], false),
        ] {
            let mut provider = (*crate::harness::provider()).clone();
            provider
                .cipher_suites
                .retain(|suite| offers.contains(&is_384(suite)));
            provider.cipher_suites.sort_by_key(|suite| !is_384(suite));
            let config = daemon.tls_by(provider, &Identity::Certificate(&leaf), version);
            let mut wire = crate::harness::Wire::open(daemon.address, &config).await.unwrap();
            let answer = daemon
                .exchange_on(&mut wire, &members("acme", "web", "Reader"))
                .await
                .unwrap();
            assert_eq!(answer.status, 201, "{}", answer.body);
            let suite = wire.session().negotiated_cipher_suite().unwrap();
            assert_eq!(is_384(&suite), chosen, "{version:?} {offers:?}: {suite:?}");
        }
    }
}

/// The same for handshakes, which carry no request: the disk does not fill, and others are served.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_broken_handshakes_is_counted_not_written() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme)
        .audit("refusals_per_address_per_minute = 5")
        .start()
        .await;
    for _ in 0..100 {
        let mut stream = TcpStream::connect(daemon.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    assert_serves(&daemon, &acme).await;
    let home = daemon.end();
    let events = home.events();
    let told = events
        .iter()
        .filter(|event| event["certrole"]["rule"] == "edge.handshake")
        .count();
    let counted: u64 = events
        .iter()
        .filter_map(|event| event["count"]["refusals"].as_u64())
        .sum();
    assert!((5..=10).contains(&told), "{told}");
    assert_eq!(u64::try_from(told).unwrap() + counted, 100);
}

/// Threat T9: a bound for all connections together, whoever holds them.
#[tokio::test(flavor = "multi_thread")]
async fn connections_have_a_bound_in_all() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).limits("connections = 2").start().await;
    let config = daemon.tls(&Identity::Nobody);
    let _held = [
        crate::harness::Wire::open(daemon.address, &config).await.unwrap(),
        crate::harness::Wire::open(daemon.address, &config).await.unwrap(),
    ];
    assert!(crate::harness::Wire::open(daemon.address, &config).await.is_err());
    assert_told(&daemon, "edge.connections").await;
    assert_eq!(daemon.readiness().await, Some(200));
}

/// A client that ends its side of the connection behind its request has its answer all the same.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_said_all_is_answered() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let config = daemon.tls(&Identity::Certificate(&leaf));
    let body = members("acme", "web", "Reader").to_string();
    let request = format!(
        "POST /sessions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        daemon.host(),
        body.len()
    );
    for _ in 0..20 {
        let mut wire = crate::harness::Wire::open(daemon.address, &config).await.unwrap();
        wire.send(request.as_bytes()).await.unwrap();
        wire.end().await.unwrap();
        let said = String::from_utf8(wire.closed().await).unwrap();
        assert!(said.starts_with("HTTP/1.1 201 "), "{said}");
    }
}

/// What was not read of a refused request ends its connection, and the client is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_leaves_a_body_unread_says_that_the_connection_ends() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let config = daemon.tls(&Identity::Certificate(&acme.leaf("web-1")));
    for (head, status) in [
        ("POST /nowhere HTTP/1.1\r\nContent-Type: application/json", 404),
        ("POST /sessions HTTP/1.1\r\nContent-Type: text/plain", 400),
    ] {
        let mut wire = crate::harness::Wire::open(daemon.address, &config).await.unwrap();
        for (length, closes) in [(0, None), (100, Some("close"))] {
            let request = format!(
                "{head}\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n",
                daemon.host()
            );
            wire.send(request.as_bytes()).await.unwrap();
            let answer = wire.answer().await.unwrap();
            assert_eq!((answer.status, answer.header("connection")), (status, closes));
        }
    }
}

/// IPv6 beside IPv4; a peer's address is told as it is.
#[tokio::test(flavor = "multi_thread")]
async fn both_families_of_addresses_are_served() {
    let acme = Authority::root("Acme Root");
    let home = Setup::with(&acme).write();
    let (v4, port) = (home.address.to_string(), home.address.port());
    let text = home.read("certrole.toml");
    home.write(
        "certrole.toml",
        &text.replacen(&format!("\"{v4}\""), &format!("\"{v4}\", \"[::1]:{port}\""), 1),
    );
    let daemon = home.start().await;
    assert_serves(&daemon, &acme).await;
    let leaf = acme.leaf("web-1");
    let address = std::net::SocketAddr::new("::1".parse().unwrap(), port);
    let config = daemon.tls(&Identity::Certificate(&leaf));
    let mut wire = crate::harness::Wire::open(address, &config).await.unwrap();
    let answer = daemon
        .exchange_on(&mut wire, &members("acme", "web", "Reader"))
        .await
        .unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(daemon.event(&answer)["sourceIPAddress"], "::1");
}

/// `client_auth = "required"` is a filter: who shows no certificate does not get past the handshake, and is told of.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_can_be_demanded_in_the_handshake() {
    let acme = Authority::root("Acme Root");
    let home = Setup::with(&acme).write();
    let text = home.read("certrole.toml");
    home.write(
        "certrole.toml",
        &text.replacen("[listen]\n", "[listen]\nclient_auth = \"required\"\n", 1),
    );
    let daemon = home.start().await;
    assert_serves(&daemon, &acme).await;
    let body = members("acme", "web", "Reader");
    let refused = match crate::harness::Wire::open(daemon.address, &daemon.tls(&Identity::Nobody)).await {
        Ok(mut wire) => daemon.exchange_on(&mut wire, &body).await.is_err(),
        Err(_) => true,
    };
    assert!(refused);
    assert_told(&daemon, "edge.handshake").await;
}
