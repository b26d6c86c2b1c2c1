//! A bare chain of queues: each hop takes a message, runs one script on Redis, publishes to the
//! next queue with a confirm, and acknowledges. A turn is one message through all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::try_join_all;
use lapin::Channel;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use redis::Script;
use redis::aio::MultiplexedConnection;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::bare::{confirmed, connect};
use super::program;

/// Before the clock runs.
const WARM_UP: Duration = Duration::from_secs(2);
const CONVERSATIONS: u64 = 1000;

/// What any commit has to do: compare the version, store the document and the effects.
const COMMIT: &str = "
    local version = redis.call('HINCRBY', KEYS[1], 'v', 1)
    redis.call('HSET', KEYS[1], 'd', ARGV[1])
    redis.call('SET', KEYS[2], ARGV[1], 'PX', 86400000)
    return version";

pub(super) struct Ran {
    pub(super) turns_per_second: f64,
    pub(super) micros_per_turn: f64,
}

/// Keeps so many turns under way for so long.
pub(super) async fn run(
    amqp: &str,
    redis: &str,
    hops: usize,
    bytes: usize,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<Ran> {
    let (_publishing, publisher) = connect(amqp).await?;
    let (consuming, _) = connect(amqp).await?;
    let redis = redis::Client::open(redis)?.get_multiplexed_async_connection().await?;
    let body = Arc::<[u8]>::from(vec![b'x'; bytes]);
    let turns = Arc::new(AtomicU64::new(0));
    for hop in 0..hops {
        declare(&publisher, hop).await?;
    }

    let mut tasks = JoinSet::new();
    for hop in 0..hops {
        let next = if hop + 1 == hops { Next::Begin(turns.clone()) } else { Next::Hop(hop + 1) };
        let work = Work {
            script: Script::new(COMMIT),
            redis: redis.clone(),
            publisher: publisher.clone(),
            next,
        };
        tasks.spawn(consume(consuming.create_channel().await?, hop, in_flight, Arc::new(work)));
    }
    let first = queue(0);
    try_join_all((0..in_flight).map(|_| confirmed(&publisher, "", &first, &body))).await?;

    sleep(WARM_UP).await;
    let (done, used, began) =
        (turns.load(Ordering::Relaxed), program::own_processor_time()?, Instant::now());
    tokio::select! {
        () = sleep(time) => {}
        Some(ended) = tasks.join_next() => ended??,
    }
    let (done, used) =
        (turns.load(Ordering::Relaxed) - done, program::own_processor_time()? - used);
    let turns_per_second = done as f64 / began.elapsed().as_secs_f64();
    tasks.shutdown().await;
    for hop in 0..hops {
        publisher.queue_delete(queue(hop).into(), QueueDeleteOptions::default()).await?;
    }
    Ok(Ran { turns_per_second, micros_per_turn: used.as_secs_f64() * 1e6 / done as f64 })
}

struct Work {
    script: Script,
    redis: MultiplexedConnection,
    publisher: Channel,
    next: Next,
}

/// Where a message goes after a hop.
enum Next {
    Hop(usize),
    /// The turn is over, and counted; another begins.
    Begin(Arc<AtomicU64>),
}

async fn consume(
    channel: Channel,
    hop: usize,
    in_flight: usize,
    work: Arc<Work>,
) -> anyhow::Result<()> {
    channel.basic_qos(u16::try_from(in_flight)?, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let mut deliveries =
        channel.basic_consume(queue(hop).into(), "".into(), options, FieldTable::default()).await?;
    let (fail, mut failed) = mpsc::channel(1);
    loop {
        tokio::select! {
            Some(error) = failed.recv() => return Err(error),
            delivery = deliveries.next() => {
                let Some(delivery) = delivery.transpose()? else { return Ok(()) };
                let (work, fail) = (work.clone(), fail.clone());
                tokio::spawn(async move {
                    if let Err(error) = work.handle(&delivery).await {
                        let _ = fail.try_send(error);
                    }
                });
            }
        }
    }
}

impl Work {
    async fn handle(&self, delivery: &lapin::message::Delivery) -> anyhow::Result<()> {
        let conversation = delivery.delivery_tag % CONVERSATIONS;
        let mut redis = self.redis.clone();
        let _: u64 = self
            .script
            .key(format!("relevo-bench:{{{conversation}}}"))
            .key(format!("relevo-bench:{{{conversation}}}:effects"))
            .arg(&delivery.data)
            .invoke_async(&mut redis)
            .await?;
        let next = match &self.next {
            Next::Hop(hop) => *hop,
            Next::Begin(turns) => {
                turns.fetch_add(1, Ordering::Relaxed);
                0
            }
        };
        confirmed(&self.publisher, "", &queue(next), &delivery.data).await?;
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(())
    }
}

fn queue(hop: usize) -> String {
    format!("relevo-bench.chain.{hop}")
}

async fn declare(channel: &Channel, hop: usize) -> anyhow::Result<()> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
    let options = QueueDeclareOptions::durable();
    channel.queue_declare(queue(hop).into(), options, arguments).await?;
    Ok(())
}
