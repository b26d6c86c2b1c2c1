//! The desk's side of a conversation: what waits for a person is a ticket, and everything that is
//! said while it is open belongs on it.
//!
//! - A conversation has one open ticket; what else the bot can't answer joins it (test
//!   `everything_of_one_conversation_is_on_one_ticket`).
//! - A text is released once, however often it is asked for (test
//!   `no_text_is_released_twice`).

mod acting;
mod due;
mod noting;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::memory::Line;
use super::turn::Heard;
use super::{Conversation, Effect, Owner, Rules};
use crate::message::{Attachment, Ended, HandoffReason, Note, TicketNoted, TicketState};
use crate::{Customer, Language, MessageId, TicketId, Timestamp, TurnId};

/// So many tickets are remembered, the open ones first.
const TICKETS_AT_MOST: usize = 4;
/// So much of what was said before goes onto a new ticket.
const LINES_BEFORE: usize = 12;
/// An answer that is not among the last so many is no longer waited for.
const RELEASES_LOOKED_AT: usize = 8;

/// What the conversation knows of a ticket: what it needs to decide. The rest is in the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: TicketId,
    pub state: TicketState,
    /// How often its state has changed.
    step: u32,
    /// How many texts were released.
    #[serde(default, skip_serializing_if = "is_zero")]
    released: u32,
    /// Of the last of them, while nothing speaks for saying it once more: the customer has not
    /// asked on, and the channel has not refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    print: Option<Uuid>,
    /// The turn that was last handed to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn: Option<TurnId>,
    /// Since when the customer waits for a person's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits_since: Option<Timestamp>,
    /// What has been done about the customer's waiting.
    #[serde(default, skip_serializing_if = "due::Done::is_nothing")]
    done: due::Done,
}

/// What the records know of a ticket that a conversation has lost.
#[derive(Clone, PartialEq)]
pub struct Known {
    pub id: TicketId,
    pub state: TicketState,
    pub step: u32,
    pub released: u32,
    /// The last text that was released, with what was attached.
    pub last: Option<(String, Vec<Attachment>)>,
    pub customer: Customer,
    /// The business's address from which to write to them.
    pub address: String,
    /// When they last wrote.
    pub heard_at: Option<Timestamp>,
}

/// What a customer is told when something goes to a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    pub opened: String,
    /// While a ticket is open already.
    pub joined: String,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words")
    }
}

/// What is for a person, and why.
pub(super) struct Case<'a> {
    pub(super) reason: HandoffReason,
    pub(super) summary: &'a str,
    pub(super) language: Option<Language>,
    pub(super) turn: Option<TurnId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Ticket {
    fn opened(id: TicketId, now: Timestamp) -> Self {
        Self {
            id,
            state: TicketState::Waiting,
            step: 1,
            released: 0,
            print: None,
            turn: None,
            waits_since: Some(now),
            done: due::Done::default(),
        }
    }

    fn of(known: &Known, now: Timestamp) -> Self {
        let waits = matches!(known.state, TicketState::Waiting | TicketState::Taken);
        let last = known.last.as_ref().filter(|_| !waits);
        let print = last.map(|(text, attachments)| print(text, attachments));
        Self {
            state: known.state,
            step: known.step,
            released: known.released,
            print,
            waits_since: waits.then_some(now),
            ..Self::opened(known.id, now)
        }
    }

    pub fn is_open(&self) -> bool {
        self.state != TicketState::Closed
    }

    /// Whether a person has the conversation because of it.
    fn is_with_a_person(&self) -> bool {
        matches!(self.state, TicketState::Taken | TicketState::Answered)
    }

    fn note(&self, key: MessageId, note: Note, at: Timestamp) -> Effect {
        let Self { id: ticket, state, step, .. } = *self;
        Effect::now(TicketNoted { ticket, key, at, step, state, note })
    }

    /// Notes something that is no message and happens at this step.
    fn note_step(&self, note: Note, at: Timestamp) -> Effect {
        let key = self.id.derive(&format!("{}\0{}", note.kind(), self.step));
        self.note(key, note, at)
    }

    /// Goes over to another state, which it may have already.
    fn moves_to(&mut self, state: TicketState, now: Timestamp) {
        self.state = state;
        self.step += 1;
        match state {
            TicketState::Waiting | TicketState::Taken => {
                self.print = None;
                if self.waits_since.is_none() {
                    self.waits_since = Some(now);
                    self.done = due::Done::default();
                }
            }
            TicketState::Answered | TicketState::Closed => self.waits_since = None,
        }
    }
}

/// By what a text is known again.
fn print(text: &str, attachments: &[Attachment]) -> Uuid {
    let attached = serde_json::to_string(attachments).unwrap_or_default();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}\0{attached}", text.trim()).as_bytes())
}

impl Conversation {
    /// The ticket that is open, if one is.
    pub fn ticket(&self) -> Option<&Ticket> {
        self.tickets.iter().rev().find(|ticket| ticket.is_open())
    }

    /// Whether it had this ticket and knows that it is closed.
    pub fn has_closed(&self, id: TicketId) -> bool {
        self.tickets.iter().any(|ticket| ticket.id == id && !ticket.is_open())
    }

