//! How much waits in the queues and how much is dead.

use std::time::Duration;

use broker::{Broker, Depth};
use futures::future::try_join_all;
use runtime::topology::LANES;
use runtime::{Lifecycle, metrics};
use tracing::warn;

use crate::dead::there;

const EVERY: Duration = Duration::from_secs(15);

/// Each queue by its name, asked all at once: one after another takes long on a long way.
pub(crate) async fn depths(
    broker: &Broker,
) -> Result<Vec<(&'static str, Option<Depth>)>, broker::Error> {
    let depth = async |queue| Ok((queue, there(broker.depth(queue).await)?));
    try_join_all(LANES.iter().map(|lane| depth(lane.queue))).await
}

/// Looks at every queue now and then until the process stops, for `/metrics`.
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
