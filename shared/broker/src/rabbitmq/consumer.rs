//! Deliveries and their settlement. Nothing is retried by requeueing: a retry is a copy of the
//! message with the same id, confirmed before the original is acknowledged. A process that dies in
//! between leaves both.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::FieldTable;
use lapin::{Acker, BasicProperties, Channel};
use tokio::time::{sleep, timeout};

use super::RabbitMq;
use super::link::{ANSWER, answer};
use super::properties::{self, Read};
use crate::backoff::Pauses;
use crate::delivery::Failure;
use crate::{Delivery, Error, Reason, delivery};

pub(crate) struct Consumer {
    rabbitmq: RabbitMq,
    queue: Arc<str>,
    prefetch: u16,
    /// Kept here so that giving up waiting for it wastes nothing.
    attaching: Option<BoxFuture<'static, Option<Attached>>>,
    attached: Option<Attached>,
}

/// A consumer as the broker knows it: it ends with its connection.
struct Attached {
    channel: Channel,
    deliveries: lapin::Consumer,
}

impl Consumer {
    pub(super) fn new(rabbitmq: RabbitMq, queue: &str, prefetch: u16) -> Self {
        Self { rabbitmq, queue: queue.into(), prefetch, attaching: None, attached: None }
    }

    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        loop {
            let attached = match &mut self.attached {
                Some(attached) => attached,
                none => {
                    let attach =
                        || attach(self.rabbitmq.clone(), self.queue.clone(), self.prefetch);
                    let attaching = self.attaching.get_or_insert_with(|| Box::pin(attach()));
                    let attached = attaching.await;
                    self.attaching = None;
                    none.insert(attached?)
                }
            };
            match attached.deliveries.next().await {
                Some(Ok(message)) => {
                    let channel = attached.channel.clone();
                    return Some(self.deliver(message, channel));
                }
                Some(Err(_)) | None => self.attached = None,
            }
        }
    }

    fn deliver(&self, mut message: lapin::message::Delivery, channel: Channel) -> Delivery {
        let body = Bytes::from(std::mem::take(&mut message.data));
        let read = Read::new(&message, body);
        Delivery {
            id: read.id,
            topic: read.topic,
            body: read.body,
            traceparent: read.traceparent,
            attempt: read.attempt,
            first_failed_ms: read.first_failed_ms,
            receipt: delivery::Receipt::RabbitMq(Receipt {
                acker: message.acker,
                _channel: channel,
                queue: self.queue.clone(),
                rabbitmq: self.rabbitmq.clone(),
                settled: AtomicBool::new(false),
            }),
        }
    }

    pub(crate) async fn stop(mut self) {
        let Some(mut attached) = self.attached.take() else {
            return;
        };
        let give_back = async {
            let tag = attached.deliveries.tag();
            let cancel = BasicCancelOptions::default();
            attached.channel.basic_cancel(tag, cancel).await?;
            while let Some(Ok(message)) = attached.deliveries.next().await {
                message.nack(requeue()).await?;
            }
            lapin::Result::Ok(())
        };
        // When it fails, the connection is broken and everything goes back by itself.
        let _ = timeout(ANSWER, give_back).await;
    }
}

/// `None` when the broker was closed in this process.
async fn attach(rabbitmq: RabbitMq, queue: Arc<str>, prefetch: u16) -> Option<Attached> {
    loop {
        if rabbitmq.consuming.is_closed() {
            return None;
        }
        match try_attach(&rabbitmq, &queue, prefetch).await {
            Ok(attached) => return Some(attached),
            Err(error) => {
                tracing::debug!(
                    queue = &*queue,
                    error = &error as &dyn StdError,
                    "can't consume yet"
                );
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn try_attach(rabbitmq: &RabbitMq, queue: &str, prefetch: u16) -> Result<Attached, Error> {
    let session = rabbitmq.consuming.session(ANSWER).await?;
    let channel = session.channel().await?;
    let name = rabbitmq.topology.queue(queue);
    let consume = async {
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        channel
            .basic_consume(
                name.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await
    };
    let deliveries = answer("consume", consume).await?;
    Ok(Attached { channel, deliveries })
}

pub(crate) struct Receipt {
    acker: Acker,
    /// Keeps the channel open: the last handle closes it, and what is unsettled would go back.
    _channel: Channel,
    queue: Arc<str>,
    rabbitmq: RabbitMq,
    settled: AtomicBool,
}

impl Receipt {
    pub(crate) async fn ack(&self) -> Result<(), Error> {
        const ACKNOWLEDGE: &str = "acknowledge";
        let acknowledged = self.acker.ack(BasicAckOptions::default());
        if !answer(ACKNOWLEDGE, acknowledged).await? {
            return Err(Error::unavailable(ACKNOWLEDGE));
        }
        self.settled.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) async fn retry(
        &self,
        delivery: &Delivery,
        after: Duration,
        failure: &Failure<'_>,
    ) -> Result<(), Error> {
        let properties = properties::of_retry(delivery, failure);
        let key = self.rabbitmq.topology.queue(&self.queue);
        self.send_copy(&delivery.body, properties, Way::Again { key: &key, after }).await?;
        self.ack().await
    }

    pub(crate) async fn dead(
        &self,
        delivery: &Delivery,
        reason: Reason,
        failure: &Failure<'_>,
    ) -> Result<(), Error> {
        let properties = properties::of_dead(delivery, reason, failure);
        let queue = self.rabbitmq.topology.dead(&self.queue);
        self.send_copy(&delivery.body, properties, Way::Dead { queue: &queue }).await?;
        self.ack().await
    }

    /// Publishes until the copy is confirmed, and keeps the delivery in hand meanwhile: given
    /// back, it would be handled again at once. When the delivery's own connection is gone it
    /// comes back by itself, and nothing is left to do here.
    async fn send_copy(
        &self,
        body: &[u8],
        properties: BasicProperties,
        way: Way<'_>,
    ) -> Result<(), Error> {
        let mut pauses = Pauses::new();
        loop {
            let properties = properties.clone();
            let sent = match way {
                Way::Again { key, after } => {
                    self.rabbitmq.route(key, after, body, properties).await
                }
                Way::Dead { queue } => self.rabbitmq.put(queue, body, properties).await,
            };
            match sent {
                Err(error) if error.is_transient() && self.acker.usable() => {
                    sleep(pauses.next()).await;
                }
                done => return done,
            }
        }
    }
}

/// Where the copy of a message goes.
#[derive(Clone, Copy)]
enum Way<'a> {
    Again { key: &'a str, after: Duration },
    Dead { queue: &'a str },
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if self.settled.load(Ordering::Relaxed) || !self.acker.usable() {
            return;
        }
        // Without a runtime the connection is ending too, and the message goes back with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let acker = self.acker.clone();
            runtime.spawn(async move { acker.nack(requeue()).await });
        }
    }
}

fn requeue() -> BasicNackOptions {
    BasicNackOptions { requeue: true, ..Default::default() }
}
