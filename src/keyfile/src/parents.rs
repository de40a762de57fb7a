//! The folders on the way to a file: whoever may write one of them may put another file there.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::rule::{Breach, Caller, Facts, judge_trusted};

/// The folders above the real path that others could change, nearest first. A sticky folder of root's or our own is
/// none: nobody can replace another's file there (as in `/tmp`, and where Kubernetes mounts secrets).
pub(crate) fn writable_by_others(real: &Path, caller: &Caller) -> Vec<(PathBuf, Breach, Facts)> {
    let mut found = Vec::new();
    for folder in real.ancestors().skip(1) {
        let Ok(metadata) = std::fs::metadata(folder) else {
            continue;
        };
        let facts = Facts {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode() & 0o7777,
            acl: None,
        };
        let sticky = facts.mode & 0o1000 != 0 && (facts.owner == 0 || facts.owner == caller.uid);
        if let Err(breach) = judge_trusted(&facts, caller)
            && !sticky
        {
            found.push((folder.to_owned(), breach, facts));
        }
    }
    found
}
