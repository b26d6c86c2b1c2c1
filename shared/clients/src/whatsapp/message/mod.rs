//! What can be sent.

mod json;
mod limits;

use std::fmt;

use serde_json::Value;

pub use self::limits::{
    BODY_MAX, BUTTON_ID_MAX, BUTTON_TITLE_MAX, BUTTONS_MAX, CALLBACK_MAX, CAPTION_MAX,
    CONTACTS_MAX, LIST_BUTTON_MAX, LIST_ROWS_MAX, ROW_DESCRIPTION_MAX, ROW_ID_MAX, ROW_TITLE_MAX,
    TEMPLATE_NAME_MAX, TEMPLATE_PARAMETER_MAX, TEXT_MAX,
};
pub(super) use self::limits::{fits, length, within};

/// Who gets the message. A customer who has adopted a user name may have no phone number.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Digits only, with the country's code.
    Phone(String),
    /// A business-scoped user id, such as `ES.90000000000001`.
    UserId(String),
}

/// One message to one customer.
#[derive(Clone, Copy)]
pub struct Send<'a> {
    pub phone_number_id: &'a str,
    pub to: &'a Recipient,
    pub content: Content<'a>,
    /// The id of the customer's message that this one quotes. A reaction quotes nothing.
    pub reply_to: Option<&'a str>,
    /// Comes back with every status of this message: the only way to know again what was sent when
    /// the answer to the request was lost.
    pub callback_data: &'a str,
}

#[derive(Clone, Copy)]
pub enum Content<'a> {
    Text {
        /// In WhatsApp's own mark-up.
        body: &'a str,
        preview_url: bool,
    },
    Buttons {
        body: &'a str,
        buttons: &'a [Button<'a>],
    },
    /// Rows that the customer sees after touching `button`.
    List {
        body: &'a str,
        button: &'a str,
        rows: &'a [Row<'a>],
    },
    Media {
        kind: MediaKind,
        source: Source<'a>,
        /// Neither for audio nor for stickers.
        caption: Option<&'a str>,
        /// Only for documents. Its ending decides which symbol the customer sees.
        filename: Option<&'a str>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<&'a str>,
        address: Option<&'a str>,
    },
    Contacts {
        /// A list of cards as the platform wants them: each at least with `name.formatted_name`.
        cards: &'a Value,
    },
    Reaction {
        /// The id of the message that is reacted to.
        to: &'a str,
        /// None takes the reaction back.
        emoji: Option<&'a str>,
    },
    /// The only content that may be sent outside the 24-hour window.
    Template {
        name: &'a str,
        language: &'a str,
        /// What replaces the placeholders of the template's body, in order.
        parameters: &'a [&'a str],
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Button<'a> {
    pub id: &'a str,
    pub title: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub description: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
    Sticker,
}

/// Where the platform gets a file from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// An address that the platform can reach without being let in.
    Link(&'a str),
    /// What [`WhatsApp::upload`](super::WhatsApp::upload) returned.
    Id(&'a str),
}

impl<'a> Send<'a> {
    /// Everything in it that says who it is for or what it says.
    pub(super) fn words(&self) -> Vec<&'a str> {
        let (Recipient::Phone(to) | Recipient::UserId(to)) = self.to;
        let mut words = vec![to.as_str()];
        match self.content {
            Content::Text { body, .. } => words.push(body),
            Content::Buttons { body, buttons } => {
                words.push(body);
                words.extend(buttons.iter().map(|button| button.title));
            }
            Content::List { body, rows, .. } => {
                words.push(body);
                words.extend(rows.iter().map(|row| row.title));
                words.extend(rows.iter().filter_map(|row| row.description));
            }
            Content::Media { source: Source::Link(link), caption, filename, .. } => {
                words.extend([Some(link), caption, filename].into_iter().flatten());
            }
            Content::Media { caption, filename, .. } => {
                words.extend([caption, filename].into_iter().flatten());
            }
            Content::Location { name, address, .. } => {
                words.extend([name, address].into_iter().flatten());
            }
            Content::Contacts { cards } => strings_in(cards, &mut words),
            Content::Reaction { .. } => {}
            Content::Template { parameters, .. } => words.extend(parameters),
        }
        words
    }
}

fn strings_in<'a>(value: &'a Value, words: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => words.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings_in(item, words)),
        Value::Object(fields) => fields.values().for_each(|field| strings_in(field, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl MediaKind {
    /// The platform's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Phone(…)",
            Self::UserId(_) => "UserId(…)",
        })
    }
}

impl fmt::Debug for Send<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send")
            .field("to", self.to)
            .field("content", &self.content)
            .field("callback_data", &self.callback_data)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text { .. } => "Text(…)",
            Self::Buttons { .. } => "Buttons(…)",
            Self::List { .. } => "List(…)",
            Self::Media { .. } => "Media(…)",
            Self::Location { .. } => "Location(…)",
            Self::Contacts { .. } => "Contacts(…)",
            Self::Reaction { .. } => "Reaction(…)",
            Self::Template { .. } => "Template(…)",
        })
    }
}

impl fmt::Debug for Button<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Button(…)")
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row(…)")
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link(_) => "Link(…)",
            Self::Id(_) => "Id(…)",
        })
    }
}
