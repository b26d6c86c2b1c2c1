//! What the desk is told, and what it asks for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Attachment, HandoffReason};
use crate::content::MediaKind;
use crate::conversation::Line;
use crate::{Customer, Language, MessageId, Outcome, TicketId, Timestamp};

/// Something happened to a ticket, in whatever desk shows it: a hint to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketChanged {
    /// The desk's own id of it: in Notion, of the page.
    pub ticket: String,
    /// The desk's own id of the event, when it told us one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

/// Something belongs on a ticket. It may come twice, late and out of order: `key` says what it is,
/// and the state of the highest `step` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketNoted {
    pub ticket: TicketId,
    /// The same for the same thing: a customer's message has its own id.
    pub key: MessageId,
    pub at: Timestamp,
    /// How often the ticket's state had changed by then.
    pub step: u32,
    pub state: TicketState,
    pub note: Note,
}

/// How far a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// Nobody has taken it; the bot answers what it is sure of.
    Waiting,
    /// A person has the conversation, and the customer waits for their word.
    Taken,
    /// A person has the conversation, and has said what there was to say.
    Answered,
    /// It is settled, and the bot has the conversation.
    Closed,
}

impl TicketState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Taken => "taken",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Taken, Self::Answered, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// What is noted.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    Opened {
        reason: HandoffReason,
        /// What the customer wants, in words that are understood without the rest.
        summary: String,
        language: Language,
        customer: Customer,
        /// What was said before, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        before: Vec<Line>,
    },
    /// Something more is for a person, while the ticket is open.
    Asked {
        reason: HandoffReason,
        summary: String,
    },
    /// The customer wrote, or what they sent has been read since.
    Customer {
        /// Of the content, such as `text` or `image`.
        content: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media: Option<MediaKind>,
        /// Where the file is kept, once it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// The customer has deleted the message that has this key.
    Withdrawn,
    Bot {
        text: String,
    },
    /// Somebody answered from the business's own phone.
    Person {
        text: String,
        /// Since when the customer has waited for it; absent when they did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited_since: Option<Timestamp>,
    },
    /// Somebody has the conversation now.
    Taken {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// It waits for somebody again.
    PutBack,
    /// A person's text goes to the customer.
    Released {
        number: u32,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Since when the customer has waited for it; absent when they did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited_since: Option<Timestamp>,
    },
    /// A person released the same again, and it was not sent again.
    Kept {
        number: u32,
    },
    /// What became of a text, as far as the channel answered.
    Said {
        number: u32,
        reply: MessageId,
        outcome: Outcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error_code: Option<i64>,
        /// The channel's ids of its parts.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        provider_ids: Vec<String>,
    },
    Closed {
        how: Ended,
    },
    /// Nobody has answered for a while.
    Reminded,
    /// Nobody has answered for long.
    Escalated,
}

/// Shows what it is, never what is in it.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl Note {
    /// Of a person's answer: since when the customer has waited for it.
    pub fn waited_since(&self) -> Option<Timestamp> {
        match self {
            Self::Person { waited_since, .. } | Self::Released { waited_since, .. } => {
                *waited_since
            }
            _ => None,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Asked { .. } => "asked",
            Self::Customer { .. } => "customer",
            Self::Withdrawn => "withdrawn",
            Self::Bot { .. } => "bot",
            Self::Person { .. } => "person",
            Self::Taken { .. } => "taken",
            Self::PutBack => "put_back",
            Self::Released { .. } => "released",
            Self::Kept { .. } => "kept",
            Self::Said { .. } => "said",
            Self::Closed { .. } => "closed",
            Self::Reminded => "reminded",
            Self::Escalated => "escalated",
        }
    }
}

/// How a ticket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    ByPerson,
    /// It was answered, and nothing more was said for a while.
    ByTime,
}

/// Which of a ticket's answers a reply says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub ticket: TicketId,
    /// From one.
    pub number: u32,
}

/// A person did something at the desk, whichever it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketActed {
    /// Absent for what is done to the conversation, whatever tickets it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// Who, as far as the desk says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub act: Act,
}

/// What a person may do.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// They have the conversation from now on.
    Take,
    /// Somebody else may take it.
    PutBack,
    /// The customer is to have this, as Markdown, now.
    Release {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        /// Whether the ticket is settled with it.
        #[serde(default)]
        closes: bool,
        /// How many texts had been released when this one was asked for, as far as the desk knew:
        /// after another it is too late for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u32>,
    },
    /// It is settled.
    Close,
    /// The bot has the conversation again.
    HandBack,
}

/// Shows what is done, never what is said.
impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Act {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::PutBack => "put_back",
            Self::Release { .. } => "release",
            Self::Close => "close",
            Self::HandBack => "hand_back",
        }
    }
}

/// A time has come at which something may be due on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketDue {
    pub ticket: TicketId,
}

/// A desk wants to be shown this again before it sends webhooks: an operator pastes it there. The
/// envelope's conversation means nothing here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskVerified {
    pub token: String,
}
