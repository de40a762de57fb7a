//! What the state at rest promises about revocation, on real files: newer data replaces older, and nothing else does.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::{Path, PathBuf};

use store::{
    ListError, ListSource, SqliteStore, Store as _, StoreError, StoredAnswer, StoredKey, StoredList,
};
use tempfile::TempDir;
use wire::Timestamp;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    drop(SqliteStore::create(&path).unwrap());
    (folder, path)
}

/// The state as a daemon finds it that has just started.
fn restarted(path: &Path) -> SqliteStore {
    SqliteStore::open(path).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A list whose bytes and hash follow from `content`.
fn list(number: &[u8], content: u8) -> StoredList {
    StoredList {
        account: "111122223333".into(),
        trust_anchor: "2d1b43f8-5f0e-5c1f-9a53-1d6d7ab0a001".into(),
        scope: vec![7; 32],
        source: ListSource::Fetched,
        url: Some("http://crl.example.com/ca.crl".into()),
        der: vec![content; 100],
        issuer_certificate: Some(vec![0x30, content]),
        number: number.to_vec(),
        sha256: [content; 32],
        stored_at: at(1_000),
    }
}

fn answer(key: u8, this_update: i64, not_after: i64) -> StoredAnswer {
    StoredAnswer {
        key: vec![key; 32],
        der: vec![1, 2, 3],
        issuer_certificate: vec![4],
        certificate: vec![5],
        not_after: at(not_after),
        this_update: at(this_update),
        weight: 1,
        next_update: Some(at(this_update + 100)),
    }
}

#[test]
fn lists_survive_a_restart_as_they_were() {
    let (_folder, path) = place();
    let fetched = list(&[3], 1);
    let imported = StoredList {
        trust_anchor: "another".into(),
        scope: vec![1; 64],
        source: ListSource::Imported,
        url: None,
        issuer_certificate: None,
        ..list(&[0xff; 20], 2)
    };
    for one in [&fetched, &imported] {
        restarted(&path).put_revocation_list(one).unwrap();
    }
    assert_eq!(restarted(&path).revocation_lists().unwrap(), [fetched, imported]);
}

/// Threat R6: after a restart as before it, and whatever the length of the numbers.
#[test]
fn a_number_is_only_ever_raised() {
    #[derive(Debug, PartialEq)]
    enum Then {
        Kept,
        Older,
        Other,
    }
    let (n, o) = (7, 9);
    for (have, offered, content, then) in [
        (&[5][..], &[6][..], o, Then::Kept),
        (&[5], &[5], n, Then::Kept),
        (&[5], &[5], o, Then::Other),
        (&[5], &[4], o, Then::Older),
        (&[5], &[4], n, Then::Older),
        (&[0xff], &[1, 0], o, Then::Kept),
        (&[1, 0], &[0xff], o, Then::Older),
        (&[1, 0xff], &[2, 0], o, Then::Kept),
        (&[2, 0], &[1, 0xff], o, Then::Older),
        // Zeros in front say nothing.
        (&[5], &[0, 0, 5], o, Then::Other),
        (&[5], &[0, 4], o, Then::Older),
        (&[0], &[], o, Then::Other),
        (&[0], &[1], o, Then::Kept),
        (&[1], &[0], o, Then::Older),
        (&[0x7f; 20], &[0x80; 20], o, Then::Kept),
        (&[0x80; 20], &[0x7f; 20], o, Then::Older),
    ] {
        for by_mark_alone in [false, true] {
            let (_folder, path) = place();
            restarted(&path).put_revocation_list(&list(have, n)).unwrap();
            let next = list(offered, content);
            let store = restarted(&path);
            let outcome = if by_mark_alone {
                store.raise_revocation_mark(&next.scope, &next.number, &next.sha256)
            } else {
                store.put_revocation_list(&next)
            };
            let case = format!("{have:02x?} then {offered:02x?}: {outcome:?}");
            let found = match &outcome {
                Ok(()) => Then::Kept,
                Err(ListError::Older { .. }) => Then::Older,
                Err(ListError::SameNumberOtherContent { .. }) => Then::Other,
                Err(_) => panic!("{case}"),
            };
            assert_eq!(found, then, "{case}");
            let there = restarted(&path).revocation_lists().unwrap();
            let expected = if outcome.is_ok() && !by_mark_alone {
                content
            } else {
                n
            };
            assert_eq!((there.len(), there[0].sha256), (1, [expected; 32]), "{case}");
        }
    }
}

#[test]
fn a_refusal_names_both_numbers() {
    let (_folder, path) = place();
    let store = restarted(&path);
    store.put_revocation_list(&list(&[0x12, 0x34], 1)).unwrap();
    let error = store
        .put_revocation_list(&list(&[0x0a], 2))
        .unwrap_err()
        .to_string();
    assert!(error.contains("0x0a") && error.contains("0x1234"), "{error}");
    let error = store
        .put_revocation_list(&list(&[0x12, 0x34], 2))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("0x1234") && error.contains("other content"),
        "{error}"
    );
}

