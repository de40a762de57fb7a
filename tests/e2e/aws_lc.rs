//! What a build with aws-lc-rs does beside everything else: P-521 and ML-DSA by each proof, a hybrid key exchange.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::kx_group::X25519;
use rustls::{ClientConfig, NamedGroup, RootCertStore};

use crate::harness::{Authority, Daemon, Identity, Key, Setup, Wire, certroled, members, provider, said};

const KEYS: [Key; 4] = [Key::P521, Key::MlDsa44, Key::MlDsa65, Key::MlDsa87];

/// Leaves and chains of these keys, up to the anchor; the algorithms of the signed wire as the contract names them
/// (1.4).
#[tokio::test(flavor = "multi_thread")]
async fn p521_and_ml_dsa_prove_themselves_by_tls_and_by_signature() {
    for key in KEYS {
        let acme = Authority::root_with(key, "Acme Root");
        let middle = acme.intermediate_with(key, "Acme Issuing");
        let daemon = Setup::with(&acme).start().await;
        let direct = acme.leaf_with(key, "web-1", |_| {});
        let chained = middle.leaf_with(key, "web-1", |_| {}).with_chain(&[&middle]);
        for leaf in [direct, chained] {
            let by_tls = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;
            let signed = daemon.signed(&leaf, key);
            let by_signature = daemon.send(&signed).await;
            for (answer, proof) in [(by_tls, "TLS handshake"), (by_signature, "signature")] {
                assert_eq!(answer.status, 201, "{key:?} by {proof}: {}", answer.body);
                assert_eq!(daemon.event(&answer)["certrole"]["proof"], proof);
            }

            // The same request with another body has the signature of none.
            let mut headers = daemon.signed(&leaf, key).headers();
            let (_, authorization) = headers.last_mut().unwrap();
            let last = authorization.pop().unwrap();
            authorization.push(if last == '0' { '1' } else { '0' });
            let answer = daemon.send_with(&signed, headers).await;
            assert_eq!(answer.status, 403, "{key:?}: {}", answer.body);
            assert_eq!(daemon.event(&answer)["certrole"]["rule"], "present.signature");
        }
    }
}

/// A chain is as good as its weakest signature, not its leaf: a leaf of another CA of the same name is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_of_another_ca_is_refused_whatever_its_key() {
    for key in KEYS {
        let acme = Authority::root_with(key, "Acme Root");
        let namesake = Authority::root_with(key, "Acme Root");
        let daemon = Setup::with(&acme).start().await;
        let leaf = namesake.leaf_with(key, "web-1", |_| {});
        let answer = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;
        assert_eq!(answer.status, 403, "{key:?}: {}", answer.body);
        let event = daemon.event(&answer);
        assert_eq!(event["certrole"]["step"], "authenticate", "{event}");
    }
}

/// TLS 1.2 does not bind the curve to the scheme's name.
#[tokio::test(flavor = "multi_thread")]
async fn p521_proves_itself_in_tls_1_2() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf_with(Key::P521, "web-1", |_| {});
    let config = daemon.tls_of_version(&Identity::Certificate(&leaf), &rustls::version::TLS12);
    let mut wire = Wire::open(daemon.address, &config).await.unwrap();
    let answer = daemon
        .exchange_on(&mut wire, &members("acme", "web", "Reader"))
        .await
        .unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// Whoever can gets the hybrid of X25519 and ML-KEM-768; whoever cannot is served as before.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_exchange_is_hybrid_where_the_client_can() {
    let acme = Authority::root("Acme Root");
    let setup = Setup::with(&acme);
    let mut roots = RootCertStore::empty();
    roots.add(setup.server_ca.der().into()).unwrap();
    let daemon = setup.start().await;
    let group = |daemon: &Wire| daemon.session().negotiated_key_exchange_group().unwrap().name();

    let able = daemon.open(&Identity::Nobody).await;
    assert_eq!(group(&able), NamedGroup::X25519MLKEM768);

    let mut classical = (*provider()).clone();
    classical.kx_groups = vec![X25519];
    let config = ClientConfig::builder_with_provider(Arc::new(classical))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let unable = Wire::open(daemon.address, &Arc::new(config)).await.unwrap();
    assert_eq!(group(&unable), NamedGroup::X25519);
}

/// The broker's own certificate too.
#[tokio::test(flavor = "multi_thread")]
async fn the_brokers_own_key_may_be_of_the_same_kinds() {
    let acme = Authority::root("Acme Root");
    for key in [Key::P521, Key::MlDsa65] {
        let setup = Setup::with(&acme);
        let own = setup.server_ca.server_with(key);
        let home = setup.write();
        home.write("server.pem", &own.pem);
        home.write("server.key", &own.key_pem());
        let daemon: Daemon = home.start().await;
        let answer = daemon
            .by_tls(&acme.leaf("web-1"), &members("acme", "web", "Reader"))
            .await;
        assert_eq!(answer.status, 201, "{key:?}: {}", answer.body);
    }
}

/// Which build it is, the operator can ask.
#[test]
fn the_version_names_the_build() {
    let output = certroled().arg("--version").output().unwrap();
    assert!(said(&output).contains("(aws-lc-rs)"), "{}", said(&output));
}
