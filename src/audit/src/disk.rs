//! The disk as the log sees it: few operations, each of which may fail, so that failures can be rehearsed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock, fstatvfs};

/// A folder of append-only files.
pub trait Disk: Send {
    /// The names of the files in the folder.
    fn names(&self) -> io::Result<Vec<String>>;
    /// The whole of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// Opens a file for appending; a new one is empty and has its final mode.
    fn open(&self, name: &str, new: bool) -> io::Result<Box<dyn DiskFile>>;
    /// Makes the folder's names durable.
    fn sync_folder(&self) -> io::Result<()>;
    /// How many bytes are free.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// A file open for appending.
pub trait DiskFile: Send {
    /// Writes all of the bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to this length.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// A real folder, locked against a second daemon.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    folder: File,
}

/// Why a folder cannot hold the log.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or opened.
    #[error("cannot open the audit folder {path}: {cause}")]
    Unopenable {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// Others may read or write it.
    #[error("the audit folder {path} has mode {mode:04o}; others may get at it: `chmod 0700 {path}`")]
    Loose {
        /// The folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another daemon writes here.
    #[error("another certroled writes to the audit folder {path}; two writers would break the chain")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
}

impl Folder {
    /// Opens the folder, or makes it with mode 0700, and locks it until this value is dropped.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unopenable = |cause: io::Error| FolderError::Unopenable {
            path: path.to_owned(),
            cause,
        };
        if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(path)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(unopenable(error));
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        let folder = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(path)
            .map_err(unopenable)?;
        let mode = folder.metadata().map_err(unopenable)?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(FolderError::Loose {
                path: path.to_owned(),
                mode,
            });
        }
        flock(&folder, FlockOperation::NonBlockingLockExclusive).map_err(|_| FolderError::Locked {
            path: path.to_owned(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            folder,
        })
    }
}

impl Disk for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.path.join(name))
    }

    fn open(&self, name: &str, new: bool) -> io::Result<Box<dyn DiskFile>> {
        let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::CLOEXEC).bits()).unwrap_or(0);
        let mut options = OpenOptions::new();
        options.append(true).create(new).mode(0o600).custom_flags(flags);
        Ok(Box::new(options.open(self.path.join(name))?))
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.folder.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let space = fstatvfs(&self.folder)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

impl DiskFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}
