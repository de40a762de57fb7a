//! Where a log goes on: the end of its last file, after whatever a crash left there.

use serde_json::json;
use wire::Timestamp;

use crate::chain::{BEGINNING, Kind, Mark, file_name, file_number, follow, hash, read_link};
use crate::disk::Disk;
use crate::writer::BATCH_BYTES;

/// The longest tail that a crash can leave behind: one batch was on its way to the disk, never more.
const LONGEST_TORN: usize = 2 * BATCH_BYTES;

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) number: u32,
    pub(crate) length: u64,
    pub(crate) mark: Mark,
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The last line that was there.
    pub last: Mark,
    /// How many bytes of a torn write were cut off; they are kept in a file of their own beside the log.
    pub dropped_bytes: u64,
}

/// Why a log cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read or written.
    #[error("the audit log cannot be {0}: {1}")]
    Disk(&'static str, std::io::Error),
    /// It is broken in a way that no crash explains.
    #[error(
        "the audit log is broken at line {line} of {file}, and {bytes} bytes follow, more than a crash can leave \
         torn: someone changed it. Move the folder away for investigation, then start with a new one"
    )]
    Broken {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// How much follows.
        bytes: usize,
    },
    /// Lines that were there are not there any more.
    #[error(
        "the audit log does not hold line {known} as this daemon last wrote it (its last sound line is {last}): it was \
         cut, changed or replaced by an older copy. Put the right folder back; or, to go on without it, move \
         the folder away and run `certroled audit forget`"
    )]
    Behind {
        /// The line that was known.
        known: u64,
        /// The last line there.
        last: u64,
    },
}

pub(crate) struct Recovered {
    pub(crate) tail: Tail,
    /// The inside of the record that says what was dropped.
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) dropped_bytes: u64,
}

/// Finds the end of the log; cuts nothing yet.
pub(crate) fn recover(disk: &dyn Disk, known: Option<Mark>, now: Timestamp) -> Result<Recovered, OpenError> {
    let reading = |error| OpenError::Disk("read", error);
    let mut numbers: Vec<u32> = disk
        .names()
        .map_err(reading)?
        .iter()
        .filter_map(|name| file_number(name))
        .collect();
    numbers.sort_unstable();
    let Some(&number) = numbers.last() else {
        let tail = Tail {
            number: 1,
            length: 0,
            mark: BEGINNING,
        };
        meets(tail.mark, known, None)?;
        return Ok(Recovered {
            tail,
            record: None,
            dropped_bytes: 0,
        });
    };
    let bytes = disk.read(&file_name(number)).map_err(reading)?;
    let before = match number.checked_sub(1).filter(|before| numbers.contains(before)) {
        Some(before) => {
            let bytes = disk.read(&file_name(before)).map_err(reading)?;
            last_line(&bytes).ok_or_else(|| OpenError::Broken {
                file: file_name(before),
                line: 1,
                bytes: bytes.len(),
            })?
        }
        // Older files may have been moved to an archive: then the file's own first line says what it follows.
        None if number > 1 => what_it_follows(&bytes).unwrap_or(BEGINNING),
        None => BEGINNING,
    };

    let walked = walk(&bytes, before, known);
    let rest = bytes.get(walked.end..).unwrap_or_default();
    if rest.len() > LONGEST_TORN {
        return Err(OpenError::Broken {
            file: file_name(number),
            line: walked.lines.saturating_add(1),
            bytes: rest.len(),
        });
    }
    meets(walked.mark, known, walked.known)?;
    let length = u64::try_from(walked.end).unwrap_or(u64::MAX);
    let tail = Tail {
        number,
        length,
        mark: walked.mark,
    };
    if rest.is_empty() {
        return Ok(Recovered {
            tail,
            record: None,
            dropped_bytes: 0,
        });
    }
    let kept = format!("audit-{number:08}.torn-{}", walked.mark.sequence);
    keep(disk, &kept, rest).map_err(|error| OpenError::Disk("recovered", error))?;
    let record = json!({ "recovery": {
        "at": now.rfc3339(),
        "reason": "a write was cut short",
        "droppedBytes": rest.len(),
        "droppedSha256": hex::encode(hash(rest)),
        "keptIn": kept,
    }});
    let dropped_bytes = u64::try_from(rest.len()).unwrap_or(u64::MAX);
    Ok(Recovered {
        tail,
        record: Some(record.to_string().into_bytes()),
        dropped_bytes,
    })
}

/// Nothing is lost: what is cut from the log stays beside it.
fn keep(disk: &dyn Disk, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = disk.open(name, true)?;
    file.truncate(0)?;
    file.append(bytes)?;
    file.sync()?;
    disk.sync_folder()
}

/// A line that the daemon knew of must still be there, and be the same.
fn meets(last: Mark, known: Option<Mark>, found: Option<Mark>) -> Result<(), OpenError> {
    let Some(known) = known else { return Ok(()) };
    let behind = last.sequence < known.sequence || found.is_some_and(|found| found != known);
    if behind {
        Err(OpenError::Behind {
            known: known.sequence,
            last: last.sequence,
        })
    } else {
        Ok(())
    }
}

struct Walked {
    mark: Mark,
    end: usize,
    lines: u64,
    /// The line with the known number, as it is here.
    known: Option<Mark>,
}

/// Walks the lines that follow each other from the start of a file.
fn walk(bytes: &[u8], before: Mark, known: Option<Mark>) -> Walked {
    let mut walked = Walked {
        mark: before,
        end: 0,
        lines: 0,
        known: None,
    };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(whole) = line.strip_suffix(b"\n") else {
            break;
        };
        let Some((mark, kind)) = follow(walked.mark, whole) else {
            break;
        };
        if (walked.lines == 0) != (kind == Kind::Opening) {
            break;
        }
        if known.is_some_and(|known| known.sequence == mark.sequence) {
            walked.known = Some(mark);
        }
        walked.mark = mark;
        walked.end = walked.end.saturating_add(line.len());
        walked.lines = walked.lines.saturating_add(1);
    }
    walked
}

fn last_line(bytes: &[u8]) -> Option<Mark> {
    let line = bytes.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
    Some(Mark {
        sequence: read_link(line)?.sequence,
        hash: hash(line),
    })
}

fn what_it_follows(bytes: &[u8]) -> Option<Mark> {
    let link = read_link(bytes.split(|byte| *byte == b'\n').next()?)?;
    let hash = hex::decode(&link.previous).ok()?.try_into().ok()?;
    Some(Mark {
        sequence: link.sequence.checked_sub(1)?,
        hash,
    })
}