/// Threat R6: taking the list away does not take away what was learnt.
#[test]
fn a_mark_outlives_its_list() {
    let (_folder, path) = place();
    let present = list(&[5], 1);
    let remove = |store: &SqliteStore| {
        store.remove_revocation_list(&present.account, &present.trust_anchor, &present.scope)
    };
    {
        let store = restarted(&path);
        store.put_revocation_list(&present).unwrap();
        assert!(remove(&store).unwrap());
        assert!(!remove(&store).unwrap());
    }
    let store = restarted(&path);
    assert_eq!(store.revocation_lists().unwrap(), []);
    assert!(matches!(
        store.put_revocation_list(&list(&[4], 2)),
        Err(ListError::Older { .. })
    ));
    assert!(matches!(
        store.put_revocation_list(&list(&[5], 2)),
        Err(ListError::SameNumberOtherContent { .. })
    ));
    assert_eq!(store.revocation_lists().unwrap(), []);
    store.put_revocation_list(&present).unwrap();
    assert_eq!(store.revocation_lists().unwrap(), std::slice::from_ref(&present));
}

/// A file beside the anchors and the store speak of the same numbers.
#[test]
fn the_mark_of_a_file_binds_the_store() {
    let (_folder, path) = place();
    let older = list(&[4], 1);
    let newer = list(&[5], 2);
    restarted(&path).put_revocation_list(&older).unwrap();
    restarted(&path)
        .raise_revocation_mark(&newer.scope, &newer.number, &newer.sha256)
        .unwrap();
    let store = restarted(&path);
    assert!(matches!(
        store.put_revocation_list(&older),
        Err(ListError::Older { .. })
    ));
    store.put_revocation_list(&newer).unwrap();
    assert_eq!(store.revocation_lists().unwrap(), [newer]);
}

/// Each scope counts for itself; one scope under two anchors has a list for each.
#[test]
fn scopes_do_not_touch_each_other() {
    let (_folder, path) = place();
    let store = restarted(&path);
    let one = list(&[9], 1);
    let other_scope = StoredList {
        scope: vec![8; 32],
        ..list(&[2], 2)
    };
    let other_anchor = StoredList {
        trust_anchor: "z".into(),
        ..one.clone()
    };
    let other_account = StoredList {
        account: "444455556666".into(),
        ..one.clone()
    };
    let all = [
        one.clone(),
        other_scope.clone(),
        other_anchor.clone(),
        other_account.clone(),
    ];
    for list in &all {
        store.put_revocation_list(list).unwrap();
    }
    assert_eq!(store.revocation_lists().unwrap(), all);
    // A scope is a signer's: what it numbered under one anchor holds under every other.
    let back = StoredList {
        number: vec![8],
        sha256: [3; 32],
        ..other_anchor
    };
    assert!(matches!(
        store.put_revocation_list(&back),
        Err(ListError::Older { .. })
    ));
    assert!(
        store
            .remove_revocation_list(&one.account, &one.trust_anchor, &one.scope)
            .unwrap()
    );
    assert_eq!(store.revocation_lists().unwrap(), all[1..]);
}

/// The same list again changes nothing, but a certificate of the issuer's that was renewed is kept with it.
#[test]
fn the_same_list_is_written_once() {
    let (_folder, path) = place();
    let store = restarted(&path);
    let first = list(&[5], 1);
    store.put_revocation_list(&first).unwrap();
    let again = StoredList {
        source: ListSource::Imported,
        url: None,
        stored_at: at(2_000),
        ..first.clone()
    };
    store.put_revocation_list(&again).unwrap();
    assert_eq!(store.revocation_lists().unwrap(), [first]);
    let renewed = StoredList {
        issuer_certificate: Some(vec![0x30, 0x99]),
        ..again
    };
    store.put_revocation_list(&renewed).unwrap();
    assert_eq!(store.revocation_lists().unwrap(), [renewed]);
}

#[test]
fn keys_and_numbers_have_bounds() {
    let (_folder, path) = place();
    let store = restarted(&path);
    for (scope, number, told) in [
        (0, 1, "scope of a revocation list is 0 bytes"),
        (65, 1, "scope of a revocation list is 65 bytes"),
        (32, 21, "number of a revocation list is 21 bytes"),
    ] {
        let odd = StoredList {
            scope: vec![1; scope],
            number: vec![1; number],
            ..list(&[1], 1)
        };
        for outcome in [
            store.put_revocation_list(&odd),
            store.raise_revocation_mark(&odd.scope, &odd.number, &odd.sha256),
        ] {
            let error = outcome.unwrap_err();
            assert!(matches!(error, ListError::Length { .. }), "{error:?}");
            assert!(error.to_string().contains(told), "{error}");
        }
    }
    for key in [0, 65] {
        let odd = StoredAnswer {
            key: vec![1; key],
            ..answer(1, 1, 1)
        };
        assert!(matches!(
            store.put_ocsp_answer(&odd),
            Err(ListError::Length { .. })
        ));
    }
    assert_eq!(store.revocation_lists().unwrap(), []);
    assert_eq!(store.ocsp_answers().unwrap(), []);
}

