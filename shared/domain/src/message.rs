//! The messages between the workers. Events are in the past tense, commands in the imperative.
//!
//! Their JSON is a contract with messages that are already in a queue: to change one is to add a
//! version (test `every_message_keeps_its_json`).

mod alert;
mod delivery;
mod desk;
mod history;
mod learning;
mod reply;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::content::{Reference, gloss};
use crate::{Content, Customer, Language, MessageId, Timestamp, TurnId};

pub use alert::{AlertRaised, Severity};
pub use delivery::{Delivery, DeliveryUpdated, NotAMark, ReplyMark, ReplyPart};
pub use desk::{
    Act, DeskVerified, Ended, Note, Release, TicketActed, TicketChanged, TicketDue, TicketNoted,
    TicketState,
};
pub use history::{HistoryReceived, Past};
pub use learning::{AnswerLearned, AnswerReviewed, LearningChanged, LearningState};
pub use reply::{Attachment, Choice, Origin, ReplyReady, Sent, Source, Speaker, Template};

/// Declares the bodies with their type names; one list, so that none can be forgotten.
macro_rules! bodies {
    ($($body:ident = $name:literal),+ $(,)?) => {
        /// What a message says.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body { $($body($body)),+ }

        /// Which message it is, without its contents.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($body),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$body),+];

            /// The type's name with its version; also the topic under which it is published.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$body => $name),+ }
            }

            pub(crate) fn decode(self, data: &str) -> serde_json::Result<Body> {
                Ok(match self { $(Self::$body => Body::$body(serde_json::from_str(data)?)),+ })
            }
        }

        impl Body {
            pub fn kind(&self) -> Kind {
                match self { $(Self::$body(_) => Kind::$body),+ }
            }

            pub(crate) fn to_raw(&self) -> serde_json::Result<Box<serde_json::value::RawValue>> {
                match self { $(Self::$body(body) => serde_json::value::to_raw_value(body)),+ }
            }
        }

        $(impl From<$body> for Body {
            fn from(body: $body) -> Self { Self::$body(body) }
        })+
    };
}

bodies! {
    MessageReceived = "message.received.v1",
    MediaReceived = "media.received.v1",
    TurnNoticed = "turn.noticed.v1",
    TurnDue = "turn.due.v1",
    TurnGathered = "turn.gathered.v1",
    TurnOverdue = "turn.overdue.v1",
    QuestionAsked = "question.asked.v1",
    ActionRequested = "action.requested.v1",
    HandoffRequested = "handoff.requested.v1",
    ReplyReady = "reply.ready.v1",
    TurnClosed = "turn.closed.v1",
    TicketChanged = "ticket.changed.v1",
    HumanSpoke = "human.spoke.v1",
    DeliveryUpdated = "delivery.updated.v1",
    AnswerLearned = "answer.learned.v1",
    MessageDied = "message.died.v1",
    HistoryReceived = "history.received.v1",
    AlertRaised = "alert.raised.v1",
    AnswerReviewed = "answer.reviewed.v1",
    LearningChanged = "learning.changed.v1",
    TicketNoted = "ticket.noted.v1",
    TicketActed = "ticket.acted.v1",
    TicketDue = "ticket.due.v1",
    DeskVerified = "desk.verified.v1",
}

impl Kind {
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the channel delivered.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// The channel's own id of the message.
    pub provider_id: String,
    /// When the customer sent it, as the channel says; it orders the messages of a turn.
    pub sent_at: Timestamp,
    /// When it came in; it orders what the channel's clock does not tell apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Timestamp>,
    pub customer: Customer,
    /// The business's address that the customer wrote to: on WhatsApp the phone number id.
    pub address: String,
    pub content: Content,
    /// What the message refers to: the quoted message, the product, the advertisement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<serde_json::Value>,
}

impl Inbound {
    /// What it says, with what it refers to, lists or shows, in words; none if that is nothing.
    pub fn meaning(&self) -> Option<String> {
        let reference = Reference::read(self.context.as_ref()).gloss(None);
        let submitted = gloss::of_content(&self.content);
        let words = self.content.words().map(str::to_owned);
        let parts = [reference, submitted, words, self.content.reading()];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}

/// A customer wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageReceived(pub Inbound);

/// A customer sent a voice note, an image or a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaReceived(pub Inbound);

/// Somebody reads this turn: the customer may be shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnNoticed {
    pub turn: TurnId,
    pub address: String,
    /// The channel's id of the message up to which it is read.
    pub provider_id: String,
}

/// The turn may have gathered long enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnDue {
    pub turn: TurnId,
}

/// The turn has gathered; somebody must decide who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnGathered {
    pub turn: TurnId,
}

/// The turn has had its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnOverdue {
    pub turn: TurnId,
}

/// A question that stands on its own, for the knowledge base.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionAsked {
    pub turn: TurnId,
    pub epoch: u32,
    pub question: String,
    pub language: Language,
}

/// The turn needs a business tool.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRequested {
    pub turn: TurnId,
    pub epoch: u32,
    pub request: String,
    pub language: Language,
}

