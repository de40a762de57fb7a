//! Whoever a CA took back is refused: by lists in files, by lists that an operator imports, by what is fetched.
//!
//! What lives here: what the modules below share. What each kind of evidence means is `docs/revocation.md`, and tested
//! row by row in `pki`; here the daemon is a process, and its lists come to it as an operator's would.

mod fetched;
mod files;
mod hostile;
mod imported;
mod responders;

use std::time::Duration;

use rcgen::CrlDistributionPoint;
use serde_json::Value;

use crate::harness::{Authority, Daemon, Key, Leaf, ListServer, Setup, members, said};

/// One anchor, `acme`, with these lines in the table of its policy.
fn acme_with(acme: &Authority, revocation: &str) -> Setup {
    let mut setup = Setup::with(acme);
    setup.anchors[0].2 = format!("[trust_anchor.acme.revocation]\n{revocation}");
    setup
}

/// The same, and the daemon may fetch from 127.0.0.1 and 127.0.0.2.
fn fetching(acme: &Authority, revocation: &str) -> Setup {
    // Nothing that waits for a fetch would be done before a test has lost its patience.
    acme_with(acme, revocation).more(
        "[revocation]\nfetch = true\nallowed_hosts = [\"127.0.0.1\", \"127.0.0.2\"]\n\
         allowed_addresses = [\"127.0.0.0/8\"]\nfetch_seconds = 600\nlist_bytes = 8192\n",
    )
}

/// A leaf that says that its CA's lists are at these places.
fn leaf_with_points(authority: &Authority, places: &[String]) -> Leaf {
    authority.leaf_with(Key::P256, "web-1", |params| {
        let point = |uri: &String| CrlDistributionPoint {
            uris: vec![uri.clone()],
        };
        params.crl_distribution_points = places.iter().map(point).collect();
    })
}

/// Exchanges by TLS; the status, and the rule that refused.
async fn outcome(daemon: &Daemon, leaf: &Leaf) -> (u16, String) {
    let answer = daemon.by_tls(leaf, &members("acme", "web", "Reader")).await;
    (answer.status, rule(&daemon.event(&answer)))
}

fn rule(event: &Value) -> String {
    event["certrole"]["rule"].as_str().unwrap_or_default().to_owned()
}

fn granted() -> (u16, String) {
    (201, String::new())
}

fn refused(rule: &str) -> (u16, String) {
    (403, rule.to_owned())
}

/// `certroled reload`, which must be taken.
fn reload(daemon: &Daemon) {
    let output = daemon.reload();
    assert!(output.status.success(), "{}", said(&output));
}

/// A figure of `/metrics`; zero where there is no such line.
async fn figure(daemon: &Daemon, name: &str) -> i64 {
    let (_, text) = daemon.admin("/metrics").await.unwrap();
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        .unwrap_or_default()
}

/// Waits until so many fetches came to this result.
async fn until_fetched(daemon: &Daemon, source: &str, result: &str, count: i64) {
    let name = format!("certroled_revocation_fetches_total{{source=\"{source}\",result=\"{result}\"}}");
    for _ in 0..3000 {
        if figure(daemon, &name).await >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("there are fewer than {count} of {name}:\n{}", daemon.log());
}

/// A server that has this list.
async fn serving(path: &str, list: &rcgen::CertificateRevocationList) -> ListServer {
    let server = ListServer::start().await;
    server.put(path, crate::harness::Page::Bytes(list.der().to_vec()));
    server
}
