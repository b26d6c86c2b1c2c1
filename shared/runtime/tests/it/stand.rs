//! Real ports, a lane of the test's own, a worker that does as it is told, and eyes on what it
//! publishes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use broker::{Broker, Consumer, DeadLetter, Delivery, Publication, Queue};
use domain::message::{Inbound, MessageReceived, TurnGathered};
use domain::{
    Body, BusinessId, Content, ConversationId, Customer, Effect, Envelope, Kind, MessageId,
    Timestamp, TurnId,
};
use futures::future::BoxFuture;
use runtime::lifecycle::Ended;
use runtime::{
    Business, Clock, Context, Effects, Failure, Handler, Lane, Lifecycle, Ports, Schedule, worker,
};
use store::state::Volatile;
use store::{Records, State};
use tempfile::TempDir;
use tokio::time::timeout;
use uuid::Uuid;

/// Longer than anything takes that comes at all.
pub(crate) const SOON: Duration = Duration::from_secs(15);
/// Long enough to see that something does not come.
pub(crate) const A_WHILE: Duration = Duration::from_millis(400);

pub(crate) const LANE: Lane = Lane {
    queue: "work",
    topics: &[Kind::MessageReceived.as_str(), Kind::QuestionAsked.as_str()],
    at_once: 8,
    time_out: Duration::from_secs(10),
    schedule: Schedule {
        delays: &[Duration::from_millis(100), Duration::from_millis(300)],
        attempts: 3,
    },
};

/// Where death notices can be handled.
pub(crate) const NOTICES: Lane =
    Lane { queue: "notices", topics: &[Kind::MessageDied.as_str()], ..LANE };

/// Everything that the tests' workers publish.
const SEEN: Queue = Queue {
    name: "seen",
    topics: &[
        Kind::TurnNoticed.as_str(),
        Kind::TurnDue.as_str(),
        Kind::TurnOverdue.as_str(),
        Kind::TurnGathered.as_str(),
        Kind::MessageDied.as_str(),
    ],
};
const QUEUES: &[Queue] = &[
    Queue { name: LANE.queue, topics: LANE.topics },
    Queue { name: NOTICES.queue, topics: NOTICES.topics },
    SEEN,
];

pub(crate) struct Stand {
    pub(crate) ports: Ports,
    pub(crate) lifecycle: Lifecycle,
    /// What the clock shows beyond the real time, in milliseconds.
    ahead_ms: Arc<AtomicI64>,
    seen: tokio::sync::Mutex<Consumer>,
    _dir: Option<TempDir>,
}

impl Stand {
    pub(crate) async fn embedded() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = embedded::File::open(dir.path()).await.unwrap();
        let broker = Broker::embedded(file.clone()).await.unwrap();
        let state = State::embedded(file.clone()).await.unwrap();
        Self::of(broker, state, Records::embedded(file), Some(dir)).await
    }

    pub(crate) async fn servers() -> Self {
        let (amqp, redis) = (amqp_url(), redis_url());
        Self::servers_at(&amqp, &redis, &prefix()).await
    }

    /// On servers at these addresses. The state is shared, so the tests keep apart by the ids of
    /// their conversations.
    pub(crate) async fn servers_at(amqp: &str, redis: &str, prefix: &str) -> Self {
        let broker = Broker::rabbitmq_with_prefix(amqp, "test", prefix).await.unwrap();
        let state = State::redis(redis, Volatile::Accept).await.unwrap();
        let records = Records::postgres(&postgres_url()).await.unwrap();
        Self::of(broker, state, records, None).await
    }

    async fn of(broker: Broker, state: State, records: Records, dir: Option<TempDir>) -> Self {
        broker.declare(QUEUES).await.unwrap();
        let seen = tokio::sync::Mutex::new(broker.consume(SEEN.name, 64).await.unwrap());
        let ahead_ms = Arc::new(AtomicI64::new(0));
        let (ahead, real) = (Arc::clone(&ahead_ms), Clock::system());
        let clock = Clock::new(move || {
            let real = real.now().as_millis();
            Timestamp::from_millis(real + ahead.load(Ordering::Relaxed))
        });
        let businesses = [Business::example("Shop")].into_iter().collect();
        let ports = Ports::new(broker, state, records, businesses, clock);
        Self { ports, lifecycle: Lifecycle::new(), ahead_ms, seen, _dir: dir }
    }

    /// The same state with another broker: what was published to the first one is lost.
    pub(crate) async fn with_broker_of(self, other: Self) -> Self {
        let Ports { state, records, businesses, clock, .. } = self.ports;
        let broker = other.ports.broker.clone();
        let ports = Ports::new(broker, state, records, businesses, clock);
        Self { ports, _dir: self._dir, ..other }
    }

    pub(crate) fn set_clock(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }

    /// Starts a worker on the lane.
    pub(crate) fn work(&self, handler: &Arc<impl Handler>, lane: Lane) {
        let (handler, ports) = (Arc::clone(handler), self.ports.clone());
        let lifecycle = self.lifecycle.clone();
        self.lifecycle.spawn(async move {
            worker::run(handler, lane, ports, lifecycle).await.unwrap();
        });
    }

    /// Ends the workers; the stand is then ready for others.
    pub(crate) async fn stop(&mut self, grace: Duration) -> Ended {
        let lifecycle = std::mem::take(&mut self.lifecycle);
        lifecycle.stop();
        lifecycle.finish(grace, std::future::pending()).await
    }

    pub(crate) async fn publish(&self, envelope: &Envelope) {
        let body = envelope.encode().unwrap();
        self.publish_raw(envelope.kind(), envelope.id.as_uuid(), body).await;
    }

    pub(crate) async fn publish_raw(&self, kind: Kind, id: Uuid, body: Vec<u8>) {
        self.ports.broker.publish(publication(kind, id, body)).await.unwrap();
    }

    pub(crate) async fn publish_traced(&self, envelope: &Envelope, traceparent: &str) {
        let body = envelope.encode().unwrap();
        let publication = Publication {
            traceparent: Some(traceparent.to_owned()),
            ..publication(envelope.kind(), envelope.id.as_uuid(), body)
        };
        self.ports.broker.publish(publication).await.unwrap();
    }

    /// The next message that a worker published.
    pub(crate) async fn seen(&self) -> Envelope {
        self.seen_delivery().await.0
    }

    pub(crate) async fn seen_delivery(&self) -> (Envelope, Option<String>) {
        let next = timeout(SOON, async { self.seen.lock().await.next().await });
        let delivery: Delivery = next.await.expect("a message should come").unwrap();
        let envelope = Envelope::decode(&delivery.body).unwrap();
        let traceparent = delivery.traceparent.clone();
        delivery.ack().await.unwrap();
        (envelope, traceparent)
    }

    pub(crate) async fn nothing_is_seen(&self) {
        let next = async { self.seen.lock().await.next().await };
        if let Ok(Some(delivery)) = timeout(A_WHILE, next).await {
            panic!("nothing should come, but {delivery:?} did");
        }
    }

    pub(crate) async fn ready(&self) -> u64 {
        self.ports.broker.depth(LANE.queue).await.unwrap().ready
    }

    /// The dead of the lane, as soon as there are so many.
    pub(crate) async fn dead(&self, many: usize) -> Vec<DeadLetter> {
        self.dead_of(LANE, many).await
    }

    pub(crate) async fn dead_of(&self, lane: Lane, many: usize) -> Vec<DeadLetter> {
        let look = || async { self.ports.broker.dead(lane.queue, many + 1).await.unwrap() };
        until(|| async { look().await.len() >= many }).await;
        let dead = look().await;
        assert_eq!(dead.len(), many);
        dead
    }

    /// Stops the workers once they have settled everything; nothing is dead and nothing is left.
    pub(crate) async fn ends_clean(mut self) {
        assert_eq!(self.stop(SOON).await, Ended::Cleanly);
        assert_eq!(self.ready().await, 0);
        self.dead(0).await;
    }
}

