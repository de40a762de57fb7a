//! What an operator sees: mistakes told at once, each with its remedy; a daemon that does not start on loose keys; a
//! reload that holds or changes nothing.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Output, Stdio};

use rustix::process::Signal;

use crate::harness::{
    Authority, Home, Identity, Setup, anchor_arn, certroled, members, mode, policy, profile_arn, role_arn,
    said,
};

/// `certroled serve` that is expected not to start.
fn refuses_to_serve(home: &Home) -> String {
    let mut command = home.command("serve");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that starts after all would run for ever.
    let mut polls = 0;
    while child.try_wait().unwrap().is_none() {
        polls += 1;
        if polls > 1000 {
            child.kill().unwrap();
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let output: Output = child.wait_with_output().unwrap();
    assert!(
        polls <= 1000 && !output.status.success(),
        "it started: {}",
        said(&output)
    );
    said(&output)
}

/// Every mistake at once, each with its line and what to do.
#[test]
fn every_mistake_of_a_configuration_is_told_at_once() {
    let acme = Authority::root("Acme Root");
    let home = Setup::with(&acme).write();
    let good = home.read("certrole.toml");
    let bad = good
        .replace("region = \"eu-local-1\"", "region = \"eu local\"")
        .replace("[listen]\n", "[listen]\ncertifcate = \"x\"\n")
        .replace(
            "roles = [\"Reader\"]",
            "roles = [\"Raeder\"]\nduration_seconds = 60",
        )
        .replace("sts:TagSession", "sts:TagSesion");
    home.write("certrole.toml", &bad);
    let output = home.command("check").output().unwrap();
    assert!(!output.status.success());
    let said = said(&output);
    for (mistake, remedy) in [
        ("eu local", "letters, digits and hyphens"),
        ("certifcate", "certificate"),
        ("Raeder", "list one of: Reader"),
        ("duration_seconds", "900"),
        ("sts:TagSesion", "sts:TagSession"),
    ] {
        let line = bad.lines().position(|line| line.contains(mistake)).unwrap() + 1;
        // The policy's own place is a path in its JSON, on the line where the policy begins.
        let place = if mistake.starts_with("sts:") {
            "certrole.toml:".to_owned()
        } else {
            format!("certrole.toml:{line}")
        };
        assert!(said.contains(&place), "{place}: {said}");
        assert!(
            said.contains(mistake) && said.contains(remedy),
            "{mistake}, {remedy}: {said}"
        );
    }
    // Broken TOML in four places is told in four places.
    home.write(
        "certrole.toml",
        &good
            .replace("region = ", "region ")
            .replace("[listen]", "[listen")
            .replace("[admin]", "admin]")
            .replace("[limits]", "[[limits"),
    );
    let text = crate::harness::said(&home.command("check").output().unwrap());
    assert!(text.matches("certrole.toml:").count() >= 4, "{text}");
}

#[test]
fn check_lists_what_clients_have_to_name() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    let output = home.command("check").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    for arn in [anchor_arn("acme"), profile_arn("web"), role_arn("Reader")] {
        assert!(said(&output).contains(&arn), "{}", said(&output));
    }
}

/// Threats A3, A4: a policy open to every anchor or every certificate is refused when it is loaded, with the fix.
#[test]
fn a_policy_that_is_open_is_refused() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    let good = home.read("certrole.toml");
    let anchor = anchor_arn("acme");
    for (from, to, remedy) in [
        (
            anchor.clone(),
            anchor.rsplit_once('/').unwrap().0.to_owned() + "/*",
            anchor.clone(),
        ),
        (
            "x509Subject/OU".into(),
            "x509Issuer/CN".into(),
            "any_certificate = true".into(),
        ),
        (
            "\"StringEquals\"".into(),
            "\"StringNotEquals\"".into(),
            "negated_conditions = true".into(),
        ),
        (
            "\"StringEquals\"".into(),
            "\"StringEqualz\"".into(),
            "StringEqual".into(),
        ),
        (
            "aws:PrincipalTag/x509Subject/OU".into(),
            "aws:PrincipalOrgID".into(),
            "aws:PrincipalOrgID".into(),
        ),
    ] {
        assert!(good.contains(&from), "{from}");
        home.write("certrole.toml", &good.replace(&from, &to));
        let output = home.command("check").output().unwrap();
        assert!(!output.status.success(), "{to}");
        assert!(said(&output).contains(&remedy), "{to}: {}", said(&output));
    }
}

/// Threat O10: keys and state that others can read or change, and a state that was never made.
#[test]
fn the_daemon_does_not_start_on_loose_files() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    for (name, loose, tight, fix) in [
        ("server.key", 0o644, 0o600, "chmod"),
        ("server.key", 0o660, 0o600, "chmod"),
        ("state/root.key", 0o644, 0o600, "chmod"),
        ("state", 0o755, 0o700, "chmod 0700"),
        ("trust-anchors", 0o777, 0o700, "chmod go-w"),
        ("trust-anchors/acme.pem", 0o666, 0o600, "chmod go-w"),
        ("certrole.toml", 0o622, 0o600, "chmod go-w"),
    ] {
        home.chmod(name, loose);
        let text = refuses_to_serve(&home);
        assert!(
            text.contains(&home.path(name).display().to_string()) && text.contains(fix),
            "{name}: {text}"
        );
        assert!(text.contains(&format!("{loose:04o}")), "{name}: {text}");
        home.chmod(name, tight);
    }
    std::fs::rename(home.path("state"), home.path("elsewhere")).unwrap();
    assert!(refuses_to_serve(&home).contains("certroled init"));
}

