//! Lists that the daemon fetches by itself, from the places that its configuration or a certificate names.

use super::{
    acme_with, fetching, figure, granted, leaf_with_points, outcome, refused, rule, serving, until_fetched,
};
use crate::harness::{Authority, Key, ListServer, Page, Setup, members, said};

const CRL: &str = "certroled_revocation_fetches_total{source=\"crl\",result=";

/// Under `require` a leaf that was never seen is told to come again, and is let in once its list is there. The list
/// outlives a kill, with the server gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_never_seen_waits_for_its_list() {
    let acme = Authority::root("Acme Root");
    let server = ListServer::start().await;
    let place = [server.url("/acme.crl")];
    let (good, bad) = (leaf_with_points(&acme, &place), leaf_with_points(&acme, &place));
    let list = acme.list_with(4, vec![bad.serial()], (-1, 24), |_| {});
    server.put("/acme.crl", Page::Bytes(list.der().to_vec()));
    let daemon = fetching(&acme, "mode = \"require\"").start().await;

    let answer = daemon.by_tls(&good, &members("acme", "web", "Reader")).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(rule(&daemon.event(&answer)), "path.revocation-missing");
    let explained = daemon.command(&format!("explain --request-id {}", answer.request_id()));
    let text = said(&{ explained }.output().unwrap());
    assert!(text.contains("path.revocation-missing"), "{text}");

    until_fetched(&daemon, "crl", "ok", 1).await;
    assert_eq!(outcome(&daemon, &good).await, granted());
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    assert_eq!(server.asked(), ["/acme.crl"], "once for both");

    drop(server);
    let daemon = daemon.kill().start().await;
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    assert_eq!(outcome(&daemon, &good).await, granted());
}

/// Under `prefer` nobody waits, and the list that a first exchange makes known holds for the next; those that the
/// configuration names are fetched before anybody comes, and those of intermediates once one was met.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_fetched_ahead_of_need() {
    let acme = Authority::root("Acme Root");
    let middle = acme.intermediate("Acme Intermediate");
    let server = ListServer::start().await;
    let (direct, below) = (
        acme.leaf("web-1"),
        leaf_with_points(&middle, &[server.url("/middle.crl")]).with_chain(&[&middle]),
    );
    for (path, list) in [
        (
            "/acme.crl",
            acme.list_with(1, vec![direct.serial()], (-1, 24), |_| {}),
        ),
        (
            "/middle.crl",
            middle.list_with(1, vec![below.serial()], (-1, 24), |_| {}),
        ),
    ] {
        server.put(path, Page::Bytes(list.der().to_vec()));
    }
    let urls = format!("crl_urls = [\"{}\"]", server.url("/acme.crl"));
    let daemon = fetching(&acme, &urls).start().await;
    until_fetched(&daemon, "crl", "ok", 1).await;
    assert_eq!(outcome(&daemon, &direct).await, refused("path.revoked"));
    assert_eq!(outcome(&daemon, &below).await, granted(), "nothing was known");
    until_fetched(&daemon, "crl", "ok", 2).await;
    assert_eq!(outcome(&daemon, &below).await, refused("path.revoked"));
    assert_eq!(server.asked(), ["/acme.crl", "/middle.crl"]);
    assert_eq!(
        figure(&daemon, "certroled_revocation_lists{trust_anchor=\"acme\"}").await,
        2
    );
}

/// With nothing to fetch from, coming again changes nothing, and nobody is told to: no place, one that the policy does
/// not look at, or fetching that is not turned on.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_to_fetch_from_the_answer_is_no() {
    let acme = Authority::root("Acme Root");
    let server = ListServer::start().await;
    let pointed = leaf_with_points(&acme, &[server.url("/acme.crl")]);
    let by_name = format!("http://localhost:{}/acme.crl", server.address.port());
    let elsewhere = leaf_with_points(&acme, &[by_name]);
    let plain = acme.leaf("web-1");
    for (what, setup, leaf) in [
        ("no place", fetching(&acme, "mode = \"require\""), &plain),
        (
            "a place that is not allowed",
            fetching(&acme, "mode = \"require\""),
            &elsewhere,
        ),
        (
            "no lists wanted",
            fetching(&acme, "mode = \"require\"\nsources = [\"ocsp\"]"),
            &pointed,
        ),
        ("no fetching", acme_with(&acme, "mode = \"require\""), &pointed),
        (
            "no fetching by a word",
            acme_with(&acme, "mode = \"require\"")
                .more("[revocation]\nfetch = false\nallowed_hosts = [\"127.0.0.1\"]\n"),
            &pointed,
        ),
    ] {
        let daemon = setup.start().await;
        assert_eq!(
            outcome(&daemon, leaf).await,
            refused("path.revocation-missing"),
            "{what}"
        );
    }
    assert!(server.asked().is_empty());
}