/// Threat R6, for OCSP: an answer that is still valid does not undo a later one.
#[test]
fn only_a_later_answer_replaces_an_answer() {
    let (_folder, path) = place();
    let first = answer(1, 1_000, 9_000);
    let other = StoredAnswer {
        next_update: None,
        ..answer(2, 50, 9_000)
    };
    assert!(restarted(&path).put_ocsp_answer(&first).unwrap());
    assert!(restarted(&path).put_ocsp_answer(&other).unwrap());
    for (this_update, kept) in [(999, false), (1_000, false), (1_001, true), (1_000, false)] {
        let next = StoredAnswer {
            der: vec![9],
            ..answer(1, this_update, 9_000)
        };
        let store = restarted(&path);
        assert_eq!(store.put_ocsp_answer(&next).unwrap(), kept, "{this_update}");
        if kept {
            assert_eq!(store.ocsp_answers().unwrap(), [next, other.clone()]);
        }
    }
}

/// Of two answers of one instant the one that revokes stays, in whichever order they come.
#[test]
fn of_one_instant_the_heavier_answer_stays() {
    for (first, second, stays) in [(2, 0, 2), (0, 2, 2), (1, 1, 1)] {
        let (_folder, path) = place();
        for weight in [first, second] {
            let next = StoredAnswer {
                weight,
                der: vec![weight],
                ..answer(1, 1_000, 9_000)
            };
            restarted(&path).put_ocsp_answer(&next).unwrap();
        }
        let kept = restarted(&path).ocsp_answers().unwrap();
        assert_eq!(
            kept.iter().map(|kept| kept.weight).collect::<Vec<_>>(),
            [stays],
            "{first} {second}"
        );
    }
}

/// Threat R9: the clean-up of a day in the far future, and everything but answers about dead certificates is there.
#[test]
fn a_clean_up_forgets_only_answers_about_certificates_that_are_over() {
    let (_folder, path) = place();
    let store = restarted(&path);
    let old_list = list(&[5], 1);
    store.put_revocation_list(&old_list).unwrap();
    // Its nextUpdate is long gone, its certificate is not over.
    let stale = answer(1, 10, 5_000);
    let over = answer(2, 4_000, 4_999);
    store.put_ocsp_answer(&stale).unwrap();
    store.put_ocsp_answer(&over).unwrap();
    assert_eq!(store.forget_ocsp_answers(at(4_999)).unwrap(), 0);
    assert_eq!(store.forget_ocsp_answers(at(5_000)).unwrap(), 1);
    assert_eq!(restarted(&path).ocsp_answers().unwrap(), [stale]);
    assert_eq!(restarted(&path).forget_ocsp_answers(at(i64::MAX)).unwrap(), 1);
    let store = restarted(&path);
    assert_eq!(store.revocation_lists().unwrap(), [old_list]);
    assert!(matches!(
        store.put_revocation_list(&list(&[4], 2)),
        Err(ListError::Older { .. })
    ));
}

/// A state that the version before wrote gets the new tables and keeps what it held.
#[test]
fn a_state_of_the_first_version_is_brought_up_to_date() {
    let (_folder, path) = place();
    let key = StoredKey {
        id: 1,
        sealed: vec![1, 2, 3],
        first_use: at(10),
        retired: at(20),
    };
    restarted(&path).add_sealing_key(&key).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE revocation_list; DROP TABLE revocation_mark; DROP TABLE ocsp_answer;
             PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    let store = restarted(&path);
    assert_eq!(store.sealing_keys().unwrap(), [key]);
    store.put_revocation_list(&list(&[5], 1)).unwrap();
    assert!(store.put_ocsp_answer(&answer(1, 1, 1)).unwrap());
}

/// What was changed behind the store's back is told, not guessed at.
#[test]
fn a_row_that_does_not_read_is_an_error() {
    for (damage, told) in [
        ("UPDATE revocation_list SET source = 'found'", "source"),
        ("UPDATE revocation_list SET sha256 = x'00'", "hash"),
    ] {
        let (_folder, path) = place();
        restarted(&path).put_revocation_list(&list(&[5], 1)).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(damage).unwrap();
        drop(connection);
        let error = restarted(&path).revocation_lists().unwrap_err();
        assert!(
            matches!(&error, StoreError::Value(what, _) if what.contains(told)),
            "{error}"
        );
    }
}
