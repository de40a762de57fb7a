//! The two signed requests that the contract publishes (section 9), captured from the official client.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use sigv4::{PathRule, Request, SignedRequest, X509Refused, canonical_request};
use x509::Certificate;

const QUERY: &str = "profileArn=arn%3Aaws%3Arolesanywhere%3Aus-east-1%3A111122223333%3Aprofile%2F66666666-7777-8888-9999-000000000000&roleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fapp%2FReader&trustAnchorArn=arn%3Aaws%3Arolesanywhere%3Aus-east-1%3A111122223333%3Atrust-anchor%2F11111111-2222-3333-4444-555555555555";

struct Published {
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    canonical_sha256: &'static str,
}

const ECDSA_WITH_INTERMEDIATE: Published = Published {
    headers: &[
        ("Host", "127.0.0.1:18080"),
        ("Amz-Sdk-Invocation-Id", "8793bb82-c8a4-44fe-bc44-1619dfbf2b54"),
        ("Amz-Sdk-Request", "attempt=1; max=3"),
        (
            "Authorization",
            "AWS4-X509-ECDSA-SHA256 Credential=291/20261122/us-east-1/rolesanywhere/aws4_request, SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-date;x-amz-x509;x-amz-x509-chain, Signature=30440220290aa98014f2f8f05395616ee9eae919ceda5415bf21fca178d61497d3f12fac022053933bf3c8c79a97169b0aa2b43531da39e16d1d110564561a51e4dfa25a239e",
        ),
        ("Content-Type", "application/json"),
        ("X-Amz-Date", "20261122T011419Z"),
        (
            "X-Amz-X509",
            "MIIBQjCB6qADAgECAgIBIzAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlWZWMgSW50ZXIwHhcNMjYwMTAxMDAwMDAwWhcNNDYwMTAxMDAwMDAwWjAgMQ0wCwYDVQQKDARBY21lMQ8wDQYDVQQDDAZ2ZWMtZWMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQbgM3yLzPi1JgB8oll+Okvj94j5adH1cRag6Q5CLN6F/OyqitHCJMaD0Mf7GlOkbXGROUgMPdH2OuG0h/3f65YoyAwHjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAKBggqhkjOPQQDAgNHADBEAiBe6EaMYOxpmePUuGwWc4zilHFQIB6brJGfyUlwBzSKVwIgVslz5Rw8MSgLNF4uEdkFUb+sQorX6nJIChMd+QjbfOU=",
        ),
        (
            "X-Amz-X509-Chain",
            "MIIBODCB36ADAgECAgECMAoGCCqGSM49BAMCMBMxETAPBgNVBAMMCFZlYyBSb290MB4XDTI2MDEwMTAwMDAwMFoXDTQ2MDEwMTAwMDAwMFowFDESMBAGA1UEAwwJVmVjIEludGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHdfvrWlXg3qwjpYBpzSKVVu0B2ZdkrIns7F8nHvpN9aEUYcwvRv9q/FDEZOD7gDGQQbTXob6SKpyH9xyon8+LaMjMCEwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIgPFf+EypMnSoOY5T1nPJfhQL8/VeYJ/OK3HY2Yc923lkCIQCecQ54SHLPXRaLkHm0g6gYnkBMYtCVSotNrVptCZujWA==",
        ),
    ],
    body: r#"{"durationSeconds":3600,"roleSessionName":"vec1"}"#,
    canonical_sha256: "1836b7c86d3cb102c1da04ee109612648565d297f4cf80a7abc5f5eabb182729",
};

const RSA: Published = Published {
    headers: &[
        ("Host", "127.0.0.1:18080"),
        ("Amz-Sdk-Invocation-Id", "f784f61c-45c3-433c-97b5-6a2a04e1b92b"),
        ("Amz-Sdk-Request", "attempt=1; max=3"),
        (
            "Authorization",
            "AWS4-X509-RSA-SHA256 Credential=41796794418840706582093025104159514797/20261122/us-east-1/rolesanywhere/aws4_request, SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-date;x-amz-x509, Signature=39a23393c2abd8129331610e71bdb99e354ae7e8774625322ac93e7b5164d1738e7dd675dcdce9ffbb619951356a516ae82647e2bfa53cd47f2fad1ad9a5b429a355b0b561b8f3d7b8291ee4953b1aa9e805f0971cde900026a84c1caddb65537a80956140c9fa4cbb19bb449242ca3bd0cf7e445acdb0cc56b43d16dfcc640a3e394aa0975e7d89b3bdd76e79e6c264977ceb87d61ddef33cb3551076dbc087899ea2d2a792400631fae7ae6024c1f17c419fbaa6ab2aee4bcf4504a27c05573e18bfea21158a5b01ba4a9a2bed80a6d3198bca2633ff730ee40227cab6ab1daf4ea29cd354905a1deec7f41786f0162eda250d79973d9efe4e16d082d2195d",
        ),
        ("Content-Type", "application/json"),
        ("X-Amz-Date", "20261122T011419Z"),
        (
            "X-Amz-X509",
            "MIICHDCCAcOgAwIBAgIQH3HFEUoRn8DMWlpS+zcgrTAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhWZWMgUm9vdDAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMDEwMDAwMDBaMCExDTALBgNVBAoMBEFjbWUxEDAOBgNVBAMMB3ZlYy1yc2EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDeZimHY0DNE7D5cGnRmlF0e+au8fO5Fo5szJSLiHyGTp8YGQNQHMiZKMQ6d6DOjJTfCmQMUXtzH6BdD9eRmjcRuQu6VfmgFpmBuXiRNz1tFuvyDozUk5rKsCxtNNeX3XegVJa1ZQglkYO7kWiPuaTajJs45PK57EQboXzDZ53J/V8x1iCMPHPanS7uFCR2CJ25lamAybhgJn+iawTAGvYl5fSJ60wlFzGxSZs1bK1FakqM9L5A4KqOIUzK6Fw2mybt0mjv61IMkmUw6phmAD87U58qcKnvd1LvUBpTmCpJEg13YkIkP9e/U9uxQPBH0Jh0eabSSlNMfO+Ivs+jOfgVAgMBAAGjIDAeMAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMAoGCCqGSM49BAMCA0cAMEQCIGpl23FZ8txrsxZUz7cRaiw3LgWhA0lC1r9/Ezb+d9Q0AiA9hlOaQbKIU6SEa4APSVFwvdWj9VV5iU2X6vyf6p8+9A==",
        ),
    ],
    body: r#"{"durationSeconds":3600}"#,
    canonical_sha256: "b504c22b647580a614318e8d378ae24d547746d2c757764e6ea4aa43a13877f3",
};

