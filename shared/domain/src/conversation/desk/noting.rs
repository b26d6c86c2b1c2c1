//! What belongs on a ticket is told to the desk.

use super::{RELEASES_LOOKED_AT, Ticket};
use crate::content::MediaKind;
use crate::conversation::agreeing::agrees;
use crate::conversation::turn::Heard;
use crate::conversation::{Conversation, Effect, Owner, Rules};
use crate::message::{
    AlertRaised, HumanSpoke, Inbound, Note, Release, Sent, Severity, Speaker, TicketState,
};
use crate::{Content, MessageId, Outcome, TicketId, Timestamp};

const UNDELIVERED: &str = "answer_undelivered";

impl Conversation {
    /// A customer's message, while a ticket is open.
    pub(in crate::conversation) fn note_heard(
        &self,
        heard: &Heard,
        now: Timestamp,
    ) -> Option<Effect> {
        let text = heard.meaning();
        let note = note_of(&heard.content, text);
        Some(self.ticket()?.note(heard.id, note, heard.sent_at.min(now)))
    }

    /// The customer writes to a person, who may have believed to be done.
    pub(in crate::conversation) fn wait_for_the_person(
        &mut self,
        content: &Content,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(ticket) = self.open_ticket_mut() else { return Vec::new() };
        let is_thanks = content.words().is_some_and(agrees);
        if ticket.state != TicketState::Answered || is_thanks {
            return Vec::new();
        }
        ticket.moves_to(TicketState::Taken, now);
        vec![ticket.note_step(Note::Taken { by: None }, now)]
    }

    /// A person has the open ticket, however they took it.
    pub(in crate::conversation) fn take_what_is_open(&mut self, now: Timestamp) -> Vec<Effect> {
        let waiting = |ticket: &&mut Ticket| ticket.state == TicketState::Waiting;
        let taken = |ticket: &mut Ticket| {
            ticket.moves_to(TicketState::Taken, now);
            ticket.note_step(Note::Taken { by: None }, now)
        };
        self.tickets.iter_mut().filter(waiting).map(taken).collect()
    }

    /// Somebody answered from the business's own phone.
    pub(in crate::conversation) fn note_person(
        &mut self,
        id: MessageId,
        spoke: &HumanSpoke,
        now: Timestamp,
    ) -> Option<Effect> {
        let ticket = self.open_ticket_mut()?;
        let waited_since = ticket.waits_since;
        ticket.moves_to(TicketState::Answered, now);
        let text = spoke.content.words().unwrap_or_default().to_owned();
        Some(ticket.note(id, Note::Person { text, waited_since }, spoke.at.min(now)))
    }

    /// What was sent by the bot, while a ticket is open. What a person has released is on it
    /// already.
    pub(in crate::conversation) fn note_said(&self, sent: &[Sent]) -> Vec<Effect> {
        let Some(ticket) = self.ticket() else { return Vec::new() };
        let of_bot = |one: &&Sent| one.by == Speaker::Bot && !one.text.is_empty();
        sent.iter()
            .filter(of_bot)
            .map(|one| {
                let key = one.reply.derive("said", usize::from(one.part));
                ticket.note(key, Note::Bot { text: one.text.clone() }, one.at)
            })
            .collect()
    }

    /// A file on the ticket has been read, or can't be.
    pub(in crate::conversation) fn note_read(
        &self,
        id: MessageId,
        inbound: &Inbound,
        now: Timestamp,
        rules: &Rules,
    ) -> Option<Effect> {
        let is_read = matches!(&inbound.content, Content::Media(media) if media.reading.is_some());
        let heard = is_read.then(|| Heard::new(id, inbound, None, now, rules))?;
        self.note_heard(&heard, now)
    }

    /// The customer has edited or deleted a message.
    pub(in crate::conversation) fn note_correction(
        &self,
        inbound: &Inbound,
        now: Timestamp,
    ) -> Option<Effect> {
        let (original, note) = match &inbound.content {
            Content::Revoke { original } => (original, Note::Withdrawn),
            Content::Edit { original, body: Some(words) } => {
                (original, note_of(&Content::text(words.as_str()), Some(words.clone())))
            }
            _ => return None,
        };
        let key = MessageId::of_provider(&self.business, self.channel, "message", original);
        Some(self.ticket()?.note(key, note, now))
    }

    /// What became of texts that persons released. Whom the last one can't reach waits again, and
    /// somebody is told.
    pub(in crate::conversation) fn note_outcome(
        &mut self,
        releases: &[Release],
        reply: MessageId,
        (outcome, error_code): (Outcome, Option<i64>),
        sent: &[Sent],
        now: Timestamp,
    ) -> Vec<Effect> {
        let provider_ids: Vec<String> = sent.iter().map(|one| one.provider_id.clone()).collect();
        let is_unsaid = matches!(outcome, Outcome::Undeliverable | Outcome::Failed);
        let has_person = matches!(self.owner, Owner::Person { .. });
        let mut effects = Vec::new();
        for Release { ticket, number } in releases {
            let Some(ticket) = self.tickets.iter_mut().find(|one| one.id == *ticket) else {
                continue;
            };
            let provider_ids = provider_ids.clone();
            let said = Note::Said { number: *number, reply, outcome, error_code, provider_ids };
            let key = reply.derive(outcome.as_str(), usize::try_from(*number).unwrap_or(0));
            effects.push(ticket.note(key, said, now));
            if !is_unsaid || *number != ticket.released {
                continue;
            }
            // Of a closed ticket the bot has the conversation, and may keep it meanwhile.
            let (state, note) = match has_person {
                true => (TicketState::Taken, Note::Taken { by: None }),
                false => (TicketState::Waiting, Note::PutBack),
            };
            if !matches!(ticket.state, TicketState::Waiting | TicketState::Taken) {
                ticket.moves_to(state, now);
                effects.push(ticket.note_step(note, now));
            }
            effects.push(Effect::now(undelivered(ticket.id, now)));
        }
        effects
    }

    /// Which answers a reply says that nobody has begun to send.
    pub(in crate::conversation) fn releases_of(&self, reply: MessageId) -> Vec<Release> {
        let of = |ticket: &Ticket| {
            let id = ticket.id;
            let number = (1..=ticket.released).rev().take(RELEASES_LOOKED_AT);
            let number = number.into_iter().find(|number| id.reply(*number) == reply)?;
            Some(Release { ticket: id, number })
        };
        self.tickets.iter().find_map(of).into_iter().collect()
    }
}

fn undelivered(id: TicketId, at: Timestamp) -> AlertRaised {
    AlertRaised {
        kind: UNDELIVERED.to_owned(),
        severity: Severity::Warning,
        subject: id.to_string(),
        details: "A person's answer did not reach the customer, who waits again: see `relevo \
                  tickets show`, or the ticket at the desk."
            .to_owned(),
        at,
        over: false,
    }
}

fn note_of(content: &Content, text: Option<String>) -> Note {
    let (media, file): (Option<MediaKind>, Option<String>) = match content {
        Content::Media(media) => (Some(media.kind), media.file.clone()),
        _ => (None, None),
    };
    Note::Customer { content: content.kind().to_owned(), text, media, file }
}
