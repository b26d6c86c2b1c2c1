//! People at the desk, and the records of what they did.

use std::collections::BTreeMap;

use domain::conversation::{Known, Owner};
use domain::message::{Act, Note, TicketActed, TicketDue};
use domain::{Body, Channel, Conversation, Customer, Envelope, Kind, MessageId, TicketId};

use super::{Fault, World, business};

/// What somebody does with the ticket that was opened last, or with the conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DeskStep {
    Take,
    /// One of a few texts, and whether the ticket is closed with it.
    Answer(u8, bool),
    PutBack,
    Close,
    HandBack,
    Due,
}

impl World {
    pub(crate) fn at_the_desk(&mut self, step: DeskStep) {
        let ticket = self.last_ticket();
        let release = |text: u8, closes| Act::Release {
            text: format!("a person's answer {text}"),
            attachments: Vec::new(),
            closes,
            after: None,
        };
        let act = match (step, ticket) {
            (DeskStep::Take, _) => Act::Take,
            (DeskStep::Answer(text, closes), Some(_)) => release(text, closes),
            (DeskStep::PutBack, Some(_)) => Act::PutBack,
            (DeskStep::Close, Some(_)) => Act::Close,
            (DeskStep::Due, Some(ticket)) => {
                let due = self.made_at_the_desk(TicketDue { ticket });
                return self.publish(&due, self.now);
            }
            (DeskStep::HandBack, _) => Act::HandBack,
            (_, None) => return,
        };
        let ticket = ticket.filter(|_| !matches!(act, Act::HandBack));
        let acted = self.made_at_the_desk(TicketActed { ticket, by: None, act });
        self.publish(&acted, self.now);
    }

    /// What a person has just done is handled before anything else.
    pub(crate) fn act_now(&mut self) {
        let is_act = |kind| matches!(kind, Kind::TicketActed | Kind::HumanSpoke);
        let place = self.queue.iter().rposition(|one| is_act(one.envelope.kind()));
        let delivery = self.queue.remove(place.expect("a person has acted"));
        self.begin(delivery, Fault::None);
    }

    fn made_at_the_desk(&mut self, body: impl Into<Body>) -> Envelope {
        let event = self.provider_id("desk");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "desk", &event);
        self.outside(id, body)
    }

    fn last_ticket(&self) -> Option<TicketId> {
        let opened = self.notes.values().filter(|noted| matches!(noted.note, Note::Opened { .. }));
        opened.max_by_key(|noted| noted.at).map(|noted| noted.ticket)
    }

    /// What the records know of a ticket.
    pub(super) fn known(&self, id: TicketId) -> Option<Known> {
        let of = || self.notes.values().filter(move |noted| noted.ticket == id);
        let newest = of().max_by_key(|noted| noted.step)?;
        let released: BTreeMap<u32, String> = of()
            .filter_map(|noted| match &noted.note {
                Note::Released { number, text, .. } => Some((*number, text.clone())),
                _ => None,
            })
            .collect();
        let last = released.last_key_value();
        Some(Known {
            id,
            state: newest.state,
            step: newest.step,
            released: last.map_or(0, |(number, _)| *number),
            last: last.map(|(_, text)| (text.clone(), Vec::new())),
            // A world's customer is the same whatever is lost, and is heard again by the sweep.
            customer: Customer::default(),
            address: String::new(),
            heard_at: None,
        })
    }

    pub(super) fn note_for_the_desk(&mut self, envelope: &Envelope) {
        match &envelope.body {
            Body::TicketNoted(noted) => {
                self.notes.entry(envelope.id).or_insert_with(|| noted.clone());
            }
            Body::ReplyReady(reply) if !reply.releases.is_empty() => {
                self.released.entry(envelope.id).or_insert_with(|| reply.clone());
            }
            _ => {}
        }
    }

    pub(super) fn note_act(&mut self, acted: &TicketActed) {
        match acted.act {
            Act::Take if acted.ticket.is_none() => self.person_spoke_at = Some(self.now),
            Act::HandBack | Act::Close | Act::PutBack | Act::Release { closes: true, .. } => {
                self.hands_back = true;
            }
            _ => {}
        }
    }

    /// A person who has the word keeps it until it is handed back, by somebody or by time.
    pub(super) fn note_owner(&mut self, before: &Conversation) {
        let hands_back = std::mem::take(&mut self.hands_back);
        let is_persons =
            |conversation: &Conversation| matches!(conversation.owner(), Owner::Person { .. });
        if !is_persons(before) || is_persons(&self.conversation) {
            return;
        }
        let Owner::Person { spoke_at, .. } = before.owner() else { return };
        let is_over =
            self.now >= *spoke_at + self.rules.release_after_answer.min(self.rules.release_after);
        assert!(hands_back || is_over, "nobody handed it back");
        self.person_spoke_at = None;
    }
}
