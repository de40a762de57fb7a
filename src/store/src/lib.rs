//! State at rest: what must survive a restart.
//!
//! What lives here: the `Store` trait and its SQLite form, one file. It keeps sealing keys and the key of audit
//! checkpoints (both sealed by the caller before they get here), the unique ids of roles with the lives that they belong to,
//! where the audit log stood, and what is known about revocation.
//!
//! What does not: any decision, any cryptography, and any call on the road of an exchange.

mod error;
mod migrations;
mod revocation;
mod sqlite;

pub use error::StoreError;
pub use revocation::{ListError, ListSource, StoredAnswer, StoredList};
pub use sqlite::SqliteStore;

use wire::{RoleArn, RoleId, Timestamp};

/// A sealing key at rest: sealed under the root key by whoever hands it in.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its number.
    pub id: u32,
    /// The sealed key.
    pub sealed: Vec<u8>,
    /// From when it seals.
    pub first_use: Timestamp,
    /// From when it seals no more.
    pub retired: Timestamp,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "StoredKey(#{}, {} to {})",
            self.id, self.first_use, self.retired
        )
    }
}

/// Where the audit log stood when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditMark {
    /// The line's number.
    pub sequence: u64,
    /// The line's SHA-256.
    pub hash: [u8; 32],
}

/// The state at rest.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Every sealing key, oldest first.
    fn sealing_keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// Adds a sealing key. [`StoreError::Taken`] when its number is in use: another writer was first.
    fn add_sealing_key(&self, key: &StoredKey) -> Result<(), StoreError>;

    /// Forgets keys that open nothing any more.
    fn forget_sealing_keys(&self, ids: &[u32]) -> Result<(), StoreError>;

    /// A sealed secret by its name.
    fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a sealed secret. [`StoreError::Taken`] when the name is in use: a secret is never replaced by accident.
    fn add_secret(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError>;

    /// Says which roles there are, all at once: each keeps the id of its present life or gets that of a new one from
    /// `fresh`; the life of every other role ends. Gives the ids in the order of the roles.
    fn settle_roles(
        &self,
        roles: &[RoleArn],
        now: Timestamp,
        fresh: &mut dyn FnMut() -> Result<RoleId, StoreError>,
    ) -> Result<Vec<RoleId>, StoreError>;

    /// Where the audit log stood.
    fn audit_mark(&self) -> Result<Option<AuditMark>, StoreError>;

    /// Keeps where the audit log stands; none forgets it.
    fn set_audit_mark(&self, mark: Option<AuditMark>) -> Result<(), StoreError>;

    /// Every revocation list. One may lie below the highest number seen, when a newer one was in a file:
    /// [`Store::raise_revocation_mark`] tells.
    fn revocation_lists(&self) -> Result<Vec<StoredList>, StoreError>;

    /// Keeps a revocation list in the place of the one of the same account, anchor and scope, and remembers its number.
    /// A number below the highest one seen of the scope is refused, and so is that one with other content (threat R6);
    /// the same list again is no error.
    fn put_revocation_list(&self, list: &StoredList) -> Result<(), ListError>;

    /// Removes a list because an operator said so; never because time passed (threat R9). The highest number seen stays
    /// remembered. Tells whether there was such a list.
    fn remove_revocation_list(
        &self,
        account: &str,
        trust_anchor: &str,
        scope: &[u8],
    ) -> Result<bool, StoreError>;

    /// Judges and remembers the number of a list that is kept elsewhere, as [`Store::put_revocation_list`] does for one
    /// that is kept here.
    fn raise_revocation_mark(&self, scope: &[u8], number: &[u8], sha256: &[u8; 32]) -> Result<(), ListError>;

    /// Every OCSP answer.
    fn ocsp_answers(&self) -> Result<Vec<StoredAnswer>, StoreError>;

    /// Keeps an OCSP answer in the place of one of the same key with an earlier thisUpdate. Tells whether it was kept;
    /// if not, what is there is as late or later.
    fn put_ocsp_answer(&self, answer: &StoredAnswer) -> Result<bool, ListError>;

    /// Forgets the answers about certificates whose notAfter lies before `before`, and no other (threat R9). Tells how
    /// many.
    fn forget_ocsp_answers(&self, before: Timestamp) -> Result<usize, StoreError>;
}
