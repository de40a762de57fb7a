//! The client against what only passes for a broker, and against proxies.

use time::{Duration, OffsetDateTime};

use crate::harness::{Authority, Fake, FakeProxy, Key, Server, answer, said, trouble};

const OVERLOADED: &str = "x-amzn-errortype: ServiceUnavailableException\r\n";

/// Threat C8: a false broker learns nothing: no request, no signature.
#[tokio::test(flavor = "multi_thread")]
async fn false_brokers_are_sent_nothing() {
    let (acme, other) = (Authority::root("Acme Root"), Authority::root("Other CA"));
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    let elsewhere = acme.leaf_with(Key::P256, "broker", |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = vec![rcgen::SanType::DnsName("elsewhere.example".try_into().unwrap())];
    });
    let over = acme.leaf_with(Key::P256, "broker", |params| {
        params.not_after = OffsetDateTime::now_utc() - Duration::hours(1);
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = vec![rcgen::SanType::DnsName("localhost".try_into().unwrap())];
    });
    let not_a_server = acme.leaf_with(Key::P256, "broker", |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("localhost".try_into().unwrap())];
    });
    for (certificate, reason) in [
        (other.server(), "none of the authorities"),
        (elsewhere, "not valid for"),
        (over, "xpired"),
        (not_a_server, ""),
    ] {
        for proof in ["auto", "tls", "signature"] {
            let fake = Fake::start(&certificate, vec![answer("201 Created", "", "{}")]).await;
            let text = trouble(&server.credentials(&fake.endpoint(), &["--proof", proof]));
            assert!(text.contains("is not trusted") && text.contains(reason), "{text}");
            assert!(fake.seen().is_empty());
        }
    }
    // Plain HTTP is no endpoint; a redirect is an answer, and is not followed.
    assert!(trouble(&server.credentials("http://localhost:1", &[])).contains("https://"));
    let target = Fake::start(&acme.server(), vec![answer("201 Created", "", "{}")]).await;
    let location = format!("Location: {}/sessions\r\n", target.endpoint());
    let fake = Fake::start(
        &acme.server(),
        vec![answer("307 Temporary Redirect", &location, "{}")],
    )
    .await;
    assert!(trouble(&server.credentials(&fake.endpoint(), &[])).contains("307"));
    assert!(target.seen().is_empty());
}

/// Threat C10: whatever a hostile broker answers, nothing of it reaches standard output.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_answers_are_refused() {
    let acme = Authority::root("Acme Root");
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    // Good, but for its size.
    let expiry = (OffsetDateTime::now_utc() + Duration::hours(1)).unix_timestamp();
    let huge = serde_json::json!({"padding": "x".repeat(1 << 20), "credentialSet": [{"credentials": {
        "accessKeyId": "ASIAEXAMPLEEXAMPLE12", "secretAccessKey": "canary", "sessionToken": "canary",
        "expiration": wire::Timestamp::from_seconds(expiry).rfc3339()}}]})
    .to_string();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [String::new(), "{}".into(), huge, deep, "\u{1b}[2Jcanary".into()] {
        let fake = Fake::start(&acme.server(), vec![answer("201 Created", "", &body)]).await;
        let text = trouble(&server.credentials(&fake.endpoint(), &[]));
        assert!(
            text.contains("gave an answer that is not used") && !text.contains("canary"),
            "{text}"
        );
    }
    let colours = answer(
        "403 Forbidden",
        "x-amzn-errortype: A\r\n",
        "{\"message\":\"\\u001b[31mred\"}",
    );
    let fake = Fake::start(&acme.server(), vec![colours]).await;
    assert!(!trouble(&server.credentials(&fake.endpoint(), &[])).contains('\u{1b}'));
}

/// Threat C12: what is worth a retry is tried again, a few times; a refusal is final.
#[tokio::test(flavor = "multi_thread")]
async fn overload_is_tried_again_and_refusals_are_not() {
    let acme = Authority::root("Acme Root");
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    let expiry = (OffsetDateTime::now_utc() + Duration::hours(1)).unix_timestamp();
    let expiry = wire::Timestamp::from_seconds(expiry).rfc3339();
    let good = answer(
        "201 Created",
        "",
        &serde_json::json!({"credentialSet": [{"credentials": {"accessKeyId": "ASIAEXAMPLEEXAMPLE12",
            "secretAccessKey": "s", "sessionToken": "t", "expiration": expiry}}]})
        .to_string(),
    );
    let busy = answer("503 Service Unavailable", OVERLOADED, "{}");
    let throttled = answer(
        "429 Too Many Requests",
        "x-amzn-errortype: ThrottlingException\r\n",
        "{}",
    );
    let refused = answer(
        "403 Forbidden",
        "x-amzn-errortype: AccessDeniedException\r\n",
        "{}",
    );
    for (answers, attempts, works) in [
        (vec![busy.clone(), throttled, good], 3, true),
        (vec![busy], 3, false),
        (vec![refused], 1, false),
    ] {
        let fake = Fake::start(&acme.server(), answers).await;
        let output = server.credentials(&fake.endpoint(), &["--proof=signature"]);
        assert_eq!(output.status.success(), works, "{}", said(&output));
        let seen = fake.seen();
        assert_eq!(seen.len(), attempts);
        // Each attempt is signed anew: no two are the same (threat S5).
        let signatures: std::collections::BTreeSet<&str> = seen
            .iter()
            .filter_map(|request| request.split("Signature=").nth(1)?.lines().next())
            .collect();
        assert_eq!(signatures.len(), attempts);
    }
}

