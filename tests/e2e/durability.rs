//! Never an answer without its record: killed at any moment, or with a disk that takes nothing more.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::harness::{Authority, Daemon, Identity, Setup, Wire, members, said};

/// The keys of all exchanges that the audit log tells of.
fn recorded(daemon: &Daemon) -> BTreeSet<String> {
    let events = daemon.events();
    let keys = events
        .iter()
        .filter_map(|event| event["responseElements"]["accessKeyId"].as_str());
    keys.map(str::to_owned).collect()
}

/// Kill -9 under load, a hundred times: every credential that a client received has its event, the chain verifies, and
/// the daemon starts again (threats O1, O2, O5).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_a_hundred_times_under_load() {
    let acme = Authority::root("Acme Root");
    let setup = Setup::with(&acme)
        .limits("requests_per_address_per_second = 100000\nrequests_per_address_burst = 100000")
        .audit("max_file_bytes = 1048576\ncheckpoint_events = 50");
    let leaf = acme.leaf("web-1");
    let mut home = setup.write();
    let received = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 0..100_u64 {
        let daemon = home.start().await;
        let config = daemon.tls(&Identity::Certificate(&leaf));
        let (address, host) = (daemon.address, daemon.host());
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let (config, received, host) = (Arc::clone(&config), Arc::clone(&received), host.clone());
                tokio::spawn(async move {
                    let Ok(mut wire) = Wire::open(address, &config).await else {
                        return;
                    };
                    let headers = [
                        ("Host".to_owned(), host),
                        ("Content-Type".to_owned(), "application/json".to_owned()),
                    ];
                    let body = members("acme", "web", "Reader").to_string();
                    while let Ok(answer) = wire.request("POST", "/sessions", &headers, body.as_bytes()).await
                    {
                        let body = answer.json();
                        let id = body["credentialSet"][0]["credentials"]["accessKeyId"].as_str();
                        received
                            .lock()
                            .unwrap()
                            .insert(id.expect("nothing but credentials").to_owned());
                    }
                })
            })
            .collect();
        // Another moment each time, from before the first answer to well into the load.
        tokio::time::sleep(Duration::from_millis(round * 37 % 120)).await;
        home = daemon.kill();
        for client in clients {
            client.await.unwrap();
        }
    }
    let daemon = home.start().await;
    let received = received.lock().unwrap().clone();
    let recorded = recorded(&daemon);
    let missing: Vec<&String> = received.difference(&recorded).collect();
    assert!(
        missing.is_empty(),
        "{} of {} have no event",
        missing.len(),
        received.len()
    );
    assert!(
        received.len() > 100,
        "the load was too small to mean anything: {}",
        received.len()
    );
    let verified = daemon.verify_audit();
    assert!(verified.status.success(), "{}", said(&verified));
    let home = daemon.end();
    let verified = home.verify_audit();
    assert!(verified.status.success(), "{}", said(&verified));
}

fn limit_file_size(daemon: &Daemon, bytes: Option<u64>) {
    let pid: Pid = Pid::from_child(&daemon.child);
    prlimit(
        Some(pid),
        Resource::Fsize,
        Rlimit {
            current: bytes,
            maximum: None,
        },
    )
    .unwrap();
}

/// Threats O1, O6: the audit file takes nothing more. Nothing is issued, the daemon says so, and when there is room it
/// goes on by itself. (A disk that is really full is an interop test: it needs a file system of its own.)
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_stops_issuing_and_no_more() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let body = members("acme", "web", "Reader");
    assert_eq!(daemon.by_tls(&leaf, &body).await.status, 201);
    let length = std::fs::metadata(daemon.path("state/audit/audit-00000001.jsonl"))
        .unwrap()
        .len();

    // Room for half an event: a torn line, which is never answered for.
    limit_file_size(&daemon, Some(length + 300));
    for _ in 0..3 {
        let answer = daemon.by_tls(&leaf, &body).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert_eq!(
            answer.header("x-amzn-errortype"),
            Some("ServiceUnavailableException")
        );
        assert!(!answer.body.contains("ASIA"));
    }
    assert_eq!(daemon.readiness().await, Some(503));
    let (_, text) = daemon.admin("/readyz").await.unwrap();
    assert!(text.contains("nothing is issued"), "{text}");
    assert_eq!(daemon.admin("/healthz").await.unwrap().0, 200);

    limit_file_size(&daemon, None);
    let answer = daemon.by_tls(&leaf, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(daemon.readiness().await, Some(200));
    assert!(
        daemon
            .events()
            .iter()
            .any(|event| event.get("recovery").is_some())
    );
    let home = daemon.end();
    let verified = home.verify_audit();
    assert!(verified.status.success(), "{}", said(&verified));
}

/// Threat O2: whatever is done to the log afterwards shows, and where.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_changed_does_not_verify() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    for _ in 0..5 {
        assert_eq!(
            daemon
                .by_tls(&leaf, &members("acme", "web", "Reader"))
                .await
                .status,
            201
        );
    }
    let home = daemon.end();
    assert!(home.verify_audit().status.success());
    let kept = home.command("audit checkpoint").output().unwrap();
    assert!(kept.status.success(), "{}", said(&kept));
    home.write("kept", &String::from_utf8(kept.stdout).unwrap());

    let name = "state/audit/audit-00000001.jsonl";
    let good = home.read(name);
    let lines: Vec<&str> = good.lines().collect();
    let dropped = [&lines[..2], &lines[3..]].concat().join("\n") + "\n";
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(2, 3);
        lines.join("\n") + "\n"
    };
    for (what, text) in [
        ("changed", good.replacen("127.0.0.1", "127.0.0.2", 1)),
        ("dropped", dropped),
        ("swapped", swapped),
        ("repeated", good.clone() + lines[3] + "\n"),
    ] {
        home.write(name, &text);
        let verified = home.verify_audit();
        assert!(!verified.status.success(), "{what}");
        assert!(
            said(&verified).contains("audit-00000001.jsonl"),
            "{what}: {}",
            said(&verified)
        );
    }
    // A missing tail shows by a checkpoint that was kept elsewhere.
    home.write(name, &(lines[..3].join("\n") + "\n"));
    let checkpoint = home.path("kept").display().to_string();
    let verified = home
        .command(&format!("audit verify --checkpoint {checkpoint}"))
        .output()
        .unwrap();
    assert!(!verified.status.success());
    home.write(name, &good);
    let verified = home
        .command(&format!("audit verify --checkpoint {checkpoint}"))
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", said(&verified));
}
