//! The broker in the embedded file, for one process on one machine.
//!
//! Publishing writes one row for each queue that takes the topic, in one transaction. A delivery
//! is a row that bears the name of this process; a process that died is simply another name, so
//! its rows are free at once.

mod consumer;
mod dead;
mod row;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ::embedded::File;
use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) use self::consumer::{Consumer, Receipt};
use crate::clock::{millis, now_ms};
use crate::{DeadLetter, Depth, Error, Publication, Queue, delay};

#[derive(Clone)]
pub(crate) struct Embedded(Arc<Shared>);

struct Shared {
    file: File,
    /// The name of this process in the rows that it has in hand.
    process: Uuid,
    queues: RwLock<Vec<Declared>>,
}

struct Declared {
    queue: Queue,
    /// Told when a message may have become ready.
    wake: watch::Sender<()>,
}

impl Embedded {
    #[expect(clippy::disallowed_methods, reason = "a process follows from nothing")]
    pub(crate) async fn new(file: File) -> Result<Self, Error> {
        file.write(|connection| Box::pin(row::create(connection))).await?;
        Ok(Self(Arc::new(Shared { file, process: Uuid::new_v4(), queues: RwLock::default() })))
    }

    pub(crate) fn declare(&self, queues: &[Queue]) {
        let declared = &self.0.queues;
        let mut declared = declared.write().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            if let Some(known) = declared.iter_mut().find(|one| one.queue.name == queue.name) {
                known.queue = *queue;
            } else {
                declared.push(Declared { queue: *queue, wake: watch::channel(()).0 });
            }
        }
    }

    pub(crate) async fn publish_all(&self, publications: Vec<Publication>) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(publications.len());
        let now = now_ms();
        for publication in publications {
            let queues = self.0.takers(&publication.topic)?;
            let wait = delay::check(publication.delay.unwrap_or_default())?;
            let ready_ms = now + millis(wait);
            rows.push((publication, queues, ready_ms));
        }
        let taken: Vec<_> = rows.iter().flat_map(|(_, queues, _)| queues.clone()).collect();
        self.0
            .file
            .write(move |connection| {
                Box::pin(async move {
                    for (publication, queues, ready_ms) in rows {
                        for queue in queues {
                            row::insert(connection, queue, &publication, ready_ms).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        for queue in taken {
            self.0.wake(queue);
        }
        Ok(())
    }

    pub(crate) fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, Error> {
        let declared = self.0.declared();
        let known = declared.iter().find(|one| one.queue.name == queue);
        let known = known.ok_or_else(|| Error::UnknownQueue { queue: queue.to_owned() })?;
        let wake = known.wake.subscribe();
        Ok(Consumer::new(self.0.clone(), known.queue.name, prefetch, wake))
    }

    pub(crate) async fn depth(&self, queue: &str) -> Result<Depth, Error> {
        dead::depth(&self.0, queue).await
    }

    pub(crate) async fn dead(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        dead::look(&self.0, queue, limit).await
    }

    pub(crate) async fn redrive(&self, queue: &str, ids: Option<&[Uuid]>) -> Result<usize, Error> {
        dead::redrive(&self.0, queue, ids).await
    }

    pub(crate) async fn redrive_as(
        &self,
        queue: &str,
        id: Uuid,
        body: Bytes,
    ) -> Result<bool, Error> {
        dead::redrive_as(&self.0, queue, id, body).await
    }

    pub(crate) async fn discard(&self, queue: &str, ids: Option<&[Uuid]>) -> Result<usize, Error> {
        dead::discard(&self.0, queue, ids).await
    }
}

impl Shared {
    /// The queues that take a topic.
    fn takers(&self, topic: &str) -> Result<Vec<&'static str>, Error> {
        let declared = self.declared();
        let takers: Vec<_> = declared
            .iter()
            .filter(|one| one.queue.topics.contains(&topic))
            .map(|one| one.queue.name)
            .collect();
        if takers.is_empty() {
            let topic = topic.to_owned();
            return Err(Error::Unroutable { topic });
        }
        Ok(takers)
    }

    fn wake(&self, queue: &str) {
        let declared = self.declared();
        if let Some(known) = declared.iter().find(|one| one.queue.name == queue) {
            known.wake.send_replace(());
        }
    }

    fn declared(&self) -> RwLockReadGuard<'_, Vec<Declared>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner)
    }
}
