//! Servers of lists that lie, that send elsewhere, that never end: what is in force stays, and no exchange waits.

use super::{fetching, figure, granted, leaf_with_points, outcome, refused, until_fetched};
use crate::harness::{Authority, ListServer, Page};

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_server_changes_nothing_and_holds_up_nobody() {
    let acme = Authority::root("Acme Root");
    let (namesake, other) = (Authority::root("Acme Root"), Authority::root("Other Root"));
    let (server, elsewhere) = (ListServer::start().await, ListServer::start().await);
    let slow = ListServer::at("127.0.0.2").await;
    let bad = acme.leaf("web-1");
    let der = |authority: &Authority, number| {
        let list = authority.list_with(number, vec![], (-1, 24), |_| {});
        list.der().to_vec()
    };
    elsewhere.put("/newer.crl", Page::Bytes(der(&acme, 99)));
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url("/newer.crl")
    );
    let mut bent = der(&acme, 98);
    *bent.last_mut().unwrap() ^= 1;
    let pages = [
        (
            "redirecting",
            Page::Head(redirect),
            "a redirect, and certroled follows none",
        ),
        ("endless", Page::Endless, "longer than 8192 bytes"),
        (
            "announcing",
            Page::Head("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n".into()),
            "longer than 8192 bytes",
        ),
        (
            "cut",
            Page::Cut(der(&acme, 97)),
            "ended before the answer was whole",
        ),
        (
            "html",
            Page::Bytes(b"<!DOCTYPE html><p>Log in".to_vec()),
            "there is no CRL in it",
        ),
        (
            "half",
            Page::Bytes(der(&acme, 96)[..100].to_vec()),
            "what came is not taken",
        ),
        (
            "older",
            Page::Bytes(der(&acme, 6)),
            "number 0x07 of the same issuer and scope was seen",
        ),
        (
            "same",
            Page::Bytes(der(&acme, 7)),
            "so had another list of the same issuer",
        ),
        ("bent", Page::Bytes(bent), "was not signed by that CA's key"),
        (
            "namesake",
            Page::Bytes(der(&namesake, 95)),
            "none of the certificates that are known here",
        ),
        (
            "other",
            Page::Bytes(der(&other, 94)),
            "none of the certificates that are known here",
        ),
        (
            "compressed",
            Page::Head("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n".into()),
            "encoded",
        ),
        (
            "missing",
            Page::Head("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into()),
            "answered 404",
        ),
    ];
    let mut places: Vec<String> = Vec::new();
    for (path, page, _) in &pages {
        server.put(&format!("/{path}"), page.clone());
        places.push(server.url(&format!("/{path}")));
    }
    slow.put("/slow", Page::Silent);
    places.push(slow.url("/slow"));
    let misled = leaf_with_points(&acme, &places);

    let home = fetching(&acme, "mode = \"require\"").write();
    home.write("trust-anchors/acme.crl", &acme.list(7, &[&bad], (-1, 24)));
    let daemon = home.start().await;
    assert_eq!(outcome(&daemon, &misled).await, granted());
    until_fetched(&daemon, "crl", "failed", i64::try_from(pages.len()).unwrap()).await;
    slow.is_asked().await;

    let log = daemon.log();
    for (path, _, told) in pages {
        let place = server.url(&format!("/{path}"));
        let line = log
            .lines()
            .find(|line| line.contains("could not be fetched") && line.contains(&format!("\"{place}\"")));
        assert!(line.is_some_and(|line| line.contains(told)), "{path}: {line:?}");
    }
    // The slow server still says nothing, and nobody waits for it.
    assert_eq!(outcome(&daemon, &misled).await, granted());
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    assert!(elsewhere.asked().is_empty());
    for (name, value) in [("revocation_lists", 1), ("revoked_certificates", 1)] {
        let name = format!("certroled_{name}{{trust_anchor=\"acme\"}}");
        assert_eq!(figure(&daemon, &name).await, value, "{name}");
    }
    let ok = "certroled_revocation_fetches_total{source=\"crl\",result=\"ok\"}";
    assert_eq!(figure(&daemon, ok).await, 0);
}

/// One host that is slow, with more lists than fetches may run, and lists of others that are fetched all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_host_holds_up_no_other() {
    let acme = Authority::root("Acme Root");
    let slow = ListServer::at("127.0.0.2").await;
    let server = ListServer::start().await;
    let list = acme.list_with(1, vec![], (-1, 24), |_| {});
    server.put("/acme.crl", Page::Bytes(list.der().to_vec()));
    let daemon = fetching(&acme, "").start().await;
    let mut places = Vec::new();
    for number in 0..100 {
        let path = format!("/{number}");
        slow.put(&path, Page::Silent);
        places.push(slow.url(&path));
    }
    // Those of the slow host are begun first.
    assert_eq!(
        outcome(&daemon, &leaf_with_points(&acme, &places)).await,
        granted()
    );
    slow.is_asked().await;
    let leaf = leaf_with_points(&acme, &[server.url("/acme.crl")]);
    assert_eq!(outcome(&daemon, &leaf).await, granted());
    until_fetched(&daemon, "crl", "ok", 1).await;
    assert_eq!(slow.asked().len(), 1, "one at a time");
}