impl Published {
    fn headers(&self) -> Vec<(&'static str, &'static [u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect()
    }

    fn leaf(&self) -> Certificate {
        let (_, encoded) = self
            .headers
            .iter()
            .find(|(name, _)| *name == "X-Amz-X509")
            .unwrap();
        Certificate::parse(&STANDARD.decode(encoded).unwrap()).unwrap()
    }
}

fn request<'a>(headers: &'a [(&'a str, &'a [u8])], body: &'a str) -> Request<'a> {
    // Behind a prefix, as the official client really sends it: `/sessions` is signed all the same.
    Request {
        method: "POST",
        path: "/prefix/sessions",
        query: Some(QUERY),
        headers,
        body: body.as_bytes(),
    }
}

fn verify(request: &Request<'_>, leaf: &Certificate) -> Result<(), String> {
    let signed = SignedRequest::read(request).map_err(|error| error.to_string())?;
    signed
        .verify_x509(
            request,
            PathRule::Fixed("/sessions"),
            leaf,
            webpki::ALL_VERIFICATION_ALGS,
        )
        .map(|_| ())
        .map_err(|error| error.to_string())
}

#[test]
fn the_official_clients_requests_verify() {
    for published in [ECDSA_WITH_INTERMEDIATE, RSA] {
        let headers = published.headers();
        let request = request(&headers, published.body);
        let signed = SignedRequest::read(&request).unwrap();
        let names: Vec<&str> = signed.signed_headers.iter().map(String::as_str).collect();
        let canonical = canonical_request(&request, &names, PathRule::Fixed("/sessions"));
        assert_eq!(
            hex::encode(digest(&SHA256, canonical.as_bytes())),
            published.canonical_sha256
        );
        assert_eq!(verify(&request, &published.leaf()), Ok(()));
    }
}

/// Threat S1: one bit of anything that was signed.
#[test]
fn no_request_with_one_bit_changed_verifies() {
    for published in [ECDSA_WITH_INTERMEDIATE, RSA] {
        let leaf = published.leaf();
        let headers = published.headers();
        for (at, (name, value)) in headers.iter().enumerate() {
            for byte in 0..value.len() {
                let mut bent = value.to_vec();
                bent[byte] ^= 1;
                let mut headers = headers.clone();
                headers[at] = (name, &bent);
                assert!(
                    verify(&request(&headers, published.body), &leaf).is_err(),
                    "{name} byte {byte}"
                );
            }
        }
        for byte in 0..published.body.len() {
            let mut bent = published.body.as_bytes().to_vec();
            bent[byte] ^= 1;
            let good = request(&headers, published.body);
            assert!(
                verify(&Request { body: &bent, ..good }, &leaf).is_err(),
                "body byte {byte}"
            );
        }
        for byte in 0..QUERY.len() {
            let mut bent = QUERY.as_bytes().to_vec();
            bent[byte] ^= 1;
            let bent = String::from_utf8(bent).unwrap();
            let good = request(&headers, published.body);
            assert!(
                verify(
                    &Request {
                        query: Some(&bent),
                        ..good
                    },
                    &leaf
                )
                .is_err(),
                "query byte {byte}"
            );
        }
        let good = request(&headers, published.body);
        assert!(
            verify(
                &Request {
                    method: "PUT",
                    ..good
                },
                &leaf
            )
            .is_err()
        );
        assert!(verify(&Request { query: None, ..good }, &leaf).is_err());
    }
}

/// Threats S7, S8, P26: the certificate decides on key, algorithm and serial number, not the request.
#[test]
fn another_certificate_does_not_stand_in() {
    let (ec, rsa) = (ECDSA_WITH_INTERMEDIATE, RSA);
    let headers = ec.headers();
    let request = request(&headers, ec.body);
    let signed = SignedRequest::read(&request).unwrap();
    let crossed = signed.verify_x509(
        &request,
        PathRule::Fixed("/sessions"),
        &rsa.leaf(),
        webpki::ALL_VERIFICATION_ALGS,
    );
    assert!(
        matches!(crossed, Err(X509Refused::AlgorithmMismatch { .. })),
        "{crossed:?}"
    );

    // Another P-256 certificate: first the serial number differs, then, with the same number, the key.
    for (serial, wanted) in [(vec![9], "serial"), (vec![0x01, 0x23], "signature")] {
        let mut params = rcgen::CertificateParams::default();
        params.serial_number = Some(rcgen::SerialNumber::from(serial));
        let made = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let other = Certificate::parse(made.der()).unwrap();
        assert!(verify(&request, &other).unwrap_err().contains(wanted));
    }
    // A build without a verifier for the key says so, and verifies nothing.
    let none = signed.verify_x509(&request, PathRule::Fixed("/sessions"), &ec.leaf(), &[]);
    assert!(matches!(none, Err(X509Refused::KeyNotSupported(_))), "{none:?}");
}
