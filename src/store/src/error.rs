//! What can go wrong with the state at rest.

use std::path::PathBuf;

/// The store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file.
    #[error("there is no state at {0}: run `certroled init` first")]
    Missing(PathBuf),
    /// There is a file already.
    #[error("there is state at {0} already; it is never overwritten")]
    Exists(PathBuf),
    /// Others may read or write the file.
    #[error("{path} has mode {mode:04o}; others may get at it: `chmod 0600 {path}`")]
    Loose {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A newer certroled wrote it: what this one does not know, it must not ignore (threat O11).
    #[error(
        "{path} was written by a newer certroled (state version {found}, this one knows {known}): use that one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({problem}): restore it from a backup, or move it away and run `certroled init`"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the check said.
        problem: String,
    },
    /// The number or name is in use.
    #[error("{0} is in use already")]
    Taken(String),
    /// A value in the file does not read.
    #[error("{0} in the state cannot be read: {1}")]
    Value(&'static str, String),
    /// The source of new ids failed.
    #[error("no new id can be made: {0}")]
    NoId(String),
    /// The database failed.
    #[error("the state cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// The system failed.
    #[error("{path} cannot be used: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
}
