//! The one writer of the log: lines become durable together, or none of them counts.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use wire::Timestamp;

use crate::chain::{Kind, file_name, write_line};
use crate::checkpoint::{Checkpoint, CheckpointKey};
use crate::disk::{Disk, DiskFile};
use crate::gathering::{Gathering, Last};
use crate::log::{Figures, Settings, SharedFigures, Unrecordable};
use crate::recovery::Tail;
use crate::sampling::Sampling;
use crate::spare::Spare;

/// The most that one sync makes durable.
pub(crate) const BATCH_BYTES: usize = 1 << 20;

/// A line on its way.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) inside: Vec<u8>,
    pub(crate) at: Timestamp,
    /// Whether it may use the disk that is held back for issuance.
    pub(crate) may_use_reserve: bool,
    pub(crate) answer: Option<oneshot::Sender<Result<Written, Unrecordable>>>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is durable.
    Durable,
    /// It was left out: the disk that is left belongs to issuance.
    LeftOut,
}

#[derive(Debug)]
pub(crate) enum Message {
    Entry(Entry),
    /// Time has gone on.
    Tick(Timestamp),
    /// Sign where the log stands, and end.
    Close(Timestamp, oneshot::Sender<Option<Checkpoint>>),
}

pub(crate) struct Writer {
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) settings: Settings,
    pub(crate) key: CheckpointKey,
    pub(crate) tail: Tail,
    pub(crate) file: Option<Box<dyn DiskFile>>,
    /// The inside of a recovery record that is owed.
    pub(crate) owed: Option<Vec<u8>>,
    pub(crate) since_checkpoint: u64,
    pub(crate) checkpoint_at: Timestamp,
    pub(crate) figures: SharedFigures,
    /// Which syncs' CPU is measured.
    pub(crate) sampling: Sampling,
    /// The batch that is being written: one buffer for all of them.
    pub(crate) text: Vec<u8>,
    /// Where the buffers of lines that are written go.
    pub(crate) spare: Spare,
    /// For how many lines it waits.
    pub(crate) gathering: Gathering,
}

