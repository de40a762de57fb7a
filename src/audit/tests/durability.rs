//! Never an answer without its record: the log on a disk that fails in every way, at every operation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(unreachable_pub)]

mod memory;

use std::collections::BTreeSet;

use audit::{
    CheckpointKey, CheckpointPublicKey, Event, Known, Log, OpenError, Origin, Settings, Stranger,
    Unrecordable, verify,
};
use memory::{Fault, Memory};
use wire::Timestamp;
use zeroize::Zeroizing;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

fn key() -> CheckpointKey {
    CheckpointKey::from_seed(&Zeroizing::new([7; 32])).unwrap()
}

fn public_key() -> CheckpointPublicKey {
    key().public_key()
}

fn event(name: &str) -> Event<'_> {
    Event::new(
        "rolesanywhere.amazonaws.com",
        name,
        Origin::ControlSocket,
        at(0),
        "eu-local-1",
    )
}

/// Files of about six lines, a checkpoint every four.
fn settings() -> Settings {
    Settings {
        max_file_bytes: 3000,
        checkpoint_events: 4,
        ..Settings::default()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Appends events `first..first + count` in waves of three at once; gives the names of those that were answered.
fn append(log: &Log, first: usize, count: usize) -> BTreeSet<String> {
    runtime().block_on(async {
        let mut answered = BTreeSet::new();
        for wave in (first..first + count).step_by(3) {
            let tasks = (wave..(wave + 3).min(first + count)).map(|number| {
                let log = log.clone();
                async move {
                    let name = format!("event-{number}");
                    (log.append(&event(&name)).await.is_ok(), name)
                }
            });
            let mut set = Vec::new();
            for task in tasks {
                set.push(Box::pin(task));
            }
            for (recorded, name) in join(set).await {
                if recorded {
                    answered.insert(name);
                }
            }
        }
        answered
    })
}

/// Waits for all, polling each in turn, so that they are in the queue together.
async fn join<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(value) = std::pin::Pin::new(future).poll(context)
            {
                *output = Some(value);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(outputs.iter_mut().map(|output| output.take().unwrap()).collect())
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}

fn recorded(disk: &Memory) -> Vec<String> {
    let mut names = Vec::new();
    for (name, bytes) in disk.files() {
        if !name.ends_with(".jsonl") {
            continue;
        }
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if let Ok(line) = serde_json::from_slice::<serde_json::Value>(line)
                && line["chain"]["record"] == "event"
            {
                names.push(line["eventName"].as_str().unwrap().to_owned());
            }
        }
    }
    names
}

/// Threats O1, O5: each operation fails in each way, the power goes at the end with any part of the unsynced bytes
/// kept; whatever was answered is there, once, the chain verifies, and the log goes on.
#[test]
fn no_fault_at_any_operation_lets_an_answer_out_without_its_record() {
    let quiet = Memory::new();
    let (log, _) = Log::open(settings(), Box::new(quiet.clone()), key(), None, at(0)).unwrap();
    append(&log, 0, 24);
    runtime().block_on(log.close(at(9)));
    let operations = quiet.operations();
    assert!(operations > 30, "{operations}");

    let mut cases = 0;
    for fault in [Fault::Nothing, Fault::Half, Fault::Done, Fault::Forever] {
        for failing in 1..=operations + 1 {
            let disk = Memory::failing(failing, fault);
            let mut answered = BTreeSet::new();
            match Log::open(settings(), Box::new(disk.clone()), key(), None, at(0)) {
                Ok((log, _)) => {
                    answered.append(&mut append(&log, 0, 24));
                    if fault != Fault::Forever {
                        assert!(
                            answered.len() >= 18,
                            "one fault refuses one batch: {}",
                            answered.len()
                        );
                    }
                }
                Err(OpenError::Disk(..)) => {}
                Err(error) => panic!("{error}"),
            }
            for kept in [0, 1, 300, usize::MAX] {
                cases += 1;
                let disk = disk.after_power_cut(kept);
                let (log, _) = Log::open(settings(), Box::new(disk.clone()), key(), None, at(10))
                    .unwrap_or_else(|error| panic!("{fault:?} at {failing}, {kept} kept: {error}"));
                let again = append(&log, 100, 3);
                assert_eq!(again.len(), 3);
                runtime().block_on(log.close(at(11)));
                let names = recorded(&disk);
                for name in answered.iter().chain(&again) {
                    let times = names.iter().filter(|recorded| *recorded == name).count();
                    assert_eq!(times, 1, "{name}: {fault:?} at {failing}, {kept} kept");
                }
                verify(disk.log_files(), &public_key(), Known::default())
                    .unwrap_or_else(|error| panic!("{fault:?} at {failing}, {kept} kept: {error}"));
            }
        }
    }
    assert!(cases > 400, "{cases}");
}

/// One sync answers everyone who waited: the reason why fsync on does not mean one fsync an exchange.
#[test]
fn those_who_wait_together_share_a_sync() {
    let disk = Memory::new();
    let (log, _) = Log::open(Settings::default(), Box::new(disk.clone()), key(), None, at(0)).unwrap();
    let before = disk.syncs();
    runtime().block_on(async {
        let tasks = (0..200).map(|_| {
            let log = log.clone();
            Box::pin(async move { log.append(&event("x")).await.unwrap() })
        });
        join(tasks.collect()).await;
    });
    // The writer may wake for the first line alone; the rest arrive while it is at work.
    assert!(disk.syncs() - before < 100, "{}", disk.syncs() - before);
    assert_eq!(log.figures().events, 200);
}

/// A full disk stops issuing and says so; with room again it goes on, without a restart, and nothing half-written
/// stays behind.
#[test]
fn a_full_disk_refuses_and_room_heals() {
    let disk = Memory::new();
    let (log, _) = Log::open(Settings::default(), Box::new(disk.clone()), key(), None, at(0)).unwrap();
    append(&log, 0, 3);
    disk.set_room(Some(200));
    runtime().block_on(async {
        for _ in 0..3 {
            assert_eq!(
                log.append(&event("refused")).await.unwrap_err(),
                Unrecordable::Full
            );
        }
        assert!(log.figures().trouble.unwrap().contains("full"));
        disk.set_room(None);
        log.append(&event("after")).await.unwrap();
        assert_eq!(log.figures().trouble, None);
    });
    let names = recorded(&disk);
    assert!(!names.contains(&"refused".to_owned()) && names.contains(&"after".to_owned()));
    let report = verify(disk.log_files(), &public_key(), Known::default()).unwrap();
    assert_eq!((report.recoveries, report.unfinished), (1, 0));
}

/// What is left of the disk belongs to issuance; strangers are counted meanwhile.
#[test]
fn strangers_never_use_the_reserve() {
    let disk = Memory::new();
    let (log, _) = Log::open(Settings::default(), Box::new(disk.clone()), key(), None, at(0)).unwrap();
    disk.set_free(1000);
    runtime().block_on(async {
        let address = "192.0.2.1".parse().unwrap();
        assert!(matches!(
            log.append_stranger(address, &event("stranger")).await.unwrap(),
            Stranger::Counted
        ));
        log.append(&event("issued")).await.unwrap();
        disk.set_free(u64::MAX);
        log.tick(at(61));
        log.append(&event("later")).await.unwrap();
    });
    assert_eq!(recorded(&disk), ["issued", "later"]);
    let text: Vec<u8> = disk.files().into_values().flatten().collect();
    assert!(String::from_utf8(text).unwrap().contains(r#""refusals":1"#));
}

/// Threat O7: an older copy of the log, or one whose end was cut, is not gone on with.
#[test]
fn a_log_that_lost_what_the_daemon_knows_is_refused() {
    let disk = Memory::new();
    let (log, _) = Log::open(settings(), Box::new(disk.clone()), key(), None, at(0)).unwrap();
    append(&log, 0, 3);
    let older = disk.after_power_cut(0);
    append(&log, 3, 3);
    let known = runtime().block_on(log.close(at(5))).unwrap().mark;
    Log::open(
        settings(),
        Box::new(disk.after_power_cut(0)),
        key(),
        Some(known),
        at(6),
    )
    .unwrap();

    let refused = Log::open(settings(), Box::new(older), key(), Some(known), at(6)).unwrap_err();
    assert!(matches!(refused, OpenError::Behind { .. }), "{refused}");
    let refused = Log::open(settings(), Box::new(Memory::new()), key(), Some(known), at(6)).unwrap_err();
    assert!(matches!(refused, OpenError::Behind { .. }), "{refused}");
}

/// Threat O2: every single change of a byte, every line dropped, swapped or doubled, every file gone, every cut is
/// found; a cut tail by a checkpoint that was kept elsewhere.
#[test]
fn the_verifier_finds_every_change() {
    let disk = Memory::new();
    let (log, _) = Log::open(settings(), Box::new(disk.clone()), key(), None, at(0)).unwrap();
    append(&log, 0, 15);
    let kept = runtime().block_on(log.close(at(5))).unwrap();
    let kept_elsewhere = Known {
        checkpoint: Some(&kept),
        archived: false,
    };
    let report = verify(disk.log_files(), &public_key(), kept_elsewhere).unwrap();
    assert!(
        report.files >= 3 && report.checkpoints >= 3 && report.events == 15,
        "{report:?}"
    );

    let files = disk.files();
    for (name, bytes) in &files {
        for position in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[position] ^= 1 << (position % 8);
            disk.put(name, bent);
            // Without its line feed the very last line counts as one that is still being written, and is told of.
            let found = verify(disk.log_files(), &public_key(), kept_elsewhere)
                .map_or(true, |report| report.unfinished > 0);
            assert!(found, "{name} byte {position}");
        }
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        for line in 0..lines.len() {
            // The last line of all is the checkpoint that was kept: the copy elsewhere stands for it.
            let is_the_kept_checkpoint = Some(name) == files.keys().next_back() && line + 1 == lines.len();
            let mut dropped = lines.clone();
            dropped.remove(line);
            let mut doubled = lines.clone();
            doubled.insert(line, lines[line]);
            let mut swapped = lines.clone();
            swapped.swap(line, (line + 1) % lines.len());
            let bents = [
                (!is_the_kept_checkpoint).then_some(dropped),
                Some(doubled),
                Some(swapped),
            ];
            for bent in bents.into_iter().flatten() {
                disk.put(name, bent.concat());
                assert!(
                    verify(disk.log_files(), &public_key(), kept_elsewhere).is_err(),
                    "{name} line {line}"
                );
            }
            // Everything from this line on is gone, and all later files.
            disk.put(name, lines[..line].concat());
            for later in files.keys().filter(|later| *later > name) {
                disk.remove(later);
            }
            assert!(
                is_the_kept_checkpoint || verify(disk.log_files(), &public_key(), kept_elsewhere).is_err(),
                "{name} cut at {line}"
            );
            for (name, bytes) in &files {
                disk.put(name, bytes.clone());
            }
        }
        disk.remove(name);
        assert!(
            verify(disk.log_files(), &public_key(), kept_elsewhere).is_err(),
            "{name} gone"
        );
        disk.put(name, bytes.clone());
    }
    let other = CheckpointKey::from_seed(&Zeroizing::new([8; 32]))
        .unwrap()
        .public_key();
    assert!(verify(disk.log_files(), &other, Known::default()).is_err());
    assert!(verify(disk.log_files(), &public_key(), kept_elsewhere).is_ok());
}

/// A change that no crash explains stops the start; it is not taken for a torn write and cut away.
#[test]
fn a_change_deep_in_a_file_is_not_mended() {
    let disk = Memory::new();
    let settings = Settings {
        max_file_bytes: 64 << 20,
        checkpoint_events: 100_000,
        ..Settings::default()
    };
    let (log, _) = Log::open(settings, Box::new(disk.clone()), key(), None, at(0)).unwrap();
    runtime().block_on(async {
        let mut wide = event("wide");
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            wide.certrole.values.insert(name, "x".repeat(1000));
        }
        for _ in 0..300 {
            log.append(&wide).await.unwrap();
        }
    });
    let (name, mut bytes) = disk.files().pop_first().unwrap();
    // In the second line; the third is the first that does not follow.
    bytes[1500] ^= 1;
    disk.put(&name, bytes);
    let refused = Log::open(settings, Box::new(disk.after_power_cut(0)), key(), None, at(6)).unwrap_err();
    assert!(matches!(refused, OpenError::Broken { line: 3, .. }), "{refused}");
}
