//! Publishers and consumers that go on whatever happens, and keep count.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broker::{Broker, Error};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::stand::{ALPHA, publication, until};

#[derive(Clone, Default)]
pub(crate) struct Load {
    tried: Arc<Mutex<HashSet<Uuid>>>,
    confirmed: Arc<Mutex<HashSet<Uuid>>>,
    seen: Arc<Mutex<HashSet<Uuid>>>,
    failures: Arc<Mutex<u32>>,
    enough: Arc<AtomicBool>,
}

pub(crate) struct Running {
    load: Load,
    publishers: Vec<JoinHandle<()>>,
    consumers: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) async fn start(broker: &Broker) -> Running {
        let load = Self::default();
        let publishers = (0..4).map(|_| tokio::spawn(load.clone().publish(broker.clone())));
        let publishers = publishers.collect();
        let mut consumers = Vec::new();
        for _ in 0..2 {
            let mut consumer = broker.consume("left", 10).await.unwrap();
            let load = load.clone();
            consumers.push(tokio::spawn(async move {
                while let Some(delivery) = consumer.next().await {
                    load.seen.lock().unwrap().insert(delivery.id);
                    // A third comes round again, by the way of retries.
                    let id = delivery.id.as_u128();
                    let _ = if id % 3 == 0 && delivery.attempt == 1 {
                        let after = Duration::from_millis(100);
                        delivery.retry(after, "once more").await
                    } else {
                        delivery.ack().await
                    };
                }
            }));
        }
        Running { load, publishers, consumers }
    }

    async fn publish(self, broker: Broker) {
        while !self.enough.load(Ordering::Relaxed) {
            let one = publication(ALPHA, "under load");
            self.tried.lock().unwrap().insert(one.id);
            while let Err(error) = broker.publish(one.clone()).await {
                assert!(error.is_transient(), "{error:?}");
                *self.failures.lock().unwrap() += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.confirmed.lock().unwrap().insert(one.id);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Running {
    /// Waits until `more` publishes more were confirmed.
    pub(crate) async fn goes_on(&self, more: usize) {
        let target = self.load.confirmed.lock().unwrap().len() + more;
        until("publishing should go on", async || {
            self.load.confirmed.lock().unwrap().len() >= target
        })
        .await;
    }

    /// A publish that the test makes by itself, with whatever outcome.
    pub(crate) async fn publish(&self, broker: &Broker) -> Result<(), Error> {
        let one = publication(ALPHA, "beside the load");
        self.load.tried.lock().unwrap().insert(one.id);
        broker.publish(one).await
    }

    /// Ends the load and counts: everything confirmed came, and nothing else.
    pub(crate) async fn settle(self, broker: &Broker) {
        self.load.enough.store(true, Ordering::Relaxed);
        for publisher in self.publishers {
            publisher.await.unwrap();
        }
        let missing = || {
            let seen = self.load.seen.lock().unwrap();
            let confirmed = self.load.confirmed.lock().unwrap();
            confirmed.difference(&seen).count()
        };
        until("everything confirmed should come", async || missing() == 0).await;
        until(
            "everything should be settled",
            async || matches!(broker.depth("left").await, Ok(depth) if depth.ready == 0),
        )
        .await;
        let seen = self.load.seen.lock().unwrap().clone();
        let tried = self.load.tried.lock().unwrap().clone();
        assert!(seen.is_subset(&tried), "a message was invented");
        assert_eq!(broker.depth("left").await.unwrap().dead, 0);
        println!(
            "{} confirmed, {} seen, {} failed publishes",
            self.load.confirmed.lock().unwrap().len(),
            seen.len(),
            self.load.failures.lock().unwrap()
        );
        for consumer in self.consumers {
            consumer.abort();
        }
    }
}
