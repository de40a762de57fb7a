//! Where a fetch goes, and where it does not.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Barrier;

use super::super::error::Failure;
use super::super::{Fetcher, Location, Rules};
use super::server::Server;
use super::{LIMIT, get, rules, scripted};

const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist";

/// Threat G5: a host must be on one list and its address on the other, an address in a URL on both; and who is refused
/// is never connected to.
#[tokio::test]
async fn a_host_and_its_address_must_both_be_allowed() {
    for (hosts, addresses, host, allowed) in [
        (&["localhost"][..], &["127.0.0.0/8"][..], "localhost", true),
        (&["localhost"], &[], "localhost", false),
        (&["localhost"], &["10.0.0.0/8"], "localhost", false),
        (&["*.test"], &["127.0.0.0/8"], "localhost", false),
        (&[], &["127.0.0.0/8"], "localhost", false),
        (&["127.0.0.1"], &["127.0.0.0/8"], "127.0.0.1", true),
        (&["127.0.0.1"], &[], "127.0.0.1", false),
        (&["localhost"], &["127.0.0.0/8"], "127.0.0.1", false),
        (&[], &["127.0.0.0/8"], "127.0.0.1", false),
        (&["127.0.0.1"], &["127.0.0.0/8"], "127.0.0.2", false),
        // This machine in other clothes.
        (
            &["127.0.0.1", "::ffff:127.0.0.1"],
            &["127.0.0.0/8"],
            "[::ffff:127.0.0.1]",
            false,
        ),
        (
            &["127.0.0.1"],
            &["127.0.0.0/8", "::ffff:0:0/96"],
            "[::ffff:127.0.0.1]",
            false,
        ),
        (&["0.0.0.1"], &["127.0.0.0/8"], "0.0.0.1", false),
    ] {
        let server = Server::saying(GOOD).await;
        let rules = Rules {
            hosts: hosts.iter().map(|entry| entry.parse().unwrap()).collect(),
            addresses: addresses.iter().map(|entry| entry.parse().unwrap()).collect(),
            ..Rules::default()
        };
        let outcome = get(rules, &server.at(host)).await;
        let case = format!("{host} by {hosts:?} and {addresses:?}: {outcome:?}");
        if allowed {
            assert_eq!(outcome.unwrap(), b"list", "{case}");
        } else {
            let failure = outcome.unwrap_err();
            let (list, refused) = match &failure {
                Failure::HostNotAllowed(_) => ("allowed_hosts", true),
                Failure::AddressNotAllowed(_) => ("", true),
                _ => ("", false),
            };
            assert!(refused && failure.to_string().contains(list), "{case}");
        }
        assert_eq!(server.connections().len(), usize::from(allowed), "{case}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_list() {
    let at: Location = "http://127.0.0.1:1/".parse().unwrap();
    let nowhere = get(Rules::default(), &at).await.unwrap_err().to_string();
    assert!(
        nowhere.contains("`allowed_hosts` does not name 127.0.0.1"),
        "{nowhere}"
    );
    let closed = Rules {
        addresses: Vec::new(),
        ..rules()
    };
    let error = get(closed, &at).await.unwrap_err().to_string();
    assert!(
        error.contains("loopback") && error.contains("`allowed_addresses` lists it"),
        "{error}"
    );
}

/// Threat G5, rebinding: the address that was judged is the one that is connected to, and no name is looked up twice.
#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::saying(GOOD).await;
    let at = server.at("rebinding.test");
    let good: IpAddr = "127.0.0.1".parse().unwrap();
    let fetcher = scripted(
        rules(),
        &[
            &["127.0.0.1"],
            &["127.0.0.2"],
            &["127.0.0.2", "169.254.169.254", "127.0.0.1", "::1"],
            &["::ffff:127.0.0.1"],
            &[],
        ],
    );
    assert_eq!(fetcher.get(&at, LIMIT).await.unwrap(), b"list");
    assert_eq!(server.connections(), [good]);
    // Were the name looked up again between judging and connecting, the answers below would be the wrong ones.
    let refused = fetcher.get(&at, LIMIT).await.unwrap_err();
    assert!(
        matches!(&refused.failure, Failure::AddressNotAllowed(why) if why.address.to_string() == "127.0.0.2"),
        "{refused}"
    );
    assert_eq!(server.connections(), [good]);
    // Of several addresses only those that passed are gone to.
    assert_eq!(fetcher.get(&at, LIMIT).await.unwrap(), b"list");
    assert_eq!(server.connections(), [good, good]);
    let refused = fetcher.get(&at, LIMIT).await.unwrap_err();
    assert!(
        matches!(refused.failure, Failure::AddressNotAllowed(_)),
        "{refused}"
    );
    let refused = fetcher.get(&at, LIMIT).await.unwrap_err();
    assert!(refused.to_string().contains("no address"), "{refused}");
    assert_eq!(server.connections(), [good, good]);
}

#[tokio::test]
async fn an_address_that_does_not_answer_leaves_the_others() {
    let server = Server::saying(GOOD).await;
    let nobody = closed_port().await;
    // The server listens at every IPv4 address; so nobody listens at the IPv6 one.
    let rules = Rules {
        addresses: ["127.0.0.1", "::1"].map(|entry| entry.parse().unwrap()).into(),
        ..rules()
    };
    let fetcher = scripted(rules, &[&["::1", "127.0.0.1"], &["127.0.0.1"]]);
    assert_eq!(fetcher.get(&server.at("two.test"), LIMIT).await.unwrap(), b"list");
    let at = format!("http://one.test:{nobody}/").parse().unwrap();
    let error = fetcher.get(&at, LIMIT).await.unwrap_err();
    assert!(matches!(error.failure, Failure::Connect { .. }), "{error}");
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{nobody}")),
        "{error}"
    );
}

