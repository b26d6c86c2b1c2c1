//! The broker on RabbitMQ, 3.10 and later. Nothing outside this folder knows lapin.
//!
//! - `link`: a connection that is made again for as long as it is needed
//! - `greeting`: what it says of itself before anybody logs in
//! - `topology`: the names and arguments of exchanges and queues
//! - `properties`: what travels with a message
//! - `consumer`: deliveries and their settlement
//! - `dead`: looking at the dead and moving them

mod consumer;
mod dead;
mod greeting;
mod link;
mod properties;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use lapin::BasicProperties;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use uuid::Uuid;

pub(crate) use self::consumer::{Consumer, Receipt};
pub(crate) use self::greeting::product;
pub(crate) use self::link::refusal;
use self::link::{Address, Link};
use self::topology::Topology;
use crate::{DeadLetter, Depth, Error, Publication, Queue, delay};

/// The first word of every name, unless another is asked for.
pub(crate) const PREFIX: &str = "relevo";
/// How long a start waits for the first connection.
const FIRST_CONNECTION: Duration = Duration::from_secs(5);
/// How long an operation waits for a connection that is being made again. Short: while the broker
/// is away, callers that hold a customer's webhook should hear so soon.
const RECONNECTION: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct RabbitMq {
    topology: Arc<Topology>,
    /// RabbitMQ holds back connections that publish when it runs short of memory or disk;
    /// settling must go on then, so it has a connection of its own.
    publishing: Link,
    consuming: Link,
}

impl RabbitMq {
    pub(crate) async fn connect(url: &str, name: &str, prefix: &str) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let topology = Arc::new(Topology::new(prefix));
        let publishing = Link::start(&address, format!("{name} publishing"), Some(&topology));
        let consuming = Link::start(&address, format!("{name} consuming"), None);
        // Without a connection everything below says so by itself.
        let _ = publishing.session(FIRST_CONNECTION).await;
        Ok(Self { topology, publishing, consuming })
    }

    /// Nothing is made, and nothing consumed.
    pub(crate) async fn visit(
        url: &str,
        name: &str,
        queues: &[Queue],
        within: Duration,
    ) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let topology = Arc::new(Topology::new(PREFIX));
        topology.add(queues);
        let publishing = Link::start(&address, name.to_owned(), None);
        publishing.first_session(within).await?;
        Ok(Self { topology, consuming: publishing.clone(), publishing })
    }

    /// Has messages confirmed in a queue that is gone with the connection.
    pub(crate) async fn prove(&self) -> Result<(), Error> {
        #[expect(clippy::disallowed_methods, reason = "a trial follows from nothing")]
        let name = self.topology.queue(&format!("trial.{}", Uuid::new_v4()));
        let session = self.publishing.session(RECONNECTION).await?;
        session
            .aside("make a queue", async |channel| {
                let ours = QueueDeclareOptions { exclusive: true, ..Default::default() };
                channel.queue_declare(name.as_str().into(), ours, FieldTable::default()).await
            })
            .await?;
        // RabbitMQ holds back those who have published: the first it takes in any case.
        for _ in 0..2 {
            session.publish("", &name, b"", BasicProperties::default()).await?;
        }
        Ok(())
    }

    pub(crate) async fn declare(&self, queues: &[Queue]) -> Result<(), Error> {
        self.topology.add(queues);
        let session = self.publishing.session(RECONNECTION).await?;
        session.declare(&self.topology).await
    }

    pub(crate) async fn publish(&self, publication: &Publication) -> Result<(), Error> {
        let topic = &publication.topic;
        // Checked here and not left to `mandatory` alone: one acknowledgement of the broker can
        // cover several publishes, and lapin then hands a returned message to any of them.
        if !self.topology.takes(topic) {
            let topic = topic.clone();
            return Err(Error::Unroutable { topic });
        }
        let properties = properties::of_publication(publication);
        let after = publication.delay.unwrap_or_default();
        self.route(topic, after, &publication.body, properties).await
    }

    pub(crate) async fn publish_all(&self, publications: &[Publication]) -> Result<(), Error> {
        try_join_all(publications.iter().map(|one| self.publish(one))).await?;
        Ok(())
    }

    /// Publishes into the main exchange, by way of a delay if there is one.
    async fn route(
        &self,
        key: &str,
        after: Duration,
        body: &[u8],
        properties: BasicProperties,
    ) -> Result<(), Error> {
        let step = delay::step(delay::check(after)?);
        let session = self.publishing.session(RECONNECTION).await?;
        if step == 0 {
            let exchange = self.topology.exchange();
            return session.publish(exchange, key, body, properties).await;
        }
        session.declare_delay(&self.topology, step).await?;
        let exchange = self.topology.delay(step);
        session.publish(&exchange, key, body, properties).await
    }

    /// Publishes straight into a queue.
    async fn put(
        &self,
        queue: &str,
        body: &[u8],
        properties: BasicProperties,
    ) -> Result<(), Error> {
        let session = self.publishing.session(RECONNECTION).await?;
        session.publish("", queue, body, properties).await
    }

    pub(crate) fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, Error> {
        if !self.topology.has(queue) {
            let queue = queue.to_owned();
            return Err(Error::UnknownQueue { queue });
        }
        Ok(Consumer::new(self.clone(), queue, prefetch))
    }

    pub(crate) async fn depth(&self, queue: &str) -> Result<Depth, Error> {
        dead::depth(self, queue).await
    }

    pub(crate) async fn dead(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        dead::look(self, queue, limit).await
    }

    pub(crate) async fn redrive(&self, queue: &str, ids: Option<&[Uuid]>) -> Result<usize, Error> {
        dead::redrive(self, queue, ids).await
    }

    pub(crate) async fn redrive_as(
        &self,
        queue: &str,
        id: Uuid,
        body: &[u8],
    ) -> Result<bool, Error> {
        dead::redrive_as(self, queue, id, body).await
    }

    pub(crate) async fn discard(&self, queue: &str, ids: Option<&[Uuid]>) -> Result<usize, Error> {
        dead::discard(self, queue, ids).await
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.publishing.is_up() && self.consuming.is_up()
    }

    pub(crate) async fn close(&self) {
        tokio::join!(self.publishing.close(), self.consuming.close());
    }
}
