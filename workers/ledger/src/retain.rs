//! Retention: what a business does not wish to keep any longer is deleted.
//!
//! Once an hour in one of the processes, in small batches with pauses between them, so that what
//! is being recorded waits for none of it. A message without an outcome is never deleted, however
//! old it is (test `what_is_old_is_deleted_and_what_waits_for_an_outcome_is_not`).

use std::time::Duration;

use runtime::{Failure, Lifecycle, Ports};
use store::records::{ERASURE_TTL_MS, Older};
use store::state::{Limit, Pass};
use tracing::{info, warn};

const EVERY: Duration = Duration::from_secs(60 * 60);
/// At which all processes ask whose turn it is.
const GATE: &str = "ledger:retention";
const BATCH: i64 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes all that is older than its business keeps it; returns how many messages' rows, counted
/// by the largest kind.
pub async fn retain(ports: &Ports) -> Result<u64, Failure> {
    let now = ports.clock.now();
    let mut deleted = 0;
    for business in ports.businesses.iter() {
        let Some(keep) = business.retention.messages else { continue };
        let older = Older {
            business: business.id.to_string(),
            than_ms: (now - keep).as_millis(),
            limit: BATCH,
        };
        loop {
            let batch = ports.records.delete_messages(&older).await?;
            deleted += batch;
            if batch < BATCH.cast_unsigned() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    ports.records.forget_erasures(now.as_millis() - ERASURE_TTL_MS).await?;
    while ports.state.forget_old().await? {
        tokio::time::sleep(PAUSE).await;
    }
    if deleted > 0 {
        info!(messages = deleted, "deleted: they were older than they are kept");
    }
    Ok(deleted)
}

/// Does so until the process stops.
pub async fn retain_for_ever(ports: Ports, lifecycle: Lifecycle) {
    let limit = Limit { every: EVERY, burst: 1 };
    loop {
        let wait = match ports.state.pass(GATE, limit, Duration::ZERO).await {
            Ok(Pass::Granted { .. }) => {
                if let Err(cause) = retain(&ports).await {
                    warn!(%cause, "what is old will be deleted later");
                }
                EVERY
            }
            Ok(Pass::Wait { until_free, .. }) => until_free,
            Err(error) => {
                let cause = Failure::retry(&error);
                warn!(%cause, "what is old will be deleted later");
                EVERY
            }
        };
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(wait.clamp(PAUSE, EVERY)) => {}
        }
    }
}
