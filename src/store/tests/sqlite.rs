//! What the state at rest promises, on real files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use store::{AuditMark, SqliteStore, Store as _, StoreError, StoredKey};
use tempfile::TempDir;
use wire::{RoleArn, RoleId, Timestamp};

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    (folder, path)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn role(name: &str) -> RoleArn {
    format!("arn:aws:iam::111122223333:role/{name}").parse().unwrap()
}

/// Ids that count up.
fn counting() -> impl FnMut() -> Result<RoleId, StoreError> {
    let mut next = 0;
    move || {
        next += 1;
        Ok(RoleId::from_random([next; 11]))
    }
}

#[test]
fn what_is_kept_survives_a_restart() {
    let (_folder, path) = place();
    let key = StoredKey {
        id: 1,
        sealed: vec![1, 2, 3],
        first_use: at(10),
        retired: at(20),
    };
    let mark = AuditMark {
        sequence: 12,
        hash: [5; 32],
    };
    {
        let store = SqliteStore::create(&path).unwrap();
        store.add_sealing_key(&key).unwrap();
        store.add_secret("audit", b"sealed").unwrap();
        store
            .set_audit_mark(Some(AuditMark {
                sequence: 3,
                hash: [4; 32],
            }))
            .unwrap();
        store.set_audit_mark(Some(mark)).unwrap();
    }
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.sealing_keys().unwrap(), std::slice::from_ref(&key));
    assert_eq!(store.secret("audit").unwrap().unwrap(), b"sealed");
    assert_eq!(store.secret("other").unwrap(), None);
    assert_eq!(store.audit_mark().unwrap(), Some(mark));
    assert!(matches!(store.add_sealing_key(&key), Err(StoreError::Taken(_))));
    assert!(matches!(
        store.add_secret("audit", b"other"),
        Err(StoreError::Taken(_))
    ));
    store.forget_sealing_keys(&[1]).unwrap();
    assert_eq!(store.sealing_keys().unwrap(), []);
}

/// A role made anew under an old name is another role: what was issued for the old one is not its own.
#[test]
fn an_id_belongs_to_one_life_of_a_role() {
    let (_folder, path) = place();
    let store = SqliteStore::create(&path).unwrap();
    let mut fresh = counting();
    let first = store
        .settle_roles(&[role("A"), role("B")], at(1), &mut fresh)
        .unwrap();
    assert_eq!(
        store
            .settle_roles(&[role("B"), role("A")], at(2), &mut fresh)
            .unwrap(),
        [first[1], first[0]]
    );
    store.settle_roles(&[role("B")], at(3), &mut fresh).unwrap();
    let again = store
        .settle_roles(&[role("A"), role("B")], at(4), &mut fresh)
        .unwrap();
    assert_ne!(again[0], first[0]);
    assert_eq!(again[1], first[1]);
}

/// A set that fails half-way changes nothing.
#[test]
fn settling_is_all_or_nothing() {
    let (_folder, path) = place();
    let store = SqliteStore::create(&path).unwrap();
    let first = store.settle_roles(&[role("A")], at(1), &mut counting()).unwrap();
    let failed = store.settle_roles(&[role("B")], at(2), &mut || {
        Err(StoreError::NoId("no randomness".into()))
    });
    assert!(failed.is_err());
    assert_eq!(
        store.settle_roles(&[role("A")], at(3), &mut counting()).unwrap(),
        first
    );
}

/// Threat O10.
#[test]
fn the_file_is_born_private_and_must_stay_so() {
    let (_folder, path) = place();
    let before = rustix_umask(0);
    drop(SqliteStore::create(&path).unwrap());
    rustix_umask(before);
    let mode = |path: &PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o600);
    for loose in [0o640, 0o604, 0o660, 0o602] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(loose)).unwrap();
        let error = SqliteStore::open(&path).unwrap_err();
        assert!(
            matches!(error, StoreError::Loose { mode, .. } if mode == loose),
            "{error}"
        );
        assert!(error.to_string().contains("chmod 0600"));
    }
}

fn rustix_umask(mask: u32) -> u32 {
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(mask)).bits()
}

/// Threat O11: what a newer daemon wrote is refused, not read as far as it is understood.
#[test]
fn a_newer_state_is_refused() {
    let (_folder, path) = place();
    drop(SqliteStore::create(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(
        SqliteStore::open(&path),
        Err(StoreError::Newer { found: 99, .. })
    ));
}

/// Threat O7.
#[test]
fn a_damaged_file_is_refused_with_a_remedy() {
    let (_folder, path) = place();
    {
        let store = SqliteStore::create(&path).unwrap();
        for id in 0..200 {
            let sealed = vec![7; 500];
            store
                .add_sealing_key(&StoredKey {
                    id,
                    sealed,
                    first_use: at(1),
                    retired: at(2),
                })
                .unwrap();
        }
    }
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    std::fs::write(
        &path,
        b"not a database at all, but long enough to be looked at as one",
    )
    .unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn nothing_is_made_or_overwritten_by_accident() {
    let (_folder, path) = place();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Missing(_))));
    drop(SqliteStore::create(&path).unwrap());
    assert!(matches!(SqliteStore::create(&path), Err(StoreError::Exists(_))));
}
