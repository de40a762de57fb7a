//! Events on their way: they stand though nobody waits, and none is lost when more come than there is room for.

#![allow(clippy::unwrap_used)]

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use audit::{CheckpointKey, Disk, DiskFile, Event, Log, Origin, Settings};
use wire::Timestamp;
use zeroize::Zeroizing;

const AT: i64 = 1_800_000_000;

/// A disk in memory whose syncs wait while it is told to.
#[derive(Clone, Default)]
struct Slow(Arc<(Mutex<Held>, Condvar)>);

#[derive(Default)]
struct Held {
    written: Vec<u8>,
    is_held: bool,
    /// How long every sync takes at least.
    takes: Duration,
}

impl Slow {
    fn hold(&self, is_held: bool) {
        self.0.0.lock().unwrap().is_held = is_held;
        self.0.1.notify_all();
    }

    /// How many lines tell of this.
    fn lines(&self, of: &str) -> usize {
        let text = String::from_utf8(self.0.0.lock().unwrap().written.clone()).unwrap();
        let name = format!("\"eventName\":\"{of}\"");
        text.lines().filter(|line| line.contains(&name)).count()
    }
}

impl Disk for Slow {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn open(&self, _: &str, _: bool) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(self.clone()))
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

impl DiskFile for Slow {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.0.lock().unwrap().written.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let held = self.0.0.lock().unwrap();
        let takes = held.takes;
        drop(self.0.1.wait_while(held, |held| held.is_held).unwrap());
        thread::sleep(takes);
        Ok(())
    }

    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

fn at() -> Timestamp {
    Timestamp::from_seconds(AT)
}

fn log(disk: &Slow) -> Log {
    log_with(disk, Settings::default())
}

fn log_with(disk: &Slow, settings: Settings) -> Log {
    let key = CheckpointKey::from_seed(&Zeroizing::new([7; 32])).unwrap();
    let (log, _) = Log::open(settings, Box::new(disk.clone()), key, None, at()).unwrap();
    log
}

fn event(name: &'static str) -> Event<'static> {
    Event::new(
        "rolesanywhere.amazonaws.com",
        name,
        Origin::ControlSocket,
        at(),
        "eu-local-1",
    )
}

/// Threat O6: a caller that goes away takes no line with it.
#[tokio::test]
async fn an_event_stands_though_nobody_waits() {
    let disk = Slow::default();
    let log = log(&disk);
    drop(log.append(&event("Gone")));
    log.append(&event("Waits")).await.unwrap();
    assert_eq!((disk.lines("Gone"), disk.lines("Waits")), (1, 1));
}

/// Threat O6: with more events than there is room for, those who come later wait, and are answered when the disk has
/// theirs.
#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_loses_none() {
    const MANY: usize = 10_000;
    let disk = Slow::default();
    let log = log(&disk);
    disk.hold(true);
    let mut callers: Vec<_> = (0..MANY)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move { log.append(&event("Many")).await.map(|_receipt| ()) })
        })
        .collect();
    // Each has been asked once after this: what has room is on its way, the others wait.
    for _ in 0..MANY {
        tokio::task::yield_now().await;
    }
    assert!(
        callers.iter().all(|caller| !caller.is_finished()),
        "nobody is answered before the disk"
    );
    let gone = callers.pop().unwrap();
    gone.abort();
    disk.hold(false);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert!(disk.lines("Many") >= MANY - 1, "{} of {MANY}", disk.lines("Many"));
    log.append(&event("After")).await.unwrap();
    assert_eq!(disk.lines("After"), 1);
}

/// Whoever comes soon behind those who shared a sync waits for as many as they were. Were it not so, `D` would be on the
/// disk before `E` comes, and each have a sync.
#[tokio::test]
async fn after_two_that_shared_a_sync_the_next_two_share_one() {
    let disk = Slow::default();
    let settings = Settings {
        gather: Duration::from_secs(60),
        ..Settings::default()
    };
    let log = log_with(&disk, settings);
    // The first has a sync alone; the next two come meanwhile.
    disk.hold(true);
    let first = log.append(&event("A"));
    while disk.lines("A") == 0 {
        tokio::task::yield_now().await;
    }
    let (second, third) = (log.append(&event("B")), log.append(&event("C")));
    // Their sync takes long enough for what follows: after it, its time is waited for twice.
    let takes = Duration::from_secs(2);
    disk.0.0.lock().unwrap().takes = takes;
    disk.hold(false);
    let _ = (first.await.unwrap(), second.await.unwrap(), third.await.unwrap());
    let shared = Instant::now();
    disk.0.0.lock().unwrap().takes = Duration::ZERO;
    let before = log.figures().syncs;
    let fourth = log.append(&event("D"));
    thread::sleep(Duration::from_millis(20));
    assert_eq!(disk.lines("D"), 0, "it waits for company");
    let fifth = log.append(&event("E"));
    let _ = (fourth.await.unwrap(), fifth.await.unwrap());
    assert_eq!(log.figures().syncs - before, 1);
    // Nearly all of its time is left then, unless nobody wakes it.
    assert!(shared.elapsed() < takes, "its company woke the writer");
}
