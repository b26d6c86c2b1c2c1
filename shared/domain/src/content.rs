//! What a customer can send.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message of a customer, in the terms of the domain. What a channel sends and this list does
/// not know arrives as [`Content::Unknown`]; nothing is dropped.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    Text {
        body: String,
    },
    Media(Media),
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
    },
    /// Contact cards, as the channel gave them.
    Contacts {
        cards: Value,
    },
    /// A tap on a button, a row of a list or a template's quick reply.
    Choice {
        id: String,
        title: String,
    },
    /// A form that the customer filled in; `answers` is the form's own JSON.
    Form {
        name: Option<String>,
        answers: Value,
    },
    Order {
        catalog_id: Option<String>,
        text: Option<String>,
        items: Vec<OrderItem>,
    },
    /// `emoji` is absent when a reaction was taken back.
    Reaction {
        to: String,
        emoji: Option<String>,
    },
    Edit {
        original: String,
        body: Option<String>,
    },
    Revoke {
        original: String,
    },
    /// Something about the customer's account, such as a new number.
    System {
        event: String,
        details: Value,
    },
    /// The channel itself says that it can't carry what the customer sent.
    Unsupported {
        what: Option<String>,
    },
    /// A type that this version does not know, as the channel gave it.
    Unknown {
        type_name: String,
        raw: Value,
    },
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    #[serde(rename = "media")]
    pub kind: MediaKind,
    pub id: String,
    pub mime_type: Option<String>,
    pub sha256: Option<String>,
    pub caption: Option<String>,
    pub filename: Option<String>,
    /// A voice note, spoken for this conversation, as opposed to a sound file.
    #[serde(default)]
    pub voice: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
    Sticker,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderItem {
    pub product_id: String,
    pub quantity: f64,
    pub price: Option<f64>,
    pub currency: Option<String>,
}

impl Content {
    pub fn text(body: impl Into<String>) -> Self {
        Self::Text { body: body.into() }
    }

    /// Whether this asks for an answer. A reaction, an edit, a revocation or a notice from the
    /// channel is noted and answered by nothing.
    pub fn wants_an_answer(&self) -> bool {
        !matches!(
            self,
            Self::Reaction { .. } | Self::System { .. } | Self::Edit { .. } | Self::Revoke { .. }
        )
    }

    /// The words of the customer in it, if there are any.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text { body } => Some(body.as_str()),
            Self::Media(media) => media.caption.as_deref(),
            Self::Choice { title, .. } => Some(title.as_str()),
            Self::Order { text, .. } => text.as_deref(),
            Self::Edit { body, .. } => body.as_deref(),
            _ => None,
        }
        .filter(|words| !words.trim().is_empty())
    }

    /// Whether its meaning is in its words. What a photo shows is not in its caption.
    pub fn is_readable(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Choice { .. } | Self::Edit { .. })
    }

    /// The kind's name, as in JSON; fit for logs, metrics and records.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media(media) => match media.kind {
                MediaKind::Image => "image",
                MediaKind::Audio => "audio",
                MediaKind::Video => "video",
                MediaKind::Document => "document",
                MediaKind::Sticker => "sticker",
            },
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Choice { .. } => "choice",
            Self::Form { .. } => "form",
            Self::Order { .. } => "order",
            Self::Reaction { .. } => "reaction",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::System { .. } => "system",
            Self::Unsupported { .. } => "unsupported",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Shows the kind and never what the customer wrote.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.kind())
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("kind", &self.kind)
            .field("voice", &self.voice)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OrderItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderItem").field("quantity", &self.quantity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(kind: MediaKind, caption: Option<&str>) -> Content {
        Content::Media(Media {
            kind,
            id: "1".to_owned(),
            mime_type: None,
            sha256: None,
            caption: caption.map(str::to_owned),
            filename: Some("price-list.pdf".to_owned()),
            voice: false,
        })
    }

    #[test]
    fn each_content_has_its_kind_its_words_and_whether_it_wants_an_answer() {
        let (text, null) = (|text: &str| text.to_owned(), || Value::Null);
        for (content, kind, words, wants_an_answer) in [
            (Content::text("hi"), "text", Some("hi"), true),
            (Content::text(" \n"), "text", None, true),
            (media(MediaKind::Image, Some("this one?")), "image", Some("this one?"), true),
            (media(MediaKind::Image, Some("")), "image", None, true),
            (media(MediaKind::Audio, None), "audio", None, true),
            (media(MediaKind::Video, None), "video", None, true),
            (media(MediaKind::Document, None), "document", None, true),
            (media(MediaKind::Sticker, None), "sticker", None, true),
            (
                Content::Location { latitude: 0.0, longitude: 0.0, name: None, address: None },
                "location",
                None,
                true,
            ),
            (Content::Contacts { cards: null() }, "contacts", None, true),
            (Content::Choice { id: text("1"), title: text("Yes") }, "choice", Some("Yes"), true),
            (Content::Form { name: None, answers: null() }, "form", None, true),
            (
                Content::Order { catalog_id: None, text: Some(text("soon")), items: Vec::new() },
                "order",
                Some("soon"),
                true,
            ),
            (Content::Reaction { to: text("1"), emoji: None }, "reaction", None, false),
            (
                Content::Edit { original: text("1"), body: Some(text("ho")) },
                "edit",
                Some("ho"),
                false,
            ),
            (Content::Revoke { original: text("1") }, "revoke", None, false),
            (Content::System { event: text("e"), details: null() }, "system", None, false),
            (Content::Unsupported { what: None }, "unsupported", None, true),
            (Content::Unknown { type_name: text("new"), raw: null() }, "unknown", None, true),
        ] {
            assert_eq!(content.kind(), kind);
            assert_eq!(content.words(), words, "{kind}");
            assert_eq!(content.wants_an_answer(), wants_an_answer, "{kind}");
            let is_readable = matches!(kind, "text" | "choice" | "edit");
            assert_eq!(content.is_readable(), is_readable, "{kind}");
        }
    }
}
