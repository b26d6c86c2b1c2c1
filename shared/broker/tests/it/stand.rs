//! A broker to test, and a way to let its process die.

use std::time::Duration;

use broker::{Broker, Consumer, Delivery, Publication, Queue};
use tempfile::TempDir;
use tokio::time::timeout;
use uuid::Uuid;

pub(crate) const ALPHA: &str = "alpha.happened.v1";
pub(crate) const BOTH: &str = "both.happened.v1";

/// `left` takes both topics, `right` one of them.
pub(crate) const QUEUES: &[Queue] =
    &[Queue { name: "left", topics: &[ALPHA, BOTH] }, Queue { name: "right", topics: &[BOTH] }];

pub(crate) const SOON: Duration = Duration::from_secs(10);
/// Long enough to see that something does not come.
pub(crate) const A_WHILE: Duration = Duration::from_millis(400);

pub(crate) struct Stand {
    pub(crate) broker: Broker,
    home: Home,
}

enum Home {
    RabbitMq { prefix: String },
    Embedded { dir: TempDir, file: embedded::File },
}

impl Stand {
    pub(crate) async fn rabbitmq() -> Self {
        let prefix = prefix();
        Self { broker: connect(&amqp_url(), &prefix).await, home: Home::RabbitMq { prefix } }
    }

    pub(crate) async fn embedded() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = embedded::File::open(dir.path()).await.unwrap();
        Self { broker: embedded_broker(&file).await, home: Home::Embedded { dir, file } }
    }

    /// The process dies with what it has in hand, and another one starts.
    pub(crate) async fn crash(&mut self, in_hand: Vec<Delivery>) {
        // A process that is killed runs no destructors.
        in_hand.into_iter().for_each(std::mem::forget);
        self.broker.clone().close().await;
        match &mut self.home {
            Home::RabbitMq { prefix } => self.broker = connect(&amqp_url(), prefix).await,
            Home::Embedded { dir, file } => {
                file.clone().close().await;
                *file = embedded::File::open(dir.path()).await.unwrap();
                self.broker = embedded_broker(file).await;
            }
        }
    }

    pub(crate) async fn consume(&self, queue: &str, prefetch: u16) -> Consumer {
        self.broker.consume(queue, prefetch).await.unwrap()
    }

    pub(crate) async fn publish(&self, topic: &str, body: &'static str) -> Uuid {
        let publication = publication(topic, body);
        let id = publication.id;
        self.broker.publish(publication).await.unwrap();
        id
    }
}

pub(crate) async fn connect(url: &str, prefix: &str) -> Broker {
    let broker = Broker::rabbitmq_with_prefix(url, "test", prefix).await.unwrap();
    broker.declare(QUEUES).await.unwrap();
    broker
}

async fn embedded_broker(file: &embedded::File) -> Broker {
    let broker = Broker::embedded(file.clone()).await.unwrap();
    broker.declare(QUEUES).await.unwrap();
    broker
}

pub(crate) fn amqp_url() -> String {
    std::env::var("RELEVO_TEST_AMQP_URL")
        .expect("RELEVO_TEST_AMQP_URL is not set: run scripts/test")
}

pub(crate) fn prefix() -> String {
    format!("test-{}", Uuid::new_v4().simple())
}

pub(crate) fn publication(topic: &str, body: &'static str) -> Publication {
    Publication {
        id: Uuid::new_v4(),
        topic: topic.to_owned(),
        body: body.into(),
        traceparent: None,
        delay: None,
    }
}

pub(crate) async fn next(consumer: &mut Consumer) -> Delivery {
    timeout(SOON, consumer.next())
        .await
        .expect("a delivery should come")
        .expect("the broker is open")
}

pub(crate) async fn nothing_comes(consumer: &mut Consumer) {
    if let Ok(Some(delivery)) = timeout(A_WHILE, consumer.next()).await {
        panic!("nothing should come, but {delivery:?} did");
    }
}

/// Waits for a condition, with a limit.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, wait).await.expect(what);
}
