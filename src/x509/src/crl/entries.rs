//! The revoked certificates of a list, in rows of one size, sorted by serial number.
//!
//! What lives here: reading each entry once, into 27 bytes, and finding it again. A million entries cost 27 MB and
//! one look-up about twenty comparisons (threat R8). What does not: whether the list may be believed.

use wire::Timestamp;

use crate::asn1_time;
use crate::der::{Element, INTEGER, SEQUENCE};
use crate::extension_list::{ExtensionList, RawExtension};
use crate::object_identifier::dotted;
use crate::reader::{Fault, Reader, check_whole};
use crate::revocation_reason::RevocationReason;

/// The most octets of a serial number (RFC 5280, 4.1.2.2).
const SERIAL: usize = 20;
/// The most octets of one that is passed over, as long as any that a certificate is read with.
const LONGEST_SERIAL: usize = 64;
/// The shortest entry there is: a serial number of one octet and a UTCTime.
const SHORTEST_ENTRY: usize = 20;
/// In place of a reason code, where none is given.
const NO_REASON: u8 = 0xff;

const REASON_CODE: &[u8] = &[0x55, 0x1d, 0x15];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 0x1d];

/// What a list says about a revoked certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// When the CA revoked it.
    pub date: Timestamp,
    /// Why, if it says so. `removeFromCRL` is told like any other.
    pub reason: Option<RevocationReason>,
}

/// The serial number's length, then its octets, zeros behind them: equal keys are equal numbers, since an INTEGER has
/// one encoding.
type Key = [u8; SERIAL + 1];

/// One entry. The date is the five low octets of its seconds: X.509's years end long before those do.
#[derive(Debug, Clone, Copy)]
struct Row {
    key: Key,
    reason: u8,
    date: [u8; 5],
}

/// The rows, and what stood in the entries besides.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    rows: Box<[Row]>,
    passed_over: usize,
    unknown_critical: Option<String>,
    certificate_issuers: bool,
}

