//! Looks at a page of which somebody said that it has changed, and does what it asks for.

use clients::notion::{Class, File, Page};
use domain::message::{Act, AnswerReviewed, TicketActed};
use domain::{Body, BusinessId, ConversationId, Effect, Envelope, TicketId};
use runtime::{Context, Effects, Failure, Handler};
use store::records::{LineKind, Ticket, TicketChange, TicketLine, TicketRelease};
use tracing::{info, warn};

use super::acts::{Wish, asked_after, files_of, name_of, to_send, wishes};
use super::call::{Caller, Priority, Trouble};
use super::{Desks, attachments, draw};
use crate::words;

/// A ticket with what was released on it.
type Found = (Ticket, Vec<TicketRelease>);

/// Answers hints: a page is fetched, and what stands there counts.
#[derive(Debug, Clone)]
pub struct Answers {
    desks: Desks,
}

impl Answers {
    pub fn new(desks: Desks) -> Self {
        Self { desks }
    }
}

impl Handler for Answers {
    const WORKER: &'static str = "handoff";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, _: &Context<'_>) -> Result<Effects, Failure> {
        let Body::TicketChanged(changed) = &envelope.body else { return Ok(Effects::none()) };
        let Some(caller) = self.desks.callers.get(&envelope.business) else {
            return Ok(Effects::none());
        };
        // Before the page: what we write there meanwhile is no person's, and what is released
        // meanwhile was asked for before.
        let known = self.known(envelope, &changed.ticket).await?;
        let page = caller.call(Priority::Answer, caller.notion.page(&changed.ticket)).await;
        let page = match page {
            Err(Trouble::Notion(error)) if error.class() == Class::Missing => {
                return Ok(Effects::none());
            }
            page => page?,
        };
        let known = match known {
            None => self.named_on(envelope, caller, &page).await?,
            known => known,
        };
        let Some((ticket, releases)) = known else { return Ok(Effects::none()) };
        let wishes = wishes(&page, &ticket, &caller.desk.names);
        info!(ticket = %ticket.id, ?wishes, "looked at its page");
        let mut effects = Vec::new();
        let mut rewrite = false;
        for wish in &wishes {
            let (effect, tells) = self.fulfil(caller, (&ticket, &page, &releases), wish).await?;
            effects.extend(effect);
            rewrite |= tells;
        }
        let seen = draw::print_of(&page, &caller.desk.names);
        let records = &self.desks.ports.records;
        // What must be told comes again with another attempt; what was seen does not.
        if rewrite {
            records.page_seen(ticket.id, &page.id, &seen, true).await?;
            self.desks.changed.notify_one();
        } else if effects.is_empty() {
            records.page_seen(ticket.id, &page.id, &seen, false).await?;
        }
        Ok(Effects::publish(effects))
    }
}

impl Answers {
    /// The ticket that a page shows, and what was released on it.
    async fn known(&self, envelope: &Envelope, page: &str) -> Result<Option<Found>, Failure> {
        let records = &self.desks.ports.records;
        let business = envelope.business.as_str();
        match records.ticket_of_page(business, page).await? {
            Some(ticket) => {
                let releases = records.ticket_releases(ticket.id).await?;
                Ok(Some((ticket, releases)))
            }
            None => Ok(None),
        }
    }

    /// The ticket that the page names. A copy that somebody made of a page has its id too, and is
    /// nobody's.
    async fn named_on(
        &self,
        envelope: &Envelope,
        caller: &Caller,
        page: &Page,
    ) -> Result<Option<Found>, Failure> {
        // The page may have been told of by another way of writing its id.
        if let Some(known) = self.known(envelope, &page.id).await? {
            return Ok(Some(known));
        }
        let records = &self.desks.ports.records;
        let own = clients::notion::RichText::plain(page.text(&caller.desk.names.id));
        let Ok(id) = own.trim().parse() else { return Ok(None) };
        // Its creation may have been answered by nobody yet.
        let business = envelope.business.as_str();
        let ticket = records.ticket(id).await?;
        match ticket.filter(|ticket| ticket.business == business && ticket.page.id.is_none()) {
            Some(ticket) => {
                let releases = records.ticket_releases(ticket.id).await?;
                Ok(Some((ticket, releases)))
            }
            None => Ok(None),
        }
    }

