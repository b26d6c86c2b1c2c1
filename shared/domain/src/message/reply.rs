//! What is said to a customer.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Outcome, Release};
use crate::content::MediaKind;
use crate::{MessageId, Timestamp, TurnId};

/// Say this to the customer. The message's own id is the reply's id.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyReady {
    /// The turn that it answers; absent for what is said outside of one: a person's words, a
    /// template, what had to wait for the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnId>,
    pub epoch: u32,
    /// Markdown; outbound renders it for the channel. It may be empty where something is attached.
    pub text: String,
    /// What the turn ends in once the customer has this.
    pub closes_as: Outcome,
    #[serde(default, skip_serializing_if = "Speaker::is_bot")]
    pub by: Speaker,
    /// What the customer may tap beneath the text; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What follows the text, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The channel's id of the message that it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotes: Option<String>,
    /// What it was taken from, for whoever checks it afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Which specialists' answers it says, for whoever tells them what became of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Release>,
}

impl ReplyReady {
    /// The bot's answer to a turn.
    pub fn answer(turn: TurnId, epoch: u32, text: impl Into<String>, closes_as: Outcome) -> Self {
        Self { turn: Some(turn), ..Self::outside(epoch, text, closes_as) }
    }

    /// Something of the bot's that answers no turn.
    pub fn outside(epoch: u32, text: impl Into<String>, closes_as: Outcome) -> Self {
        Self {
            turn: None,
            epoch,
            text: text.into(),
            closes_as,
            by: Speaker::Bot,
            choices: Vec::new(),
            attachments: Vec::new(),
            quotes: None,
            sources: Vec::new(),
            releases: Vec::new(),
        }
    }

    /// Whether the channel takes it when the customer has been silent for long: templates alone.
    pub fn may_open_the_window(&self) -> bool {
        self.text.is_empty()
            && !self.attachments.is_empty()
            && self.attachments.iter().all(|one| matches!(one, Attachment::Template(_)))
    }
}

/// Who speaks for the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    #[default]
    Bot,
    Person,
}

impl Speaker {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    fn is_bot(&self) -> bool {
        *self == Self::Bot
    }
}

/// What an answer was taken from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The id of an entry of what the business knows.
    pub entry: Uuid,
    /// Of the file or page that it stands in.
    pub name: String,
    /// The entry's own words that say it; absent where all of it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// Something to tap.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What can be sent beside text.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Attachment {
    File {
        media: MediaKind,
        from: Origin,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// Contact cards in the channel's own form.
    Contacts {
        cards: Value,
    },
    /// `emoji` is absent when a reaction is taken back.
    Reaction {
        to: String,
        emoji: Option<String>,
    },
    Template(Template),
}

/// Shows what it is, never what is in it.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { media, .. } => write!(f, "File({media:?})"),
            Self::Location { .. } => f.write_str("Location"),
            Self::Contacts { .. } => f.write_str("Contacts"),
            Self::Reaction { .. } => f.write_str("Reaction"),
            Self::Template(template) => template.fmt(f),
        }
    }
}

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A public address, from which the channel fetches it.
    Link(String),
    /// The channel's own id of a file that it has.
    Id(String),
    /// The name of a file in the store.
    Stored(String),
}

/// A message that the channel has approved beforehand.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub name: String,
    /// The channel's code of the language, such as `es` or `pt_BR`.
    pub language: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
}

/// One message that a customer was sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub reply: MessageId,
    pub part: u16,
    /// The channel's id of it.
    pub provider_id: String,
    pub text: String,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Speaker::is_bot")]
    pub by: Speaker,
    /// What the reply was taken from; with its first part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}
