//! Names and arguments. RabbitMQ refuses a queue that is declared again with other arguments, so
//! these are a format: to change one, change the name too.
//!
//! ```text
//! publish ──topic──▶ relevo ──topic, or the queue's own name──▶ relevo.<queue> ──▶ worker
//!    │                 ▲                                             │ killed its worker
//!    │                 │ after <ms>                                  ▼ too often
//!    └──▶ relevo.delay.<ms> (exchange, queue)                   relevo.<queue>.dead
//! ```

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use lapin::options::{
    BasicQosOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, ExchangeKind};

use crate::clock::millis;
use crate::{DELIVERY_LIMIT, Queue};

/// A delay that nobody has asked for in this long is forgotten. RabbitMQ counts from the queue's
/// last declaration and goes on counting while it is stopped, and what waits in the queue is lost
/// with it: hence a month, where a holiday fits in.
const DELAY_EXPIRES: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// In place of "none", which 3.10 can't be told and 4.x needs to be: there the default is twenty,
/// and each look at the dead letters counts.
const NO_DELIVERY_LIMIT: i64 = 1_000_000_000;

pub(super) struct Topology {
    prefix: String,
    queues: RwLock<Declared>,
}

#[derive(Default)]
struct Declared {
    queues: Vec<Queue>,
    topics: HashSet<&'static str>,
}

impl Topology {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), queues: RwLock::default() }
    }

    pub(super) fn add(&self, queues: &[Queue]) {
        let mut declared = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            if !declared.queues.contains(queue) {
                declared.queues.push(*queue);
                declared.topics.extend(queue.topics);
            }
        }
    }

    pub(super) fn takes(&self, topic: &str) -> bool {
        self.declared().topics.contains(topic)
    }

    pub(super) fn has(&self, queue: &str) -> bool {
        self.declared().queues.iter().any(|one| one.name == queue)
    }

    fn declared(&self) -> std::sync::RwLockReadGuard<'_, Declared> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn exchange(&self) -> &str {
        &self.prefix
    }

    pub(super) fn queue(&self, queue: &str) -> String {
        format!("{}.{queue}", self.prefix)
    }

    pub(super) fn dead(&self, queue: &str) -> String {
        format!("{}.{queue}.dead", self.prefix)
    }

    pub(super) fn delay(&self, step_ms: i64) -> String {
        format!("{}.delay.{step_ms}", self.prefix)
    }

    /// Asks for everything at once and waits only at the end: after the broker's return, customers
    /// wait for this.
    pub(super) async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        declare_exchange(channel, self.exchange(), ExchangeKind::Topic, Lifetime::Ours).await?;
        let queues = self.declared().queues.clone();
        for queue in queues {
            let (name, dead) = (self.queue(queue.name), self.dead(queue.name));
            declare_queue(channel, &dead, [("x-delivery-limit", NO_DELIVERY_LIMIT.into())]).await?;
            let limit = i64::from(DELIVERY_LIMIT);
            let mut arguments = vec![("x-delivery-limit", limit.into())];
            arguments.extend(dead_letter("", Some(&dead)));
            declare_queue(channel, &name, arguments).await?;
            for topic in queue.topics.iter().copied().chain([name.as_str()]) {
                bind(channel, &name, self.exchange(), topic).await?;
            }
        }
        settle(channel).await
    }

    /// A fan-out exchange in front of the queue lets the final routing key pass through.
    pub(super) async fn declare_delay(&self, channel: &Channel, step_ms: i64) -> lapin::Result<()> {
        let name = self.delay(step_ms);
        declare_exchange(channel, &name, ExchangeKind::Fanout, Lifetime::OfItsQueue).await?;
        let expires = step_ms + millis(DELAY_EXPIRES);
        let mut arguments = vec![("x-message-ttl", step_ms.into()), ("x-expires", expires.into())];
        arguments.extend(dead_letter(self.exchange(), None));
        declare_queue(channel, &name, arguments).await?;
        bind(channel, &name, &name, "").await?;
        settle(channel).await
    }
}

enum Lifetime {
    Ours,
    OfItsQueue,
}

/// Where a queue's messages go when they expire or exceed their limit. At least once: the default
/// forgets those that are on their way when the broker stops, and needs `reject-publish` to be off.
fn dead_letter(exchange: &str, key: Option<&str>) -> Vec<(&'static str, AMQPValue)> {
    let mut arguments = vec![
        ("x-dead-letter-exchange", text(exchange)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ];
    arguments.extend(key.map(|key| ("x-dead-letter-routing-key", text(key))));
    arguments
}

async fn declare_queue(
    channel: &Channel,
    name: &str,
    arguments: impl IntoIterator<Item = (&'static str, AMQPValue)>,
) -> lapin::Result<()> {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), text("quorum"));
    for (key, value) in arguments {
        table.insert(key.into(), value);
    }
    let options = QueueDeclareOptions { durable: true, nowait: true, ..Default::default() };
    channel.queue_declare(name.into(), options, table).await?;
    Ok(())
}

async fn declare_exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
    lifetime: Lifetime,
) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions {
        durable: true,
        auto_delete: matches!(lifetime, Lifetime::OfItsQueue),
        nowait: true,
        ..Default::default()
    };
    channel.exchange_declare(name.into(), kind, options, FieldTable::default()).await
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> lapin::Result<()> {
    let options = QueueBindOptions { nowait: true };
    let arguments = FieldTable::default();
    channel.queue_bind(queue.into(), exchange.into(), key.into(), options, arguments).await
}

/// A channel works in order: an answer to this is an answer to everything before, and what was
/// refused has closed the channel.
async fn settle(channel: &Channel) -> lapin::Result<()> {
    channel.basic_qos(0, BasicQosOptions::default()).await
}

fn text(text: &str) -> AMQPValue {
    LongString::from(text).into()
}