async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

/// An address that takes no connection uses up its own time, and not that of the next.
#[tokio::test]
async fn connecting_has_a_time_of_its_own() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    // Fill the queue of connections that nobody takes: from some point on the system answers no more.
    let mut waiting = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        waiting.push(connected);
        assert!(waiting.len() < 100, "the queue does not fill");
    }
    let impatient = || Rules {
        connect: Duration::from_millis(50),
        addresses: vec!["127.0.0.0/8".parse().unwrap()],
        ..rules()
    };
    let at: Location = format!("http://slow.test:{}/", address.port()).parse().unwrap();
    let fetcher = scripted(impatient(), &[&["127.0.0.1"], &["127.0.0.1", "127.0.0.2"]]);
    let error = fetcher.get(&at, LIMIT).await.unwrap_err();
    assert!(
        matches!(&error.failure, Failure::Connect { problem, .. } if problem.contains("in time")),
        "{error}"
    );
    let second = TcpListener::bind(("127.0.0.2", address.port())).await.unwrap();
    let fetch = tokio::spawn(async move { fetcher.get(&at, LIMIT).await });
    let (mut stream, _) = second.accept().await.unwrap();
    stream.write_all(GOOD.as_bytes()).await.unwrap();
    assert_eq!(fetch.await.unwrap().unwrap(), b"list");
}

/// The most requests that a server had before it at once, when four are made together.
async fn most_at_once(at_once: usize, hosts: [&str; 4]) -> usize {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let server = Server::doing(move |mut stream| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            let present = now.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(present, Ordering::SeqCst);
            // Time for others to come, if they may.
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(GOOD.as_bytes()).await;
        }
    })
    .await;
    let rules = Rules { at_once, ..rules() };
    all(&scripted(rules, &[["127.0.0.1"].as_slice(); 4]), &server, hosts).await;
    seen.load(Ordering::SeqCst)
}

async fn all(fetcher: &Fetcher, server: &Server, hosts: [&str; 4]) {
    let [a, b, c, d] = hosts.map(|host| server.at(host));
    let (a, b, c, d) = tokio::join!(
        fetcher.get(&a, LIMIT),
        fetcher.get(&b, LIMIT),
        fetcher.get(&c, LIMIT),
        fetcher.get(&d, LIMIT),
    );
    for outcome in [a, b, c, d] {
        assert_eq!(outcome.unwrap(), b"list");
    }
}

#[tokio::test]
async fn a_host_is_asked_one_thing_at_a_time() {
    assert_eq!(most_at_once(8, ["a.test"; 4]).await, 1);
}

#[tokio::test]
async fn all_hosts_together_have_a_bound() {
    let hosts = ["a.test", "b.test", "c.test", "d.test"];
    assert_eq!(most_at_once(1, hosts).await, 1);
    assert!(most_at_once(2, hosts).await <= 2);
}

/// None of four hosts answers before all have been asked.
#[tokio::test]
async fn different_hosts_do_not_wait_for_each_other() {
    let barrier = Arc::new(Barrier::new(4));
    let server = Server::doing(move |mut stream| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            let _ = stream.write_all(GOOD.as_bytes()).await;
        }
    })
    .await;
    let fetcher = scripted(rules(), &[["127.0.0.1"].as_slice(); 4]);
    all(&fetcher, &server, ["a.test", "b.test", "c.test", "d.test"]).await;
}
