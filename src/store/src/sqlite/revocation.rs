//! Revocation lists, their marks and OCSP answers in SQLite.
//!
//! What lives here: the one rule that every write obeys: data about revocation is replaced by newer data only, in the
//! transaction that compared the two (threats R6, R9). What does not: what an age means; that is `pki`'s.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use wire::Timestamp;

use crate::revocation::{LONGEST_KEY, LONGEST_NUMBER};
use crate::{ListError, ListSource, StoreError, StoredAnswer, StoredList};

/// Every list, in the order of anchors and scopes.
pub(super) fn lists(connection: &Connection) -> Result<Vec<StoredList>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT account, trust_anchor, scope, source, url, der, issuer_certificate, number, sha256, stored_at
         FROM revocation_list ORDER BY account, trust_anchor, scope",
    )?;
    let mut rows = query.query([])?;
    let mut lists = Vec::new();
    while let Some(row) = rows.next()? {
        let source: String = row.get(3)?;
        lists.push(StoredList {
            account: row.get(0)?,
            trust_anchor: row.get(1)?,
            scope: row.get(2)?,
            source: source_named(&source)
                .ok_or_else(|| StoreError::Value("the source of a revocation list", source))?,
            url: row.get(4)?,
            der: row.get(5)?,
            issuer_certificate: row.get(6)?,
            number: row.get(7)?,
            sha256: hash(row.get(8)?)?,
            stored_at: Timestamp::from_seconds(row.get(9)?),
        });
    }
    Ok(lists)
}

/// Raises the mark and keeps the list, or does neither.
pub(super) fn put_list(connection: &mut Connection, list: &StoredList) -> Result<(), ListError> {
    check_key("the scope of a revocation list", &list.scope)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    raise(&transaction, &list.scope, &list.number, &list.sha256)?;
    // The same list again is not written again, unless it came with another certificate of its issuer's: the one at
    // hand may have ended.
    transaction.execute(
        "INSERT INTO revocation_list
         (account, trust_anchor, scope, source, url, der, issuer_certificate, number, sha256, stored_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (account, trust_anchor, scope) DO UPDATE SET
             source = excluded.source, url = excluded.url, der = excluded.der,
             issuer_certificate = excluded.issuer_certificate, number = excluded.number,
             sha256 = excluded.sha256, stored_at = excluded.stored_at
         WHERE sha256 IS NOT excluded.sha256 OR issuer_certificate IS NOT excluded.issuer_certificate",
        params![
            list.account,
            list.trust_anchor,
            list.scope,
            source_name(list.source),
            list.url,
            list.der,
            list.issuer_certificate,
            list.number,
            list.sha256.as_slice(),
            list.stored_at.seconds(),
        ],
    )?;
    Ok(transaction.commit()?)
}

/// Removes one list; its mark stays.
pub(super) fn remove_list(
    connection: &Connection,
    account: &str,
    trust_anchor: &str,
    scope: &[u8],
) -> Result<bool, StoreError> {
    let removed = connection.execute(
        "DELETE FROM revocation_list WHERE account = ?1 AND trust_anchor = ?2 AND scope = ?3",
        params![account, trust_anchor, scope],
    )?;
    Ok(removed > 0)
}

/// Raises a mark alone.
pub(super) fn raise_mark(
    connection: &mut Connection,
    scope: &[u8],
    number: &[u8],
    sha256: &[u8; 32],
) -> Result<(), ListError> {
    check_key("the scope of a revocation list", scope)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    raise(&transaction, scope, number, sha256)?;
    Ok(transaction.commit()?)
}

fn raise(
    transaction: &Transaction<'_>,
    scope: &[u8],
    number: &[u8],
    sha256: &[u8; 32],
) -> Result<(), ListError> {
    let offered = significant(number);
    if offered.len() > LONGEST_NUMBER {
        return Err(ListError::Length {
            what: "the number of a revocation list",
            length: offered.len(),
            rule: "at most 20 (RFC 5280, 5.2.3)",
        });
    }
    let mark = transaction
        .query_row(
            "SELECT number, sha256 FROM revocation_mark WHERE scope = ?1",
            [scope],
            |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((have, known)) = mark {
        let known = hash(known)?;
        // Longer is greater, once zeros in front are gone.
        match (offered.len(), offered).cmp(&(have.len(), have.as_slice())) {
            std::cmp::Ordering::Greater => {}
            std::cmp::Ordering::Equal if known == *sha256 => return Ok(()),
            std::cmp::Ordering::Equal => return Err(ListError::SameNumberOtherContent { number: have }),
            std::cmp::Ordering::Less => {
                return Err(ListError::Older {
                    offered: offered.to_vec(),
                    have,
                });
            }
        }
    }
    transaction.execute(
        "INSERT INTO revocation_mark (scope, number, sha256) VALUES (?1, ?2, ?3)
         ON CONFLICT (scope) DO UPDATE SET number = excluded.number, sha256 = excluded.sha256",
        params![scope, offered, sha256.as_slice()],
    )?;
    Ok(())
}

/// Every answer.
pub(super) fn answers(connection: &Connection) -> Result<Vec<StoredAnswer>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT key, der, issuer_certificate, certificate, not_after, this_update, weight, next_update
         FROM ocsp_answer ORDER BY key",
    )?;
    let answers = query.query_map([], |row| {
        Ok(StoredAnswer {
            key: row.get(0)?,
            der: row.get(1)?,
            issuer_certificate: row.get(2)?,
            certificate: row.get(3)?,
            not_after: Timestamp::from_seconds(row.get(4)?),
            this_update: Timestamp::from_seconds(row.get(5)?),
            weight: row.get(6)?,
            next_update: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_seconds),
        })
    })?;
    Ok(answers.collect::<Result<_, _>>()?)
}

