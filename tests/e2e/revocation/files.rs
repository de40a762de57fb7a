//! Lists beside the anchors, `trust-anchors/NAME.crl`.

use rcgen::{CrlDistributionPoint, CrlIssuingDistributionPoint, SerialNumber};

use super::{acme_with, figure, granted, outcome, refused, reload, rule};
use crate::harness::{Authority, Identity, Key, Setup, anchor_arn, members, policy, said};

/// Threats R1, R3: leaves and intermediates, by each proof; and nobody else, though the serial number be the same. The
/// event, `explain` and the metrics say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_refuses_whom_it_names_and_nobody_else() {
    let acme = Authority::root("Acme Root");
    let (one, other) = (acme.intermediate("One"), acme.intermediate("Other"));
    let (good, bad) = (one.leaf("web-1"), one.leaf("web-2"));
    let namesake = acme.leaf_with(Key::P256, "web-3", |params| {
        params.serial_number = Some(SerialNumber::from(bad.serial()));
    });
    let home = Setup::with(&acme).write();
    let lists = format!(
        "{}{}{}",
        acme.list_with(3, vec![other.serial()], (-1, 24), |_| {})
            .pem()
            .unwrap(),
        one.list(1, &[&bad], (-1, 24)),
        one.pem(),
    );
    home.write("trust-anchors/acme.crl", &lists);
    let daemon = home.start().await;
    let bad_serial = hex::encode(bad.serial());
    for (what, leaf, outcome) in [
        ("a leaf that is not listed", good.with_chain(&[&one]), granted()),
        ("the same serial number of another issuer", namesake, granted()),
        ("a revoked leaf", bad.with_chain(&[&one]), refused("path.revoked")),
        (
            "a leaf of a revoked intermediate",
            other.leaf("web-4").with_chain(&[&other]),
            refused("path.revoked"),
        ),
    ] {
        for answer in [
            daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await,
            daemon.send(&daemon.signed(&leaf, Key::P256)).await,
        ] {
            let event = daemon.event(&answer);
            assert_eq!((answer.status, rule(&event)), outcome, "{what}: {event}");
            // The caller learns no more than that it is refused.
            assert!(!answer.body.contains("revoked"), "{what}: {}", answer.body);
            if leaf.serial() == hex::decode(&bad_serial).unwrap() && answer.status != 201 {
                let explained = daemon.command(&format!("explain --request-id {}", answer.request_id()));
                let text = said(&{ explained }.output().unwrap());
                for part in [
                    "path.revoked",
                    "keyCompromise",
                    "revocation list 1 of `CN=One`",
                    &bad_serial,
                ] {
                    assert!(text.contains(part), "{part}: {text}");
                }
            }
        }
    }
    for (name, value) in [("revocation_lists", 2), ("revoked_certificates", 2)] {
        let name = format!("certroled_{name}{{trust_anchor=\"acme\"}}");
        assert_eq!(figure(&daemon, &name).await, value, "{name}");
    }
    let seconds = "certroled_revocation_list_seconds_to_expiry{trust_anchor=\"acme\"}";
    assert!(figure(&daemon, seconds).await > 80_000);
}

/// Threats T2, R1: what was let in a moment ago, and is remembered, is refused on the very connection that is open; and
/// a hold that is taken back ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_list_holds_at_once_on_kept_connections() {
    let acme = Authority::root("Acme Root");
    let (good, bad) = (acme.leaf("web-1"), acme.leaf("web-2"));
    let home = Setup::with(&acme).write();
    home.write("trust-anchors/acme.crl", &acme.list(1, &[], (-1, 24)));
    let daemon = home.start().await;
    let body = members("acme", "web", "Reader");
    let mut kept = daemon.open(&Identity::Certificate(&bad)).await;
    let mut others = daemon.open(&Identity::Certificate(&good)).await;
    for (number, revoked, status) in [(1, None, 201), (2, Some(&bad), 403), (3, None, 201)] {
        if number > 1 {
            let revoked: Vec<_> = revoked.into_iter().collect();
            daemon.write("trust-anchors/acme.crl", &acme.list(number, &revoked, (-1, 24)));
            reload(&daemon);
        }
        // Twice: the second time the path is remembered.
        for _ in 0..2 {
            let answer = daemon.exchange_on(&mut kept, &body).await.unwrap();
            assert_eq!(answer.status, status, "list {number}: {}", answer.body);
            let answer = daemon.exchange_on(&mut others, &body).await.unwrap();
            assert_eq!(answer.status, 201, "list {number}: {}", answer.body);
        }
    }
}