/// A person must take this.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffRequested {
    pub turn: TurnId,
    pub epoch: u32,
    pub reason: HandoffReason,
    pub language: Language,
    /// What the customer wants, in words that a specialist understands without the rest.
    pub summary: String,
    /// What the bot could answer of it: the customer is told that first, in the same message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// What that was taken from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// Why a person must take a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoffReason {
    /// The customer asked for a person.
    Wished,
    /// Nothing in the knowledge base answers it.
    NoAnswer,
    /// Anger, health, law, money owed, account data: never for a bot.
    Sensitive,
    /// The customer sent something that the bot can't read.
    Unreadable,
    /// The customer sent an order or a form: a person must act on it.
    Submitted,
    /// The turn had no answer in time.
    Overdue,
    /// Something of ours failed.
    Failed,
}

impl HandoffReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wished => "wished",
            Self::NoAnswer => "no_answer",
            Self::Sensitive => "sensitive",
            Self::Unreadable => "unreadable",
            Self::Submitted => "submitted",
            Self::Overdue => "overdue",
            Self::Failed => "failed",
        }
    }
}

/// What became of a turn and so of each of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The bot answered.
    Answered,
    /// The customer was told that a person will answer.
    HandedOff,
    /// A person has the conversation; the bot says nothing.
    WithPerson,
    /// It needs no answer: a reaction, a notice.
    Noted,
    /// The channel no longer lets the business write freely: the customer was invited by a
    /// template, and the answer follows when they write.
    Postponed,
    /// The channel refused to deliver the answer to this customer.
    Undeliverable,
    /// The answer could not be sent, and an operator must look.
    Failed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::HandedOff => "handed_off",
            Self::WithPerson => "with_person",
            Self::Noted => "noted",
            Self::Postponed => "postponed",
            Self::Undeliverable => "undeliverable",
            Self::Failed => "failed",
        }
    }
}

/// What came of a turn; the next one may open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnClosed {
    /// Absent for messages that never were in a turn.
    pub turn: Option<TurnId>,
    pub outcome: Outcome,
    /// The messages of the customer that have this outcome.
    pub messages: Vec<MessageId>,
    /// What was sent for it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Sent>,
    /// The channel's error code, where one decided the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i64>,
}

/// Someone answered from the business's own phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HumanSpoke {
    pub provider_id: String,
    pub at: Timestamp,
    pub customer: Customer,
    pub address: String,
    pub content: Content,
}

/// A message could not be handled; its customer must not be left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageDied {
    /// Which worker gave up.
    pub worker: String,
    pub message: MessageId,
    /// The type of the message that died.
    pub kind: String,
    /// The turn that it belonged to, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnId>,
    pub cause: String,
    /// What the customer had sent, when it was that which died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_message: Option<Box<Inbound>>,
}

impl Body {
    /// The turn that this message is about.
    pub fn turn(&self) -> Option<TurnId> {
        match self {
            Self::TurnNoticed(TurnNoticed { turn, .. })
            | Self::TurnDue(TurnDue { turn })
            | Self::TurnGathered(TurnGathered { turn })
            | Self::TurnOverdue(TurnOverdue { turn })
            | Self::QuestionAsked(QuestionAsked { turn, .. })
            | Self::ActionRequested(ActionRequested { turn, .. })
            | Self::HandoffRequested(HandoffRequested { turn, .. }) => Some(*turn),
            Self::ReplyReady(ReplyReady { turn, .. })
            | Self::TurnClosed(TurnClosed { turn, .. })
            | Self::MessageDied(MessageDied { turn, .. }) => *turn,
            Self::MessageReceived(_)
            | Self::MediaReceived(_)
            | Self::TicketChanged(_)
            | Self::HumanSpoke(_)
            | Self::DeliveryUpdated(_)
            | Self::AnswerLearned(_)
            | Self::AnswerReviewed(_)
            | Self::LearningChanged(_)
            | Self::TicketNoted(_)
            | Self::TicketActed(_)
            | Self::TicketDue(_)
            | Self::DeskVerified(_)
            | Self::HistoryReceived(_)
            | Self::AlertRaised(_) => None,
        }
    }
}

/// `Debug` that names the type and its turn, and none of the customer's or specialist's words.
macro_rules! masked {
    ($($body:ident { $($field:ident),* }),+ $(,)?) => {
        $(impl fmt::Debug for $body {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($body))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        })+
    };
}

masked! {
    Inbound { provider_id, sent_at, customer, address, content },
    DeliveryUpdated { provider_id, status, at, reply, error_code, billable, category },
    QuestionAsked { turn, epoch, language },
    ActionRequested { turn, epoch, language },
    HandoffRequested { turn, epoch, reason, language },
    ReplyReady { turn, epoch, closes_as, by },
    Choice { id },
    Source { entry, name },
    Template { name, language },
    Sent { reply, part, provider_id, at, by },
    Past { provider_id, at, by, content },
    DeskVerified { },
    AnswerLearned { ticket, language },
    LearningChanged { ticket, candidate, state, helped },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(Kind::parse("message.received"), None);
    }
}
