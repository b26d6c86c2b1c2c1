//! The broker port: publish, consume, settle a delivery once and by value, look at the dead and
//! send them round again. RabbitMQ and the embedded file behave alike; one suite holds both to it
//! (`tests/it/suite.rs`).
//!
//! What every implementation guarantees, and the test that holds it:
//! - a publish that returned `Ok` is not lost: `nothing_confirmed_is_lost_when_the_broker_restarts`,
//!   `nothing_confirmed_is_lost_when_the_connection_is_cut`,
//!   `nothing_confirmed_is_lost_when_the_process_is_killed`;
//! - a delivery that was not settled comes back:
//!   `what_was_not_settled_comes_back_after_a_crash`, `a_dropped_delivery_comes_back`;
//! - a retry comes after the time asked for, and not more than 250 ms later up to a minute:
//!   `a_retry_comes_back_when_asked`;
//! - a message that kills its worker ends with the dead: `a_message_that_kills_its_worker_dies`.
//!
//! Everything may arrive more than once: a process can die between a broker's confirm and what it
//! does next. Message ids tell repetitions apart.

mod backoff;
mod clock;
mod consumer;
mod delay;
mod delivery;
mod embedded;
mod error;
mod message;
mod rabbitmq;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

pub use crate::consumer::Consumer;
pub use crate::delay::MAX_DELAY;
pub use crate::delivery::Delivery;
pub use crate::error::{Error, Refusal};
pub use crate::message::{DeadLetter, Depth, Product, Publication, Queue, Reason};

use crate::embedded::Embedded;
use crate::rabbitmq::RabbitMq;

/// How often a delivery may end with the death of its process before the message is dead. Twenty
/// is what RabbitMQ 4 sets by itself: a crashing worker takes the messages beside the culprit
/// along, and these should have their chance.
pub const DELIVERY_LIMIT: u32 = 20;

/// A cheap handle on the broker.
#[derive(Clone)]
pub struct Broker(Port);

#[derive(Clone)]
enum Port {
    RabbitMq(RabbitMq),
    Embedded(Embedded),
}

impl Broker {
    /// Connects to RabbitMQ at `amqp://…` or `amqps://…`; `name` is shown in its management pages.
    ///
    /// Waits a few seconds for the first connection and returns without one if there is none: the
    /// connection is made, and made again, in the background for as long as the broker lives, and
    /// calls fail with [`Error::Unavailable`] meanwhile. Only a malformed address is an error.
    pub async fn rabbitmq(url: &str, name: &str) -> Result<Self, Error> {
        Self::rabbitmq_with_prefix(url, name, rabbitmq::PREFIX).await
    }

    /// For an operator's command beside processes that serve: nothing is made, so that a command of
    /// another version changes nothing, and a RabbitMQ that can't be had in time is an error that
    /// says why (test `a_visit_makes_nothing`). The queues are those that are known of; one that no
    /// process has made yet is [`Error::UnknownQueue`].
    pub async fn visit_rabbitmq(
        url: &str,
        name: &str,
        queues: &[Queue],
        within: Duration,
    ) -> Result<Self, Error> {
        let rabbitmq = RabbitMq::visit(url, name, queues, within).await?;
        Ok(Self(Port::RabbitMq(rabbitmq)))
    }

    /// What runs at an `amqp://…`, as it says to whoever connects; none where that is not said in
    /// the clear.
    pub async fn product(url: &str) -> Result<Option<Product>, Error> {
        rabbitmq::product(url).await
    }

    /// The same with another first word than `relevo` in the names of exchanges and queues, so
    /// that several installations (and tests) share one RabbitMQ.
    pub async fn rabbitmq_with_prefix(url: &str, name: &str, prefix: &str) -> Result<Self, Error> {
        let rabbitmq = RabbitMq::connect(url, name, prefix).await?;
        Ok(Self(Port::RabbitMq(rabbitmq)))
    }

    /// The broker in the embedded file. Make one for each open file and clone it: two would take
    /// each other's deliveries. In a file that is only visited, look, redrive and discard; the
    /// process that serves notices within a second.
    pub async fn embedded(file: ::embedded::File) -> Result<Self, Error> {
        Ok(Self(Port::Embedded(Embedded::new(file).await?)))
    }

