//! `certroled explain --certificate`: it says what the road does, and does nothing.

use std::process::Output;

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::harness::{
    Authority, Home, Key, Leaf, Setup, anchor_arn, members, policy, profile_arn, role_arn, said,
};

/// Rehearses an exchange of this certificate, with what is sent after it.
fn explain(home: &Home, leaf: &Leaf, chain: &[&Authority], words: &str) -> Output {
    let mut pem = leaf.pem.clone();
    for authority in chain {
        pem.push_str(&authority.pem());
    }
    home.write("rehearsed.pem", &pem);
    home.command(&format!("explain {words}"))
        .arg("--certificate")
        .arg(home.path("rehearsed.pem"))
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

const READER: &str = "--trust-anchor acme --profile web --role Reader";

/// For each of these certificates the rehearsal and a real exchange come to the same rule, and the status says which.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_says_what_the_road_does() {
    let acme = Authority::root("Acme Root");
    let intermediate = acme.intermediate("Acme Intermediate");
    let roles = format!(
        "[role.Admin]\n{}\n[role.Mailer]\n{}",
        policy(
            &[&anchor_arn("acme")],
            r#""aws:PrincipalTag/x509Subject/OU": "Web""#
        ),
        policy(
            &[&anchor_arn("acme")],
            r#""aws:PrincipalTag/x509Subject/OU": "Mail""#
        ),
    );
    let mut setup = Setup::with(&acme).more(&roles);
    setup.more = setup.more.replace("[\"Reader\"]", "[\"Reader\", \"Mailer\"]");
    setup.anchors[0].2 = "[trust_anchor.acme.constraints]\npermitted_dns = [\"example.com\"]".into();
    let home = setup.write();
    let leaf =
        |change: &dyn Fn(&mut rcgen::CertificateParams)| intermediate.leaf_with(Key::P256, "web-1", change);
    let revoked = leaf(&|_| {});
    let lists = intermediate.list(7, &[&revoked], (-1, 24)) + &intermediate.pem();
    home.write("trust-anchors/acme.crl", &lists);
    let daemon = home.start().await;
    for (what, leaf, chain, role, rule, values) in [
        (
            "all is well",
            leaf(&|_| {}),
            &[&intermediate][..],
            "Reader",
            None,
            vec![],
        ),
        (
            "a missing intermediate",
            leaf(&|_| {}),
            &[],
            "Reader",
            Some("path.issuer-missing"),
            vec!["CN=Acme Intermediate"],
        ),
        (
            "revoked",
            revoked,
            &[&intermediate],
            "Reader",
            Some("path.revoked"),
            vec!["revoked because: keyCompromise", "revocation list 7"],
        ),
        (
            "expired",
            leaf(&|params| params.not_after = OffsetDateTime::now_utc() - Duration::minutes(1)),
            &[&intermediate],
            "Reader",
            Some("path.expired"),
            vec!["not after", "judged at"],
        ),
        (
            "a name that is not permitted",
            leaf(&|params| {
                let name = rcgen::SanType::DnsName("web.example.net".try_into().unwrap());
                params.subject_alt_names = vec![name];
            }),
            &[&intermediate],
            "Reader",
            Some("path.name-constraints"),
            vec!["DNS:web.example.net", "permitted are only: DNS:example.com"],
        ),
        (
            "a role that the profile does not list",
            leaf(&|_| {}),
            &[&intermediate],
            "Admin",
            Some("authorize.role-not-in-profile"),
            vec!["profile's roles: Reader, Mailer"],
        ),
        (
            "a condition that is not met",
            leaf(&|_| {}),
            &[&intermediate],
            "Mailer",
            Some("authorize.trust-policy"),
            vec!["[\"Mail\"], but it is \"Web\""],
        ),
        (
            "a certificate that is none of a client's",
            leaf(&|params| params.key_usages = vec![]),
            &[&intermediate],
            "Reader",
            Some("end-entity.no-key-usage"),
            vec!["CN=web-1"],
        ),
    ] {
        let words = format!("--trust-anchor acme --profile web --role {role}");
        let told = explain(&daemon, &leaf, chain, &format!("{words} --json"));
        let value = json(&told);
        let leaf = leaf.with_chain(chain);
        let answer = daemon.by_tls(&leaf, &members("acme", "web", role)).await;
        let event = daemon.event(&answer);
        assert_eq!(event["certrole"]["rule"].as_str(), rule, "{what}: {event}");
        assert_eq!(value["outcome"]["rule"].as_str(), rule, "{what}: {value}");
        assert_eq!(value["outcome"]["granted"], rule.is_none(), "{what}: {value}");
        assert_eq!(told.status.code(), Some(i32::from(rule.is_some())), "{what}");
        if let Some(rule) = rule {
            assert_eq!(value["outcome"]["step"], event["certrole"]["step"], "{what}");
            let text = said(&explain(&daemon, &leaf, chain, &words));
            assert!(
                text.contains(rule) && text.contains("What to do: "),
                "{what}: {text}"
            );
            for value in values {
                assert!(text.contains(value), "{what}, {value}: {text}");
            }
        }
    }
    // What the daemon was handed since counts too, and in the place of the file's list.
    let revoked = leaf(&|_| {}).with_chain(&[&intermediate]);
    let newer = intermediate.list(8, &[&revoked], (-1, 24)) + &intermediate.pem();
    daemon.write("newer.crl", &newer);
    let imported = daemon
        .command("import-crl --trust-anchor acme")
        .arg(daemon.path("newer.crl"))
        .output()
        .unwrap();
    assert!(imported.status.success(), "{}", said(&imported));
    let answer = daemon.by_tls(&revoked, &members("acme", "web", "Reader")).await;
    assert_eq!(daemon.event(&answer)["certrole"]["rule"], "path.revoked");
    let value = json(&explain(
        &daemon,
        &revoked,
        &[&intermediate],
        &format!("{READER} --json"),
    ));
    assert_eq!(value["outcome"]["rule"], "path.revoked", "{value}");
    let lists = value["revocation"]["lists"].as_array().unwrap();
    assert_eq!(lists.len(), 1, "{value}");
    assert_eq!(
        (&lists[0]["number"], &lists[0]["from"]),
        (&"8".into(), &"the state".into())
    );

    let looks = daemon.events();
    let looks = looks.iter().filter(|event| event["eventName"] == "Explain");
    assert!(
        looks.clone().count() >= 7 && looks.clone().all(|event| event.to_string().contains("rehearsal")),
        "each look is on record"
    );
}

