//! The verifier: says exactly where a chain breaks, and needs nothing but the files and the public key.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use crate::chain::{BEGINNING, Kind, Mark, file_name, file_number, follow, read_link};
use crate::checkpoint::{Checkpoint, CheckpointPublicKey};

/// The longest line that is read; ours stay far below.
const LONGEST_LINE: u64 = 4 << 20;

/// What a sound log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Files read.
    pub files: u64,
    /// The first line's number; above 1 when older files were archived.
    pub first: u64,
    /// The last line.
    pub last: Mark,
    /// Events.
    pub events: u64,
    /// Recovery records: places where a crash or a failed write was closed.
    pub recoveries: u64,
    /// The last checkpoint and how many there are.
    pub checkpoints: u64,
    /// The last checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Lines after the last checkpoint: nothing but the chain vouches for those.
    pub after_checkpoint: u64,
    /// Bytes of a line at the end that is not finished: a write under way, or torn.
    pub unfinished: u64,
}

/// Where and how a log is broken.
#[derive(Debug, thiserror::Error)]
pub enum Break {
    /// It cannot be read.
    #[error("{file} cannot be read: {cause}")]
    Unreadable {
        /// The file or folder.
        file: String,
        /// The system's reason.
        cause: io::Error,
    },
    /// No files.
    #[error("there is no audit log here")]
    Empty,
    /// The log begins in the middle.
    #[error("{file} is the first file here: what came before it is missing; if it was archived, say so")]
    Headless {
        /// The file.
        file: String,
    },
    /// A file is gone.
    #[error("{file} is missing: files before and after it are there")]
    MissingFile {
        /// The file.
        file: String,
    },
    /// A line does not follow the one before.
    #[error("{file}, line {line}: {problem} (expected line number {expected} after hash {previous})")]
    Chain {
        /// The file.
        file: String,
        /// The line in the file, from 1.
        line: u64,
        /// The number that should stand here.
        expected: u64,
        /// The hash of the line before.
        previous: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A checkpoint in the log is wrong.
    #[error("{file}, line {line}: the checkpoint {problem}")]
    Checkpoint {
        /// The file.
        file: String,
        /// The line in the file, from 1.
        line: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// A checkpoint kept elsewhere does not fit.
    #[error("the checkpoint that was kept vouches for line {line}: {problem}")]
    Kept {
        /// The line.
        line: u64,
        /// What is wrong.
        problem: &'static str,
    },
}

/// What the auditor knows beside the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// A checkpoint that was kept elsewhere.
    pub checkpoint: Option<&'a Checkpoint>,
    /// Whether the oldest files were archived, so that the log may begin in the middle.
    pub archived: bool,
}

/// Verifies the log in a folder; see [`verify`].
pub fn verify_folder(folder: &Path, key: &CheckpointPublicKey, known: Known<'_>) -> Result<Report, Break> {
    let unreadable = |cause: io::Error| Break::Unreadable {
        file: folder.display().to_string(),
        cause,
    };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Some(number) = entry.file_name().to_str().and_then(file_number) {
            files.insert(number, entry.path());
        }
    }
    let opened = files
        .into_iter()
        .map(|(number, path)| (number, File::open(path).map(BufReader::new)));
    verify(opened, key, known)
}

/// Verifies files in the order of their numbers: every line follows the one before, every checkpoint is signed by the
/// key, and a checkpoint that was kept elsewhere vouches for what is here.
///
/// Without a kept checkpoint a tail that was cut off after the last line cannot show: keep one.
pub fn verify<R: BufRead>(
    files: impl IntoIterator<Item = (u32, io::Result<R>)>,
    key: &CheckpointPublicKey,
    known: Known<'_>,
) -> Result<Report, Break> {
    let kept = known.checkpoint;
    if let Some(kept) = kept
        && !kept.is_signed_by(key)
    {
        return Err(Break::Kept {
            line: kept.mark.sequence,
            problem: "it is not signed by this key",
        });
    }
    let mut state = State {
        key,
        kept,
        kept_met: false,
        report: None,
    };
    let mut expected: Option<u32> = None;
    for (number, reader) in files {
        let file = file_name(number);
        if expected.is_none() && number != 1 && !known.archived {
            return Err(Break::Headless { file });
        }
        if let Some(expected) = expected.filter(|expected| *expected != number) {
            return Err(Break::MissingFile {
                file: file_name(expected),
            });
        }
        if state.report.as_ref().is_some_and(|report| report.unfinished > 0) {
            let line = state.report.as_ref().map_or(0, |report| report.last.sequence);
            return Err(state.broken(
                &file_name(number.saturating_sub(1)),
                line,
                "the last line is not finished",
            ));
        }
        let reader = reader.map_err(|cause| Break::Unreadable {
            file: file.clone(),
            cause,
        })?;
        state.file(&file, reader)?;
        expected = number.checked_add(1);
    }
    let report = state.report.ok_or(Break::Empty)?;
    match kept {
        Some(kept) if kept.mark.sequence > report.last.sequence => Err(Break::Kept {
            line: kept.mark.sequence,
            problem: "the log ends before it: its tail was cut off",
        }),
        Some(kept) if kept.mark.sequence >= report.first && !state.kept_met => Err(Break::Kept {
            line: kept.mark.sequence,
            problem: "the line here is another one",
        }),
        Some(kept) if kept.mark.sequence < report.first => Err(Break::Kept {
            line: kept.mark.sequence,
            problem: "the log begins after it: add the archived files",
        }),
        _ => Ok(report),
    }
}

