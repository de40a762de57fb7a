//! The log as its users see it: `append` answers when the event is durable, and not before.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use wire::Timestamp;

use crate::chain::{Kind, Mark};
use crate::checkpoint::{Checkpoint, CheckpointKey};
use crate::disk::Disk;
use crate::event::Event;
use crate::gathering::Gathering;
use crate::recovery::{OpenError, Opened, recover};
use crate::sampling::Sampling;
use crate::spare::Spare;
use crate::strangers::{Admission, Strangers};
use crate::writer::{Entry, Message, Writer, Written};

/// Lines that may wait for the writer; whoever comes later waits before the queue.
const QUEUE: usize = 4096;

/// How a log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The size in bytes from which a file is followed by the next.
    pub max_file_bytes: u64,
    /// Lines between checkpoints.
    pub checkpoint_events: u64,
    /// Seconds between checkpoints, when there is anything to vouch for.
    pub checkpoint_seconds: i64,
    /// Free bytes below which only issuance may write.
    pub reserve_bytes: u64,
    /// The longest that a line waits for others to share its sync.
    pub gather: Duration,
    /// Refusals before *authenticate* that one address gets an event for, a minute.
    pub refusals_per_address_per_minute: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_file_bytes: 64 << 20,
            checkpoint_events: 1000,
            checkpoint_seconds: 60,
            reserve_bytes: 16 << 20,
            gather: Duration::from_millis(1),
            refusals_per_address_per_minute: 60,
        }
    }
}

/// Proof that an event is durable: made after the sync returned, and by nothing else.
#[derive(Debug)]
pub struct Receipt(());

/// What became of a stranger's refusal.
#[derive(Debug)]
pub enum Stranger {
    /// It has an event.
    Written(Receipt),
    /// It is part of a count.
    Counted,
}

/// An event could not be made durable; what it tells of must not be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrecordable {
    /// No room.
    #[error("the audit log's disk is full: free some space, and issuing goes on by itself")]
    Full,
    /// The disk failed.
    #[error("the audit log cannot be written: {0}")]
    Failed(String),
    /// The log was closed.
    #[error("the audit log is closed")]
    Closed,
}

impl Unrecordable {
    pub(crate) fn from_io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// What the log has done so far.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Lines made durable.
    pub events: u64,
    /// Syncs that succeeded; each covers all lines that waited for it.
    pub syncs: u64,
    /// Time spent writing and syncing.
    pub sync_time: Duration,
    /// The CPU that the kernel spent on the syncs alone, estimated from one sync in four.
    pub sync_cpu: Duration,
    /// Writes or syncs that failed.
    pub failures: u64,
    /// What stands in the way now.
    pub trouble: Option<String>,
    /// The last line.
    pub last: Option<Mark>,
    /// The last checkpoint.
    pub checkpoint: Option<Checkpoint>,
}

/// The figures, shared with the writer.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedFigures(Arc<Mutex<Figures>>);