/// Threats P20, G5: what a certificate names is gone to only when its path is good, its host is on the list, and the
/// address behind the host is one that may be gone to.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_not_allowed_is_never_contacted() {
    let acme = Authority::root("Acme Root");
    let stranger = Authority::root("Stranger");
    let forbidden = ListServer::at("127.0.0.3").await;
    let server = serving("/acme.crl", &acme.list_with(1, vec![], (-1, 24), |_| {})).await;
    let by_name = format!("http://localhost:{}/name.crl", server.address.port());
    let named = |place: String| leaf_with_points(&acme, &[place]);
    let daemon = fetching(&acme, "").start().await;
    for (what, leaf, expected) in [
        ("another address", named(forbidden.url("/a.crl")), granted()),
        ("a name for an address", named(by_name.clone()), granted()),
        (
            "another scheme",
            named(forbidden.url("/b.crl").replace("http:", "ldap:")),
            granted(),
        ),
        (
            "a name before the host",
            named(forbidden.url("/c.crl").replace("http://", "http://127.0.0.1@")),
            granted(),
        ),
        (
            "a stranger's certificate",
            leaf_with_points(&stranger, &[server.url("/stranger.crl")]),
            refused("path.issuer-missing"),
        ),
        (
            "an unfit certificate",
            acme.leaf_with(Key::P256, "web-1", |params| {
                params.not_after = params.not_before + time::Duration::minutes(1);
                params.crl_distribution_points = vec![rcgen::CrlDistributionPoint {
                    uris: vec![server.url("/unfit.crl")],
                }];
            }),
            refused("path.expired"),
        ),
    ] {
        assert_eq!(outcome(&daemon, &leaf).await, expected, "{what}");
    }
    // What may be gone to is, and after all those.
    assert_eq!(outcome(&daemon, &named(server.url("/acme.crl"))).await, granted());
    until_fetched(&daemon, "crl", "ok", 1).await;
    assert_eq!(server.asked(), ["/acme.crl"]);
    assert!(forbidden.asked().is_empty(), "{:?}", forbidden.asked());

    // A host on the list whose address is none that may be gone to: what looks it up finds that out.
    let setup = acme_with(&acme, "").more("[revocation]\nfetch = true\nallowed_hosts = [\"localhost\"]\n");
    let daemon = setup.start().await;
    assert_eq!(outcome(&daemon, &named(by_name)).await, granted());
    until_fetched(&daemon, "crl", "failed", 1).await;
    assert!(daemon.log().contains("allowed_addresses"), "{}", daemon.log());
    assert_eq!(server.asked(), ["/acme.crl"]);
}

/// What may be fetched is what the configuration says now: a reload that turns fetching off ends it, and one that turns
/// it on begins it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_changes_what_is_fetched() {
    let acme = Authority::root("Acme Root");
    let leaf = acme.leaf("web-1");
    let server = serving(
        "/acme.crl",
        &acme.list_with(1, vec![leaf.serial()], (-1, 24), |_| {}),
    )
    .await;
    let setup: Setup = acme_with(&acme, "");
    let daemon = setup.start().await;
    assert_eq!(outcome(&daemon, &leaf).await, granted());
    let urls = format!(
        "[trust_anchor.acme.revocation]\ncrl_urls = [\"{}\"]",
        server.url("/acme.crl")
    );
    daemon.change("[trust_anchor.acme.revocation]", &urls);
    let output = daemon.reload();
    let text = said(&output);
    assert!(
        !output.status.success() && text.contains("nothing is fetched"),
        "{text}"
    );
    let rules = "[revocation]\nfetch = true\nallowed_hosts = [\"127.0.0.1\"]\nallowed_addresses = [\"127.0.0.0/8\"]\n\n";
    daemon.change("[profile.web]", &format!("{rules}[profile.web]"));
    super::reload(&daemon);
    until_fetched(&daemon, "crl", "ok", 1).await;
    assert_eq!(outcome(&daemon, &leaf).await, refused("path.revoked"));
    assert_eq!(figure(&daemon, &format!("{CRL}\"failed\"}}")).await, 0);
}
