//! A turn: one answer to whatever the customer wrote.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rules;
use super::sending::Sending;
use crate::content::gloss;
use crate::message::{Inbound, Sent};
use crate::{Content, MessageId, Timestamp, TurnId};

/// So much of a file goes into a decision.
pub(super) const READING_CHARS: usize = 6000;

/// A message of the customer, as a turn holds it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub id: MessageId,
    pub provider_id: String,
    pub sent_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) arrived_at: Option<Timestamp>,
    pub content: Content,
    /// What it refers to and what it lists, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gloss: Option<String>,
    /// Until when somebody may still find out what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) awaited_until: Option<Timestamp>,
}

/// Shows which message it is, never what it says.
impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heard")
            .field("id", &self.id)
            .field("provider_id", &self.provider_id)
            .field("sent_at", &self.sent_at)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

impl Heard {
    pub(super) fn new(
        id: MessageId,
        inbound: &Inbound,
        reference: Option<String>,
        now: Timestamp,
        rules: &Rules,
    ) -> Self {
        let submitted = gloss::of_content(&inbound.content);
        let gloss: Vec<String> = [reference, submitted].into_iter().flatten().collect();
        let is_awaited = inbound.content.is_to_be_read();
        Self {
            id,
            provider_id: inbound.provider_id.clone(),
            sent_at: inbound.sent_at,
            arrived_at: inbound.arrived_at,
            content: kept(&inbound.content),
            gloss: (!gloss.is_empty()).then(|| gloss.join("\n")),
            awaited_until: is_awaited.then(|| now + rules.reading_at_most),
        }
    }

    /// Its place among the customer's messages: by the channel's clock, which knows seconds, and
    /// then by ours.
    pub(super) fn order(&self) -> (Timestamp, Option<Timestamp>) {
        (self.sent_at, self.arrived_at)
    }

    /// Everything that is known of what it says; none if that is nothing.
    pub fn meaning(&self) -> Option<String> {
        // In the words brackets would pass for ours.
        let (words, reading) =
            (self.content.words().map(gloss::unbracketed), self.content.reading());
        let parts: Vec<&str> = [self.gloss.as_deref(), words.as_deref(), reading.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }

    /// About how many bytes it takes in the document.
    pub(super) fn weight(&self) -> usize {
        256 + self.meaning().map_or(0, |meaning| meaning.len())
    }

    /// The customer has taken it back: nothing of what it said is kept.
    pub(super) fn withdraw(&mut self) {
        self.content = Content::text("");
        self.gloss = None;
        self.awaited_until = None;
    }
}

/// What a conversation keeps of a message: what a decision needs. The whole of it is in the
/// records; here it would make the document as large as a customer likes.
pub(super) fn kept(content: &Content) -> Content {
    match content {
        Content::Media(media) => Content::Media(media.with_reading_cut(READING_CHARS)),
        Content::Contacts { .. } => Content::Contacts { cards: Value::Null },
        Content::Form { name, .. } => Content::Form { name: name.clone(), answers: Value::Null },
        Content::Unknown { type_name, .. } => {
            Content::Unknown { type_name: type_name.clone(), raw: Value::Null }
        }
        Content::Order { text, .. } => {
            Content::Order { catalog_id: None, text: text.clone(), items: Vec::new() }
        }
        other => other.clone(),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub id: TurnId,
    pub opened_at: Timestamp,
    pub overdue_at: Timestamp,
    pub phase: Phase,
    /// In the order of the provider's times, then of arrival.
    pub messages: Vec<Heard>,
}

/// How far a turn has come. It only ever goes down this list, or closes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The customer may still be writing.
    Gathering { due_at: Timestamp },
    /// Triage decides who answers.
    Deciding,
    /// Somebody makes the answer, or has made it.
    Answering,
    /// Outbound has claimed a reply.
    Sending(Sending),
}

impl Turn {
    pub(super) fn open(id: TurnId, now: Timestamp, rules: &Rules) -> Self {
        Self {
            id,
            opened_at: now,
            overdue_at: now + rules.overdue,
            phase: Phase::Gathering { due_at: now + rules.pause },
            messages: Vec::new(),
        }
    }

    /// Adds a message in its place and waits for the customer's next pause.
    pub(super) fn add(&mut self, heard: Heard, now: Timestamp, rules: &Rules) {
        let place = self.messages.partition_point(|other| other.order() <= heard.order());
        self.messages.insert(place, heard);
        if let Phase::Gathering { due_at } = &mut self.phase {
            *due_at = (now + rules.pause).min(self.opened_at + rules.gather_at_most).max(*due_at);
        }
    }

    /// Whether the turn is young enough that the customer may simply still be writing.
    pub(super) fn still_gathers(&self, now: Timestamp, rules: &Rules) -> bool {
        now < self.opened_at + rules.gather_at_most
    }

    /// Whether it is being answered, and nothing of the answer can have reached the customer.
    pub(super) fn may_be_decided_again(&self) -> bool {
        match &self.phase {
            Phase::Gathering { .. } => false,
            Phase::Deciding | Phase::Answering => true,
            Phase::Sending(sending) => !sending.may_have_spoken(),
        }
    }

    pub(super) fn time_left(&self, now: Timestamp) -> Duration {
        self.overdue_at.since(now)
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        match &self.phase {
            Phase::Sending(sending) => sending.sent.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn weight(&self) -> usize {
        self.messages.iter().map(Heard::weight).sum()
    }

    pub(super) fn has(&self, id: MessageId) -> bool {
        self.messages.iter().any(|heard| heard.id == id)
    }
}
