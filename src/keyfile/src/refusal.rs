//! Why a file was not used: every text names the file, what it really is, owner and mode, the rule and the fix.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::rule::{Breach, Facts};

/// What is wrong with a file.
#[derive(Debug)]
pub enum FileProblem {
    /// It cannot be opened or read.
    Unreadable(std::io::Error),
    /// It is a folder, a device, a pipe or a socket.
    NotAFile,
    /// It is larger than anything of its kind.
    TooLarge(u64),
    /// Its owner or mode breaks a rule.
    Breach(Breach, Facts),
    /// A folder on the way to it can be changed by others.
    Parent(PathBuf, Breach, Facts),
    /// There is something already where a new file was to be made.
    Exists,
}

/// A file that was not used, and why.
#[derive(Debug)]
pub struct Refusal {
    /// The path as it was given.
    pub path: PathBuf,
    /// What it leads to, where that is another path.
    pub target: Option<PathBuf>,
    /// What is wrong.
    pub problem: FileProblem,
}

impl Refusal {
    pub(crate) fn new(path: &Path, target: Option<PathBuf>, problem: FileProblem) -> Self {
        let target = target.filter(|target| target != path);
        Self {
            path: path.to_owned(),
            target,
            problem,
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let real = self.target.as_ref().unwrap_or(&self.path).display();
        write!(f, "{}", self.path.display())?;
        if let Some(target) = &self.target {
            write!(f, " (which leads to {})", target.display())?;
        }
        match &self.problem {
            FileProblem::Unreadable(error) => {
                write!(f, ": {error}")?;
                match error.kind() {
                    std::io::ErrorKind::NotFound => write!(f, "; check the path"),
                    std::io::ErrorKind::PermissionDenied => {
                        write!(
                            f,
                            "; let this user read it, `chown` it to the user who runs this program"
                        )
                    }
                    _ => Ok(()),
                }
            }
            FileProblem::NotAFile => write!(f, ": it is not a regular file; name the file itself"),
            FileProblem::TooLarge(most) => {
                write!(f, ": it is larger than {most} bytes; is it the right file?")
            }
            FileProblem::Exists => write!(f, ": it is there already, and is never overwritten"),
            FileProblem::Breach(breach, facts) => {
                let (owner, group, mode) = (facts.owner, facts.group, facts.mode);
                write!(
                    f,
                    ": owner uid {owner}, group gid {group}, mode {mode:04o}: {}. ",
                    breach.rule()
                )?;
                match breach {
                    Breach::Owner => write!(f, "Fix: `chown` {real} to the user who runs this program"),
                    Breach::OthersMayRead => write!(f, "Fix: `chmod 600 {real}`"),
                    Breach::RootOwnedTooOpen => write!(
                        f,
                        "Fix: `chmod 640 {real}` with a group that this user is in; in Kubernetes `defaultMode: 0400` \
                         and `fsGroup`; under systemd `LoadCredential=`"
                    ),
                    Breach::ForeignGroup => write!(
                        f,
                        "Fix: `chgrp` {real} to a group that this user is in; in Kubernetes set `fsGroup`"
                    ),
                    Breach::AclReader | Breach::UnknownAcl => {
                        write!(f, "Fix: `setfacl -b {real}`, then `chmod 600 {real}`")
                    }
                    Breach::OthersMayWrite => write!(f, "Fix: `chmod go-w {real}`"),
                }
            }
            FileProblem::Parent(folder, breach, facts) => {
                let folder = folder.display();
                let fix = match breach {
                    Breach::Owner => "`chown` it to root or to the user who runs this program",
                    _ => "`chmod go-w` it",
                };
                write!(
                    f,
                    ": the folder {folder} on the way to it (owner uid {}, mode {:04o}) can be changed by others, who \
                     could put another file there. Fix: {fix}",
                    facts.owner, facts.mode
                )
            }
        }
    }
}
