//! The one connection that writes. Jobs that wait share a transaction, so that a busy moment pays
//! for one flush to the disk instead of one for each job.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot};

use crate::Error;

/// More jobs than this share no transaction: it bounds how long the first of them waits.
const BATCH: usize = 256;

#[derive(Debug)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
}

enum Order {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(crate) async fn start(
        options: SqliteConnectOptions,
        lock: Option<fs::File>,
    ) -> Result<Self, Error> {
        let connection = options.connect().await.map_err(Error::Open)?;
        let (orders, inbox) = mpsc::channel(BATCH);
        tokio::spawn(work(options, connection, inbox, lock));
        Ok(Self { orders })
    }

    pub(crate) async fn run<T, F>(&self, job: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let pending = Pending { job: Some(job), outcome: Err(Error::Closed), answer };
        let order = Order::Run(Box::new(pending));
        self.orders.send(order).await.map_err(|_| Error::Closed)?;
        answered.await.unwrap_or(Err(Error::Closed))
    }

    pub(crate) async fn close(&self) {
        let (closed, until_closed) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).await.is_ok() {
            // An error means that the task is gone, which is what was asked for.
            let _ = until_closed.await;
        }
    }
}

async fn work(
    options: SqliteConnectOptions,
    connection: SqliteConnection,
    mut inbox: mpsc::Receiver<Order>,
    lock: Option<fs::File>,
) {
    let mut connection = Some(connection);
    let mut closing = Vec::new();
    let mut orders = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut orders, BATCH).await > 0 {
        let mut jobs = Vec::with_capacity(orders.len());
        for order in orders.drain(..) {
            match order {
                Order::Run(job) => jobs.push(job),
                Order::Close(closed) => {
                    inbox.close();
                    closing.push(closed);
                }
            }
        }
        if jobs.is_empty() {
            continue;
        }
        let committed = match commit(&options, &mut connection, &mut jobs).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // SQLite may have ended the transaction by itself, which sqlx can't know: a
                // connection in doubt is replaced.
                connection = None;
                Err(Arc::new(error))
            }
        };
        for job in jobs {
            job.answer(committed.clone());
        }
    }
    if let Some(connection) = connection {
        // Nothing can be lost here: what was answered is in the log, which the next open reads.
        let _ = connection.close().await;
    }
    // Only now may another process have the folder. Said and not left to the drop: a child that is
    // just being started has a copy of the handle for a moment.
    if let Some(lock) = lock {
        let _ = lock.unlock();
    }
    for closed in closing {
        let _ = closed.send(());
    }
}

async fn commit(
    options: &SqliteConnectOptions,
    connection: &mut Option<SqliteConnection>,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), sqlx::Error> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(options.connect().await?),
    };
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for job in jobs {
        let mut savepoint = transaction.begin().await?;
        if job.run(&mut savepoint).await {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
    }
    transaction.commit().await
}

/// A write that waits, whatever its result's type.
trait Job: Send {
    /// Runs the job, keeps its outcome and says whether its changes stand.
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool>;

    /// Answers the caller: with the outcome if it was committed.
    fn answer(self: Box<Self>, committed: Result<(), Arc<sqlx::Error>>);
}

struct Pending<T, F> {
    job: Option<F>,
    outcome: Result<T, Error>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Job for Pending<T, F>
where
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    T: Send,
{
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            if let Some(job) = self.job.take() {
                // One job's bug must not end everybody's writes.
                let outcome = AssertUnwindSafe(async { job(connection).await });
                self.outcome = match outcome.catch_unwind().await {
                    Ok(outcome) => outcome.map_err(Error::Write),
                    Err(_) => Err(Error::Panicked),
                };
            }
            self.outcome.is_ok()
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<sqlx::Error>>) {
        let outcome = match committed {
            Ok(()) => self.outcome,
            Err(error) => Err(Error::Commit(error)),
        };
        // The caller may have stopped waiting.
        let _ = self.answer.send(outcome);
    }
}
