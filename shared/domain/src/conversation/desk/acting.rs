//! What people do at the desk, whichever it is.

use uuid::Uuid;

use super::{Known, Ticket, print};
use crate::conversation::{Conversation, Effect, Owner, Rules};
use crate::message::{
    Act, Attachment, Ended, Note, Release, ReplyReady, Speaker, TicketActed, TicketState,
};
use crate::{Outcome, TicketId, Timestamp};

impl Conversation {
    /// A person did something at the desk. A ticket that was lost with the state is taken up as
    /// the records know it; of one that nobody knows nothing is believed.
    pub fn act(
        &mut self,
        acted: &TicketActed,
        known: Option<&Known>,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let mut effects = self.release_when_quiet(now, rules);
        if let Some(known) = known.filter(|known| Some(known.id) == acted.ticket) {
            effects.extend(self.adopt(known, now));
        }
        let by = acted.by.clone();
        effects.extend(match (acted.ticket, &acted.act) {
            (None, Act::Take) => self.take_over(now),
            (None, Act::PutBack | Act::Close) | (_, Act::HandBack) => self.hand_back(now),
            (None, Act::Release { text, attachments, .. }) => {
                let mut effects = self.take_over(now);
                effects.push(self.letter(text, attachments));
                effects
            }
            (Some(id), _) if !self.tickets.iter().any(|ticket| ticket.id == id) => Vec::new(),
            (Some(id), Act::Take) => self.take_ticket(id, by, now),
            (Some(id), Act::PutBack) => self.put_back(id, now),
            (Some(id), Act::Release { text, attachments, after: Some(after), .. })
                if self.is_late(id, *after, print(text, attachments)) =>
            {
                Vec::new()
            }
            (Some(id), Act::Release { text, attachments, closes, .. }) => {
                let mut effects = self.release_text(id, (text, attachments), by, now);
                if *closes {
                    effects.extend(self.close_ticket(id, now));
                }
                effects
            }
            (Some(id), Act::Close) => self.close_ticket(id, now),
        });
        effects
    }

    fn letter(&self, text: &str, attachments: &[Attachment]) -> Effect {
        let reply = ReplyReady::outside(self.epoch, text, Outcome::Answered);
        Effect::now(ReplyReady { by: Speaker::Person, attachments: attachments.to_vec(), ..reply })
    }

    /// Hands the conversation back to the bot.
    pub fn hand_back(&mut self, now: Timestamp) -> Vec<Effect> {
        let effects = self.leave_the_tickets(now);
        self.release();
        effects
    }

    /// Whether another text was released since so many were, or the customer has asked on.
    fn is_late(&self, id: TicketId, after: u32, print: Uuid) -> bool {
        let is = |ticket: &Ticket| ticket.released > after && ticket.print != Some(print);
        self.tickets.iter().any(|ticket| ticket.id == id && is(ticket))
    }

    fn its(&mut self, id: TicketId) -> Option<&mut Ticket> {
        self.tickets.iter_mut().find(|ticket| ticket.id == id)
    }

    fn take_ticket(&mut self, id: TicketId, by: Option<String>, now: Timestamp) -> Vec<Effect> {
        let owned = matches!(self.owner, Owner::Person { .. });
        let Some(ticket) = self.its(id) else { return Vec::new() };
        if ticket.is_with_a_person() && owned {
            return Vec::new();
        }
        ticket.moves_to(TicketState::Taken, now);
        let taken = ticket.note_step(Note::Taken { by }, now);
        let mut effects = self.own(now);
        effects.push(taken);
        effects
    }

    fn put_back(&mut self, id: TicketId, now: Timestamp) -> Vec<Effect> {
        let Some(ticket) = self.its(id).filter(|ticket| ticket.state != TicketState::Waiting)
        else {
            return Vec::new();
        };
        ticket.moves_to(TicketState::Waiting, now);
        let effect = ticket.note_step(Note::PutBack, now);
        self.release_unless_another_is_with_a_person();
        vec![effect]
    }

    /// The same text again is not said again. Another one after it is a correction, and is.
    fn release_text(
        &mut self,
        id: TicketId,
        (text, attachments): (&str, &[Attachment]),
        by: Option<String>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let print = print(text, attachments);
        let Some(ticket) = self.its(id) else { return Vec::new() };
        if ticket.print == Some(print) {
            let number = ticket.released;
            let key = ticket.id.derive(&format!("kept\0{}", now.as_millis()));
            return vec![ticket.note(key, Note::Kept { number }, now)];
        }
        ticket.released += 1;
        ticket.print = Some(print);
        let waited_since = ticket.waits_since;
        ticket.moves_to(TicketState::Answered, now);
        let number = ticket.released;
        let released = Note::Released {
            number,
            text: text.to_owned(),
            attachments: attachments.to_vec(),
            by,
            waited_since,
        };
        let noted = ticket.note(id.derive(&format!("released\0{number}")), released, now);
        let mut effects = self.own(now);
        let mut letter = self.letter(text, attachments);
        if let crate::Body::ReplyReady(reply) = &mut letter.body {
            reply.releases = vec![Release { ticket: id, number }];
        }
        effects.push(letter.with_id(id.reply(number)));
        effects.push(noted);
        effects
    }

    fn close_ticket(&mut self, id: TicketId, now: Timestamp) -> Vec<Effect> {
        let Some(ticket) = self.its(id).filter(|ticket| ticket.is_open()) else {
            return Vec::new();
        };
        ticket.moves_to(TicketState::Closed, now);
        let closed = ticket.note_step(Note::Closed { how: Ended::ByPerson }, now);
        self.release_unless_another_is_with_a_person();
        vec![closed]
    }

    fn release_unless_another_is_with_a_person(&mut self) {
        if !self.tickets.iter().any(Ticket::is_with_a_person) {
            self.release();
        }
    }
}
