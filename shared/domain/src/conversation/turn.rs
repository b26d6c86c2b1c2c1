//! A turn: one answer to whatever the customer wrote.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rules;
use super::sending::Sending;
use crate::message::{Inbound, Sent};
use crate::{Content, MessageId, Timestamp, TurnId};

/// A message of the customer, as a turn holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub id: MessageId,
    pub provider_id: String,
    pub sent_at: Timestamp,
    pub content: Content,
}

impl Heard {
    pub(super) fn new(id: MessageId, inbound: &Inbound) -> Self {
        Self {
            id,
            provider_id: inbound.provider_id.clone(),
            sent_at: inbound.sent_at,
            content: kept(&inbound.content),
        }
    }

    /// About how many bytes it takes in the document.
    pub(super) fn weight(&self) -> usize {
        256 + self.content.words().map_or(0, str::len)
    }
}

/// What a conversation keeps of a message: what a decision needs. The whole of it is in the
/// records; here it would make the document as large as a customer likes.
fn kept(content: &Content) -> Content {
    match content {
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
        let place = self.messages.partition_point(|other| other.sent_at <= heard.sent_at);
        self.messages.insert(place, heard);
        if let Phase::Gathering { due_at } = &mut self.phase {
            *due_at = (now + rules.pause).min(self.opened_at + rules.gather_at_most).max(*due_at);
        }
    }

    /// Whether the turn is young enough that the customer may simply still be writing.
    pub(super) fn still_gathers(&self, now: Timestamp, rules: &Rules) -> bool {
        now < self.opened_at + rules.gather_at_most
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