/// Threat R6: neither a reload nor a restart takes a list that is older than one that was seen, nor another one of the
/// same number.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_list_is_never_taken_again() {
    let acme = Authority::root("Acme Root");
    let (good, bad) = (acme.leaf("web-1"), acme.leaf("web-2"));
    let home = Setup::with(&acme).write();
    let present = acme.list(5, &[&bad], (-1, 24));
    home.write("trust-anchors/acme.crl", &present);
    let mut daemon = home.start().await;
    for (number, told) in [
        (4, "number 0x05 of the same issuer and scope was seen already"),
        (5, "so had another list of the same issuer and scope"),
    ] {
        daemon.write("trust-anchors/acme.crl", &acme.list(number, &[], (-1, 24)));
        let output = daemon.reload();
        let text = said(&output);
        assert!(
            !output.status.success() && text.contains("trust-anchors/acme.crl") && text.contains(told),
            "{text}"
        );
        // What was in force still is, and the operator sees that something else was to be.
        assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
        assert_eq!(outcome(&daemon, &good).await, granted());
        assert_eq!(
            figure(&daemon, "certroled_reloads_total{result=\"refused\"}").await,
            1
        );
        let home = daemon.kill();
        let ended = home.command("serve").output().unwrap();
        assert!(
            !ended.status.success() && said(&ended).contains(told),
            "{}",
            said(&ended)
        );
        home.write("trust-anchors/acme.crl", &present);
        daemon = home.start().await;
        assert_eq!(outcome(&daemon, &bad).await, refused("path.revoked"));
    }
    daemon.write("trust-anchors/acme.crl", &acme.list(6, &[], (-1, 24)));
    reload(&daemon);
    assert_eq!(outcome(&daemon, &bad).await, granted());
}

/// Threats R4, R5: what an anchor says about evidence that is over, not there yet, or not there at all. There is no
/// place to fetch from, so nobody is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn each_anchor_has_its_own_rules_for_what_is_stale_or_missing() {
    let cases = [
        ("stale", "", Some((-48, -24)), Some("path.revocation-stale")),
        ("grace", "max_staleness_seconds = 90000", Some((-48, -24)), None),
        (
            "overgrace",
            "max_staleness_seconds = 80000",
            Some((-48, -24)),
            Some("path.revocation-stale"),
        ),
        ("future", "", Some((1, 24)), Some("path.revocation-not-yet")),
        ("nothing", "", None, None),
        (
            "required",
            "mode = \"require\"",
            None,
            Some("path.revocation-missing"),
        ),
        ("fresh", "mode = \"require\"", Some((-1, 24)), None),
        (
            "lists-only",
            "mode = \"require\"\nsources = [\"crl\"]",
            Some((-1, 24)),
            None,
        ),
        (
            "answers-only",
            "mode = \"require\"\nsources = [\"ocsp\"]",
            None,
            Some("path.revocation-missing"),
        ),
        ("ignored", "mode = \"off\"", None, None),
    ];
    let acme = Authority::root("Acme Root");
    let mut setup = Setup::with(&acme);
    let mut arns = Vec::new();
    let mut worlds = Vec::new();
    for (name, table, hours, rule) in cases {
        let authority = Authority::root(name);
        let table = format!("[trust_anchor.{name}.revocation]\n{table}");
        setup = setup.anchor(name, &authority, &table);
        arns.push(anchor_arn(name));
        worlds.push((name, authority, hours, rule));
    }
    let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
    let condition = r#""aws:PrincipalTag/x509Subject/OU": "Web""#;
    let home = setup
        .more(&format!(
            "[profile.any]\nroles = [\"Any\"]\n\n[role.Any]\n{}",
            policy(&arns, condition)
        ))
        .write();
    for (name, authority, hours, _) in &worlds {
        if let Some(hours) = hours {
            home.write(
                &format!("trust-anchors/{name}.crl"),
                &authority.list(1, &[], *hours),
            );
        }
    }
    let daemon = home.start().await;
    for (name, authority, _, expected) in &worlds {
        let answer = daemon
            .by_tls(&authority.leaf("web-1"), &members(name, "any", "Any"))
            .await;
        let event = daemon.event(&answer);
        assert_eq!(rule(&event), expected.unwrap_or_default(), "{name}: {event}");
        assert_eq!(
            answer.status,
            if expected.is_some() { 403 } else { 201 },
            "{name}"
        );
        if expected.is_some() {
            let explained = daemon.command(&format!("explain --request-id {}", answer.request_id()));
            let text = said(&{ explained }.output().unwrap());
            assert!(
                text.contains(expected.unwrap()) && text.contains("What to do: "),
                "{text}"
            );
        }
    }
}

/// Threat R7: the list of one distribution point says nothing about certificates of another, and revokes all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_partitioned_list_is_not_taken_for_a_complete_one() {
    let acme = Authority::root("Acme Root");
    let point = |number: u8| CrlDistributionPoint {
        uris: vec![format!("http://crl.example.com/{number}.crl")],
    };
    let leaf = |number| {
        acme.leaf_with(Key::P256, "web-1", |params| {
            params.crl_distribution_points = vec![point(number)]
        })
    };
    let (inside, outside, bad) = (leaf(1), leaf(2), leaf(1));
    let home = acme_with(&acme, "mode = \"require\"").write();
    let list = acme.list_with(1, vec![bad.serial()], (-1, 24), |params| {
        params.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
            distribution_point: point(1),
            scope: None,
        });
    });
    home.write("trust-anchors/acme.crl", &list.pem().unwrap());
    let daemon = home.start().await;
    for (what, leaf, expected) in [
        ("of the point", &inside, granted()),
        ("of another", &outside, refused("path.revocation-out-of-scope")),
        (
            "of none",
            &acme.leaf("web-1"),
            refused("path.revocation-out-of-scope"),
        ),
        ("listed", &bad, refused("path.revoked")),
    ] {
        assert_eq!(outcome(&daemon, leaf).await, expected, "{what}");
    }
}