impl SharedFigures {
    pub(crate) fn change(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn read(&self) -> Figures {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An event on its way to the disk.
enum Sent<'l> {
    Queued(oneshot::Receiver<Result<Written, Unrecordable>>),
    /// The queue is full. Boxed: rare, and larger than the others together.
    Waiting(Pin<Box<dyn Future<Output = Result<Written, Unrecordable>> + Send + 'l>>),
    Refused(Unrecordable),
}

impl Sent<'_> {
    async fn written(self) -> Result<Written, Unrecordable> {
        match self {
            Self::Queued(answered) => answered.await.map_err(|_| Unrecordable::Closed)?,
            Self::Waiting(written) => written.await,
            Self::Refused(why) => Err(why),
        }
    }
}

/// The audit log.
#[derive(Debug, Clone)]
pub struct Log {
    sender: mpsc::Sender<Message>,
    strangers: Arc<Mutex<Strangers>>,
    figures: SharedFigures,
    spare: Spare,
    gathering: Gathering,
    /// The writer's thread.
    writer: Thread,
}

impl Log {
    /// Opens the log where it ended, closing a torn tail with a record of what was dropped, and starts its writer.
    ///
    /// `known` is a line that this daemon knows it wrote: a log that does not hold it was cut or replaced, and is
    /// refused (threat O7).
    pub fn open(
        settings: Settings,
        disk: Box<dyn Disk>,
        key: CheckpointKey,
        known: Option<Mark>,
        now: Timestamp,
    ) -> Result<(Self, Opened), OpenError> {
        let recovered = recover(disk.as_ref(), known, now)?;
        let opened = Opened {
            last: recovered.tail.mark,
            dropped_bytes: recovered.dropped_bytes,
        };
        let figures = SharedFigures::default();
        figures.change(|figures| figures.last = Some(recovered.tail.mark));
        let mut writer = Writer {
            disk,
            settings,
            key,
            tail: recovered.tail,
            file: None,
            owed: recovered.record,
            since_checkpoint: 0,
            checkpoint_at: now,
            figures: figures.clone(),
            sampling: Sampling::default(),
            text: Vec::new(),
            spare: Spare::default(),
            gathering: Gathering::for_at_most(settings.gather),
        };
        let (spare, gathering) = (writer.spare.clone(), writer.gathering.clone());
        // A log that cannot be written now would refuse every exchange: better said at once.
        writer
            .attempt_first(now)
            .map_err(|error| OpenError::Disk("written", error))?;
        let (sender, inbox) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || writer.run(inbox))
            .map_err(|error| OpenError::Disk("written", error))?;
        let strangers = Strangers::new(settings.refusals_per_address_per_minute);
        Ok((
            Self {
                sender,
                strangers: Arc::new(Mutex::new(strangers)),
                figures,
                spare,
                gathering,
                writer: writer.thread().clone(),
            },
            opened,
        ))
    }

    /// Makes an event durable. When this returns a receipt, the disk has it.
    ///
    /// The event is on its way when this is called; what it gives is the wait for the disk.
    pub fn append(&self, event: &Event<'_>) -> impl Future<Output = Result<Receipt, Unrecordable>> + use<'_> {
        let sent = self.send(event, true);
        async {
            match sent.written().await? {
                Written::Durable => Ok(Receipt(())),
                Written::LeftOut => Err(Unrecordable::Full),
            }
        }
    }

    /// Records a refusal of someone who has proven nothing yet: an event while its address's minute has room for one,
    /// a count from then on.
    pub fn append_stranger(
        &self,
        address: IpAddr,
        event: &Event<'_>,
    ) -> impl Future<Output = Result<Stranger, Unrecordable>> + use<'_> {
        let (admission, over) = self.strangers().admit(address, event.event_time);
        self.send_counts(over, event.event_time);
        let sent = match admission {
            Admission::Count => None,
            Admission::Write => Some(self.send(event, false)),
        };
        async move {
            let Some(sent) = sent else {
                return Ok(Stranger::Counted);
            };
            match sent.written().await? {
                Written::Durable => Ok(Stranger::Written(Receipt(()))),
                Written::LeftOut => {
                    self.strangers().count(address);
                    Ok(Stranger::Counted)
                }
            }
        }
    }

    /// Tells the log that time has gone on: minutes are closed, checkpoints that are due are signed, and a log in
    /// trouble is tried again.
    pub fn tick(&self, now: Timestamp) {
        let over = self.strangers().turn(now);
        self.send_counts(over, now);
        // A full queue means that the writer is at work: the next tick will do.
        let _ = self.sender.try_send(Message::Tick(now));
    }

    /// Signs where the log stands and ends it; whatever is appended later is refused.
    pub async fn close(&self, now: Timestamp) -> Option<Checkpoint> {
        let over = self.strangers().finish(now);
        for entry in counts(over, now) {
            self.sender.send(Message::Entry(entry)).await.ok()?;
        }
        let (answer, answered) = oneshot::channel();
        self.sender.send(Message::Close(now, answer)).await.ok()?;
        answered.await.ok().flatten()
    }

    /// What the log has done so far.
    pub fn figures(&self) -> Figures {
        self.figures.read()
    }

    fn send(&self, event: &Event<'_>, may_use_reserve: bool) -> Sent<'_> {
        let mut inside = self.spare.take();
        event.write_json(&mut inside);
        let (answer, answered) = oneshot::channel();
        let message = Message::Entry(Entry {
            kind: Kind::Event,
            inside,
            at: event.event_time,
            may_use_reserve,
            answer: Some(answer),
        });
        match self.sender.try_send(message) {
            Ok(()) => {
                let queued = self.sender.max_capacity().saturating_sub(self.sender.capacity());
                self.gathering.brought(queued, &self.writer);
                Sent::Queued(answered)
            }
            Err(TrySendError::Closed(_)) => Sent::Refused(Unrecordable::Closed),
            Err(TrySendError::Full(message)) => Sent::Waiting(Box::pin(async {
                let sent = self.sender.send(message).await;
                sent.map_err(|_| Unrecordable::Closed)?;
                answered.await.map_err(|_| Unrecordable::Closed)?
            })),
        }
    }

    fn send_counts(&self, lines: Vec<Vec<u8>>, at: Timestamp) {
        for entry in counts(lines, at) {
            let _ = self.sender.try_send(Message::Entry(entry));
        }
    }

    fn strangers(&self) -> std::sync::MutexGuard<'_, Strangers> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts of strangers' refusals as entries, for whose sync nobody waits.
fn counts(lines: Vec<Vec<u8>>, at: Timestamp) -> impl Iterator<Item = Entry> {
    lines.into_iter().map(move |inside| Entry {
        kind: Kind::Count,
        inside,
        at,
        may_use_reserve: false,
        answer: None,
    })
}
