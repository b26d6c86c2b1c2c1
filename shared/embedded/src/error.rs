use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::error::DatabaseError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("another relevo process is using the folder {dir}: stop it first, or choose another folder", dir = .dir.display())]
    InUse { dir: PathBuf },
    #[error("there is no relevo.db in the folder {dir}", dir = .dir.display())]
    Absent { dir: PathBuf },
    #[error("prepare the folder {dir}", dir = .dir.display())]
    Folder { dir: PathBuf, source: io::Error },
    #[error("{file} can't be used: {finding}", file = .file.display())]
    Damaged { file: PathBuf, finding: String },
    #[error("open relevo.db")]
    Open(#[source] sqlx::Error),
    /// For users of [`readers`](crate::File::readers).
    #[error("read from relevo.db")]
    Read(#[source] sqlx::Error),
    /// The job itself failed; it changed nothing.
    #[error("write to relevo.db")]
    Write(#[source] sqlx::Error),
    /// The transaction that carried the job could not be committed.
    #[error("commit to relevo.db")]
    Commit(#[source] Arc<sqlx::Error>),
    /// The job panicked; it changed nothing.
    #[error("a write to relevo.db panicked")]
    Panicked,
    #[error("relevo.db is closed")]
    Closed,
}

impl Error {
    pub(crate) fn folder(dir: &Path, source: io::Error) -> Self {
        Self::Folder { dir: dir.into(), source }
    }

    /// Whether the same call may succeed later: the disk was full, slow or locked.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Commit(_) => true,
            Self::Read(sqlx::Error::Database(error))
            | Self::Write(sqlx::Error::Database(error)) => passes(error.as_ref()),
            _ => false,
        }
    }
}

fn passes(error: &dyn DatabaseError) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const NO_MEMORY: i32 = 7;
    const IO: i32 = 10;
    const FULL: i32 = 13;
    // The low byte of SQLite's extended code is the primary one.
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, BUSY | LOCKED | NO_MEMORY | IO | FULL))
}