    /// Makes the queues and binds them to their topics; also after each reconnect. To be called
    /// with every queue of the system in every process that publishes: a topic that no declared
    /// queue takes is [`Error::Unroutable`]. While RabbitMQ can't be reached this fails with
    /// [`Error::Unavailable`], and is made good on the next connection.
    pub async fn declare(&self, queues: &[Queue]) -> Result<(), Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.declare(queues).await,
            Port::Embedded(embedded) => {
                embedded.declare(queues);
                Ok(())
            }
        }
    }

    /// Publishes to every queue that takes the topic; `Ok` means that the broker has it on disk.
    /// An error or a dropped future leaves open whether it does: publish again under the same id.
    pub async fn publish(&self, publication: Publication) -> Result<(), Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.publish(&publication).await,
            Port::Embedded(embedded) => embedded.publish_all(vec![publication]).await,
        }
    }

    /// Publishes all, sharing the wait; `Ok` means that the broker has every one of them. The
    /// embedded broker takes all or none.
    pub async fn publish_all(&self, publications: Vec<Publication>) -> Result<(), Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.publish_all(&publications).await,
            Port::Embedded(embedded) => embedded.publish_all(publications).await,
        }
    }

    /// Consumes a declared queue with at most `prefetch` deliveries unsettled at a time
    /// (test `no_more_than_the_prefetch_is_in_hand`).
    pub async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, Error> {
        let prefetch = prefetch.max(1);
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.consume(queue, prefetch).map(Consumer::rabbitmq),
            Port::Embedded(embedded) => embedded.consume(queue, prefetch).map(Consumer::embedded),
        }
    }

    /// How much waits in a queue.
    pub async fn depth(&self, queue: &str) -> Result<Depth, Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.depth(queue).await,
            Port::Embedded(embedded) => embedded.depth(queue).await,
        }
    }

    /// Dead letters of a queue, at most `limit`, without taking them away, in the order in which
    /// they died. On RabbitMQ others can't see them for the moment that this takes, and which ones
    /// it shows when there are more is its own choice.
    pub async fn dead(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.dead(queue, limit).await,
            Port::Embedded(embedded) => embedded.dead(queue, limit).await,
        }
    }

    /// Sends dead letters (those with these ids, or all) back to the queue they died in, as if
    /// they had never been tried; returns how many.
    pub async fn redrive(&self, queue: &str, ids: Option<&[Uuid]>) -> Result<usize, Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.redrive(queue, ids).await,
            Port::Embedded(embedded) => embedded.redrive(queue, ids).await,
        }
    }

    /// Sends one dead letter back with another body, as if it had never been tried; `false` when
    /// there is none with this id (test `a_letter_is_redriven_with_another_body`).
    pub async fn redrive_as(&self, queue: &str, id: Uuid, body: Bytes) -> Result<bool, Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.redrive_as(queue, id, &body).await,
            Port::Embedded(embedded) => embedded.redrive_as(queue, id, body).await,
        }
    }

    /// Deletes dead letters (those with these ids, or all); returns how many.
    pub async fn discard(&self, queue: &str, ids: Option<&[Uuid]>) -> Result<usize, Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.discard(queue, ids).await,
            Port::Embedded(embedded) => embedded.discard(queue, ids).await,
        }
    }

    /// Whether a message would be taken now, and by whoever we are: one is published to a queue that
    /// is gone with the connection. The embedded broker takes what its file does.
    pub async fn prove(&self) -> Result<(), Error> {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.prove().await,
            Port::Embedded(_) => Ok(()),
        }
    }

    /// Whether the broker can be reached now, for a readiness probe.
    pub fn is_connected(&self) -> bool {
        match &self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.is_connected(),
            Port::Embedded(_) => true,
        }
    }

    /// Closes the connections; what is unsettled comes back to somebody else. The embedded file
    /// stays open: it belongs to whoever opened it.
    pub async fn close(self) {
        match self.0 {
            Port::RabbitMq(rabbitmq) => rabbitmq.close().await,
            Port::Embedded(_) => {}
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Port::RabbitMq(_) => "Broker(RabbitMQ)",
            Port::Embedded(_) => "Broker(embedded)",
        })
    }
}
