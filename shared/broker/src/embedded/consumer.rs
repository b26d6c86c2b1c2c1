//! Deliveries and their settlement.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::embedded::sqlx;
use bytes::Bytes;
use futures::future::BoxFuture;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::row::{self, Claimed};
use super::{Shared, dead};
use crate::clock::{millis, now_ms};
use crate::delivery::Failure;
use crate::{DELIVERY_LIMIT, Delivery, Error, Reason, delivery};

/// How often a queue is looked at without being told: for what a visitor of the file sent back.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) struct Consumer {
    shared: Arc<Shared>,
    queue: &'static str,
    slots: Arc<Semaphore>,
    wake: watch::Receiver<()>,
    /// A claim that is on its way, kept here so that giving up waiting for it wastes nothing.
    claiming: Option<BoxFuture<'static, Result<Claim, Error>>>,
    /// Claimed and not yet handed out.
    waiting: VecDeque<Delivery>,
}

impl Consumer {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: &'static str,
        prefetch: u16,
        wake: watch::Receiver<()>,
    ) -> Self {
        Self {
            shared,
            queue,
            slots: Arc::new(Semaphore::new(prefetch.into())),
            wake,
            claiming: None,
            waiting: VecDeque::new(),
        }
    }

    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        loop {
            if let Some(delivery) = self.waiting.pop_front() {
                return Some(delivery);
            }
            let claiming = match &mut self.claiming {
                Some(claiming) => claiming,
                none => {
                    let slots = free_slots(&self.slots).await?;
                    // What happens from here on wakes us below.
                    self.wake.mark_unchanged();
                    none.insert(Box::pin(claim(self.shared.clone(), self.queue, slots)))
                }
            };
            let claimed = claiming.await;
            self.claiming = None;
            match claimed {
                Ok(Claim::Deliveries(deliveries)) => self.waiting = deliveries.into(),
                Ok(Claim::NothingUntil(pause)) => {
                    // Which of the two it was, the next claim finds out.
                    let _ = timeout(pause, self.wake.changed()).await;
                }
                Err(Error::Embedded(::embedded::Error::Closed)) => return None,
                Err(error) => {
                    tracing::warn!(
                        queue = self.queue,
                        error = &error as &dyn StdError,
                        "can't take messages"
                    );
                    sleep(LOOK).await;
                }
            }
        }
    }
}

/// Waits until there is room, then takes all there is.
async fn free_slots(room: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    let mut slots = room.clone().acquire_owned().await.ok()?;
    while let Ok(slot) = room.clone().try_acquire_owned() {
        slots.merge(slot);
    }
    Some(slots)
}

enum Claim {
    Deliveries(Vec<Delivery>),
    NothingUntil(Duration),
}

async fn claim(
    shared: Arc<Shared>,
    queue: &'static str,
    mut slots: OwnedSemaphorePermit,
) -> Result<Claim, Error> {
    let sharing = shared.clone();
    let claimed = shared.file.write(move |connection| {
        Box::pin(async move {
            let now = now_ms();
            let most = u32::try_from(slots.num_permits()).unwrap_or(u32::MAX);
            let rows = row::claim(connection, queue, sharing.process, now, most).await?;
            // Deliveries are made here so that they go back when nobody waits for them any more.
            let mut deliveries = Vec::with_capacity(rows.len());
            for row in rows {
                if row.deliveries > DELIVERY_LIMIT {
                    dead::bury_crashed(connection, row.seq, now).await?;
                } else if let Some(slot) = slots.split(1) {
                    deliveries.push(deliver(&sharing, queue, row, slot));
                }
            }
            if !deliveries.is_empty() {
                return Ok(Claim::Deliveries(deliveries));
            }
            let next = row::next_ready_ms(connection, queue, sharing.process).await?;
            let pause = next.map_or(LOOK, |next| {
                Duration::from_millis((next - now).max(0).unsigned_abs()).min(LOOK)
            });
            Ok(Claim::NothingUntil(pause))
        })
    });
    Ok(claimed.await?)
}

