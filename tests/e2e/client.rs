//! The client against the broker, and against everything that only passes for one.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use rcgen::CertificateParams;
use serde_json::Value;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use crate::harness::{
    Authority, Daemon, Fake, FakeProxy, Key, Leaf, Setup, anchor_arn, answer, certrole, profile_arn,
    role_arn, said,
};

/// A server that runs the client: its certificate and key in files.
struct Server {
    folder: TempDir,
}

impl Server {
    fn with(leaf: &Leaf, ca_pem: &str) -> Self {
        let server = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let intermediates: String = leaf.chain.iter().map(|der| pem(der)).collect();
        server.write("client.pem", &format!("{}{intermediates}", leaf.pem), 0o644);
        server.write("client.key", &leaf.key_pem(), 0o600);
        server.write("ca.pem", ca_pem, 0o644);
        server
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A command with everything it needs.
    fn command(&self, name: &str, endpoint: &str) -> Command {
        let mut command = certrole();
        command
            .args([name, "--endpoint", endpoint])
            .args([
                "--trust-anchor-arn",
                &anchor_arn("acme"),
                "--profile-arn",
                &profile_arn("web"),
            ])
            .args(["--role-arn", &role_arn("Reader")])
            .arg("--certificate")
            .arg(self.path("client.pem"))
            .arg("--private-key")
            .arg(self.path("client.key"))
            .arg("--ca-bundle")
            .arg(self.path("ca.pem"))
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn credentials(&self, endpoint: &str, more: &[&str]) -> Output {
        self.command("credential-process", endpoint)
            .args(more)
            .output()
            .unwrap()
    }

    fn doctor(&self, endpoint: &str, more: &[&str]) -> Output {
        self.command("doctor", endpoint).args(more).output().unwrap()
    }
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn document(output: &Output) -> Value {
    assert!(output.status.success(), "{}", said(output));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Nothing on standard output, status 1, and a fix on standard error.
fn trouble(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    assert!(output.stdout.is_empty(), "{}", said(output));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(text.contains("\n  fix: "), "{text}");
    text
}

async fn broker(acme: &Authority) -> Daemon {
    Setup::with(acme).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_gets_credentials_by_each_of_its_proofs() {
    let acme = Authority::root("Acme Root");
    let middle = acme.intermediate("Acme Issuing");
    let daemon = broker(&acme).await;
    for key in [Key::P256, Key::P384, Key::Rsa2048, Key::Ed25519] {
        let leaf = middle.leaf_with(key, "web-1", |_| {}).with_chain(&[&middle]);
        let server = Server::with(&leaf, &daemon.server_ca_pem);
        for (proof, told) in [
            ("tls", "TLS handshake"),
            ("signature", "signature"),
            ("auto", "TLS handshake"),
        ] {
            let output = server.credentials(&daemon.endpoint(), &["--proof", proof]);
            if key == Key::Ed25519 && proof == "signature" {
                assert!(trouble(&output).contains("Ed25519"));
                continue;
            }
            let document = document(&output);
            assert_eq!(document["Version"], 1);
            let id = document["AccessKeyId"].as_str().unwrap().to_owned();
            let events = daemon.events();
            let event = events
                .iter()
                .find(|event| event["responseElements"]["accessKeyId"] == id.as_str())
                .unwrap();
            assert_eq!(event["certrole"]["proof"], told, "{key:?} {proof}");
        }
    }
}

/// Threat C1, client contract section d: loose keys are refused before any network call, with everything an owner
/// needs to mend it.
#[tokio::test(flavor = "multi_thread")]
async fn loose_keys_are_refused_before_any_network_call() {
    let acme = Authority::root("Acme Root");
    let fake = Fake::start(&acme.server(), vec![answer("500 X", "", "{}")]).await;
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    let key = std::fs::read_to_string(server.path("client.key")).unwrap();
    let root = rustix::process::geteuid().is_root();
    for mode in [0o644, 0o604, 0o620, 0o660, 0o666, 0o777] {
        server.write("client.key", &key, mode);
        let text = trouble(&server.credentials(&fake.endpoint(), &[]));
        for word in ["client.key", "owner uid", &format!("mode {mode:04o}"), "chmod"] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
    if !root {
        server.write("client.key", &key, 0o640);
        trouble(&server.credentials(&fake.endpoint(), &[]));
    }
    // A link is followed, and its target is what is judged and named.
    server.write("real.key", &key, 0o644);
    std::fs::remove_file(server.path("client.key")).unwrap();
    std::os::unix::fs::symlink("real.key", server.path("client.key")).unwrap();
    assert!(trouble(&server.credentials(&fake.endpoint(), &[])).contains("real.key"));
    // A folder is no key, nor is what is not there.
    std::fs::remove_file(server.path("client.key")).unwrap();
    assert!(trouble(&server.credentials(&fake.endpoint(), &[])).contains("No such file"));
    std::fs::create_dir(server.path("client.key")).unwrap();
    assert!(trouble(&server.credentials(&fake.endpoint(), &[])).contains("regular file"));
    std::fs::remove_dir(server.path("client.key")).unwrap();
    assert!(fake.seen().is_empty(), "{:?}", fake.seen());

    // Who says so uses it all the same, and is told.
    server.write("client.key", &key, 0o644);
    for policy in ["warn", "off"] {
        let output = server.credentials(&fake.endpoint(), &["--key-permissions", policy]);
        assert!(said(&output).contains("warning"), "{}", said(&output));
    }
    assert!(!fake.seen().is_empty());
}

/// A folder on the way that others may change: a warning, or with --strict-paths a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn folders_that_others_may_change() {
    use std::os::unix::fs::PermissionsExt as _;
    let acme = Authority::root("Acme Root");
    let daemon = broker(&acme).await;
    let server = Server::with(&acme.leaf("web-1"), &daemon.server_ca_pem);
    std::fs::set_permissions(server.folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let output = server.credentials(&daemon.endpoint(), &[]);
    assert!(
        output.status.success() && said(&output).contains("warning"),
        "{}",
        said(&output)
    );
    assert!(trouble(&server.credentials(&daemon.endpoint(), &["--strict-paths"])).contains("0777"));
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_keys_that_cannot_work_are_named_before_any_network_call() {
    let acme = Authority::root("Acme Root");
    let fake = Fake::start(&acme.server(), vec![answer("500 X", "", "{}")]).await;
    let leaf = acme.leaf("web-1");
    let server = Server::with(&leaf, &acme.pem());
    let now = OffsetDateTime::now_utc();
    let bent = |bend: Box<dyn FnOnce(&mut CertificateParams)>| acme.leaf_with(Key::P256, "web-1", bend);
    let over = bent(Box::new(move |params| {
        params.not_after = now - Duration::minutes(1)
    }));
    let early = bent(Box::new(move |params| {
        params.not_before = now + Duration::hours(1)
    }));
    let other = acme.leaf("web-2");
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    for (certificate, key, word) in [
        (over.pem.clone(), over.key_pem(), "expired at"),
        (early.pem.clone(), early.key_pem(), "is valid from"),
        (leaf.pem.clone(), other.key_pem(), "does not belong"),
        (
            format!("{}{}", other.pem, leaf.pem),
            leaf.key_pem(),
            "certificate number 2",
        ),
        (leaf.pem.clone(), block("ENCRYPTED PRIVATE KEY"), "openssl pkey"),
        (leaf.pem.clone(), block("OPENSSH PRIVATE KEY"), "ssh-keygen"),
        (leaf.pem.clone(), "\u{30}\u{1}\u{2}".into(), "pkcs12"),
        (leaf.pem.clone(), String::new(), "no private key"),
        (String::new(), leaf.key_pem(), "there is no certificate"),
        (block("CERTIFICATE"), leaf.key_pem(), "cannot be read"),
    ] {
        server.write("client.pem", &certificate, 0o644);
        server.write("client.key", &key, 0o600);
        let text = trouble(&server.credentials(&fake.endpoint(), &[]));
        assert!(text.contains(word), "{word}: {text}");
        // `doctor` says the same, with its fix, and ends with status 1.
        let doctor = server.doctor(&fake.endpoint(), &["--no-exchange"]);
        assert!(!doctor.status.success());
        assert!(
            said(&doctor).contains(word) && said(&doctor).contains("fix: "),
            "{}",
            said(&doctor)
        );
    }
    assert!(fake.seen().is_empty(), "{:?}", fake.seen());
}

/// Threat C3: what would put a secret into the process list, or turn verification off, is refused, with the
/// alternative; the value is not repeated.
#[test]
fn dangerous_flags_are_refused_with_the_alternative() {
    let acme = Authority::root("Acme Root");
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    for (flags, instead) in [
        (vec!["--no-verify-ssl"], "--ca-bundle"),
        (vec!["--pkcs8-password", "canary"], "openssl pkey"),
        (vec!["--tpm-key-password", "canary"], "--private-key"),
        (
            vec!["--cert-selector", "Key=x509Subject,Value=CN=canary"],
            "--certificate",
        ),
        (vec!["--pkcs11-lib", "/tmp/canary.so"], "--private-key"),
        (vec!["--reuse-pin"], "--private-key"),
    ] {
        let text = trouble(&server.credentials("https://localhost:1", &flags));
        assert!(text.contains(flags[0]) && text.contains(instead), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
    for (flag, value) in [
        ("--private-key", "pkcs11:object=x"),
        ("--certificate", "pkcs11:object=x"),
    ] {
        let text = trouble(&server.credentials("https://localhost:1", &[flag, value]));
        assert!(text.contains("PKCS#11"), "{text}");
    }
    // The official helper's spelling of what is harmless is understood.
    let text = trouble(&server.credentials(
        "https://localhost:1",
        &[
            "--with-proxy",
            "--no-verify-ssl=false",
            "--debug=false",
            "--session-duration",
            "900",
        ],
    ));
    assert!(text.contains("no connection"), "{text}");
}

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
        (other.server(), "UnknownIssuer"),
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
    let huge = "x".repeat(1 << 20);
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

const OVERLOADED: &str = "x-amzn-errortype: ServiceUnavailableException\r\n";

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

/// The line in ~/.aws/config is short; threat C13: nothing in the current folder is ever read.
#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_file_is_found_where_it_belongs() {
    let acme = Authority::root("Acme Root");
    let daemon = broker(&acme).await;
    let server = Server::with(&acme.leaf("web-1"), &daemon.server_ca_pem);
    let text = format!(
        "[use.web]\nendpoint = \"{}\"\ntrust-anchor-arn = \"{}\"\nprofile-arn = \"{}\"\nrole-arn = \"{}\"\n\
         certificate = \"../../client.pem\"\nprivate-key = \"../../client.key\"\nca-bundle = \"../../ca.pem\"\n",
        daemon.endpoint(),
        anchor_arn("acme"),
        profile_arn("web"),
        role_arn("Reader")
    );
    let short = |more: &[&str]| {
        let mut command = certrole();
        command.args(["credential-process", "--use", "web"]).args(more);
        command
            .env("XDG_CONFIG_HOME", server.path("config"))
            .current_dir(server.folder.path());
        command.output().unwrap()
    };
    server.write("client.toml", &text, 0o600);
    server.write("certrole.toml", &text, 0o600);
    assert!(trouble(&short(&[])).contains("no"), "the current folder was read");
    std::fs::create_dir_all(server.path("config/certrole")).unwrap();
    server.write("config/certrole/client.toml", &text, 0o600);
    document(&short(&[]));
    // Flags win.
    assert!(trouble(&short(&["--endpoint", "https://localhost:1"])).contains("localhost:1"));
    // One that others may write, with a key that is not known, or without the table, is refused.
    server.write("config/certrole/client.toml", &text, 0o666);
    assert!(trouble(&short(&[])).contains("chmod go-w"));
    server.write(
        "config/certrole/client.toml",
        &format!("{text}certifcate = \"x\"\n"),
        0o600,
    );
    assert!(trouble(&short(&[])).contains("certifcate"));
    server.write("config/certrole/client.toml", "[use.mail]\n", 0o600);
    assert!(trouble(&short(&[])).contains("it has mail"));
}

/// Threat C3: no secret in the log, whatever is told; none on a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_told() {
    let acme = Authority::root("Acme Root");
    let daemon = broker(&acme).await;
    let leaf = acme.leaf("web-1");
    let server = Server::with(&leaf, &daemon.server_ca_pem);
    for proof in ["tls", "signature"] {
        let output = server.credentials(&daemon.endpoint(), &["--debug", "--proof", proof]);
        let document = document(&output);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("proof by"), "{told}");
        for secret in ["SecretAccessKey", "SessionToken"] {
            assert!(!told.contains(document[secret].as_str().unwrap()), "{told}");
        }
        let key = leaf.key_pem();
        assert!(
            key.lines()
                .filter(|line| line.len() > 40)
                .all(|line| !told.contains(line))
        );
        assert!(!told.contains("Signature="), "{told}");
    }

    let terminal =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY).unwrap();
    rustix::pty::grantpt(&terminal).unwrap();
    rustix::pty::unlockpt(&terminal).unwrap();
    let name = rustix::pty::ptsname(&terminal, Vec::new()).unwrap();
    let inside = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut command = server.command("credential-process", &daemon.endpoint());
    let output = command.stdout(inside).stderr(Stdio::piped()).output().unwrap();
    assert!(
        !output.status.success() && said(&output).contains("--to-terminal"),
        "{}",
        said(&output)
    );
}

/// Threats C3, C4: while it waits for a broker that says nothing, its argv and environment hold no secret, its core
/// limit is zero; and it gives up in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_client_gives_nothing_away() {
    let acme = Authority::root("Acme Root");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::with(&acme.leaf("web-1"), &acme.pem());
    let endpoint = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let mut command = server.command("credential-process", &endpoint);
    command.args(["--timeout", "3"]).env("AWS_MAX_ATTEMPTS", "1");
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has connected: the key was read by then.
    let (_held, _) = silent.accept().unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id()));
    if let Ok(limits) = limits {
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
    let arguments = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&arguments).contains("PRIVATE KEY"));
    let output = child.wait_with_output().unwrap();
    assert!(trouble(&output).contains("no answer from"), "{}", said(&output));
}

/// Every fault that a server's owner can mend has its line, its fix and status 1; when all is well it says so.
#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_the_cause_and_the_fix() {
    let acme = Authority::root("Acme Root");
    let middle = acme.intermediate("Acme Issuing");
    let daemon = broker(&acme).await;
    let server = Server::with(&acme.leaf("web-1"), &daemon.server_ca_pem);
    let well = server.doctor(&daemon.endpoint(), &[]);
    assert!(
        well.status.success() && said(&well).contains("All is well"),
        "{}",
        said(&well)
    );
    assert!(!said(&well).contains("FAIL"), "{}", said(&well));

    let orphan = Server::with(&middle.leaf("web-1"), &daemon.server_ca_pem);
    let output = orphan.doctor(&daemon.endpoint(), &[]);
    let text = said(&output);
    assert!(
        !output.status.success() && text.contains("no intermediate of that name is given"),
        "{text}"
    );
    assert!(text.contains("certroled explain --request-id"), "{text}");
    let server_only = acme.leaf_with(Key::P256, "web-1", |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    });
    let text = said(&Server::with(&server_only, &daemon.server_ca_pem).doctor(&daemon.endpoint(), &[]));
    assert!(text.contains("does not name clientAuth"), "{text}");
    let text = said(&server.doctor("https://no-such-host.invalid", &[]));
    assert!(text.contains("cannot be resolved"), "{text}");
    let text = said(&server.doctor("https://localhost:1", &[]));
    assert!(text.contains("no connection to localhost:1"), "{text}");
}