/// Threats O10, G6: what `init` makes has its final mode under any umask, is made once, and is nobody's default.
#[test]
fn init_makes_private_files_once() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    std::fs::remove_dir_all(home.path("state")).unwrap();
    let mut command = home.command("init");
    // SAFETY: umask is async-signal-safe and touches nothing of this process.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            rustix::process::umask(rustix::fs::Mode::empty());
            Ok(())
        });
    }
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    assert_eq!(mode(&home.path("state")), 0o700);
    for entry in std::fs::read_dir(home.path("state")).unwrap() {
        let path = entry.unwrap().path();
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
    let key = std::fs::read(home.path("state/root.key")).unwrap();
    let again = home.command("init").output().unwrap();
    assert!(
        !again.status.success() && said(&again).contains("there already"),
        "{}",
        said(&again)
    );
    assert_eq!(std::fs::read(home.path("state/root.key")).unwrap(), key);
    let other = Setup::with(&Authority::root("Acme Root")).write();
    assert_ne!(std::fs::read(other.path("state/root.key")).unwrap(), key);
}

#[test]
fn a_port_in_use_is_named() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    let _taken = TcpListener::bind(home.address).unwrap();
    let text = refuses_to_serve(&home);
    assert!(
        text.contains(&home.address.to_string()) && text.contains("in use"),
        "{text}"
    );
}

#[test]
fn a_key_of_another_certificate_is_named() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    home.write("server.key", &Authority::root("Other").server().key_pem());
    let text = refuses_to_serve(&home);
    assert!(
        text.contains("server.key") && text.contains("server.pem"),
        "{text}"
    );
}

/// Design section 5: a set that does not hold together changes nothing, visibly; the next good one is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_holds_or_changes_nothing() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let body = members("acme", "web", "Reader");
    let good = daemon.read("certrole.toml");
    for bad in [
        good.replace("[profile.web]", "[profile.web]\nenabld = false"),
        good.replace("roles = [\"Reader\"]", "roles = [\"Nobody\"]"),
        format!("{good}\n[trust_anchor.orphan]\n"),
        "region =".to_owned(),
    ] {
        daemon.write("certrole.toml", &bad);
        let reloaded = daemon.reload();
        assert!(!reloaded.status.success(), "{}", said(&reloaded));
        assert!(said(&reloaded).contains("certrole.toml"), "{}", said(&reloaded));
        assert_eq!(daemon.by_tls(&leaf, &body).await.status, 201);
        let (status, text) = daemon.admin("/readyz").await.unwrap();
        assert_eq!(status, 200, "the old set serves");
        assert!(text.contains("refused"), "{text}");
    }
    daemon.write("certrole.toml", &good);
    assert!(daemon.reload().status.success());
    assert!(!daemon.admin("/readyz").await.unwrap().1.contains("refused"));

    // SIGHUP does the same; a new trust anchor is trusted at once.
    let other = Authority::root("Other Root");
    daemon.write("trust-anchors/other.pem", &other.pem());
    let both = policy(
        &[&anchor_arn("acme"), &anchor_arn("other")],
        r#""aws:PrincipalTag/x509Subject/OU": "Web""#,
    );
    let (start, _) = good.split_once("trust_policy").unwrap();
    daemon.write("certrole.toml", &format!("{start}{both}\n[trust_anchor.other]\n"));
    daemon.signal(Signal::HUP);
    let leaf = other.leaf("web-1");
    let mut last = None;
    for _ in 0..600 {
        let answer = daemon.by_tls(&leaf, &members("other", "web", "Reader")).await;
        last = Some(answer.status);
        if answer.status == 201 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(last, Some(201), "{}", daemon.log());
    // Who reloaded, and what came of it, is on record.
    let commands: Vec<_> = daemon
        .events()
        .into_iter()
        .filter(|event| event["userIdentity"]["type"] == "Operator")
        .collect();
    assert!(commands.len() >= 5, "{commands:?}");
}

/// The broker's certificate is replaced by a reload, for new connections.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_up_the_brokers_new_certificate() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let fresh = Authority::root("Fresh CA");
    let server = fresh.server();
    daemon.write("server.pem", &server.pem);
    // A pair that does not belong together is refused, and the old one stays.
    assert!(!daemon.reload().status.success());
    let leaf = acme.leaf("web-1");
    let body = members("acme", "web", "Reader");
    assert_eq!(daemon.by_tls(&leaf, &body).await.status, 201);
    daemon.write("server.key", &server.key_pem());
    assert!(daemon.reload().status.success());
    let config = crate::harness::tls_config(&fresh.der(), &Identity::Certificate(&leaf));
    let mut wire = crate::harness::Wire::open(daemon.address, &config).await.unwrap();
    assert_eq!(daemon.exchange_on(&mut wire, &body).await.unwrap().status, 201);
}

