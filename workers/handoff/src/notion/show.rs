//! Shows tickets: whoever has claimed one writes what differs.

use std::sync::Arc;
use std::time::Duration;

use clients::notion::{BLOCKS_MAX, Class, RichText, Written};
use domain::BusinessId;
use runtime::{Business, Failure, Lifecycle};
use serde_json::{Map, Value, json};
use store::records::{Ticket, TicketLine};
use tokio::sync::Notify;
use tracing::{info, warn};

use super::Desks;
use super::acts::may_set_state;
use super::call::{Caller, Priority, Trouble};
use super::draw::{self, Drawing};

/// How often it is looked for tickets that nobody told of.
const EVERY: Duration = Duration::from_secs(1);
/// Longer than one call may take, and its wait for a place.
const CLAIM: Duration = Duration::from_secs(30);
const AT_ONCE: i64 = 4;
/// After an answer that was lost Notion may take a moment to show what it has.
const SETTLES: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(300);

/// Shows whatever is not shown, until the process stops: no business waits for another's Notion.
pub async fn show_for_ever(desks: Desks, lifecycle: Lifecycle) {
    let mut all = tokio::task::JoinSet::new();
    let mut woken = Vec::new();
    for business in desks.callers.keys().cloned() {
        let (desks, lifecycle, wake) = (desks.clone(), lifecycle.clone(), Arc::new(Notify::new()));
        woken.push(Arc::clone(&wake));
        all.spawn(async move { desks.show_of(business, wake, lifecycle).await });
    }
    let wake_all = async {
        loop {
            desks.changed.notified().await;
            woken.iter().for_each(|wake| wake.notify_one());
        }
    };
    tokio::select! {
        () = async { while all.join_next().await.is_some() {} } => {}
        () = wake_all => {}
    }
}