struct State<'a> {
    key: &'a CheckpointPublicKey,
    kept: Option<&'a Checkpoint>,
    kept_met: bool,
    report: Option<Report>,
}

impl State<'_> {
    fn file(&mut self, file: &str, mut reader: impl BufRead) -> Result<(), Break> {
        let mut number = 0_u64;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|cause| Break::Unreadable {
                    file: file.to_owned(),
                    cause,
                })?;
            if read == 0 {
                return Ok(());
            }
            number = number.saturating_add(1);
            match line.strip_suffix(b"\n") {
                Some(whole) => self.line(file, number, whole)?,
                None => {
                    // Only what comes last of all may be unfinished; `verify` looks at that.
                    let unfinished = u64::try_from(line.len()).unwrap_or(u64::MAX);
                    match &mut self.report {
                        Some(report) => report.unfinished = unfinished,
                        None => return Err(self.broken(file, number, "the first line is not finished")),
                    }
                    return Ok(());
                }
            }
        }
    }

    fn line(&mut self, file: &str, number: u64, line: &[u8]) -> Result<(), Break> {
        let last = match &self.report {
            Some(report) => report.last,
            None => before_the_first(file, line)
                .ok_or_else(|| self.broken(file, number, "the line cannot be read"))?,
        };
        let Some((mark, kind)) = follow(last, line) else {
            let problem = match read_link(line) {
                None => "the line cannot be read",
                Some(link) if link.sequence != last.sequence.saturating_add(1) => {
                    "the line has another number"
                }
                Some(_) => "the line before it is not the one that it was written after",
            };
            return Err(self.broken(file, number, problem));
        };
        if (number == 1) != (kind == Kind::Opening) {
            return Err(self.broken(
                file,
                number,
                "a file begins with its opening line, and has only one",
            ));
        }
        if kind == Kind::Opening && opening_key(line).as_deref() != Some(self.key.to_string().as_str()) {
            return Err(self.broken(file, number, "the file was opened under another key"));
        }
        let checkpoint = if kind == Kind::Checkpoint {
            Some(self.checkpoint(file, number, line, last)?)
        } else {
            None
        };
        if self.kept.is_some_and(|kept| kept.mark == mark) {
            self.kept_met = true;
        }
        let report = self.report.get_or_insert(Report {
            files: 0,
            first: mark.sequence,
            last: mark,
            events: 0,
            recoveries: 0,
            checkpoints: 0,
            checkpoint: None,
            after_checkpoint: 0,
            unfinished: 0,
        });
        report.last = mark;
        report.after_checkpoint = report.after_checkpoint.saturating_add(1);
        match kind {
            Kind::Opening => report.files = report.files.saturating_add(1),
            Kind::Event => report.events = report.events.saturating_add(1),
            Kind::Recovery => report.recoveries = report.recoveries.saturating_add(1),
            Kind::Count => {}
            Kind::Checkpoint => {
                report.checkpoints = report.checkpoints.saturating_add(1);
                report.checkpoint = checkpoint;
                report.after_checkpoint = 0;
            }
        }
        Ok(())
    }

    fn checkpoint(&self, file: &str, line: u64, text: &[u8], last: Mark) -> Result<Checkpoint, Break> {
        let broken = |problem| Break::Checkpoint {
            file: file.to_owned(),
            line,
            problem,
        };
        let checkpoint = Checkpoint::from_line(text).ok_or_else(|| broken("cannot be read"))?;
        if checkpoint.mark != last {
            return Err(broken("vouches for another line than the one before it"));
        }
        if !checkpoint.is_signed_by(self.key) {
            return Err(broken("is not signed by this key"));
        }
        Ok(checkpoint)
    }

    fn broken(&self, file: &str, line: u64, problem: &'static str) -> Break {
        let last = self.report.as_ref().map_or(BEGINNING, |report| report.last);
        Break::Chain {
            file: file.to_owned(),
            line,
            expected: last.sequence.saturating_add(1),
            previous: hex::encode(last.hash),
            problem,
        }
    }
}

/// What the first line of all follows: nothing, in the first file; what it says itself, when older files are archived.
fn before_the_first(file: &str, line: &[u8]) -> Option<Mark> {
    if file == file_name(1) {
        return Some(BEGINNING);
    }
    let link = read_link(line)?;
    Some(Mark {
        sequence: link.sequence.checked_sub(1)?,
        hash: hex::decode(link.previous).ok()?.try_into().ok()?,
    })
}

fn opening_key(line: &[u8]) -> Option<String> {
    let line: serde_json::Value = serde_json::from_slice(line).ok()?;
    Some(line.get("opening")?.get("publicKey")?.as_str()?.to_owned())
}