/// A request in flight is finished before the daemon ends.
#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_ends_gracefully() {
    let acme = Authority::root("Acme Root");
    let mut daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let mut wire = daemon.open(&Identity::Certificate(&leaf)).await;
    let body = members("acme", "web", "Reader").to_string();
    let head = format!(
        "POST /sessions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        daemon.host(),
        body.len()
    );
    let (begun, rest) = body.split_at(10);
    wire.send(format!("{head}{begun}").as_bytes()).await.unwrap();
    // The request has begun once the daemon counts it.
    for _ in 0..600 {
        let (_, metrics) = daemon.admin("/metrics").await.unwrap();
        if metrics
            .lines()
            .any(|line| line.starts_with("certroled_requests_in_flight") && line.ends_with(" 1"))
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    daemon.signal(Signal::TERM);
    for _ in 0..600 {
        if crate::harness::Wire::open(daemon.address, &daemon.tls(&Identity::Nobody))
            .await
            .is_err()
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    wire.send(rest.as_bytes()).await.unwrap();
    assert_eq!(wire.answer().await.unwrap().status, 201);
    assert!(daemon.child.wait().unwrap().success());
}

/// Everything that `explain` finds ends with what to do.
#[tokio::test(flavor = "multi_thread")]
async fn explain_tells_the_rule_the_values_and_the_fix() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf_with(crate::harness::Key::P256, "web-1", |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationalUnitName, "Mail");
    });
    let answer = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;
    assert_eq!(answer.status, 403);
    let by_id = daemon
        .command(&format!("explain --request-id {}", answer.request_id()))
        .output()
        .unwrap();
    let by_address = daemon
        .command("explain --address 127.0.0.1 --since 10m")
        .output()
        .unwrap();
    for output in [by_id, by_address] {
        let text = said(&output);
        assert!(output.status.success(), "{text}");
        for word in [
            "authorize",
            "trust policy",
            "Web",
            "Mail",
            "What to do",
            "x509Subject/OU",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
    let nothing = daemon
        .command("explain --request-id 00000000-0000-4000-8000-000000000000")
        .output()
        .unwrap();
    assert!(!nothing.status.success(), "{}", said(&nothing));
    // Threat O3, and the socket's own rule: nobody else can ask.
    assert_eq!(mode(&daemon.path("state/control.sock")), 0o600);
    // What the operator asked is on record as well.
    assert!(
        daemon
            .events()
            .iter()
            .any(|event| { event["eventName"].as_str().is_some_and(|name| name == "Explain") })
    );
}

/// A lab is worth nothing outside of `certroled dev`: its CA bears a mark, its folder is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_lab_is_refused_by_every_other_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = certroled()
        .args(["dev", "--port", "0", "--dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let made = folder.path().join("certs/lab");
    for _ in 0..600 {
        if made.join("lab.env").exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for command in ["serve", "check", "reload"] {
        let output = certroled()
            .arg(command)
            .arg("--config")
            .arg(made.join("certrole.toml"))
            .output()
            .unwrap();
        assert!(
            !output.status.success() && said(&output).contains("lab"),
            "{command}: {}",
            said(&output)
        );
    }
    // Its CA, moved elsewhere, is refused for its mark.
    let home = Setup::with(&Authority::root("Acme Root")).write();
    let ca = std::fs::read_to_string(made.join("ca.pem")).unwrap();
    home.write("trust-anchors/acme.pem", &ca);
    let text = refuses_to_serve(&home);
    assert!(
        text.contains("not for production") || text.contains("lab"),
        "{text}"
    );
    lab.kill().unwrap();
    lab.wait().unwrap();
}

/// systemd is told when everything is loaded and bound, when a reload begins and ends, and when the end has begun.
#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told() {
    let acme = Authority::root("Acme Root");
    let home = Setup::with(&acme).write();
    let path = home.path("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(60)))
        .unwrap();
    let told = || {
        let mut bytes = [0; 4096];
        let length = socket.recv(&mut bytes).expect("nothing was told");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let mut daemon = home
        .start_by(|mut command| {
            command.env("NOTIFY_SOCKET", path);
            command
        })
        .await;
    assert!(told().contains("READY=1"));
    assert!(daemon.reload().status.success());
    let reloading = told();
    assert!(
        reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="),
        "{reloading}"
    );
    assert!(told().contains("READY=1"));
    assert!(daemon.stop().success());
    assert!(told().contains("STOPPING=1"));
}

/// Threat K11: whatever limit it was started with, the daemon dumps no core.
#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_dumps_no_core() {
    let home = Setup::with(&Authority::root("Acme Root")).write();
    let daemon = home
        .start_by(|mut command| {
            crate::harness::let_it_dump_core(&mut command);
            command
        })
        .await;
    assert_eq!(
        crate::harness::core_limit(daemon.child.id()).as_deref(),
        Some("0")
    );
}
