//! The shape of the database, one step a version.

use rusqlite::{Connection, TransactionBehavior};

/// Each step brings the database from its index to the next version. A step that was released is never changed.
const STEPS: &[&str] = &[
    "
    CREATE TABLE sealing_key (
        id INTEGER PRIMARY KEY,
        sealed BLOB NOT NULL,
        first_use INTEGER NOT NULL,
        retired INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE secret (
        name TEXT PRIMARY KEY,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE role_life (
        id TEXT PRIMARY KEY,
        arn TEXT NOT NULL,
        begun INTEGER NOT NULL,
        ended INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX role_alive ON role_life (arn) WHERE ended IS NULL;
    CREATE TABLE audit_mark (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        sequence INTEGER NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
",
    // A mark outlives its list: what was seen once is never undercut (threat R6).
    "
    CREATE TABLE revocation_list (
        account TEXT NOT NULL,
        trust_anchor TEXT NOT NULL,
        scope BLOB NOT NULL,
        source TEXT NOT NULL,
        url TEXT,
        der BLOB NOT NULL,
        issuer_certificate BLOB,
        number BLOB NOT NULL,
        sha256 BLOB NOT NULL,
        stored_at INTEGER NOT NULL,
        PRIMARY KEY (account, trust_anchor, scope)
    ) STRICT;
    CREATE TABLE revocation_mark (
        scope BLOB PRIMARY KEY,
        number BLOB NOT NULL,
        sha256 BLOB NOT NULL
    ) STRICT;
    CREATE TABLE ocsp_answer (
        key BLOB PRIMARY KEY,
        der BLOB NOT NULL,
        issuer_certificate BLOB NOT NULL,
        certificate BLOB NOT NULL,
        not_after INTEGER NOT NULL,
        this_update INTEGER NOT NULL,
        weight INTEGER NOT NULL,
        next_update INTEGER
    ) STRICT;
    CREATE INDEX ocsp_answer_over ON ocsp_answer (not_after);
",
];

/// The newest version.
pub(crate) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Brings the database up to the newest version; a newer one is given back as an error.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), i64>> {
    // Immediate: of two daemons that start together, one migrates and the other finds it done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Ok(done) = usize::try_from(found) else {
        return Ok(Err(found));
    };
    if done > STEPS.len() {
        return Ok(Err(found));
    }
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", newest())?;
    transaction.commit()?;
    Ok(Ok(()))
}