fn publication(kind: Kind, id: Uuid, body: Vec<u8>) -> Publication {
    let topic = kind.as_str().to_owned();
    Publication { id, topic, body: body.into(), traceparent: None, delay: None }
}

type Reaction = Box<dyn Fn(u32) -> BoxFuture<'static, Result<Effects, Failure>> + Send + Sync>;

/// A handler that does what the test says at each call, 0 being the first.
pub(crate) struct Told {
    reaction: Reaction,
    calls: AtomicU32,
    times: Mutex<VecDeque<tokio::time::Instant>>,
}

impl Told {
    pub(crate) fn to<F>(reaction: impl Fn(u32) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = Result<Effects, Failure>> + Send + 'static,
    {
        let reaction: Reaction = Box::new(move |call| Box::pin(reaction(call)));
        Arc::new(Self { reaction, calls: AtomicU32::new(0), times: Mutex::default() })
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// How long after one another it was called.
    pub(crate) fn gaps(&self) -> Vec<Duration> {
        let times = self.times.lock().unwrap();
        times.iter().zip(times.iter().skip(1)).map(|(one, next)| *next - *one).collect()
    }
}

impl Handler for Told {
    const WORKER: &'static str = "told";

    async fn handle(&self, _: &Envelope, _: &Context<'_>) -> Result<Effects, Failure> {
        self.times.lock().unwrap().push_back(tokio::time::Instant::now());
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        (self.reaction)(call).await
    }
}

/// An effect that the stand sees.
pub(crate) fn effect() -> Effects {
    Effects::publish(vec![Effect::now(TurnGathered { turn: TurnId(7) })])
}

pub(crate) fn failure(cause: &str) -> Failure {
    Failure::Retry { cause: cause.to_owned(), after: None }
}

pub(crate) fn conversation() -> ConversationId {
    ConversationId::from_uuid(Uuid::new_v4())
}

pub(crate) fn inbound(text: &str) -> Inbound {
    Inbound {
        provider_id: Uuid::new_v4().to_string(),
        sent_at: Timestamp::from_millis(1),
        arrived_at: None,
        customer: Customer::with_phone("573001112233"),
        address: "100000000000001".to_owned(),
        content: Content::Text { body: text.to_owned() },
        context: None,
    }
}

/// A customer's message in a conversation.
pub(crate) fn message_in(conversation: ConversationId) -> Envelope {
    about(conversation, MessageReceived(inbound("Hello")))
}

pub(crate) fn message() -> Envelope {
    message_in(conversation())
}

pub(crate) fn about(conversation: ConversationId, body: impl Into<Body>) -> Envelope {
    let id = MessageId::from_uuid(Uuid::new_v4());
    let business = BusinessId::new("example");
    Envelope::from_outside(id, business, conversation, Timestamp::from_millis(1), body)
}

/// Waits for a condition, with a limit.
pub(crate) async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, wait).await.expect("the condition should come to hold");
}

pub(crate) fn ids(envelopes: &[Envelope]) -> Vec<MessageId> {
    envelopes.iter().map(|envelope| envelope.id).collect()
}

pub(crate) fn amqp_url() -> String {
    variable("RELEVO_TEST_AMQP_URL")
}

pub(crate) fn redis_url() -> String {
    variable("RELEVO_TEST_REDIS_URL")
}

pub(crate) fn postgres_url() -> String {
    variable("RELEVO_TEST_POSTGRES_URL")
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test"))
}

pub(crate) fn prefix() -> String {
    format!("test-{}", Uuid::new_v4().simple())
}