    fn open_ticket_mut(&mut self) -> Option<&mut Ticket> {
        self.tickets.iter_mut().rev().find(|ticket| ticket.is_open())
    }

    /// Takes up a ticket that was lost with the state. One that is known stays as it is. A person
    /// who has it has the conversation again, and what was asked meanwhile is theirs.
    pub fn adopt(&mut self, known: &Known, now: Timestamp) -> Vec<Effect> {
        let is_lost = !self.tickets.iter().any(|ticket| ticket.id == known.id);
        if is_lost {
            self.keep_ticket(Ticket::of(known, now));
        }
        // Whoever answers must reach the customer, of whom nothing may be left.
        if self.customer.phone.is_none() && self.customer.user_id.is_none() {
            self.customer.learn(&known.customer);
            self.heard_at = self.heard_at.max(known.heard_at);
        }
        if self.address.is_empty() {
            self.address.clone_from(&known.address);
        }
        if !is_lost || !matches!(known.state, TicketState::Taken | TicketState::Answered) {
            return Vec::new();
        }
        let mut heard: Vec<Heard> = Vec::new();
        heard.extend(self.turn.iter().flat_map(|turn| turn.messages.iter().cloned()));
        heard.extend(self.waiting.iter().cloned());
        let mut effects = Vec::new();
        for message in &heard {
            effects.extend(self.wait_for_the_person(&message.content, now));
            effects.extend(self.note_heard(message, now));
        }
        effects.extend(self.own(now));
        effects
    }

    fn keep_ticket(&mut self, ticket: Ticket) {
        self.tickets.push(ticket);
        while self.tickets.len() > TICKETS_AT_MOST {
            let closed = self.tickets.iter().position(|ticket| !ticket.is_open());
            self.tickets.remove(closed.unwrap_or_default());
        }
    }

    /// Puts the open turn before a person: on a new ticket, or on the one that is open.
    pub(super) fn hand_to_the_desk(&mut self, case: &Case<'_>, now: Timestamp) -> Vec<Effect> {
        let messages = self.turn.as_ref().filter(|turn| Some(turn.id) == case.turn);
        let messages: Vec<Heard> = messages.map_or_else(Vec::new, |turn| turn.messages.clone());
        let Case { reason, summary, language, turn } = *case;
        let summary = summary.to_owned();
        let mut effects = Vec::new();
        if let Some(ticket) = self.open_ticket_mut() {
            // The same turn again adds nothing.
            if turn.is_some() && ticket.turn == turn {
                return effects;
            }
            ticket.turn = turn;
            if ticket.state == TicketState::Answered {
                ticket.moves_to(TicketState::Taken, now);
            }
            let key = ticket.id.derive(&format!(
                "asked\0{}\0{}",
                turn.unwrap_or(TurnId(0)),
                now.as_millis()
            ));
            effects.push(ticket.note(key, Note::Asked { reason, summary }, now));
        } else {
            self.last_ticket =
                u64::try_from(now.as_millis()).unwrap_or(0).max(self.last_ticket + 1);
            let mut ticket = Ticket::opened(TicketId::of(self.id, self.last_ticket), now);
            ticket.turn = turn;
            let skipped = self.memory.lines().count().saturating_sub(LINES_BEFORE);
            let before: Vec<Line> = self.memory.lines().skip(skipped).cloned().collect();
            let language = language.or(self.language).unwrap_or_default();
            let customer = self.customer.clone();
            let opened = Note::Opened { reason, summary, language, customer, before };
            effects.push(ticket.note_step(opened, now));
            self.keep_ticket(ticket);
        }
        effects.extend(messages.iter().filter_map(|heard| self.note_heard(heard, now)));
        effects
    }

    /// Takes over the tickets of another conversation of the same customer.
    pub(super) fn absorb_tickets(&mut self, other: &Self) {
        for ticket in &other.tickets {
            if !self.tickets.iter().any(|mine| mine.id == ticket.id) {
                self.keep_ticket(ticket.clone());
            }
        }
        self.last_ticket = self.last_ticket.max(other.last_ticket);
    }

    /// Whoever had the conversation no longer does: what was answered is settled, the rest waits
    /// for somebody again.
    pub(super) fn leave_the_tickets(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for ticket in self.tickets.iter_mut().filter(|ticket| ticket.is_with_a_person()) {
            if ticket.state == TicketState::Answered {
                ticket.moves_to(TicketState::Closed, now);
                effects.push(ticket.note_step(Note::Closed { how: Ended::ByTime }, now));
            } else {
                ticket.moves_to(TicketState::Waiting, now);
                effects.push(ticket.note_step(Note::PutBack, now));
            }
        }
        effects
    }

    /// Everything is answered, and the person has said nothing more for a while.
    pub(super) fn is_done_with(&self, now: Timestamp, rules: &Rules) -> bool {
        let Owner::Person { spoke_at, .. } = self.owner else { return false };
        let mut with_person = self.tickets.iter().filter(|one| one.is_with_a_person()).peekable();
        with_person.peek().is_some()
            && with_person.all(|ticket| ticket.state == TicketState::Answered)
            && now >= spoke_at + rules.release_after_answer
    }
}