impl Desks {
    async fn show_of(&self, business: BusinessId, wake: Arc<Notify>, lifecycle: Lifecycle) {
        let Some(caller) = self.callers.get(&business) else { return };
        loop {
            tokio::select! {
                () = lifecycle.stopping() => return,
                () = wake.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
            let Some(business) = self.ports.businesses.get(&business) else { continue };
            let shown = tokio::select! {
                () = lifecycle.aborting() => return,
                shown = self.show_all(&business, caller) => shown,
            };
            if let Err(failure) = shown {
                warn!(%failure, "tickets are shown later");
            }
        }
    }

    /// Shows a few tickets; gives how many.
    async fn show_all(&self, business: &Business, caller: &Caller) -> Result<(), Failure> {
        let records = &self.ports.records;
        loop {
            let now = self.ports.clock.now();
            let times = (now.as_millis(), (now + CLAIM).as_millis());
            let name = business.id.as_str();
            let claimed = records.claim_unshown(name, self.me, times, AT_ONCE).await?;
            if claimed.is_empty() {
                return Ok(());
            }
            let mut waits = false;
            for id in claimed {
                let Some(ticket) = records.ticket(id).await? else { continue };
                if let Err(trouble) = self.show(business, caller, &ticket).await {
                    let after = after(&trouble, &ticket);
                    waits |= matches!(trouble, Trouble::Later(_));
                    info!(ticket = %id, after.ms = after.as_millis(), "shown later");
                    let retry = self.ports.clock.now() + after;
                    records.put_off_ticket(id, self.me, retry.as_millis()).await?;
                }
            }
            if waits {
                return Ok(());
            }
        }
    }

    /// Writes what differs.
    async fn show(
        &self,
        business: &Business,
        caller: &Caller,
        ticket: &Ticket,
    ) -> Result<(), Trouble> {
        let records = &self.ports.records;
        let (id, names) = (ticket.id, &caller.desk.names);
        let lines = records.ticket_lines(id).await?;
        let releases = records.ticket_releases(id).await?;
        let mut deliveries = Vec::new();
        for provider_id in releases.last().iter().flat_map(|last| &last.provider_ids) {
            let told = records.delivery_of(business.id.as_str(), provider_id).await?;
            deliveries.extend(told);
        }
        let drawing = Drawing {
            ticket,
            lines: &lines,
            releases: &releases,
            deliveries: &deliveries,
            names,
            business: &business.name,
            language: business.language(),
        };
        let properties = drawing.properties();
        let print = draw::print(&json!(properties));
        let mut page = ticket.page.clone();
        if page.id.is_none() {
            let (page_id, is_new) = self.find_or_create(caller, ticket, &properties).await?;
            page.id = Some(page_id);
            page.is_asked = true;
            page.print = Some(print.clone());
            // A page that was found may show another state.
            page.state = is_new.then(|| ticket.state.clone());
            records.save_page(id, &page).await?;
        }
        let Some(page_id) = page.id.clone() else { return Ok(()) };
        let mut state_waits = false;
        let state_differs = page.state.as_deref() != Some(ticket.state.as_str());
        if page.print.as_deref() != Some(print.as_str()) || state_differs {
            let mut properties = properties;
            if state_differs {
                let shown = caller.call(priority(ticket), caller.notion.page(&page_id)).await;
                let shown = match shown {
                    Err(Trouble::Notion(error)) if error.class() == Class::Missing => {
                        return self.is_gone(ticket).await;
                    }
                    shown => shown?,
                };
                if shown.is_gone() {
                    return self.is_gone(ticket).await;
                }
                let name = draw::state_name(&ticket.state, names);
                if may_set_state(&shown, ticket, (&lines, &releases), names) {
                    if shown.choice(&names.status) != Some(name.as_str()) {
                        properties
                            .insert(names.status.clone(), json!({ "select": { "name": name } }));
                    }
                    page.state = Some(ticket.state.clone());
                } else {
                    state_waits = true;
                }
            }
            self.hold(ticket).await?;
            let update = caller.notion.update_page(&page_id, Value::Object(properties));
            caller.call(priority(ticket), update).await?;
            page.print = Some(print);
            records.save_page(id, &page).await?;
        }
        self.append(caller, ticket, &page_id, business).await?;
        if state_waits {
            // The answer that stands there is found by the poll, and released.
            return Err(Trouble::Later(Duration::from_secs(3)));
        }
        records.ticket_shown(id, self.me, ticket.version).await?;
        Ok(())
    }

    /// A page that a specialist has thrown away is not made again.
    async fn is_gone(&self, ticket: &Ticket) -> Result<(), Trouble> {
        warn!(ticket = %ticket.id, "its page was thrown away: it is on the terminal only");
        Ok(self.ports.records.ticket_shown(ticket.id, self.me, ticket.version).await?)
    }

    async fn hold(&self, ticket: &Ticket) -> Result<(), Trouble> {
        let until = self.ports.clock.now() + CLAIM;
        let mine = self.ports.records.hold_ticket(ticket.id, self.me, until.as_millis()).await?;
        if mine { Ok(()) } else { Err(Trouble::Later(CLAIM)) }
    }

    /// The page of a ticket, and whether it is a new one: a lost answer may have left one behind.
    async fn find_or_create(
        &self,
        caller: &Caller,
        ticket: &Ticket,
        properties: &Map<String, Value>,
    ) -> Result<(String, bool), Trouble> {
        let names = &caller.desk.names;
        let source = caller.source(Priority::Ticket).await?;
        if ticket.page.is_asked {
            let own = ticket.id.to_string();
            let found = caller.notion.with_text(source, &names.id, &own);
            let found = caller.call(Priority::Ticket, found).await?;
            if let Some(page) = found.into_iter().find(|page| !page.is_gone()) {
                return Ok((page.id, false));
            }
        }
        self.hold(ticket).await?;
        let mut asked = ticket.page.clone();
        asked.is_asked = true;
        self.ports.records.save_page(ticket.id, &asked).await?;
        let mut properties = properties.clone();
        let name = draw::state_name(&ticket.state, names);
        properties.insert(names.status.clone(), json!({ "select": { "name": name } }));
        let create = caller.notion.create_page(source, Value::Object(properties), &[]);
        let page = caller.call(Priority::Ticket, create).await?;
        info!(ticket = %ticket.id, "shown in Notion");
        Ok((page.id, true))
    }

    /// Appends the lines that do not stand there yet.
    async fn append(
        &self,
        caller: &Caller,
        ticket: &Ticket,
        page_id: &str,
        business: &Business,
    ) -> Result<(), Trouble> {
        let records = &self.ports.records;
        let lines = records.unshown_lines(ticket.id).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let there = match ticket.page.lines_are_asked {
            true => self.texts_on(caller, page_id).await?,
            false => Vec::new(),
        };
        let language = business.language();
        for chunk in lines.chunks(BLOCKS_MAX) {
            let drawn: Vec<(&TicketLine, Value, String)> = chunk
                .iter()
                .map(|line| {
                    let (block, text) = draw::block(line, language);
                    (line, block, text)
                })
                .collect();
            let new = drawn.iter().filter(|(_, _, text)| !there.contains(text));
            let new: Vec<Value> = new.map(|(_, block, _)| block.clone()).collect();
            if !new.is_empty() {
                self.hold(ticket).await?;
                // Read as it stands now: what is saved here is about the lines alone.
                let Some(now) = records.ticket(ticket.id).await? else { return Ok(()) };
                let mut asked = now.page;
                asked.lines_are_asked = true;
                records.save_page(ticket.id, &asked).await?;
                let append = caller.notion.append(page_id, &new);
                caller.call(priority(ticket), append).await?;
            }
            let shown = drawn.iter().map(|(line, ..)| (line.key, line.text.clone())).collect();
            records.lines_shown(ticket.id, shown).await?;
        }
        if ticket.escalated_ms.is_some() {
            self.call_somebody(caller, ticket, page_id, &lines, language).await?;
        }
        Ok(())
    }

    /// Mentions whom the business wants to be called, with the line that says why.
    async fn call_somebody(
        &self,
        caller: &Caller,
        ticket: &Ticket,
        page_id: &str,
        lines: &[TicketLine],
        language: domain::Language,
    ) -> Result<(), Trouble> {
        let urgent = crate::words::escalated(language);
        if caller.desk.escalate_to.is_empty() || !lines.iter().any(|line| line.text == urgent) {
            return Ok(());
        }
        let mention = |id: &String| json!({ "type": "mention", "mention": { "type": "user", "user": { "id": id } } });
        let mut text: Vec<Value> = caller.desk.escalate_to.iter().map(mention).collect();
        text.push(json!({ "type": "text", "text": { "content": format!(" {urgent}") } }));
        caller.call(priority(ticket), caller.notion.comment(page_id, &text)).await
    }

    async fn texts_on(&self, caller: &Caller, page_id: &str) -> Result<Vec<String>, Trouble> {
        let (mut texts, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
        loop {
            let blocks = caller.notion.children(page_id, cursor.as_deref());
            let blocks = caller.call(Priority::Ticket, blocks).await?;
            texts.extend(blocks.results.iter().map(|block| RichText::plain(&block.text)));
            cursor = blocks.next_cursor;
            if cursor.is_none() {
                return Ok(texts);
            }
        }
    }
}

fn priority(ticket: &Ticket) -> Priority {
    if ticket.state == "closed" { Priority::Rest } else { Priority::Ticket }
}

/// When to try again.
fn after(trouble: &Trouble, ticket: &Ticket) -> Duration {
    let longer = || {
        let tries = u32::try_from(ticket.page.tries).unwrap_or(0).min(8);
        (Duration::from_secs(1) * 2u32.pow(tries)).min(PATIENCE)
    };
    match trouble {
        Trouble::Later(after) => (*after).max(Duration::from_millis(500)),
        Trouble::Notion(error) if error.written() == Written::Unknown => longer().max(SETTLES),
        Trouble::Notion(error) => match error.class() {
            Class::Conflict => Duration::from_millis(500),
            Class::Unauthorized => Duration::from_secs(60),
            Class::Ours | Class::Missing => longer().max(Duration::from_secs(30)),
            Class::Throttled { .. } | Class::Transient => longer(),
        },
        Trouble::Failed(_) => longer(),
    }
}
