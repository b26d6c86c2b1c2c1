//! The sweep: a customer's message that has no outcome after a while is published again, so that
//! even a lost conversation state loses no message.

use std::time::Duration;

use broker::Publication;
use bytes::Bytes;
use domain::{Envelope, Timestamp};
use runtime::{Lifecycle, Ports, metrics};
use store::records::Unsettled;
use tracing::warn;

/// In whose name the sweep publishes.
const SWEEP: &str = "ledger.sweep";

/// When the sweep looks, and what it takes for forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRules {
    pub every: Duration,
    /// Longer than a turn may take, so that what is in hand is left alone.
    pub older_than: Duration,
    /// At most this many at once; the rest is found the next time.
    pub at_most: i64,
}

impl Default for SweepRules {
    fn default() -> Self {
        Self { every: Duration::from_secs(30), older_than: Duration::from_secs(240), at_most: 500 }
    }
}

/// Publishes again what has had no outcome for too long; returns how many that were.
pub async fn sweep(ports: &Ports, rules: &SweepRules) -> anyhow::Result<usize> {
    let now = ports.clock.now();
    let before = (now - rules.older_than).as_millis();
    let unsettled =
        ports.records.claim_unsettled(before, before, rules.at_most, now.as_millis()).await?;
    let found = unsettled.len();
    for message in &unsettled {
        ports.broker.publish(again(message, now)?).await?;
    }
    if found > 0 {
        warn!(messages = found, "published again: they had no outcome");
        metrics::swept(u64::try_from(found).unwrap_or(u64::MAX));
    }
    Ok(found)
}

/// The message under an id of its own: under the old one its workers would find what they decided
/// before, and would not look at the conversation again. Its correlation still says what it is.
fn again(message: &Unsettled, now: Timestamp) -> anyhow::Result<Publication> {
    let original = Envelope::decode(message.envelope.as_bytes())?;
    let index = usize::try_from(message.sweeps)?;
    let envelope = original.cause_of(SWEEP, index, now, original.body.clone());
    Ok(Publication {
        id: envelope.id.as_uuid(),
        topic: envelope.kind().as_str().to_owned(),
        body: Bytes::from(envelope.encode()?),
        traceparent: None,
        delay: None,
    })
}

/// Sweeps until the process stops.
pub async fn sweep_for_ever(ports: Ports, rules: SweepRules, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(rules.every) => {}
        }
        if let Err(error) = sweep(&ports, &rules).await {
            warn!(error = format!("{error:#}"), "the sweep will try again");
        }
    }
}
