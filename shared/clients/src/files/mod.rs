//! Where customers' files are kept for a while: in a folder, or in a bucket that speaks S3.
//!
//! The store is bounded in time and size. It keeps these bounds when it is swept, not at each file,
//! so between two sweeps it may hold more. The suite in `tests/it/files.rs` holds both
//! implementations to the same.

mod error;
mod folder;
mod s3;
mod sweep;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

pub use self::error::Error;
pub use self::folder::Folder;
pub use self::s3::{Options as S3Options, S3};

/// Cloning shares what it holds.
#[derive(Clone, Debug)]
pub enum Files {
    Folder(Folder),
    S3(S3),
}

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub at_most_bytes: u64,
    pub keep: Duration,
}

/// What a sweep has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub files: u64,
    pub bytes: u64,
}

impl Files {
    /// A folder of its own, made if it is not there, and read by nobody but the process's user.
    pub fn folder(path: impl AsRef<Path>, bounds: Bounds) -> Result<Self, Error> {
        Folder::new(path.as_ref(), bounds).map(Self::Folder)
    }

    /// A bucket, of which everything below the prefix belongs to the store. Asks nothing yet.
    pub fn s3(options: S3Options, bounds: Bounds) -> Result<Self, Error> {
        S3::new(options, bounds).map(Self::S3)
    }

    /// Keeps a file, whole or not at all, in place of one that has the same key.
    ///
    /// A key is made of parts divided by `/`, each of ASCII letters, digits, `-`, `_` and `.`, and
    /// none beginning with `.`.
    pub async fn put(&self, key: &str, bytes: Bytes, mime_type: &str) -> Result<(), Error> {
        check(key)?;
        match self {
            Self::Folder(folder) => folder.put(key, bytes).await,
            Self::S3(s3) => s3.put(key, bytes, mime_type).await,
        }
    }

    /// None if there is no such file, or no longer.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        check(key)?;
        match self {
            Self::Folder(folder) => folder.get(key).await,
            Self::S3(s3) => s3.get(key).await,
        }
    }

    /// Deletes a file. Succeeds also if there is none.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        check(key)?;
        match self {
            Self::Folder(folder) => folder.delete(key).await,
            Self::S3(s3) => s3.delete(key).await,
        }
    }

    /// Deletes what was kept for longer than it should be, and then the oldest until the rest fits.
    /// `now_ms` is the time in milliseconds since the Unix epoch. May run twice at once.
    pub async fn sweep(&self, now_ms: i64) -> Result<Swept, Error> {
        match self {
            Self::Folder(folder) => folder.sweep(now_ms).await,
            Self::S3(s3) => s3.sweep(now_ms).await,
        }
    }
}

/// What S3 takes, less some for a prefix.
const KEY_MAX: usize = 512;

/// Leaves nothing by which a key could name a file outside of the store, or one that is still being
/// written.
fn check(key: &str) -> Result<(), Error> {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let good = key.len() <= KEY_MAX && key.split('/').all(is_part);
    if good { Ok(()) } else { Err(Error::Key) }
}