fn deliver(
    shared: &Arc<Shared>,
    queue: &'static str,
    row: Claimed,
    slot: OwnedSemaphorePermit,
) -> Delivery {
    Delivery {
        id: row.id,
        topic: row.topic,
        body: Bytes::from(row.body),
        traceparent: row.traceparent,
        attempt: row.attempt,
        first_failed_ms: row.first_failed_ms,
        receipt: delivery::Receipt::Embedded(Receipt {
            shared: shared.clone(),
            queue,
            seq: row.seq,
            settled: AtomicBool::new(false),
            _slot: slot,
        }),
    }
}

pub(crate) struct Receipt {
    shared: Arc<Shared>,
    queue: &'static str,
    seq: i64,
    settled: AtomicBool,
    /// Room in the consumer's prefetch, free again when the delivery is settled or dropped.
    _slot: OwnedSemaphorePermit,
}

impl Receipt {
    pub(crate) async fn ack(&self) -> Result<(), Error> {
        let (seq, process) = (self.seq, self.shared.process);
        self.settle(move |connection| {
            Box::pin(async move {
                sqlx::query("DELETE FROM broker_message WHERE seq = $1 AND process = $2")
                    .bind(seq)
                    .bind(process)
                    .execute(connection)
                    .await
                    .map(drop)
            })
        })
        .await
    }

    pub(crate) async fn retry(&self, after: Duration, failure: &Failure<'_>) -> Result<(), Error> {
        let (seq, process) = (self.seq, self.shared.process);
        let ready_ms = now_ms() + millis(after);
        let (attempt, first_failed_ms) = (failure.attempt, failure.first_failed_ms);
        let cause = failure.cause.to_owned();
        self.settle(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE broker_message SET process = NULL, deliveries = 0, ready_ms = $3,
                        attempt = $4, first_failed_ms = $5, cause = $6
                     WHERE seq = $1 AND process = $2",
                )
                .bind(seq)
                .bind(process)
                .bind(ready_ms)
                .bind(attempt)
                .bind(first_failed_ms)
                .bind(cause)
                .execute(connection)
                .await
                .map(drop)
            })
        })
        .await?;
        self.shared.wake(self.queue);
        Ok(())
    }

    pub(crate) async fn dead(&self, reason: Reason, failure: &Failure<'_>) -> Result<(), Error> {
        let (seq, process, died_ms) = (self.seq, self.shared.process, now_ms());
        let first_failed_ms = failure.first_failed_ms;
        let cause = failure.cause.to_owned();
        self.settle(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE broker_message SET process = NULL, died_ms = $3, reason = $4,
                        first_failed_ms = $5, cause = $6
                     WHERE seq = $1 AND process = $2",
                )
                .bind(seq)
                .bind(process)
                .bind(died_ms)
                .bind(reason.as_str())
                .bind(first_failed_ms)
                .bind(cause)
                .execute(connection)
                .await
                .map(drop)
            })
        })
        .await
    }

    async fn settle<F>(&self, job: F) -> Result<(), Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<(), sqlx::Error>>
            + Send
            + 'static,
    {
        self.shared.file.write(job).await?;
        self.settled.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if self.settled.load(Ordering::Relaxed) {
            return;
        }
        // Without a runtime the process is ending, and its rows are free with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(give_back(self.shared.clone(), self.queue, self.seq));
        }
    }
}

/// Does not count as a delivery that killed its process. Keeps trying, because nobody else gives the row back while this process lives.
async fn give_back(shared: Arc<Shared>, queue: &'static str, seq: i64) {
    let process = shared.process;
    loop {
        let given_back = shared.file.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE broker_message SET process = NULL, deliveries = deliveries - 1
                     WHERE seq = $1 AND process = $2",
                )
                .bind(seq)
                .bind(process)
                .execute(connection)
                .await
                .map(drop)
            })
        });
        match given_back.await {
            Ok(()) => return shared.wake(queue),
            Err(::embedded::Error::Closed) => return,
            Err(_) => sleep(LOOK).await,
        }
    }
}