/// Keeps an answer unless one as late, and of the same instant as heavy, is there.
pub(super) fn put_answer(connection: &Connection, answer: &StoredAnswer) -> Result<bool, ListError> {
    check_key("the key of an OCSP answer", &answer.key)?;
    let kept = connection.execute(
        "INSERT INTO ocsp_answer
         (key, der, issuer_certificate, certificate, not_after, this_update, weight, next_update)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (key) DO UPDATE SET
             der = excluded.der, issuer_certificate = excluded.issuer_certificate,
             certificate = excluded.certificate, not_after = excluded.not_after,
             this_update = excluded.this_update, weight = excluded.weight, next_update = excluded.next_update
         WHERE excluded.this_update > this_update
             OR (excluded.this_update = this_update AND excluded.weight > weight)",
        params![
            answer.key,
            answer.der,
            answer.issuer_certificate,
            answer.certificate,
            answer.not_after.seconds(),
            answer.this_update.seconds(),
            answer.weight,
            answer.next_update.map(Timestamp::seconds),
        ],
    )?;
    Ok(kept > 0)
}

/// Forgets the answers about certificates that were over before `before`.
pub(super) fn forget_answers(connection: &Connection, before: Timestamp) -> Result<usize, StoreError> {
    Ok(connection.execute("DELETE FROM ocsp_answer WHERE not_after < ?1", [before.seconds()])?)
}

fn check_key(what: &'static str, key: &[u8]) -> Result<(), ListError> {
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(ListError::Length {
            what,
            length: key.len(),
            rule: "from 1 to 64",
        });
    }
    Ok(())
}

/// A number without the zeros in front, so that zero itself is empty and one number has one spelling.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|bytes: Vec<u8>| {
        StoreError::Value(
            "the hash of a revocation list",
            format!("it has {} bytes", bytes.len()),
        )
    })
}

fn source_name(source: ListSource) -> &'static str {
    match source {
        ListSource::Imported => "imported",
        ListSource::Fetched => "fetched",
    }
}

fn source_named(name: &str) -> Option<ListSource> {
    [ListSource::Imported, ListSource::Fetched]
        .into_iter()
        .find(|source| source_name(*source) == name)
}