impl Writer {
    /// Runs until it is closed or nobody can send any more.
    pub(crate) fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut last: Option<Last> = None;
        loop {
            if let Some(last) = last {
                self.gathering.wait(last, || inbox.len());
            }
            let Some(message) = inbox.blocking_recv() else {
                return;
            };
            // Whoever is about to send comes along, where processors are busy: fewer syncs, and sooner answers for all.
            // Where they are not, this returns at once.
            std::thread::yield_now();
            let mut batch = Vec::new();
            let mut bytes = 0_usize;
            let mut next = Some(message);
            // Whatever has come while the last sync ran is made durable by one sync together.
            while let Some(message) = next.take() {
                match message {
                    Message::Entry(entry) => {
                        bytes = bytes.saturating_add(entry.inside.len());
                        batch.push(entry);
                    }
                    Message::Tick(now) => self.tick(now),
                    Message::Close(now, answer) => {
                        self.answer(std::mem::take(&mut batch));
                        let _ = self.commit(&[], now, true);
                        let _ = answer.send(self.figures.read().checkpoint);
                        return;
                    }
                }
                if bytes < BATCH_BYTES {
                    next = inbox.try_recv().ok();
                }
            }
            let awaited = |entry: &&Entry| entry.answer.is_some();
            let (lines, began) = (batch.iter().filter(awaited).count(), Instant::now());
            self.answer(batch);
            let done = Instant::now();
            last = Some(Last {
                lines,
                took: done.saturating_duration_since(began),
                done,
            });
        }
    }

    fn tick(&mut self, now: Timestamp) {
        let due =
            self.since_checkpoint > 0 && now.since(self.checkpoint_at) >= self.settings.checkpoint_seconds;
        if due || self.file.is_none() {
            // A failure shows in the figures; the next line tries again.
            let _ = self.commit(&[], now, due);
        }
    }

    /// Makes a batch durable, and only then answers those who wait for it.
    fn answer(&mut self, batch: Vec<Entry>) {
        let Some(now) = batch.iter().map(|entry| entry.at).max() else {
            return;
        };
        let reserve_only = batch.iter().any(|entry| !entry.may_use_reserve)
            && self
                .disk
                .free_bytes()
                .is_ok_and(|free| free < self.settings.reserve_bytes);
        let (mut kept, mut left_out): (Vec<Entry>, Vec<Entry>) = if reserve_only {
            batch.into_iter().partition(|entry| entry.may_use_reserve)
        } else {
            (batch, Vec::new())
        };
        let lines: Vec<(Kind, &[u8])> = kept
            .iter()
            .map(|entry| (entry.kind, entry.inside.as_slice()))
            .collect();
        let outcome = if lines.is_empty() {
            Ok(())
        } else {
            self.commit(&lines, now, false)
        };
        for entry in &mut kept {
            if let Some(answer) = entry.answer.take() {
                // Whoever no longer waits needs no answer; the line stands all the same.
                let _ = answer.send(outcome.clone().map(|()| Written::Durable));
            }
        }
        for entry in &mut left_out {
            if let Some(answer) = entry.answer.take() {
                let _ = answer.send(Ok(Written::LeftOut));
            }
        }
        let buffers = kept.into_iter().chain(left_out).map(|entry| entry.inside);
        self.spare.give(buffers);
    }

    /// Writes what a log that was just opened owes: its first line, or the record of what was dropped.
    pub(crate) fn attempt_first(&mut self, now: Timestamp) -> std::io::Result<()> {
        self.attempt(&[], now, false)
    }

    /// Writes lines behind the tail and syncs. Only after that does the tail move: a failure leaves it where it was,
    /// and what may have reached the file is cut off before anything else is written.
    pub(crate) fn commit(
        &mut self,
        lines: &[(Kind, &[u8])],
        now: Timestamp,
        checkpoint: bool,
    ) -> Result<(), Unrecordable> {
        let began = Instant::now();
        let attempt = self.attempt(lines, now, checkpoint);
        let took = began.elapsed();
        match attempt {
            Ok(()) => {
                self.figures.change(|figures| {
                    figures.syncs = figures.syncs.saturating_add(1);
                    figures.events = figures
                        .events
                        .saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
                    figures.sync_time = figures.sync_time.saturating_add(took);
                    figures.trouble = None;
                });
                Ok(())
            }
            Err(error) => {
                // The descriptor is not trusted again: after a failed sync a second one may lie (threat O5).
                self.file = None;
                let reason = Unrecordable::from_io(&error);
                self.owed = Some(recovery_record(&reason, now));
                tracing::error!(error = %error, "the audit log cannot be written: nothing is issued until it can");
                self.figures.change(|figures| {
                    figures.failures = figures.failures.saturating_add(1);
                    figures.trouble = Some(reason.to_string());
                });
                Err(reason)
            }
        }
    }

    fn attempt(&mut self, lines: &[(Kind, &[u8])], now: Timestamp, checkpoint: bool) -> std::io::Result<()> {
        let mut tail = self.tail;
        if tail.length >= self.settings.max_file_bytes {
            tail = Tail {
                number: tail.number.saturating_add(1),
                length: 0,
                mark: tail.mark,
            };
            self.file = None;
        }
        let begins = tail.length == 0;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut file = self.disk.open(&file_name(tail.number), begins)?;
                file.truncate(tail.length)?;
                file
            }
        };

        let mut text = std::mem::take(&mut self.text);
        text.clear();
        if begins {
            let opening = json!({ "opening": {
                "at": now.rfc3339(),
                "file": tail.number,
                "publicKey": self.key.public_key().to_string(),
            }});
            tail.mark = write_line(
                &mut text,
                tail.mark,
                Kind::Opening,
                opening.to_string().as_bytes(),
            );
        }
        if let Some(owed) = &self.owed {
            tail.mark = write_line(&mut text, tail.mark, Kind::Recovery, owed);
        }
        for (kind, inside) in lines {
            tail.mark = write_line(&mut text, tail.mark, *kind, inside);
        }
        let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let since = self.since_checkpoint.saturating_add(count);
        let due = checkpoint
            || since >= self.settings.checkpoint_events
            || (since > 0 && now.since(self.checkpoint_at) >= self.settings.checkpoint_seconds);
        let signed = due.then(|| self.key.sign(tail.mark, now));
        if let Some(signed) = &signed {
            tail.mark = write_line(&mut text, tail.mark, Kind::Checkpoint, &signed.to_json());
        }

        let written = file.append(&text);
        let length = text.len();
        self.text = text;
        written?;
        self.sync(file.as_mut())?;
        if begins {
            // The file's bytes are durable; its name must be, too.
            self.disk.sync_folder()?;
        }

        tail.length = tail
            .length
            .saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        self.tail = tail;
        self.file = Some(file);
        self.owed = None;
        self.since_checkpoint = if signed.is_some() { 0 } else { since };
        if let Some(signed) = signed {
            self.checkpoint_at = now;
            self.figures.change(|figures| figures.checkpoint = Some(signed));
        }
        self.figures
            .change(|figures: &mut Figures| figures.last = Some(tail.mark));
        Ok(())
    }

    /// A thread that asks for its CPU calls the kernel: not every sync is measured.
    fn sync(&mut self, file: &mut dyn DiskFile) -> std::io::Result<()> {
        if !self.sampling.next_is_measured() {
            return file.sync();
        }
        let began = cpu();
        let synced = file.sync();
        let took = Sampling::estimate(cpu().saturating_sub(began));
        self.figures
            .change(|figures| figures.sync_cpu = figures.sync_cpu.saturating_add(took));
        synced
    }
}

/// The CPU that this thread has used.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn recovery_record(reason: &Unrecordable, now: Timestamp) -> Vec<u8> {
    let record = json!({ "recovery": {
        "at": now.rfc3339(),
        "reason": reason.to_string(),
        "dropped": "a batch whose callers were all refused",
    }});
    record.to_string().into_bytes()
}
