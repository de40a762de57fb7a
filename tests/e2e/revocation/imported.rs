//! Lists that an operator hands to the running daemon: `certroled import-crl`.

use super::{granted, outcome, refused, rule};
use crate::harness::{Authority, Home, Setup, anchor_arn, members, policy, said};

/// Imports a list for an anchor; whether it was taken, and what was said.
fn import(home: &Home, anchor: &str, list: &str, mode: u32) -> (bool, String) {
    home.write("handed.crl", list);
    home.chmod("handed.crl", mode);
    let mut command = home.command(&format!("import-crl --trust-anchor {anchor}"));
    let output = command.arg(home.path("handed.crl")).output().unwrap();
    (output.status.success(), said(&output))
}

/// Threats R2, R6, R9: a list that is taken holds at once; one that cannot be used is refused with its reason, and
/// changes nothing; and whoever is revoked is refused as the very first request after a kill.
#[tokio::test(flavor = "multi_thread")]
async fn an_imported_list_is_kept_over_a_kill() {
    let acme = Authority::root("Acme Root");
    let namesake = Authority::root("Acme Root");
    let (good, bad) = (acme.leaf("web-1"), acme.leaf("web-2"));
    let daemon = Setup::with(&acme).start().await;
    assert_eq!(outcome(&daemon, &bad).await, granted());

    let (taken, text) = import(&daemon, "acme", &acme.list(7, &[&bad], (-1, 24)), 0o600);
    assert!(
        taken && text.contains("list 7 of `CN=Acme Root`, 1 certificates revoked"),
        "{text}"
    );
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    assert_eq!(outcome(&daemon, &good).await, granted());

    let next = acme.list(8, &[], (-1, 24));
    for (what, anchor, list, mode, told) in [
        (
            "an older one",
            "acme",
            acme.list(6, &[], (-1, 24)),
            0o600,
            "number 0x07 of the same issuer and scope was seen already",
        ),
        (
            "another one of its number",
            "acme",
            acme.list(7, &[], (-1, 24)),
            0o600,
            "with other content",
        ),
        (
            "of another CA of the name",
            "acme",
            namesake.list(8, &[], (-1, 24)),
            0o600,
            "none of the certificates that are known here signed it",
        ),
        (
            "for nobody",
            "nobody",
            next.clone(),
            0o600,
            "there is no trust anchor `nobody`",
        ),
        ("that others may write", "acme", next.clone(), 0o666, "chmod go-w"),
        (
            "that is none",
            "acme",
            "nothing".into(),
            0o600,
            "there is no CRL in it",
        ),
    ] {
        let (taken, text) = import(&daemon, anchor, &list, mode);
        assert!(
            !taken && text.contains(told) && text.contains("what was in force before still is"),
            "{what}: {text}"
        );
        assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"), "{what}");
        assert_eq!(outcome(&daemon, &good).await, granted(), "{what}");
    }
    let imports = daemon.events();
    let imports = imports.iter().filter(|event| event["eventName"] == "ImportCrl");
    assert_eq!(imports.count(), 7, "each is on record");

    let daemon = daemon.kill().start().await;
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    assert_eq!(outcome(&daemon, &good).await, granted());
    let (taken, text) = import(&daemon, "acme", &acme.list(6, &[], (-1, 24)), 0o600);
    assert!(!taken && text.contains("was seen already"), "{text}");
    // A reload reads files, and what was imported stays.
    super::reload(&daemon);
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    let (taken, text) = import(&daemon, "acme", &next, 0o600);
    assert!(taken, "{text}");
    assert_eq!(outcome(&daemon, &bad).await, granted());
}

/// A list of an intermediate comes with that CA's certificate, and one of a file gives way to a newer one that was
/// imported.
#[tokio::test(flavor = "multi_thread")]
async fn an_intermediates_list_needs_its_certificate() {
    let acme = Authority::root("Acme Root");
    let middle = acme.intermediate("Acme Intermediate");
    let bad = middle.leaf("web-1").with_chain(&[&middle]);
    let home = Setup::with(&acme).write();
    home.write(
        "trust-anchors/acme.crl",
        &format!("{}{}", middle.list(1, &[], (-1, 24)), middle.pem()),
    );
    let daemon = home.start().await;
    assert_eq!(outcome(&daemon, &bad).await, granted());
    let list = middle.list(2, &[&bad], (-1, 24));
    let (taken, text) = import(&daemon, "acme", &format!("{}{list}", middle.pem()), 0o600);
    assert!(taken, "{text}");
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    let daemon = daemon.kill().start().await;
    assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    assert!(
        daemon
            .log()
            .contains("older than the one that was fetched or imported")
    );

    let daemon = Setup::with(&acme).start().await;
    let (taken, text) = import(&daemon, "acme", &list, 0o600);
    assert!(
        !taken && text.contains("its issuer's certificate must be beside it"),
        "{text}"
    );
}

/// Threat R11: a list that was brought in for one anchor says nothing to another, though both trust the same CA.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_its_own_anchors() {
    let acme = Authority::root("Acme Root");
    let other = policy(
        &[&anchor_arn("other")],
        r#""aws:PrincipalTag/x509Subject/OU": "Web""#,
    );
    let daemon = Setup::with(&acme)
        .anchor("other", &acme, "")
        .more(&format!(
            "[profile.other]\nroles = [\"Other\"]\n\n[role.Other]\n{other}"
        ))
        .start()
        .await;
    let bad = acme.leaf("web-1");
    let (taken, text) = import(&daemon, "acme", &acme.list(1, &[&bad], (-1, 24)), 0o600);
    assert!(taken, "{text}");
    let mut daemon = daemon;
    for _ in 0..2 {
        assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
        let answer = daemon.by_tls(&bad, &members("other", "other", "Other")).await;
        assert_eq!((answer.status, rule(&daemon.event(&answer))), granted());
        // And so after a restart.
        daemon = daemon.kill().start().await;
    }
    let name = "certroled_revocation_lists{trust_anchor=\"other\"}";
    assert_eq!(super::figure(&daemon, name).await, 0);
    // A newer list of the other anchor's does not make this one's an old one, whose numbers are its own.
    let (taken, text) = import(&daemon, "other", &acme.list(5, &[], (-1, 24)), 0o600);
    assert!(taken, "{text}");
    let good = acme.leaf("web-2");
    for _ in 0..2 {
        daemon = daemon.kill().start().await;
        assert_eq!(outcome(&daemon, &good).await, granted());
        assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    }
}
