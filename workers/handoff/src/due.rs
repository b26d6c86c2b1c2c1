//! Looks at open tickets from time to time, whether something is due.

use std::time::Duration;

use domain::message::TicketDue;
use domain::{BusinessId, ConversationId, Envelope, TicketId};
use runtime::{Failure, Lifecycle, Ports};
use tracing::warn;

const EVERY: Duration = Duration::from_secs(15);
/// A ticket is looked at after an eighth of its age, between these two.
const LEAST: Duration = Duration::from_secs(30);
const MOST: Duration = Duration::from_secs(15 * 60);
const AT_ONCE: i64 = 200;

/// Asks until the process stops; the conversation decides what is due.
pub async fn look_for_ever(ports: Ports, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(failure) = look(&ports).await {
            warn!(%failure, "what is due is looked at again later");
        }
    }
}

/// One look; gives how many tickets were looked at.
async fn look(ports: &Ports) -> Result<usize, Failure> {
    if !ports.broker.is_connected() {
        return Ok(0);
    }
    let now = ports.clock.now();
    let between = (millis(LEAST), millis(MOST));
    let due = ports.records.claim_due(now.as_millis(), between, AT_ONCE).await?;
    for id in &due {
        let Some((business, conversation)) = ports.records.ticket_home(*id).await? else {
            continue;
        };
        let ticket = TicketId::from_uuid(*id);
        let envelope = Envelope::from_outside(
            ticket.derive(&format!("due\0{}", now.as_millis())),
            BusinessId::new(business),
            ConversationId::from_uuid(conversation),
            now,
            TicketDue { ticket },
        );
        ports.tell(&envelope).await?;
    }
    Ok(due.len())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