    /// What a wish comes to, and whether the page must be told the state.
    async fn fulfil(
        &self,
        caller: &Caller,
        (ticket, page, releases): (&Ticket, &Page, &[TicketRelease]),
        wish: &Wish,
    ) -> Result<(Option<Effect>, bool), Failure> {
        let names = &caller.desk.names;
        let mut is_repeated = false;
        let act = match wish {
            Wish::TellTheState => return Ok((None, true)),
            Wish::Review { approved } => {
                let Some(candidate) = ticket.learned.candidate else { return Ok((None, false)) };
                let reviewed = AnswerReviewed { candidate, approved: *approved };
                // Until what was learned has changed it is the same word, however often it is seen.
                let revision = ticket.learned.revision.unwrap_or_default();
                let name = format!("reviewed\0{candidate}\0{revision}\0{approved}");
                let id = TicketId::from_uuid(ticket.id).derive(&name);
                return Ok((Some(Effect::now(reviewed).with_id(id)), false));
            }
            Wish::Act(act) => act.clone(),
            Wish::Send { closes } => {
                let lines = self.desks.ports.records.ticket_lines(ticket.id).await?;
                let mut files = files_of(page, ticket, &lines, names);
                let answer = draw::answer_on(page, names);
                let (_, _, new) = to_send(&answer, files.clone(), releases);
                for file in &new {
                    if !self.keep(caller, ticket, file).await? {
                        files.retain(|(one, _)| one != file);
                    }
                }
                let (text, attached, _) = to_send(&answer, files, releases);
                if text.is_empty() && attached.is_empty() {
                    return Ok((None, false));
                }
                let (after, is_new) = asked_after((&text, &attached), ticket, releases);
                is_repeated = !is_new;
                let after = Some(after);
                Act::Release { text, attachments: attached, closes: *closes, after }
            }
        };
        let by = page.people(&names.assigned).first().and_then(|person| person.name.clone());
        let id = TicketId::from_uuid(ticket.id);
        // However often the page is read, what it asks for once is done once.
        let once = (!is_repeated).then(|| id.derive(&name_of(&act, ticket.step)));
        let acted = TicketActed { ticket: Some(id), by, act };
        let conversation = ConversationId::from_uuid(ticket.conversation);
        let effect = Effect::now(acted).for_conversation(conversation);
        let effect = match once {
            Some(once) => effect.with_id(once),
            None => effect,
        };
        Ok((Some(effect), is_repeated))
    }

    /// Whether a file can be sent. Of one that can't, a line tells whoever put it there.
    async fn keep(&self, caller: &Caller, ticket: &Ticket, file: &File) -> Result<bool, Failure> {
        let attachment = attachments::attachment(&ticket.business, ticket.id, file);
        let kept = self.desks.keep(caller, file, &attachment).await.inspect_err(|failure| {
            warn!(%failure, "a file of a page was not fetched");
        })?;
        let Some(error) = kept else { return Ok(true) };
        warn!(%error, ticket = %ticket.id, "a file of a page can't be sent");
        let ports = &self.desks.ports;
        let business = ports.businesses.get(&BusinessId::new(&ticket.business));
        let language = business.map(|business| business.language()).unwrap_or_default();
        let now = ports.clock.now().as_millis();
        let line = TicketLine {
            key: attachments::unsent_key(ticket.id, file),
            kind: LineKind::Event,
            text: words::unsent(language, file.name(), &error),
            media: None,
            file: None,
            at_ms: now,
        };
        let new = TicketChange::new(ticket.id, ticket.business.clone(), ticket.conversation);
        // At no step: the ticket's state is not known here.
        let change =
            TicketChange { at_ms: now, due_ms: now, lines: vec![line], shows_state: true, ..new };
        ports.records.record_ticket(&change).await?;
        self.desks.changed.notify_one();
        Ok(false)
    }
}