/// Without a daemon: what would be granted is told in full, by ARNs as well as by names, and nothing is made.
#[test]
fn what_would_be_granted_is_told_in_full() {
    let acme = Authority::root("Acme Root");
    let home = Setup::with(&acme).write();
    let leaf = acme.leaf("web-1");
    let words = format!(
        "--trust-anchor {} --profile {} --role {} --json",
        anchor_arn("acme"),
        profile_arn("web"),
        role_arn("Reader")
    );
    let told = explain(&home, &leaf, &[], &words);
    assert!(told.status.success(), "{}", said(&told));
    let value = json(&told);
    let outcome = &value["outcome"];
    assert_eq!(outcome["granted"], true);
    assert_eq!(outcome["durationSeconds"], 3600);
    assert_eq!(outcome["sourceIdentity"], "CN=web-1");
    assert_eq!(outcome["sessionName"], value["certificate"]["serial"]);
    let tag = serde_json::json!({"key": "x509Subject/OU", "value": "Web"});
    assert!(outcome["tags"].as_array().unwrap().contains(&tag), "{outcome}");
    assert_eq!(
        value["paths"][0]["subjects"],
        serde_json::json!(["O=Acme,OU=Web,CN=web-1", "CN=Acme Root"])
    );
    let text = said(&explain(&home, &leaf, &[], READER));
    for part in [
        "Path 1: O=Acme,OU=Web,CN=web-1 <- CN=Acme Root",
        "nothing known",
        "It would be granted, until",
        "x509Subject/OU: Web",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Another time, another verdict.
    let late = explain(&home, &leaf, &[], &format!("{READER} --at 2099-01-01T00:00:00Z"));
    assert_eq!(late.status.code(), Some(1));
    assert!(said(&late).contains("path.expired"), "{}", said(&late));
    // An Ed25519 key proves itself by TLS only.
    let ed25519 = acme.leaf_with(Key::Ed25519, "web-1", |_| {});
    let text = said(&explain(&home, &ed25519, &[], READER));
    assert!(text.contains("end-entity.key-not-for-signing"), "{text}");
    for (words, told) in [
        (
            "--trust-anchor acme --profile web --role Raeder",
            "one of: Reader",
        ),
        (
            "--trust-anchor arn:aws:x --profile web --role Reader",
            "--trust-anchor",
        ),
        ("--profile web --role Reader", "--trust-anchor"),
        (
            "--trust-anchor acme --profile web --role Reader --at now",
            "--at now",
        ),
    ] {
        let output = explain(&home, &leaf, &[], words);
        assert!(
            !output.status.success() && said(&output).contains(told),
            "{}",
            said(&output)
        );
    }
}

/// The lists beside the anchor count, with their age; a state that cannot be read is told.
#[test]
fn revocation_evidence_is_told_with_its_age() {
    let acme = Authority::root("Acme Root");
    let intermediate = acme.intermediate("Acme Intermediate");
    let mut setup = Setup::with(&acme);
    setup.anchors[0].2 = "[trust_anchor.acme.revocation]\nmode = \"require\"\nsources = [\"crl\"]".into();
    let home = setup.write();
    let (good, bad) = (intermediate.leaf("web-1"), intermediate.leaf("web-2"));
    let rehearse = |leaf: &Leaf, words: &str| {
        let told = explain(&home, leaf, &[&intermediate], format!("{READER} {words}").trim());
        (told.status.code(), said(&told))
    };
    let (status, text) = rehearse(&good, "");
    assert!(
        status == Some(1) && text.contains("path.revocation-missing"),
        "{text}"
    );

    let lists = format!(
        "{}{}{}",
        acme.list(3, &[], (-30, 48)),
        intermediate.list(41, &[&bad], (-2, 48)),
        intermediate.pem(),
    );
    home.write("trust-anchors/acme.crl", &lists);
    let (status, text) = rehearse(&good, "");
    assert_eq!(status, Some(0), "{text}");
    for part in [
        "list 41 of CN=Acme Intermediate, 1 entries, 2 h old",
        "O=Acme,OU=Web,CN=web-1: not revoked, by a list that is 2 h old",
        "CN=Acme Intermediate: not revoked, by a list that is 1 d old",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (status, text) = rehearse(&bad, "");
    assert_eq!(status, Some(1), "{text}");
    for part in [
        "path.revoked",
        "revoked because: keyCompromise",
        "revocation list 41 of `CN=Acme Intermediate`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let told = explain(&home, &bad, &[&intermediate], &format!("{READER} --json"));
    let value = json(&told);
    assert_eq!(value["outcome"]["rule"], "path.revoked");
    let serial = value["certificate"]["serial"].clone();
    assert_eq!(value["paths"][0]["values"]["serial"], serial, "{value}");
    assert_eq!(value["revocation"]["lists"][1]["number"], "41");
    assert!(value["revocation"]["lists"][1]["ageSeconds"].as_i64().unwrap() >= 7200);

    let later = OffsetDateTime::now_utc() + Duration::days(3);
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let later = later.format(format).unwrap();
    let (_, text) = rehearse(&good, &format!("--at {later}"));
    assert!(text.contains("path.revocation-stale"), "{text}");

    home.chmod("state", 0o755);
    let (status, text) = rehearse(&good, "");
    assert!(status == Some(0) && text.contains("only files were"), "{text}");
}
