//! Opening: once, then everything is asked of the descriptor, so that what is judged is what is read (threat C1).

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::acl::Acl;
use crate::parents::writable_by_others;
use crate::refusal::{FileProblem, Refusal};
use crate::rule::{Breach, Caller, Facts, judge_private, judge_trusted};

/// No key file is larger, whatever its kind.
const LARGEST_KEY: u64 = 64 << 10;
/// No configuration, certificate or anchor file is larger.
const LARGEST_TRUSTED: u64 = 4 << 20;

/// What happens when a private key's file breaks the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// It is not used.
    #[default]
    Enforce,
    /// It is used, with a warning.
    Warn,
    /// It is not judged; a warning says so.
    Off,
}

/// What happens when others may change a folder on the way to a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parents {
    /// A warning.
    #[default]
    Warn,
    /// The key is not used.
    Refuse,
}

/// A private key's file, read.
#[derive(Debug)]
pub struct PrivateFile {
    /// The bytes; wiped when dropped.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What the user should be told all the same.
    pub warnings: Vec<String>,
}

/// Reads a private key's file, if it keeps the rule.
pub fn read_private(path: &Path, policy: Policy, parents: Parents) -> Result<PrivateFile, Refusal> {
    let caller = Caller::current();
    let opened = Opened::open(path, OFlags::empty())?;
    opened.must_be_a_file()?;
    let mut warnings = Vec::new();
    match (policy, judge_private(&opened.facts, &caller)) {
        (_, Ok(())) => {}
        (Policy::Enforce, Err(breach)) => return Err(opened.breach(breach)),
        (Policy::Warn, Err(breach)) => warnings.push(opened.breach(breach).to_string()),
        (Policy::Off, Err(_)) => {
            warnings.push(format!(
                "{}: the permissions of this key are not checked",
                path.display()
            ));
        }
    }
    if policy != Policy::Off {
        for (folder, breach, facts) in writable_by_others(&opened.real, &caller) {
            let refusal = opened.refuse(FileProblem::Parent(folder, breach, facts));
            if parents == Parents::Refuse {
                return Err(refusal);
            }
            warnings.push(refusal.to_string());
        }
    }
    Ok(PrivateFile {
        bytes: opened.read(LARGEST_KEY)?,
        warnings,
    })
}

/// Reads a file that decides about trust, if nobody else may write it.
pub fn read_trusted(path: &Path) -> Result<Vec<u8>, Refusal> {
    read_trusted_up_to(path, LARGEST_TRUSTED)
}

/// The same for a file that may be larger than others: a revocation list has an entry for every certificate revoked.
pub fn read_trusted_up_to(path: &Path, most: u64) -> Result<Vec<u8>, Refusal> {
    let opened = Opened::open(path, OFlags::empty())?;
    opened.must_be_a_file()?;
    judge_trusted(&opened.facts, &Caller::current()).map_err(|breach| opened.breach(breach))?;
    opened.read(most).map(|mut bytes| std::mem::take(&mut *bytes))
}

/// Checks that nobody else may write in a folder that decides about trust.
pub fn check_trusted_folder(path: &Path) -> Result<(), Refusal> {
    let opened = Opened::open(path, OFlags::DIRECTORY)?;
    judge_trusted(&opened.facts, &Caller::current()).map_err(|breach| opened.breach(breach))
}

/// Checks that a folder is ours, and nobody else may so much as look into it.
pub fn check_private_folder(path: &Path) -> Result<(), Refusal> {
    let opened = Opened::open(path, OFlags::DIRECTORY | OFlags::NOFOLLOW)?;
    if opened.facts.owner != Caller::current().uid {
        return Err(opened.breach(Breach::Owner));
    }
    if opened.facts.mode & 0o077 != 0 {
        let real = opened.real.display();
        let error = std::io::Error::other(format!(
            "mode {:04o}: others may look into it. Fix: `chmod 0700 {real}`",
            opened.facts.mode
        ));
        return Err(opened.refuse(FileProblem::Unreadable(error)));
    }
    Ok(())
}

struct Opened<'p> {
    path: &'p Path,
    real: PathBuf,
    file: File,
    regular: bool,
    facts: Facts,
}

impl<'p> Opened<'p> {
    fn open(path: &'p Path, more: OFlags) -> Result<Self, Refusal> {
        let unreadable = |error| {
            // Another path only where a link leads to it, not where the given one is relative.
            let absolute = std::path::absolute(path).ok();
            let real = std::fs::canonicalize(path).ok();
            let target = real.filter(|real| Some(real) != absolute.as_ref());
            Refusal::new(path, target, FileProblem::Unreadable(error))
        };
        // Not blocked by a pipe, not made the controlling terminal's, not inherited.
        let flags = OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | more;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(path)
            .map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let facts = Facts {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode() & 0o7777,
            acl: acl(&file),
        };
        // Where the descriptor really is, for the text and for the folders above it; the path may change meanwhile.
        let real = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
            .or_else(|_| std::fs::canonicalize(path))
            .unwrap_or_else(|_| path.to_owned());
        Ok(Self {
            path,
            real,
            file,
            regular: metadata.is_file(),
            facts,
        })
    }

    fn refuse(&self, problem: FileProblem) -> Refusal {
        let absolute = std::path::absolute(self.path).unwrap_or_else(|_| self.path.to_owned());
        let target = (self.real != absolute).then(|| self.real.clone());
        Refusal::new(self.path, target, problem)
    }

    fn breach(&self, breach: Breach) -> Refusal {
        self.refuse(FileProblem::Breach(breach, self.facts.clone()))
    }

    fn must_be_a_file(&self) -> Result<(), Refusal> {
        if self.regular {
            Ok(())
        } else {
            Err(self.refuse(FileProblem::NotAFile))
        }
    }

    fn read(self, most: u64) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        // Room for all of it at once: a buffer that grows leaves copies behind.
        let room = usize::try_from(most.saturating_add(1)).unwrap_or(usize::MAX);
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(
            usize::try_from(length).unwrap_or(room).min(room) + 1,
        ));
        if let Err(error) = (&self.file).take(most.saturating_add(1)).read_to_end(&mut bytes) {
            return Err(self.refuse(FileProblem::Unreadable(error)));
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(self.refuse(FileProblem::TooLarge(most)));
        }
        Ok(bytes)
    }
}

/// The list of an open file, if its file system keeps one.
fn acl(file: &File) -> Option<Result<Acl, ()>> {
    let mut bytes = [0; 4096];
    match rustix::fs::fgetxattr(file, "system.posix_acl_access", &mut bytes) {
        Ok(length) => Some(bytes.get(..length).and_then(Acl::parse).ok_or(())),
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => None,
        Err(_) => Some(Err(())),
    }
}
