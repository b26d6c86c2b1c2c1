//! What an operator has paused. Messages wait in their queues meanwhile, and nothing is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use store::State;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::topology::{self, LANES};
use crate::{Failure, Lifecycle};

/// How soon an operator's word is heard.
const EVERY: Duration = Duration::from_secs(1);
/// Everything that speaks to customers, and none of what is heard of it.
const SENDING: &str = "sending";

/// The lanes that this process must leave alone; a cheap handle.
#[derive(Debug, Clone)]
pub struct Pauses(watch::Sender<BTreeSet<String>>);

impl Default for Pauses {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }
}

impl Pauses {
    /// What may be paused: a worker, or all that is said to customers.
    pub fn names() -> BTreeSet<&'static str> {
        LANES.iter().map(|lane| worker_of(lane.queue)).chain([SENDING]).collect()
    }

    /// Asks what is paused, once. While the state is away nothing changes.
    pub async fn look(&self, state: &State) {
        match state.paused().await {
            Ok(paused) => {
                let changed = self.0.send_if_modified(|known| {
                    let changed = *known != paused;
                    if changed {
                        known.clone_from(&paused);
                    }
                    changed
                });
                if changed {
                    info!(?paused, "an operator has paused or resumed");
                }
            }
            Err(error) => {
                let cause = Failure::from(error);
                warn!(%cause, "can't tell what is paused; it stays as it was");
            }
        }
    }

    /// Whether this queue is paused now.
    pub(crate) fn holds(&self, queue: &str) -> bool {
        is_paused(queue, &self.0.borrow())
    }

    /// Asks what is paused until the process stops.
    pub async fn keep_up(self, state: State, lifecycle: Lifecycle) {
        loop {
            self.look(&state).await;
            tokio::select! {
                () = lifecycle.stopping() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Done when this queue is paused.
    pub(crate) async fn begin(&self, queue: &str) {
        self.until(|paused| is_paused(queue, paused)).await;
    }

    /// Done when this queue is not paused.
    pub(crate) async fn end(&self, queue: &str) {
        self.until(|paused| !is_paused(queue, paused)).await;
    }

    async fn until(&self, condition: impl Fn(&BTreeSet<String>) -> bool) {
        // This handle keeps the channel open.
        drop(self.0.subscribe().wait_for(|paused| condition(paused)).await);
    }
}

fn worker_of(queue: &'static str) -> &'static str {
    queue.split('.').next().unwrap_or(queue)
}

fn is_paused(queue: &str, paused: &BTreeSet<String>) -> bool {
    let speaks = [topology::OUTBOUND.queue, topology::OUTBOUND_PRESENCE.queue].contains(&queue);
    let worker = queue.split('.').next().unwrap_or(queue);
    paused.contains(worker) || speaks && paused.contains(SENDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_paused_with_all_its_lanes_and_sending_with_those_that_speak() {
        let holds = |name: &str| -> Vec<&str> {
            let paused = BTreeSet::from([name.to_owned()]);
            let queues = LANES.iter().map(|lane| lane.queue);
            queues.filter(|queue| is_paused(queue, &paused)).collect()
        };
        assert_eq!(holds("triage"), ["triage", "triage.decide"]);
        assert_eq!(holds("sending"), ["outbound", "outbound.presence"]);
        assert_eq!(holds("outbound"), ["outbound", "outbound.presence", "outbound.receipts"]);
        for name in Pauses::names() {
            assert!(!holds(name).is_empty(), "{name}");
        }
    }
}
