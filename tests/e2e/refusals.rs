//! Everything that is refused: the exact reply, which tells a class and an id, and the event, which tells all.

use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use wire::ErrorClass::{self, Malformed, MissingAuthentication, Throttled, Unauthenticated, Unauthorized};

use crate::harness::{
    Answer, Authority, Daemon, Identity, Key, Leaf, Setup, Wire, anchor_arn, members, policy, profile_arn,
    query, role_arn,
};

/// The reply is that of the class to the letter, and the event names the rule.
fn assert_refused(daemon: &Daemon, answer: &Answer, class: ErrorClass, rule: &str) -> Value {
    assert_eq!(answer.status, class.status(), "{rule}: {}", answer.body);
    assert_eq!(answer.header("x-amzn-errortype"), Some(class.code()), "{rule}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), json!({"message": class.message()}), "{rule}");
    let event = daemon.event(answer);
    assert_eq!(event["certrole"]["rule"], rule, "{event}");
    assert_eq!(event["errorCode"], class.code(), "{event}");
    assert!(event.get("responseElements").is_none(), "{event}");
    event
}

/// By both proofs, as far as the key has both.
async fn assert_certificate_refused(daemon: &Daemon, leaf: &Leaf, key: Key, class: ErrorClass, rule: &str) {
    let answer = daemon.by_tls(leaf, &members("acme", "web", "Reader")).await;
    assert_refused(daemon, &answer, class, rule);
    if matches!(key, Key::P256 | Key::Rsa2048) {
        let answer = daemon.send(&daemon.signed(leaf, key)).await;
        assert_refused(daemon, &answer, class, rule);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_unfit() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let now = OffsetDateTime::now_utc();
    type Bend = Box<dyn FnOnce(&mut rcgen::CertificateParams)>;
    let critical = || {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
        extension.set_criticality(true);
        extension
    };
    let cases: Vec<(&str, Bend)> = vec![
        (
            "path.expired",
            Box::new(move |p| p.not_after = now - Duration::minutes(1)),
        ),
        (
            "path.not-yet-valid",
            Box::new(move |p| p.not_before = now + Duration::hours(1)),
        ),
        ("end-entity.no-key-usage", Box::new(|p| p.key_usages = vec![])),
        (
            "end-entity.no-digital-signature",
            Box::new(|p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
        ),
        (
            "end-entity.signs-certificates",
            Box::new(|p| {
                p.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign]
            }),
        ),
        (
            "end-entity.not-for-clients",
            Box::new(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
        ),
        (
            "end-entity.is-a-ca",
            Box::new(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        ),
        (
            "end-entity.empty-subject",
            Box::new(|p| p.distinguished_name = rcgen::DistinguishedName::new()),
        ),
        (
            "end-entity.unknown-critical-extension",
            Box::new(move |p| p.custom_extensions = vec![critical()]),
        ),
    ];
    for (rule, bend) in cases {
        let leaf = acme.leaf_with(Key::P256, "web-1", bend);
        assert_certificate_refused(&daemon, &leaf, Key::P256, Unauthenticated, rule).await;
    }
    // Extended key usage is not demanded.
    let leaf = acme.leaf_with(Key::P256, "web-1", |p| p.extended_key_usages = vec![]);
    assert_eq!(
        daemon
            .by_tls(&leaf, &members("acme", "web", "Reader"))
            .await
            .status,
        201
    );
}

/// A certificate whose CA the request does not name, or that does not reach it (threats P18, P19, P20).
#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_another_anchor() {
    let (acme, other) = (Authority::root("Acme Root"), Authority::root("Other Root"));
    let middle = acme.intermediate("Acme Issuing");
    let stale = Authority::expired_root("Stale Root");
    let twin = Authority::root("Acme Root");
    let daemon = Setup::with(&acme)
        .anchor("other", &other, "")
        .anchor("stale", &stale, "")
        .anchor("off", &acme, "enabled = false")
        .start()
        .await;
    let missing = "path.issuer-missing";

    // Another anchor's leaf; its own root in the chain changes nothing; nor does an anchor of the same name.
    for leaf in [
        other.leaf("web-1"),
        other.leaf("web-1").with_chain(&[&other]),
        middle.leaf("web-1"),
    ] {
        assert_certificate_refused(&daemon, &leaf, Key::P256, Unauthenticated, missing).await;
    }
    let impostor = twin.leaf("web-1");
    assert_certificate_refused(&daemon, &impostor, Key::P256, Unauthenticated, "path.signature").await;
    // The right certificate for the wrong anchor.
    let answer = daemon
        .by_tls(&acme.leaf("web-1"), &members("other", "web", "Reader"))
        .await;
    assert_refused(&daemon, &answer, Unauthenticated, missing);
    // An anchor whose own time is over.
    let answer = daemon
        .by_tls(&stale.leaf("web-1"), &members("stale", "web", "Reader"))
        .await;
    assert_refused(&daemon, &answer, Unauthenticated, "path.expired");
    // A disabled anchor, and one that never was, look alike (threat A12).
    let disabled = daemon
        .by_tls(&acme.leaf("web-1"), &members("off", "web", "Reader"))
        .await;
    assert_refused(
        &daemon,
        &disabled,
        Unauthenticated,
        "authenticate.disabled-anchor",
    );
    let unknown = daemon
        .by_tls(&acme.leaf("web-1"), &members("never", "web", "Reader"))
        .await;
    assert_refused(&daemon, &unknown, Unauthenticated, "authenticate.unknown-anchor");
    assert_eq!(disabled.body, unknown.body);
}

/// What no signature can be verified for (P-521 in the handshake is an interop test: no Rust client here has it).
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_supported() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    // An Ed25519 key has no algorithm on the signed wire, whatever the request claims; the others need a build with
    // aws-lc-rs (`aws_lc`).
    let mut keys = vec![(Key::Ed25519, "Ed25519")];
    if cfg!(not(feature = "aws-lc-rs")) {
        keys.extend([
            (Key::P521, "P-521"),
            (Key::MlDsa44, "ML-DSA-44"),
            (Key::MlDsa65, "ML-DSA-65"),
            (Key::MlDsa87, "ML-DSA-87"),
        ]);
    }
    for (key, name) in keys {
        let leaf = acme.leaf_with(key, "web-1", |_| {});
        let answer = daemon.send(&daemon.signed(&leaf, key)).await;
        let event = assert_refused(&daemon, &answer, Unauthenticated, "present.key-not-supported");
        assert!(event.to_string().contains(name), "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_not_authorized() {
    let acme = Authority::root("Acme Root");
    let nobody = policy(
        &[&anchor_arn("acme")],
        r#""aws:PrincipalTag/x509Subject/CN": "nobody""#,
    );
    let reader = policy(
        &[&anchor_arn("acme")],
        r#""aws:PrincipalTag/x509Subject/OU": "Web""#,
    );
    let daemon = Setup::with(&acme)
        .more(&format!(
            "[profile.off]\nenabled = false\nroles = [\"Reader\"]\n\n[profile.long]\nduration_seconds = 7200\n\
             roles = [\"Reader\", \"Picky\"]\n\n[role.Picky]\n{nobody}\n[role.Alone]\n{reader}"
        ))
        .start()
        .await;
    let leaf = acme.leaf("web-1");
    let with = |anchor, profile, role, name: &str, value: Value| {
        let mut body = members(anchor, profile, role);
        if !name.is_empty() {
            body[name] = value;
        }
        body
    };
    for (rule, body) in [
        (
            "authorize.disabled-profile",
            with("acme", "off", "Reader", "", Value::Null),
        ),
        (
            "authorize.unknown-profile",
            with("acme", "never", "Reader", "", Value::Null),
        ),
        (
            "authorize.role-not-in-profile",
            with("acme", "web", "Alone", "", Value::Null),
        ),
        (
            "authorize.role-not-in-profile",
            with("acme", "web", "Never", "", Value::Null),
        ),
        (
            "authorize.trust-policy",
            with("acme", "long", "Picky", "durationSeconds", json!(900)),
        ),
        (
            "authorize.session-name-not-accepted",
            with("acme", "web", "Reader", "roleSessionName", json!("mine")),
        ),
        // The profile gives two hours, the role one: refused, not clamped.
        (
            "authorize.duration",
            with("acme", "long", "Reader", "", Value::Null),
        ),
        (
            "authorize.duration",
            with("acme", "long", "Reader", "durationSeconds", json!(7200)),
        ),
    ] {
        let answer = daemon.by_tls(&leaf, &body).await;
        assert_refused(&daemon, &answer, Unauthorized, rule);
    }
    // Below the role's maximum the same profile is fine.
    let answer = daemon
        .by_tls(
            &leaf,
            &with("acme", "long", "Reader", "durationSeconds", json!(3600)),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// Threats A7, A8, S4, S13: what is not of the contract's form is malformed, whoever sends it.
#[tokio::test(flavor = "multi_thread")]
async fn members_that_are_malformed() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let mut bodies: Vec<String> = Vec::new();
    for duration in [
        json!(899),
        json!(43201),
        json!(0),
        json!(-1),
        json!(i64::from(i32::MAX) + 1),
        json!("3600"),
        json!(3600.5),
        json!(1e30),
        json!(true),
        json!([3600]),
    ] {
        let mut body = members("acme", "web", "Reader");
        body["durationSeconds"] = duration;
        bodies.push(body.to_string());
    }
    for name in ["a", "a:b", "a/b", "ä", "a b", "", &"n".repeat(65), "a\nb"] {
        let mut body = members("acme", "web", "Reader");
        body["roleSessionName"] = json!(name);
        bodies.push(body.to_string());
    }
    let good = members("acme", "web", "Reader").to_string();
    let (anchor, profile, role) = (anchor_arn("acme"), profile_arn("web"), role_arn("Reader"));
    bodies.extend([
        "{}".into(),
        "[]".into(),
        "null".into(),
        "{".into(),
        "[".repeat(20_000),
        good.replace(&anchor, ""),
        good.replace(&anchor, &profile),
        good.replace(&anchor, &anchor.to_uppercase()),
        good.replace(&anchor, &anchor.replace("arn:aws:", "arn:aws-cn:x:")),
        good.replace(&anchor, &format!("{anchor}/")),
        good.replace(&profile, &profile.replace(':', "%3A")),
        good.replace(&role, &format!("{role}:")),
        good.replace(&role, "arn:aws:iam::111122223333:role/\u{202e}Reader"),
        // Twice in one place.
        good.replace("{", &format!("{{\"roleArn\":{},", json!(role))),
    ]);
    for body in bodies {
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let headers = [
            ("Host".to_owned(), daemon.host()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        let answer = wire
            .request("POST", "/sessions", &headers, body.as_bytes())
            .await
            .unwrap();
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert_refused(&daemon, &answer, Malformed, "present.members");
    }
    // Twice in the query, or in query and body.
    let all = query("acme", "web", "Reader");
    let role = all.split('&').nth(1).unwrap().to_owned();
    for (query, body) in [
        (format!("{all}&{role}"), String::new()),
        (all.clone(), json!({"roleArn": role_arn("Reader")}).to_string()),
        (
            format!("durationSeconds=900&{all}"),
            json!({"durationSeconds": 900}).to_string(),
        ),
        (format!("durationSeconds=1e3&{all}"), String::new()),
    ] {
        let mut signed = daemon.signed(&leaf, Key::P256);
        (signed.query, signed.body) = (query, body);
        let answer = daemon.send(&signed).await;
        let rule = if signed.query.ends_with(&role) {
            "present.spelling"
        } else {
            "present.members"
        };
        assert_refused(&daemon, &answer, Malformed, rule);
    }
}

/// Threats S1 to S12.
#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_do_not_hold() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let (leaf, other) = (acme.leaf("web-1"), acme.leaf("web-2"));
    let good = || daemon.signed(&leaf, Key::P256);
    let headers_with = |name: &str, value: String| -> Vec<(String, String)> {
        let mut headers = good().headers();
        let at = headers
            .iter()
            .position(|(known, _)| known.eq_ignore_ascii_case(name));
        match at {
            Some(at) => headers[at].1 = value,
            None => headers.push((name.into(), value)),
        }
        headers
    };

    // Over other bytes: body, query, each signed header, the certificate.
    let mut signed = good();
    let headers = signed.headers();
    signed.body = "{\"durationSeconds\":3601}".into();
    assert_refused(
        &daemon,
        &daemon.send_with(&signed, headers).await,
        Unauthenticated,
        "present.signature",
    );
    let mut signed = good();
    let headers = signed.headers();
    signed.query = signed.query.replace("Reader", "reader");
    assert_refused(
        &daemon,
        &daemon.send_with(&signed, headers).await,
        Unauthenticated,
        "present.signature",
    );
    for (name, value) in [
        ("Content-Type", "application/x-amz-json-1.0".to_owned()),
        ("Amz-Sdk-Invocation-Id", "another".to_owned()),
    ] {
        let answer = daemon.send_with(&good(), headers_with(name, value)).await;
        assert_refused(&daemon, &answer, Unauthenticated, "present.signature");
    }
    // Another key under this certificate (threat P26).
    let mut stolen = daemon.signed(&other, Key::P256);
    stolen.serial = Some(x509::Certificate::parse(&leaf.der).unwrap().serial().decimal());
    let mut headers = stolen.headers();
    for (name, value) in &mut headers {
        if name == "X-Amz-X509" {
            *value = good()
                .headers()
                .into_iter()
                .find(|(name, _)| name == "X-Amz-X509")
                .unwrap()
                .1;
        }
    }
    let answer = daemon.send_with(&stolen, headers).await;
    assert_refused(&daemon, &answer, Unauthenticated, "present.signature");
    // Serial number and algorithm are the certificate's, whatever the request says (threat S7).
    let mut signed = good();
    signed.serial = Some("291".into());
    let event = assert_refused(
        &daemon,
        &daemon.send(&signed).await,
        Unauthenticated,
        "present.signature",
    );
    assert!(event.to_string().contains("serial"), "{event}");
    let signed = daemon.signed(&leaf, Key::Rsa2048);
    let event = assert_refused(
        &daemon,
        &daemon.send(&signed).await,
        Unauthenticated,
        "present.signature",
    );
    assert!(event.to_string().contains("AWS4-X509-RSA-SHA256"), "{event}");

    // For another host, region, service (threat S3).
    for (bend, rule) in [
        (("host", "broker.example:8443"), "present.other-host"),
        (("region", "us-east-1"), "present.other-region"),
        (("region", ""), "present.other-region"),
        (("service", "sts"), "present.other-service"),
    ] {
        let mut signed = good();
        match bend {
            ("host", value) => signed.host = value.into(),
            ("region", value) => signed.region = value.into(),
            (_, value) => signed.service = value.into(),
        }
        assert_refused(&daemon, &daemon.send(&signed).await, Unauthenticated, rule);
    }
    // At another time (threat S6): a minute beyond the window on either side.
    for minutes in [-6, 6, -60 * 24 * 365] {
        let mut signed = good();
        signed.at += Duration::minutes(minutes);
        assert_refused(
            &daemon,
            &daemon.send(&signed).await,
            Unauthenticated,
            "present.clock",
        );
    }
    let mut signed = good();
    signed.at -= Duration::minutes(4);
    assert_eq!(daemon.send(&signed).await.status, 201);
    // With a header that counts left out of the signature (threat S2).
    for name in ["host", "x-amz-x509", "x-amz-date", "content-type"] {
        let mut signed = good();
        signed.unsigned = vec![name];
        assert_refused(
            &daemon,
            &daemon.send(&signed).await,
            Unauthenticated,
            "present.unsigned-header",
        );
    }
    // A signed header twice (threat S4).
    for name in ["Amz-Sdk-Invocation-Id", "Content-Type"] {
        let mut headers = good().headers();
        let line = headers.iter().find(|(known, _)| known == name).unwrap().clone();
        headers.push(line);
        let answer = daemon.send_with(&good(), headers).await;
        assert!([400, 403].contains(&answer.status), "{name}: {}", answer.body);
        assert!(daemon.event(&answer)["certrole"]["rule"].is_string());
    }
    // No full hash of the body (threat S9).
    for value in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""] {
        let mut signed = good();
        signed.extra.push(("X-Amz-Content-Sha256".into(), value.into()));
        assert_refused(
            &daemon,
            &daemon.send(&signed).await,
            Unauthenticated,
            "present.signature",
        );
    }
    // None of this touched what is right.
    assert_eq!(daemon.send(&good()).await.status, 201);
}

/// Threat S5: the same bytes again get a code that clients retry, and never credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_is_good_once() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let signed = daemon.signed(&leaf, Key::P256);
    let headers = signed.headers();
    assert_eq!(daemon.send_with(&signed, headers.clone()).await.status, 201);
    for _ in 0..3 {
        let answer = daemon.send_with(&signed, headers.clone()).await;
        assert_refused(&daemon, &answer, Throttled, "authenticate.replayed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_proof_and_of_browsers() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let body = members("acme", "web", "Reader");
    let mut wire = daemon.open(&Identity::Nobody).await;
    let answer = daemon.exchange_on(&mut wire, &body).await.unwrap();
    assert_refused(&daemon, &answer, MissingAuthentication, "present.no-proof");

    // Threat T12: a header that a proxy might set is a header like any other.
    for name in [
        "X-Forwarded-Client-Cert",
        "X-SSL-Client-Cert",
        "X-Amzn-Mtls-Clientcert",
        "Client-Cert",
    ] {
        let mut wire = daemon.open(&Identity::Nobody).await;
        let headers = [
            ("Host".to_owned(), daemon.host()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            (name.to_owned(), leaf.pem.replace('\n', " ")),
        ];
        let answer = wire
            .request("POST", "/sessions", &headers, body.to_string().as_bytes())
            .await
            .unwrap();
        assert_refused(&daemon, &answer, MissingAuthentication, "present.no-proof");
    }

    for (name, value) in [
        ("Origin", "https://localhost"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "same-origin"),
    ] {
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let headers = [
            ("Host".to_owned(), daemon.host()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            (name.to_owned(), value.to_owned()),
        ];
        let answer = wire
            .request("POST", "/sessions", &headers, body.to_string().as_bytes())
            .await
            .unwrap();
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert_eq!(daemon.event(&answer)["certrole"]["rule"], "edge.browser");
    }
    // What a page can send without asking first.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let headers = [
            ("Host".to_owned(), daemon.host()),
            ("Content-Type".to_owned(), kind.to_owned()),
        ];
        let answer = wire
            .request("POST", "/sessions", &headers, body.to_string().as_bytes())
            .await
            .unwrap();
        assert_refused(&daemon, &answer, Malformed, "edge.content-type");
    }
}

/// Threat P26: a handshake that shows a certificate and is signed by another key proves nothing, whatever the version.
#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_signed_by_another_key_is_refused() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    for key in [Key::P256, Key::P384, Key::Rsa2048, Key::Ed25519] {
        let mut thief = acme.leaf_with(key, "web-1", |_| {});
        thief.key = acme.leaf_with(key, "web-1", |_| {}).key;
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let config = daemon.tls_of_version(&Identity::Certificate(&thief), version);
            let refused = match Wire::open(daemon.address, &config).await {
                Ok(mut wire) => daemon
                    .exchange_on(&mut wire, &members("acme", "web", "Reader"))
                    .await
                    .is_err(),
                Err(_) => true,
            };
            assert!(refused, "{key:?} {version:?}");
        }
    }
    assert!(
        daemon
            .events()
            .iter()
            .all(|event| event["eventName"] != "CreateSession")
    );
}
