//! Where customers' files are kept for a while: in a folder, or in a bucket that speaks S3.
//!
//! The store is bounded in time and size. It keeps these bounds when it is swept, not at each file,
//! so between two sweeps it may hold more; [`Files::outgrown`] says when not to wait for the next
//! one. The suite in `tests/it/files.rs` holds both implementations to the same.

mod error;
mod folder;
mod growth;
mod s3;
mod sweep;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use self::error::Error;
use self::folder::Folder;
use self::growth::Growth;
pub use self::s3::Options as S3Options;
use self::s3::S3;

/// Cloning shares what it holds.
#[derive(Clone, Debug)]
pub struct Files {
    place: Place,
    growth: Arc<Growth>,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(Folder),
    S3(S3),
}

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub at_most_bytes: u64,
    pub keep: Duration,
}

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub key: String,
    pub bytes: u64,
    /// When it came, in milliseconds since the Unix epoch; now, if the store does not say so.
    pub since_ms: i64,
}

/// What a sweep has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub files: u64,
    pub bytes: u64,
    /// Files that had to go and can't be deleted.
    pub left: u64,
}

impl Files {
    /// A folder of its own, made if it is not there, and read by nobody but the process's user.
    pub fn folder(path: impl AsRef<Path>, bounds: Bounds) -> Result<Self, Error> {
        Ok(Self::new(Place::Folder(Folder::new(path.as_ref(), bounds)?), bounds))
    }

    /// A bucket, of which everything below the prefix belongs to the store. Asks nothing yet.
    pub fn s3(options: S3Options, bounds: Bounds) -> Result<Self, Error> {
        Ok(Self::new(Place::S3(S3::new(options, bounds)?), bounds))
    }

    fn new(place: Place, bounds: Bounds) -> Self {
        Self { place, growth: Arc::new(Growth::new(bounds)) }
    }

    /// Keeps a file, whole or not at all, in place of one that has the same key.
    ///
    /// A key is made of parts divided by `/`, each of ASCII letters, digits, `-`, `_` and `.`, and
    /// none beginning with `.`.
    pub async fn put(&self, key: &str, bytes: Bytes, mime_type: &str) -> Result<(), Error> {
        check(key)?;
        let size = bytes.len() as u64;
        match &self.place {
            Place::Folder(folder) => folder.put(key, bytes).await?,
            Place::S3(s3) => s3.put(key, bytes, mime_type).await?,
        }
        self.growth.add(size);
        Ok(())
    }

    /// None if there is no such file, or no longer.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        check(key)?;
        match &self.place {
            Place::Folder(folder) => folder.get(key).await,
            Place::S3(s3) => s3.get(key).await,
        }
    }

    /// Deletes a file. Succeeds also if there is none.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        check(key)?;
        match &self.place {
            Place::Folder(folder) => folder.delete(key).await,
            Place::S3(s3) => s3.delete(key).await,
        }
    }

    /// The files of one owner: those whose keys begin with this part.
    pub async fn of(&self, owner: &str) -> Result<Vec<StoredFile>, Error> {
        check(owner)?;
        match &self.place {
            Place::Folder(folder) => folder.of(owner).await,
            Place::S3(s3) => s3.of(owner).await,
        }
    }

    /// Deletes the files of one owner that came before then (test
    /// `one_owners_files_are_listed_and_the_old_ones_deleted`).
    pub async fn delete_older(&self, owner: &str, before_ms: i64) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let files = self.of(owner).await?.into_iter();
        for file in files.filter(|file| file.since_ms < before_ms) {
            match self.delete(&file.key).await {
                Err(error) if error.is_transient() => return Err(error),
                deleted => swept.count(file.bytes, deleted.as_ref().copied()),
            }
        }
        Ok(swept)
    }

    /// Deletes what was kept for longer than it should be, and then, until the rest fits, the
    /// oldest of whoever has most: the first part of a key says whose a file is (test
    /// `who_sends_most_costs_nobody_else_a_file`). What can't be deleted is left and holds up
    /// nothing else (test `what_can_not_be_deleted_holds_up_nothing_else`). `now_ms` is the time in
    /// milliseconds since the Unix epoch. May run twice at once.
    pub async fn sweep(&self, now_ms: i64) -> Result<Swept, Error> {
        self.growth.begin_anew();
        match &self.place {
            Place::Folder(folder) => folder.sweep(now_ms).await,
            Place::S3(s3) => s3.sweep(now_ms).await,
        }
    }

    /// Waits until this process has put a tenth of what the store may hold since it last swept it.
    /// For one at a time (test `a_store_that_grows_fast_is_due_for_a_sweep`).
    pub async fn outgrown(&self) {
        self.growth.is_much().await;
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