impl Entries {
    /// Reads `revokedCertificates` (RFC 5280, 5.1.2.6).
    pub(super) fn read<'a>(revoked: &Element<'a>, version: u32, most: usize) -> Result<Self, Fault<'a>> {
        let mut entries = Self::default();
        let mut rows: Vec<Row> = Vec::new();
        let mut reader = Reader::new(revoked.content);
        while !reader.is_empty() {
            let entry = reader.expect(SEQUENCE, "an entry is not a sequence")?;
            if rows.len().saturating_add(entries.passed_over) >= most {
                return Err(Fault::new(entry.whole, "more entries than are read"));
            }
            let Some(row) = entries.row(&entry, version)? else {
                entries.passed_over = entries.passed_over.saturating_add(1);
                continue;
            };
            if rows.len() == rows.capacity() {
                rows.reserve_exact(still_to_come(
                    rows.len(),
                    revoked.content.len(),
                    reader.rest().len(),
                ));
            }
            rows.push(row);
        }
        rows.sort_unstable_by_key(|row| row.key);
        rows.dedup_by(|later, kept| {
            let same = later.key == kept.key;
            if same && later.weight() < kept.weight() {
                *kept = *later;
            }
            same
        });
        entries.rows = rows.into_boxed_slice();
        Ok(entries)
    }

    /// One entry; none where its serial number is longer than that of any certificate that may be on a path. CAs do give
    /// such numbers, and one of them must not keep the others from being looked up.
    fn row<'a>(&mut self, entry: &Element<'a>, version: u32) -> Result<Option<Row>, Fault<'a>> {
        let mut parts = Reader::new(entry.content);
        let serial = parts.expect(INTEGER, "an entry without a serial number")?;
        if serial.content.len() > LONGEST_SERIAL {
            return Err(Fault::new(serial.whole, "a serial number of more than 64 octets"));
        }
        let date = asn1_time::time(&mut parts)?;
        let reason = match parts.optional(SEQUENCE)? {
            None => None,
            Some(extensions) if version == 1 => {
                return Err(Fault::new(
                    extensions.whole,
                    "extensions of an entry in a list of version 1",
                ));
            }
            Some(extensions) => self.extensions(&extensions)?,
        };
        parts.end("something that an entry does not have")?;
        let [_, _, _, date @ ..] = date.seconds().to_be_bytes();
        Ok(key(serial.content).map(|key| Row {
            key,
            reason: reason.map_or(NO_REASON, RevocationReason::code),
            date,
        }))
    }

    /// The extensions of one entry (RFC 5280, 5.3); gives the reason.
    fn extensions<'a>(&mut self, sequence: &Element<'a>) -> Result<Option<RevocationReason>, Fault<'a>> {
        let mut list = ExtensionList::new(sequence)?;
        let (mut reason, mut invalid_since, mut issuer) = (None, None, None);
        while let Some(extension) = list.next()? {
            match extension.oid {
                REASON_CODE => {
                    let mut value = Reader::new(extension.value);
                    let code = RevocationReason::read(&value.any()?)?;
                    value.end("bytes after a reason")?;
                    once(&mut reason, code, &extension)?;
                }
                INVALIDITY_DATE => {
                    let mut value = Reader::new(extension.value);
                    let date = asn1_time::generalized_time(&mut value)?;
                    value.end("bytes after a date")?;
                    once(&mut invalid_since, date, &extension)?;
                }
                CERTIFICATE_ISSUER => {
                    check_whole(extension.value)?;
                    once(&mut issuer, (), &extension)?;
                    self.certificate_issuers = true;
                }
                other if extension.critical => {
                    self.unknown_critical.get_or_insert_with(|| dotted(other));
                }
                _ => {}
            }
        }
        Ok(reason)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// The memory that the rows take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.rows)
    }

    pub(super) fn find(&self, serial: &[u8]) -> Option<Revoked> {
        let key = key(serial)?;
        let at = self.rows.binary_search_by(|row| row.key.cmp(&key)).ok()?;
        let row = self.rows.get(at)?;
        Some(Revoked {
            date: row.date(),
            reason: RevocationReason::from_code(row.reason),
        })
    }

    pub(super) fn unknown_critical(&self) -> Option<&str> {
        self.unknown_critical.as_deref()
    }

    pub(super) fn has_certificate_issuers(&self) -> bool {
        self.certificate_issuers
    }
}

impl Row {
    fn date(&self) -> Timestamp {
        let [a, b, c, d, e] = self.date;
        let sign = if a & 0x80 == 0 { 0 } else { 0xff };
        Timestamp::from_seconds(i64::from_be_bytes([sign, sign, sign, a, b, c, d, e]))
    }

    /// Of two entries for one certificate, the lighter number counts.
    fn weight(&self) -> (u8, Timestamp, u8) {
        let kind = match RevocationReason::from_code(self.reason) {
            Some(RevocationReason::RemoveFromCrl) => 2,
            Some(RevocationReason::CertificateHold) => 1,
            _ => 0,
        };
        (kind, self.date(), self.reason)
    }
}

fn key(serial: &[u8]) -> Option<Key> {
    let mut key = [0; SERIAL + 1];
    let (length, octets) = key.split_first_mut()?;
    *length = u8::try_from(serial.len()).ok()?;
    octets.get_mut(..serial.len())?.copy_from_slice(serial);
    Some(key)
}

/// How many rows to make room for: by the size of the entries so far, so that memory never doubles on the way; and
/// an eighth more at least, so that entries which grow do not have it copied each time.
fn still_to_come(rows: usize, all: usize, rest: usize) -> usize {
    let read = all.saturating_sub(rest);
    let average = read.checked_div(rows.saturating_add(1)).unwrap_or_default();
    let estimate = rest.checked_div(average.max(SHORTEST_ENTRY)).unwrap_or_default();
    estimate.saturating_add(1).max(rows / 8)
}

fn once<'a, T>(slot: &mut Option<T>, value: T, extension: &RawExtension<'a>) -> Result<(), Fault<'a>> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Fault::new(extension.whole, "an extension that stands twice")),
    }
}