/// Design section 7: a proxy that ends TLS swallows the certificate; the client signs once, and not again and again.
#[tokio::test(flavor = "multi_thread")]
async fn auto_signs_once_when_the_certificate_did_not_arrive() {
    let acme = Authority::root("Acme Root");
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    let lost = answer(
        "403 Forbidden",
        "x-amzn-errortype: MissingAuthenticationTokenException\r\n",
        "{}",
    );
    let fake = Fake::start(&acme.server(), vec![lost]).await;
    let text = trouble(&server.credentials(&fake.endpoint(), &[]));
    assert!(text.contains("MissingAuthenticationTokenException"), "{text}");
    let seen = fake.seen();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[0].starts_with("cert ") && !seen[0].to_lowercase().contains("\r\nauthorization:"));
    assert!(
        seen[1]
            .to_lowercase()
            .contains("\r\nauthorization: aws4-x509-ecdsa-sha256 "),
        "{}",
        seen[1]
    );
    // --proof=tls stays with TLS.
    let lost = answer(
        "403 Forbidden",
        "x-amzn-errortype: MissingAuthenticationTokenException\r\n",
        "{}",
    );
    let fake = Fake::start(&acme.server(), vec![lost]).await;
    trouble(&server.credentials(&fake.endpoint(), &["--proof=tls"]));
    assert_eq!(fake.seen().len(), 1);
}

/// Threat C8: proxies see CONNECT and TLS, nothing else. The broker is named by a host that is not loopback, since that
/// is never proxied.
#[tokio::test(flavor = "multi_thread")]
async fn proxies_are_passed_by_connect_only() {
    let acme = Authority::root("Acme Root");
    let certificate = acme.leaf_with(Key::P256, "broker", |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = vec![rcgen::SanType::DnsName("broker.example".try_into().unwrap())];
    });
    let fake = Fake::start(
        &certificate,
        vec![answer("403 X", "x-amzn-errortype: A\r\n", "{}")],
    )
    .await;
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    let proxy = FakeProxy::start(fake.address, None).await;
    let url = format!("http://user:canary@{}", proxy.address);
    let through = |url: &str| {
        let mut command = server.command("credential-process", "https://broker.example:8443");
        command.env("HTTPS_PROXY", url).output().unwrap()
    };
    let text = trouble(&through(&url));
    assert!(text.contains("403 A"), "{text}");
    assert_eq!(fake.seen().len(), 1);
    let heads = proxy.heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 1);
    assert!(
        heads[0].starts_with("CONNECT broker.example:8443 HTTP/1.1\r\n"),
        "{}",
        heads[0]
    );
    assert!(heads[0].contains("Proxy-Authorization: Basic "));
    let passed = String::from_utf8_lossy(&proxy.passed.lock().unwrap()).into_owned();
    assert!(!passed.contains("sessions") && !passed.contains("durationSeconds"));

    // One that refuses, and one that is dead, are named, without their password.
    let refuses = FakeProxy::start(
        fake.address,
        Some("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
    )
    .await;
    let text = trouble(&through(&format!("http://user:canary@{}", refuses.address)));
    assert!(
        text.contains("407") && text.contains(&refuses.address.to_string()) && !text.contains("canary"),
        "{text}"
    );
    let dead = trouble(&through("http://user:canary@127.0.0.1:1"));
    assert!(
        dead.contains("the proxy 127.0.0.1:1") && dead.contains("NO_PROXY") && !dead.contains("canary"),
        "{dead}"
    );
    // Loopback is never proxied.
    let loopback = Fake::start(
        &acme.server(),
        vec![answer("403 X", "x-amzn-errortype: A\r\n", "{}")],
    )
    .await;
    let mut command = server.command("credential-process", &loopback.endpoint());
    trouble(&command.env("HTTPS_PROXY", "http://127.0.0.1:1").output().unwrap());
    assert_eq!(loopback.seen().len(), 1);
}

/// A broker that asks for no certificate: auto signs at once, --proof=tls sends nothing, Ed25519 has no proof left.
#[tokio::test(flavor = "multi_thread")]
async fn without_being_asked_the_client_signs() {
    let acme = Authority::root("Acme Root");
    let refused = answer(
        "403 Forbidden",
        "x-amzn-errortype: AccessDeniedException\r\n",
        "{}",
    );
    for (key, proof, sent, word) in [
        (Key::P256, "auto", 1, "403 AccessDeniedException"),
        (Key::P256, "tls", 0, "--proof=tls needs a broker that asks"),
        (Key::Ed25519, "auto", 0, "Ed25519"),
    ] {
        let server = Server::with(&acme.leaf_with(key, "web-1", |_| {}), &acme.pem());
        let fake = Fake::start_without_asking(&acme.server(), vec![refused.clone()]).await;
        let text = trouble(&server.credentials(&fake.endpoint(), &["--proof", proof]));
        assert!(text.contains(word), "{text}");
        let seen = fake.seen();
        assert_eq!(seen.len(), sent, "{seen:?}");
        assert!(
            seen.iter()
                .all(|request| request.to_lowercase().contains("\r\nauthorization: aws4-x509-"))
        );
    }
}
