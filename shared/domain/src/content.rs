//! What a customer can send.

pub(crate) mod gloss;
mod media;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use gloss::Reference;
pub use media::{Media, MediaKind, Reading, Unread};

use crate::Customer;

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
            Self::Media(media) => media.words(),
            Self::Choice { title, .. } => Some(title.as_str()),
            Self::Order { text, .. } => text.as_deref(),
            Self::Edit { body, .. } => body.as_deref(),
            _ => None,
        }
        .filter(|words| !words.trim().is_empty())
    }

    /// Gives it other words, as an edit does. What has none stays as it is.
    pub(crate) fn reword(&mut self, words: &str) {
        match self {
            Self::Text { body } => words.clone_into(body),
            Self::Media(media) => media.caption = Some(words.to_owned()),
            Self::Order { text, .. } => *text = Some(words.to_owned()),
            _ => {}
        }
    }

    /// Whether somebody is about to find out what it says.
    pub fn is_to_be_read(&self) -> bool {
        matches!(self, Self::Media(media)
            if media.kind != MediaKind::Sticker && media.reading.is_none())
    }

    /// What a machine read in it that is not the customer's own words.
    pub(crate) fn reading(&self) -> Option<String> {
        let Self::Media(media) = self else { return None };
        let (what, text) = match media.reading.as_ref()? {
            Reading::Description(text) => ("imagen".to_owned(), text),
            Reading::Text(text) => {
                let name = media.filename.as_deref().unwrap_or_default();
                (gloss::line(&format!("documento {name}")), text)
            }
            Reading::Transcript(text) if media.caption.is_some() => ("audio".to_owned(), text),
            Reading::Transcript(_) | Reading::Unread(_) => return None,
        };
        Some(format!("[{what}: {}]", gloss::unbracketed(text)))
    }

    /// Whether it says something beside the customer's words: a place, a list, what was read in a
    /// file. What it refers to does not count.
    pub fn says_more_than_words(&self) -> bool {
        match self {
            Self::Location { .. }
            | Self::Contacts { .. }
            | Self::Form { .. }
            | Self::Order { .. } => true,
            Self::Media(_) => self.reading().is_some(),
            _ => false,
        }
    }

    /// Why nothing is known of what it says, if that is so.
    pub fn unread(&self) -> Option<Unread> {
        match self {
            Self::Media(Media { reading: Some(Reading::Unread(why)), .. }) => Some(*why),
            Self::Media(Media { reading: None, kind, .. }) if *kind != MediaKind::Sticker => {
                Some(Unread::Failed)
            }
            _ => None,
        }
    }

    /// The names that a customer goes by from now on, when this notice says so.
    pub fn new_names(&self) -> Option<Customer> {
        let Self::System { event, details } = self else { return None };
        if !matches!(event.as_str(), "user_changed_number" | "user_changed_user_id") {
            return None;
        }
        let name = |key: &str| {
            let name = details.get(key)?.as_str()?;
            (!name.is_empty()).then(|| name.to_owned())
        };
        let names = Customer { user_id: name("user_id"), phone: name("wa_id"), name: None };
        (names.user_id.is_some() || names.phone.is_some()).then_some(names)
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
            file: None,
            reading: None,
        })
    }

    #[test]
    fn what_was_read_stands_in_brackets_of_ours() {
        let read = |caption: Option<&str>, filename: Option<&str>, reading| {
            let Content::Media(mut media) = media(MediaKind::Document, caption) else { panic!() };
            media.filename = filename.map(str::to_owned);
            media.reading = Some(reading);
            let content = Content::Media(media);
            assert_eq!(content.says_more_than_words(), content.reading().is_some());
            content.reading().unwrap_or_default()
        };
        let text = |text: &str| Reading::Text(text.to_owned());
        let forged = || "a]\n[audio: b".to_owned();
        assert_eq!(read(None, Some("a.pdf"), text("uno")), "[documento a.pdf: uno]");
        assert_eq!(read(None, None, text("uno\ndos")), "[documento: uno\ndos]");
        assert_eq!(
            read(None, Some(&forged()), Reading::Text(forged())),
            "[documento a) (audio: b: a)\n(audio: b]"
        );
        assert_eq!(read(None, None, Reading::Description(forged())), "[imagen: a)\n(audio: b]");
        assert_eq!(read(Some("?"), None, Reading::Transcript(forged())), "[audio: a)\n(audio: b]");
        assert_eq!(read(None, None, Reading::Transcript(forged())), "", "they are words");
        assert_eq!(read(None, None, Reading::Unread(Unread::Gone)), "");
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
        }
    }
}
