//! What became of what we sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConversationId, MessageId, Timestamp};

/// How far a message to a customer has come.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryUpdated {
    pub provider_id: String,
    pub status: Delivery,
    pub at: Timestamp,
    /// Which reply and part it was, when the channel echoes our own mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the channel charges for it, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
    /// What it charges for it as: `service`, `utility`, `marketing`, `authentication`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How it came to that price: `regular`, `free_customer_service`, `free_entry_point`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<String>,
}

/// One part of a reply; a long text is sent in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReplyPart {
    pub reply: MessageId,
    pub part: u16,
}

/// The mark that a reply's part carries to the channel and that its statuses bring back, so that
/// a status finds its conversation whatever the channel calls the customer.
/// As text: `conversation/reply/part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyMark {
    pub conversation: ConversationId,
    pub part: ReplyPart,
}

impl fmt::Display for ReplyMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.conversation, self.part.reply, self.part.part)
    }
}

/// The text is no mark of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read the mark of a reply: it is not conversation/reply/part")]
pub struct NotAMark;

impl FromStr for ReplyMark {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or(NotAMark);
        let (conversation, reply, part) = (next()?, next()?, next()?);
        let uuid = |text: &str| Uuid::from_str(text).map_err(|_| NotAMark);
        let mark = Self {
            conversation: ConversationId::from_uuid(uuid(conversation)?),
            part: ReplyPart {
                reply: MessageId::from_uuid(uuid(reply)?),
                part: part.parse().map_err(|_| NotAMark)?,
            },
        };
        if parts.next().is_some() { Err(NotAMark) } else { Ok(mark) }
    }
}

/// What the channel says of a message to a customer. Receipts arrive in any order; which of them
/// holds is decided where they are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    Failed,
    Sent,
    Delivered,
    Read,
    Played,
}

impl Delivery {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }
}
