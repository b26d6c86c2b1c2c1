//! Asks Notion what has changed: the truth, when webhooks are late or never come.

use std::time::Duration;

use clients::notion::Page;
use domain::message::TicketChanged;
use domain::{BusinessId, ConversationId, Envelope, TicketId, Timestamp};
use runtime::Lifecycle;
use tracing::warn;
use uuid::Uuid;

use super::Desks;
use super::call::{Caller, Priority, Trouble};
use super::draw;

/// Notion tells times of edits to the minute, and may show an edit a moment later.
const OVERLAP: Duration = Duration::from_secs(120);
/// How far back the first look goes.
const AT_FIRST: Duration = Duration::from_secs(24 * 60 * 60);

/// Asks until the process stops, one process at a time.
pub async fn poll_for_ever(desks: Desks, lifecycle: Lifecycle) {
    let polls = desks.callers.keys().cloned().map(|business| {
        let (desks, lifecycle) = (desks.clone(), lifecycle.clone());
        async move { desks.poll(business, lifecycle).await }
    });
    let mut all = tokio::task::JoinSet::new();
    for poll in polls {
        all.spawn(poll);
    }
    while all.join_next().await.is_some() {}
}

impl Desks {
    async fn poll(&self, business: BusinessId, lifecycle: Lifecycle) {
        let Some(caller) = self.callers.get(&business) else { return };
        let every = caller.desk.poll_every;
        loop {
            tokio::select! {
                () = lifecycle.stopping() => return,
                () = tokio::time::sleep(every) => {}
            }
            let poll = self.poll_once(&business, caller, every);
            let polled = tokio::select! {
                () = lifecycle.aborting() => return,
                polled = poll => polled,
            };
            match polled {
                Ok(()) | Err(Trouble::Later(_) | Trouble::Notion(_)) => {}
                Err(Trouble::Failed(failure)) => warn!(%failure, "Notion is asked again later"),
            }
        }
    }

    async fn poll_once(
        &self,
        business: &BusinessId,
        caller: &Caller,
        every: Duration,
    ) -> Result<(), Trouble> {
        let (records, name) = (&self.ports.records, business.as_str());
        let now = self.ports.clock.now();
        let until = now + every * 3 + Duration::from_secs(15);
        let leased =
            records.lease_poll(name, self.me, (now.as_millis(), until.as_millis())).await?;
        let Some(known) = leased else { return Ok(()) };
        if !self.ports.broker.is_connected() {
            return Ok(());
        }
        let since = match known {
            0 => now - AT_FIRST,
            known => Timestamp::from_millis(known) - OVERLAP,
        };
        let source = caller.source(Priority::Answer).await?;
        let (mut cursor, mut newest): (Option<String>, i64) = (None, known);
        loop {
            let edited = caller.notion.edited_since(source, since.as_millis(), cursor.as_deref());
            let edited = caller.call(Priority::Answer, edited).await?;
            for page in &edited.results {
                newest = newest.max(page.edited_ms);
                self.hint(business, caller, page, now).await?;
            }
            cursor = edited.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        records.save_poll(name, newest).await?;
        Ok(())
    }

    /// Says that a page has changed, if people changed it since it was last looked at.
    async fn hint(
        &self,
        business: &BusinessId,
        caller: &Caller,
        page: &Page,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let ticket = self.ports.records.ticket_of_page(business.as_str(), &page.id).await?;
        let Some(ticket) = ticket else { return Ok(()) };
        let print = draw::print_of(page, &caller.desk.names);
        if ticket.page.seen.as_deref() == Some(print.as_str()) {
            return Ok(());
        }
        let id =
            TicketId::from_uuid(ticket.id).derive(&format!("poll\0{print}\0{}", now.as_millis()));
        let nowhere = ConversationId::from_uuid(Uuid::nil());
        let changed = TicketChanged { ticket: page.id.clone(), event: None };
        let hint = Envelope::from_outside(id, business.clone(), nowhere, now, changed);
        Ok(self.ports.tell(&hint).await?)
    }
}
