//! The state in one SQLite file.

mod revocation;

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use wire::{RoleArn, RoleId, Timestamp};

use crate::{AuditMark, ListError, Store, StoreError, StoredAnswer, StoredKey, StoredList, migrations};

/// How long a writer waits for another process to finish its transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Mutex<Connection>,
}

impl SqliteStore {
    /// Makes the file, with its final mode from the first moment (threat O10).
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        match made {
            Ok(_) => Self::open(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(StoreError::Exists(path.to_owned()))
            }
            Err(cause) => Err(StoreError::File {
                path: path.to_owned(),
                cause,
            }),
        }
    }

    /// Opens the file that [`SqliteStore::create`] made, brings its shape up to date and checks it whole.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let metadata = match std::fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Missing(path.to_owned()));
            }
            Err(cause) => {
                return Err(StoreError::File {
                    path: path.to_owned(),
                    cause,
                });
            }
        };
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(StoreError::Loose {
                path: path.to_owned(),
                mode,
            });
        }
        let damaged = |problem: String| StoreError::Damaged {
            path: path.to_owned(),
            problem,
        };
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        let prepared = (|| {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
        })();
        match prepared {
            Ok(verdict) if verdict == "ok" => {}
            Ok(verdict) => return Err(damaged(verdict)),
            Err(error) if is_damage(&error) => return Err(damaged(error.to_string())),
            Err(error) => return Err(error.into()),
        }
        migrations::migrate(&mut connection)?.map_err(|found| StoreError::Newer {
            path: PathBuf::from(path),
            found,
            known: migrations::newest(),
        })?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic cut short was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// Tells "there already" from every other failure.
fn taken(error: rusqlite::Error, what: String) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => StoreError::Taken(what),
        _ => error.into(),
    }
}

impl Store for SqliteStore {
    fn sealing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT id, sealed, first_use, retired FROM sealing_key ORDER BY id")?;
        let keys = query.query_map([], |row| {
            Ok(StoredKey {
                id: row.get(0)?,
                sealed: row.get(1)?,
                first_use: Timestamp::from_seconds(row.get(2)?),
                retired: Timestamp::from_seconds(row.get(3)?),
            })
        })?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    fn add_sealing_key(&self, key: &StoredKey) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO sealing_key (id, sealed, first_use, retired) VALUES (?1, ?2, ?3, ?4)",
                params![key.id, key.sealed, key.first_use.seconds(), key.retired.seconds()],
            )
            .map_err(|error| taken(error, format!("sealing key {}", key.id)))?;
        Ok(())
    }

    fn forget_sealing_keys(&self, ids: &[u32]) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            transaction.execute("DELETE FROM sealing_key WHERE id = ?1", [id])?;
        }
        Ok(transaction.commit()?)
    }

    fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.connection();
        let found = connection.query_row("SELECT sealed FROM secret WHERE name = ?1", [name], |row| {
            row.get(0)
        });
        Ok(found.optional()?)
    }

    fn add_secret(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO secret (name, sealed) VALUES (?1, ?2)",
                params![name, sealed],
            )
            .map_err(|error| taken(error, format!("the secret `{name}`")))?;
        Ok(())
    }

    fn settle_roles(
        &self,
        roles: &[RoleArn],
        now: Timestamp,
        fresh: &mut dyn FnMut() -> Result<RoleId, StoreError>,
    ) -> Result<Vec<RoleId>, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut alive: std::collections::HashMap<String, String> = {
            let mut query = transaction.prepare("SELECT arn, id FROM role_life WHERE ended IS NULL")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut ids = Vec::with_capacity(roles.len());
        for role in roles {
            let arn = role.to_string();
            if let Some(id) = alive.remove(&arn) {
                ids.push(id.parse().map_err(|_| StoreError::Value("a role's id", id))?);
                continue;
            }
            let id = fresh()?;
            transaction.execute(
                "INSERT INTO role_life (id, arn, begun) VALUES (?1, ?2, ?3)",
                params![id.as_str(), arn, now.seconds()],
            )?;
            ids.push(id);
        }
        for id in alive.values() {
            transaction.execute(
                "UPDATE role_life SET ended = ?2 WHERE id = ?1",
                params![id, now.seconds()],
            )?;
        }
        transaction.commit()?;
        Ok(ids)
    }

    fn audit_mark(&self) -> Result<Option<AuditMark>, StoreError> {
        let connection = self.connection();
        let found = connection
            .query_row("SELECT sequence, hash FROM audit_mark", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        let Some((sequence, hash)) = found else {
            return Ok(None);
        };
        let unreadable = || StoreError::Value("the audit log's mark", sequence.to_string());
        Ok(Some(AuditMark {
            sequence: u64::try_from(sequence).map_err(|_| unreadable())?,
            hash: hash.try_into().map_err(|_| unreadable())?,
        }))
    }

    fn set_audit_mark(&self, mark: Option<AuditMark>) -> Result<(), StoreError> {
        let connection = self.connection();
        match mark {
            Some(mark) => {
                let sequence = i64::try_from(mark.sequence).unwrap_or(i64::MAX);
                connection.execute(
                    "INSERT INTO audit_mark (one, sequence, hash) VALUES (1, ?1, ?2)
                     ON CONFLICT (one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
                    params![sequence, mark.hash.as_slice()],
                )?;
            }
            None => {
                connection.execute("DELETE FROM audit_mark", [])?;
            }
        }
        Ok(())
    }

    fn revocation_lists(&self) -> Result<Vec<StoredList>, StoreError> {
        revocation::lists(&self.connection())
    }

    fn put_revocation_list(&self, list: &StoredList) -> Result<(), ListError> {
        revocation::put_list(&mut self.connection(), list)
    }

    fn remove_revocation_list(
        &self,
        account: &str,
        trust_anchor: &str,
        scope: &[u8],
    ) -> Result<bool, StoreError> {
        revocation::remove_list(&self.connection(), account, trust_anchor, scope)
    }

    fn raise_revocation_mark(&self, scope: &[u8], number: &[u8], sha256: &[u8; 32]) -> Result<(), ListError> {
        revocation::raise_mark(&mut self.connection(), scope, number, sha256)
    }

    fn ocsp_answers(&self) -> Result<Vec<StoredAnswer>, StoreError> {
        revocation::answers(&self.connection())
    }

    fn put_ocsp_answer(&self, answer: &StoredAnswer) -> Result<bool, ListError> {
        revocation::put_answer(&self.connection(), answer)
    }

    fn forget_ocsp_answers(&self, before: Timestamp) -> Result<usize, StoreError> {
        revocation::forget_answers(&self.connection(), before)
    }
}
