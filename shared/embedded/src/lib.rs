//! The one file of an embedded installation, `relevo.db`: opened by one process, locked, one
//! writer.
//!
//! The embedded broker, the embedded state and the SQLite records share it, so that one machine
//! needs no server. Reading goes through a small pool; every change goes through [`File::write`],
//! which commits what waits together and answers only when it is on the disk.

mod backup;
mod error;
mod writer;

use std::fs::{self, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
pub use sqlx;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};

pub use crate::backup::{back_up, restore, verify};
pub use crate::error::Error;
use crate::writer::Writer;

const DATABASE: &str = "relevo.db";
const LOCK: &str = "relevo.lock";
const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A cheap handle on the open file. The file stays open until the last handle is gone or one of
/// them is [closed](File::close).
#[derive(Clone, Debug)]
pub struct File {
    writer: Arc<Writer>,
    readers: SqlitePool,
    options: Arc<SqliteConnectOptions>,
}

impl File {
    /// Opens the file for the one process that serves, making the folder and the file if need be.
    ///
    /// The folder is locked until this process closes the file or dies in whatever way; a second
    /// `open` fails with [`Error::InUse`]
    /// (test `a_second_process_on_the_same_folder_is_refused_in_clear_words`).
    pub async fn open(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(|source| Error::folder(dir, source))?;
        let lock = lock(dir)?;
        Self::connect(options(dir).create_if_missing(true), Some(lock)).await
    }

    /// Opens the file beside a process that serves: for an operator's command, which looks or
    /// makes a short change. SQLite's own locking keeps the two apart.
    pub async fn visit(dir: &Path) -> Result<Self, Error> {
        if !dir.join(DATABASE).exists() {
            return Err(Error::Absent { dir: dir.into() });
        }
        Self::connect(options(dir), None).await
    }

    async fn connect(options: SqliteConnectOptions, lock: Option<fs::File>) -> Result<Self, Error> {
        let writer = Writer::start(options.clone(), lock).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .idle_timeout(Duration::from_secs(60))
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("query_only", "ON"));
        Ok(Self { writer: Arc::new(writer), readers, options: Arc::new(options) })
    }

    /// Runs `job` on the writing connection and answers once its changes are on the disk.
    ///
    /// Jobs run one after another; those that wait are committed together. A job that fails is
    /// rolled back alone (test `a_job_that_fails_is_rolled_back_alone`). What was answered
    /// survives `kill -9` (test `what_was_answered_survives_a_kill`). A job runs even when the
    /// caller no longer waits for its answer.
    pub async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Connections that see every write that was answered, and can't write.
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Moves everything from the log into the file and empties the log, where what was deleted would
    /// still be found; whether that was done. It can't be while another connection reads: ask again
    /// (test `what_was_deleted_is_found_nowhere_on_the_disk`).
    pub async fn empty_log(&self) -> Result<bool, Error> {
        let busy = sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)");
        // The readers' own connections are closed to writing, which this is.
        let mut connection = self.options.connect().await.map_err(Error::Open)?;
        let busy = busy.fetch_one(&mut connection).await.map_err(Error::Read)?;
        // An error would say nothing of what was asked.
        let _ = connection.close().await;
        Ok(busy == 0)
    }

    /// Finishes the writes that wait, closes the file and gives up the lock. Afterwards every
    /// other handle answers [`Error::Closed`].
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn options(dir: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(dir.join(DATABASE))
        .journal_mode(SqliteJournalMode::Wal)
        // An answer is a promise: with anything less, a power cut takes back the last commits.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // What was deleted is overwritten: these are people's words.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-1024")
        .pragma("journal_size_limit", "16777216")
}

fn lock(dir: &Path) -> Result<fs::File, Error> {
    let lock = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join(LOCK))
        .map_err(|source| Error::folder(dir, source))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { dir: dir.into() }),
        Err(TryLockError::Error(source)) => Err(Error::folder(dir, source)),
    }
}
