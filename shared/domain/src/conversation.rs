//! The conversation: a pure state machine, `(conversation, input, now) -> (conversation, effects)`.
//!
//! It is stored as one document with a version; whoever changes it writes it back with a
//! compare-and-set, so of two workers that decide at once one decides again. What must hold is
//! tested over generated histories in `tests/it/histories.rs`:
//!
//! - every message of a customer gets exactly one outcome (`every_message_has_one_outcome`);
//! - a turn is answered once (`no_turn_is_answered_twice`);
//! - nothing of the bot is sent after a person spoke (`the_bot_is_silent_after_a_person_spoke`);
//! - no reply is sent for a turn that it was not made for (`an_answer_belongs_to_its_question`,
//!   `a_stale_reply_is_never_claimed`), and turns are answered in order
//!   (`turns_are_answered_in_order`);
//! - what a customer deleted is not remembered (`nothing_is_remembered_of_what_was_deleted`);
//! - what arrives twice changes nothing (`duplicates_change_nothing`);
//! - the document stays small (`the_document_stays_small` in `tests/it/size.rs`).
//!
//! The messages of a customer must keep one id however often they come: see
//! [`Conversation::receive`].

mod agreeing;
mod correcting;
mod desk;
mod ending;
mod gathering;
mod memory;
mod merging;
mod ownership;
mod postponing;
mod reading;
mod rules;
mod seen;
mod sending;
mod turn;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use desk::{Known, Ticket, Words};
pub use gathering::{Decision, Question};
pub use memory::{Author, Line};
pub use ownership::Owner;
pub use postponing::Back;
pub use rules::Rules;
pub use sending::{Claim, Stale};
pub use turn::{Heard, Phase, Turn};

use crate::message::TurnClosed;
use crate::{
    Body, BusinessId, Channel, ConversationId, Customer, Language, MessageId, Outcome, Timestamp,
};
use correcting::Correction;
use memory::Memory;
use postponing::Postponed;
use seen::Seen;
use sending::Sending;

/// How long after a customer's last message WhatsApp lets a business write freely.
const WINDOW: Duration = Duration::from_hours(24);

/// Something that must be published because of a change, now or after a delay.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    pub body: Body,
    pub delay: Duration,
    /// Its id, where it is not to be derived from the message that causes it: what is done once
    /// however many messages ask for it.
    pub id: Option<MessageId>,
    /// The conversation it is for, if not that of the message that causes it.
    pub conversation: Option<ConversationId>,
}

impl Effect {
    pub fn now(body: impl Into<Body>) -> Self {
        Self::after(Duration::ZERO, body)
    }

    pub fn after(delay: Duration, body: impl Into<Body>) -> Self {
        Self { body: body.into(), delay, id: None, conversation: None }
    }

    #[must_use]
    pub fn with_id(self, id: MessageId) -> Self {
        Self { id: Some(id), ..self }
    }

    #[must_use]
    pub fn for_conversation(self, conversation: ConversationId) -> Self {
        Self { conversation: Some(conversation), ..self }
    }
}

/// One business, one channel, one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    id: ConversationId,
    business: BusinessId,
    channel: Channel,
    customer: Customer,
    /// The business's address that the customer last wrote to; answers go out from it.
    address: String,
    owner: Owner,
    /// Raised whenever whoever may speak changes; a reply made under an older one is stale.
    epoch: u32,
    /// The epoch since which the owner is the same: what answers no turn is stale before it.
    #[serde(default)]
    owned_since: u32,
    last_turn: u64,
    turn: Option<Turn>,
    /// Messages that came while an answer was being made; the next turn takes them.
    waiting: Vec<Heard>,
    seen: Seen,
    memory: Memory,
    /// When the customer last wrote.
    heard_at: Option<Timestamp>,
    /// The language that the customer last spoke, as far as that was clear.
    #[serde(default)]
    language: Option<Language>,
    /// What is being said outside of a turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    letters: Vec<Sending>,
    /// What is said when the customer writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    postponed: Vec<Postponed>,
    /// Since when the customer has been invited to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invited_at: Option<Timestamp>,
    /// What the customer has last edited and deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<Correction>,
    /// What is with the desk, oldest first; of those that are closed the last few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tickets: Vec<Ticket>,
    /// The number of the last ticket.
    #[serde(default, skip_serializing_if = "is_zero")]
    last_ticket: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved_to: Option<ConversationId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    absorbed: Vec<ConversationId>,
}

impl Conversation {
    /// A conversation in which nothing has been said.
    pub fn new(id: ConversationId, business: BusinessId) -> Self {
        Self {
            id,
            business,
            channel: Channel::default(),
            customer: Customer::default(),
            address: String::new(),
            owner: Owner::Bot,
            epoch: 0,
            owned_since: 0,
            last_turn: 0,
            turn: None,
            waiting: Vec::new(),
            seen: Seen::default(),
            memory: Memory::default(),
            heard_at: None,
            language: None,
            letters: Vec::new(),
            postponed: Vec::new(),
            invited_at: None,
            corrections: Vec::new(),
            tickets: Vec::new(),
            last_ticket: 0,
            moved_to: None,
            absorbed: Vec::new(),
        }
    }

    pub fn id(&self) -> ConversationId {
        self.id
    }

    pub fn business(&self) -> &BusinessId {
        &self.business
    }

    pub fn customer(&self) -> &Customer {
        &self.customer
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    pub fn language(&self) -> Option<Language> {
        self.language
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The epoch since which the owner is the same.
    pub fn owned_since(&self) -> u32 {
        self.owned_since
    }

    /// The turn that is open, if one is.
    pub fn turn(&self) -> Option<&Turn> {
        self.turn.as_ref()
    }

    /// How many messages wait for the next turn.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What was last said, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.memory.lines()
    }

    /// Whether the business may write freely now. At the very edge it may not.
    pub fn window_is_open(&self, now: Timestamp) -> bool {
        self.heard_at.is_some_and(|heard| now < heard + WINDOW)
    }

    /// Closes the open turn: its messages have their outcome, and what was said is remembered.
    fn close(&mut self, outcome: Outcome, error_code: Option<i64>) -> Vec<Effect> {
        let Some(turn) = self.turn.take() else { return Vec::new() };
        let sent = turn.sent();
        self.memory.remember_customer(&turn.messages);
        self.memory.remember_sent(&sent);
        let closed = self.settled(&turn.messages, outcome);
        let mut effects = self.note_said(&sent);
        effects.push(Effect::now(TurnClosed { turn: Some(turn.id), sent, error_code, ..closed }));
        effects
    }

    /// Gives messages that are in no turn their outcome.
    fn settle(&mut self, messages: &[Heard], outcome: Outcome) -> Vec<Effect> {
        if messages.is_empty() {
            return Vec::new();
        }
        self.memory.remember_customer(messages);
        vec![Effect::now(self.settled(messages, outcome))]
    }

    fn settled(&mut self, messages: &[Heard], outcome: Outcome) -> TurnClosed {
        let ids: Vec<MessageId> = messages.iter().map(|heard| heard.id).collect();
        self.seen.settle(&ids, outcome);
        TurnClosed { turn: None, outcome, messages: ids, sent: Vec::new(), error_code: None }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
