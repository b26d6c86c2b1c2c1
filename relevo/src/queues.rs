//! How much waits in the queues and how much is dead, for `/metrics`.

use std::time::Duration;

use broker::Broker;
use runtime::topology::LANES;
use runtime::{Lifecycle, metrics};
use tracing::warn;

const EVERY: Duration = Duration::from_secs(15);

/// Looks at every queue now and then until the process stops.
pub(crate) async fn watch(broker: Broker, lifecycle: Lifecycle) {
    let watching = async {
        loop {
            if let Err(error) = look(&broker).await {
                warn!(%error, "can't see how much waits in the queues");
            }
            tokio::time::sleep(EVERY).await;
        }
    };
    tokio::select! {
        () = lifecycle.stopping() => {}
        () = watching => {}
    }
}

async fn look(broker: &Broker) -> Result<(), broker::Error> {
    for lane in LANES {
        let depth = broker.depth(lane.queue).await?;
        metrics::queue_depth(lane.queue, &depth);
    }
    Ok(())
}
