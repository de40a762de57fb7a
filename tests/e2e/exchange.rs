//! A certificate in, temporary credentials out, by each proof.

use serde_json::json;

use crate::harness::{ACCOUNT, Authority, Identity, Key, Setup, members, nonce, query};

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_key_proves_itself_by_tls() {
    let acme = Authority::root("Acme Root");
    let middle = acme.intermediate("Acme Issuing");
    let daemon = Setup::with(&acme).start().await;
    for key in [Key::P256, Key::P384, Key::Rsa2048, Key::Ed25519] {
        let direct = acme.leaf_with(key, "web-1", |_| {});
        let chained = middle.leaf_with(key, "web-1", |_| {}).with_chain(&[&middle]);
        for leaf in [direct, chained] {
            let answer = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;
            assert_eq!(answer.status, 201, "{key:?}: {}", answer.body);
            assert_eq!(daemon.event(&answer)["certrole"]["proof"], "TLS handshake");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_prove_themselves_by_signature() {
    let acme = Authority::root("Acme Root");
    let middle = acme.intermediate("Acme Issuing");
    let daemon = Setup::with(&acme).start().await;
    for key in [Key::P256, Key::Rsa2048] {
        let direct = acme.leaf_with(key, "web-1", |_| {});
        // A pool of hints in any order, with the root, the leaf and a stranger in it (contract 1.6).
        let stranger = Authority::root("Stranger");
        let mut pooled = middle
            .leaf_with(key, "web-1", |_| {})
            .with_chain(&[&acme, &stranger, &middle]);
        pooled.chain.push(pooled.der.clone());
        for leaf in [direct, pooled] {
            let answer = daemon.send(&daemon.signed(&leaf, key)).await;
            assert_eq!(answer.status, 201, "{key:?}: {}", answer.body);
            assert_eq!(daemon.event(&answer)["certrole"]["proof"], "signature");
        }
    }
}

/// The answer has every member of the contract (1.7), and the event says the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_that_of_the_contract() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let certificate = x509::Certificate::parse(&leaf.der).unwrap();
    let serial = certificate.serial().hex();
    let answer = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;

    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    let set = &body["credentialSet"][0];
    let credentials = &set["credentials"];
    assert!(
        credentials["accessKeyId"].as_str().unwrap().starts_with("ASIA"),
        "{body}"
    );
    assert_eq!(credentials["secretAccessKey"].as_str().unwrap().len(), 40);
    assert!(!credentials["sessionToken"].as_str().unwrap().is_empty());
    assert_eq!(
        set["assumedRoleUser"]["arn"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/Reader/{serial}")
    );
    assert!(
        set["assumedRoleUser"]["assumedRoleId"]
            .as_str()
            .unwrap()
            .ends_with(&format!(":{serial}"))
    );
    assert_eq!(set["sourceIdentity"], "CN=web-1");
    assert!(set["packedPolicySize"].is_u64());
    assert!(body["subjectArn"].as_str().unwrap().contains(":subject/"));

    let event = daemon.event(&answer);
    assert_eq!(event["eventName"], "CreateSession");
    assert_eq!(event["sourceIPAddress"], "127.0.0.1");
    assert_eq!(
        event["responseElements"]["accessKeyId"],
        credentials["accessKeyId"]
    );
    assert_eq!(event["responseElements"]["expiration"], credentials["expiration"]);
    assert_eq!(event["certrole"]["tags"]["x509Subject/OU"], "Web");
    // Threat K11: neither the secret nor the token is anywhere but in the answer.
    for secret in ["secretAccessKey", "sessionToken"] {
        let secret = credentials[secret].as_str().unwrap();
        assert!(!event.to_string().contains(secret) && !daemon.log().contains(secret));
        let (_, metrics) = daemon.admin("/metrics").await.unwrap();
        assert!(!metrics.contains(secret));
    }
}

/// Contract 1.2: each member in the query or in the body; a member that is `null` or unknown does not matter.
#[tokio::test(flavor = "multi_thread")]
async fn members_may_stand_in_query_or_body() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let all = query("acme", "web", "Reader");
    let mut body = members("acme", "web", "Reader");
    body["durationSeconds"] = json!(900);
    for (query, body) in [
        (all.clone(), String::new()),
        (all.clone(), "{}".to_owned()),
        (
            all.clone(),
            "{\"durationSeconds\":900,\"roleSessionName\":null}".to_owned(),
        ),
        (String::new(), body.to_string()),
    ] {
        let mut signed = daemon.signed(&leaf, Key::P256);
        (signed.query, signed.body) = (query, body);
        let answer = daemon.send(&signed).await;
        assert_eq!(
            answer.status, 201,
            "{} {}: {}",
            signed.query, signed.body, answer.body
        );
    }
}

/// Design section 3: both proofs on one request hold together or not at all (threat T13).
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_beside_a_tls_certificate_names_the_same_one() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let (one, other) = (acme.leaf("web-1"), acme.leaf("web-2"));
    for (shown, status, rule) in [(&one, 201, None), (&other, 403, Some("present.two-certificates"))] {
        let signed = daemon.signed(&one, Key::P256);
        let mut wire = daemon.open(&Identity::Certificate(shown)).await;
        let target = format!("/sessions?{}", signed.query);
        let answer = wire
            .request("POST", &target, &signed.headers(), signed.body.as_bytes())
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(daemon.event(&answer)["certrole"]["rule"].as_str(), rule);
    }
}

/// Threat T13, and the rule that TLS rescues nothing: one mark of a signature makes a request a signed one.
#[tokio::test(flavor = "multi_thread")]
async fn tls_never_rescues_a_signed_request() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    for (name, value) in [
        ("Authorization", "Bearer x".to_owned()),
        ("X-Amz-Date", "20261124T120000Z".to_owned()),
        ("X-Amz-X509", nonce()),
        ("X-Amz-X509-Chain", nonce()),
    ] {
        let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
        let headers = [
            ("Host".to_owned(), daemon.host()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            (name.to_owned(), value),
        ];
        let body = members("acme", "web", "Reader").to_string();
        let answer = wire
            .request("POST", "/sessions", &headers, body.as_bytes())
            .await
            .unwrap();
        assert!([400, 403].contains(&answer.status), "{name}: {}", answer.body);
        let target = format!("/sessions?{}&X-Amz-Signature=00", query("acme", "web", "Reader"));
        let answer = wire.request("POST", &target, &headers[..2], b"").await.unwrap();
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}

/// Threats T1, T2: what a connection could do when it opened says nothing about what it may do now.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_is_judged_anew_by_every_exchange() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
    let body = members("acme", "web", "Reader");
    assert_eq!(daemon.exchange_on(&mut wire, &body).await.unwrap().status, 201);

    daemon.change("[trust_anchor.acme]\n", "[trust_anchor.acme]\nenabled = false\n");
    assert!(daemon.reload().status.success());
    let answer = daemon.exchange_on(&mut wire, &body).await.unwrap();
    assert_eq!(answer.status, 403);
    assert_eq!(
        daemon.event(&answer)["certrole"]["rule"],
        "authenticate.disabled-anchor"
    );

    daemon.change("enabled = false\n", "");
    assert!(daemon.reload().status.success());
    assert_eq!(daemon.exchange_on(&mut wire, &body).await.unwrap().status, 201);
}
