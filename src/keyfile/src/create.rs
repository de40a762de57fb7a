//! Making files that hold secrets: with their final mode from the first moment, whatever the umask, and never over
//! anything that is there.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use crate::refusal::{FileProblem, Refusal};

/// Makes a file of mode 0600 with these bytes, durably.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    let refuse = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Refusal::new(path, None, FileProblem::Exists),
        _ => Refusal::new(path, None, FileProblem::Unreadable(error)),
    };
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::CLOEXEC).bits()).unwrap_or(0);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
        .map_err(refuse)?;
    // A hostile umask can only take bits away; give back those that the owner needs.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
        .map_err(refuse)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(refuse)?;
    match path.parent() {
        Some(parent) => std::fs::File::open(if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        })
        .and_then(|folder| folder.sync_all())
        .map_err(refuse),
        None => Ok(()),
    }
}

/// Makes a folder of mode 0700; one that is there already is an error.
pub fn create_private_folder(path: &Path) -> Result<(), Refusal> {
    let refuse = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Refusal::new(path, None, FileProblem::Exists),
        _ => Refusal::new(path, None, FileProblem::Unreadable(error)),
    };
    DirBuilder::new().mode(0o700).create(path).map_err(refuse)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(refuse)
}
