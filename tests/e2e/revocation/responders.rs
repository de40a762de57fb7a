//! OCSP answers, fetched from a responder of the test's own.

use rcgen::CustomExtension;

use super::{fetching, granted, outcome, refused, rule, until_fetched};
use crate::harness::{Authority, Key, Leaf, ListServer, Page, Status, members, names_responder, ocsp_answer};

/// A leaf that names this responder.
fn leaf_of(acme: &Authority, url: &str) -> Leaf {
    acme.leaf_with(Key::P256, "web-1", |params| {
        // authorityInfoAccess
        let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
        let extension = CustomExtension::from_oid_content(&oid, names_responder(url));
        params.custom_extensions.push(extension);
    })
}

/// Under `require` the first exchange asks the responder and is told to come again; what was said then holds, after a
/// kill too, as the very first request and with the responder gone. What another key signed, what is about another
/// certificate and what is no answer is as good as none.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_fetched_once_and_kept_over_a_kill() {
    let (acme, other) = (Authority::root("Acme Root"), Authority::root("Acme Root"));
    let server = ListServer::start().await;
    let answer = |leaf: &Leaf, status| ocsp_answer(&leaf.der, &acme.der(), acme.key(), status);
    let mut cases = Vec::new();
    for (what, expected) in [
        ("good", granted()),
        ("revoked", refused("path.revoked")),
        ("unknown", refused("path.revocation-unknown")),
        ("forged", (503, "path.revocation-missing".into())),
        ("another", (503, "path.revocation-missing".into())),
        ("html", (503, "path.revocation-missing".into())),
    ] {
        let leaf = leaf_of(&acme, &server.url(&format!("/{what}")));
        let body = match what {
            "good" => answer(&leaf, Status::Good),
            "revoked" => answer(&leaf, Status::Revoked),
            "unknown" => answer(&leaf, Status::Unknown),
            "forged" => ocsp_answer(&leaf.der, &acme.der(), other.key(), Status::Good),
            "another" => answer(&acme.leaf("web-2"), Status::Good),
            _ => b"<!DOCTYPE html>".to_vec(),
        };
        server.put(&format!("/{what}"), Page::Bytes(body));
        cases.push((what, leaf, expected));
    }
    let mut daemon = fetching(&acme, "mode = \"require\"\nsources = [\"ocsp\"]")
        .start()
        .await;
    for (what, leaf, _) in &cases {
        let answer = daemon.by_tls(leaf, &members("acme", "web", "Reader")).await;
        assert_eq!(answer.status, 503, "{what}: {}", answer.body);
        assert_eq!(answer.header("retry-after"), Some("1"), "{what}");
        assert_eq!(rule(&daemon.event(&answer)), "path.revocation-missing", "{what}");
    }
    until_fetched(&daemon, "ocsp", "ok", 3).await;
    until_fetched(&daemon, "ocsp", "failed", 3).await;
    for (what, leaf, expected) in &cases {
        assert_eq!(outcome(&daemon, leaf).await, *expected, "{what}");
    }
    assert_eq!(server.asked().len(), cases.len(), "{:?}", server.asked());

    drop(server);
    daemon = daemon.kill().start().await;
    for (what, leaf, expected) in &cases {
        assert_eq!(outcome(&daemon, leaf).await, *expected, "{what}, after a kill");
    }
}

/// A responder that the configuration names is asked about intermediates too, and about every leaf, whatever it names.
#[tokio::test(flavor = "multi_thread")]
async fn a_configured_responder_is_asked_about_the_whole_path() {
    let acme = Authority::root("Acme Root");
    let server = ListServer::start().await;
    let middle = acme.intermediate("Acme Intermediate");
    let leaf = leaf_of(&middle, "http://127.0.0.1:1/nowhere").with_chain(&[&middle]);
    server.put(
        "/ocsp",
        Page::Bytes(ocsp_answer(
            &middle.der(),
            &acme.der(),
            acme.key(),
            Status::Revoked,
        )),
    );
    let daemon = fetching(&acme, &format!("ocsp_url = \"{}\"", server.url("/ocsp")))
        .start()
        .await;
    assert_eq!(outcome(&daemon, &leaf).await, granted(), "nothing was known");
    // The same answer for both questions: it is about the intermediate.
    until_fetched(&daemon, "ocsp", "ok", 1).await;
    until_fetched(&daemon, "ocsp", "failed", 1).await;
    assert_eq!(outcome(&daemon, &leaf).await, refused("path.revoked"));
}
