//! The client on a server: its proofs, its rules for keys, its configuration, and `doctor`.

use std::process::Stdio;

use rcgen::CertificateParams;
use time::{Duration, OffsetDateTime};

use crate::harness::{
    Authority, Daemon, Fake, Key, Server, Setup, anchor_arn, answer, certrole, core_limit, document,
    let_it_dump_core, profile_arn, role_arn, said, trouble,
};

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
    let_it_dump_core(&mut command);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has connected: the key was read by then.
    let (_held, _) = silent.accept().unwrap();
    assert_eq!(core_limit(child.id()).as_deref(), Some("0"));
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
