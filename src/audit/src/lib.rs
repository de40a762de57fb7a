//! The audit log: who got what, when, from where, and why others did not.
//!
//! What lives here: the shape of an event (`event`), the chain that its lines form (`chain`), checkpoints signed by a
//! key of their own (`checkpoint`), the writer that answers only after the disk has (`log`, `writer`, `gathering`,
//! `spare`, `sampling`), what a log is opened from after a crash (`recovery`), the disk as a trait so that its faults
//! can be rehearsed (`disk`), and the readers: `verify` for the auditor, `search` for the operator.
//!
//! What does not: the decision to record, which is `broker`'s, and any time of day, which comes with the events.

mod capped;
mod chain;
mod checkpoint;
mod disk;
mod event;
mod gathering;
mod hexadecimal;
mod log;
mod primitives;
mod recovery;
mod sampling;
mod search;
mod spare;
mod strangers;
mod verify;
mod writer;

pub use chain::Mark;
pub use checkpoint::{Checkpoint, CheckpointKey, CheckpointPublicKey, NotACheckpoint, NotAKey};
pub use disk::{Disk, DiskFile, Folder, FolderError};
pub use event::{
    CertificateFacts, Detail, Event, Origin, RequestParameters, ResponseElements, TlsDetails, UserIdentity,
};
pub use log::{Figures, Log, Receipt, Settings, Stranger, Unrecordable};
pub use recovery::{OpenError, Opened};
pub use search::{Found, Query, search};
pub use verify::{Break, Known, Report, verify, verify_folder};
