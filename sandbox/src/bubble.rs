//! One message in a chat, as the customer's phone shows it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::clock::now_ms;
use crate::template::Template;

/// Who wrote a bubble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    Customer,
    /// The business through the API.
    Business,
    /// A person of the business on its own phone.
    BusinessPhone,
}

/// How far a bubble has come. Of a customer's: `Delivered` once the webhook was answered with 200,
/// `Read` once the business marked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
}

/// One message in a chat.
#[derive(Clone, Serialize)]
pub struct Bubble {
    pub wamid: String,
    pub from: Sender,
    /// The message's `type`.
    pub kind: String,
    /// What a reader sees of it: body, caption or title; empty when there is nothing to read.
    pub text: String,
    /// The message as it was sent.
    pub message: Value,
    pub at_ms: i64,
    pub status: Status,
    /// The error code of a failed one.
    pub error: Option<u32>,
    /// The message it quotes.
    pub reply_to: Option<String>,
    /// `biz_opaque_callback_data` of the send.
    pub callback_data: Option<String>,
    /// What the customer can tap.
    pub offers: Vec<Offer>,
}

/// A button, a list row, or the quick reply of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The id, or of a quick reply the payload.
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    pub kind: OfferKind,
}

/// Which message answers a tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    Button,
    Row,
    QuickReply,
}

impl Bubble {
    pub(crate) fn new(wamid: String, from: Sender, message: Value) -> Self {
        let string =
            |pointer: &str| message.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Self {
            wamid,
            from,
            kind: string("/type").unwrap_or_else(|| "text".into()),
            text: readable(&message),
            at_ms: now_ms(),
            status: Status::Accepted,
            error: None,
            reply_to: string("/context/message_id").or_else(|| string("/context/id")),
            callback_data: string("/biz_opaque_callback_data"),
            offers: offers(&message),
            message,
        }
    }

    /// The bubble of a template, filled in as the customer reads it.
    pub(crate) fn of_template(wamid: String, message: Value, template: &Template) -> Self {
        let sent = &message["template"];
        let (text, offers) = (template.filled(sent), template.quick_replies(sent));
        Self { text, offers, ..Self::new(wamid, Sender::Business, message) }
    }

    /// Whether the customer's phone shows it as written by the business.
    #[must_use]
    pub fn reached_customer(&self) -> bool {
        self.from != Sender::Customer && self.status != Status::Failed
    }
}

// Text is masked; `Sandbox::transcript_text` is for reading.
impl fmt::Debug for Bubble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bubble")
            .field("wamid", &self.wamid)
            .field("from", &self.from)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

fn offers(message: &Value) -> Vec<Offer> {
    let Some(action) = message.pointer("/interactive/action") else {
        return Vec::new();
    };
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let offer = |item: &Value, kind: OfferKind| {
        let string = |key: &str| item[key].as_str().map(str::to_owned);
        Offer {
            id: string("id").unwrap_or_default(),
            title: string("title").unwrap_or_default(),
            description: string("description"),
            kind,
        }
    };
    let buttons = items(&action["buttons"])
        .into_iter()
        .map(|button| offer(&button["reply"], OfferKind::Button));
    let rows = items(&action["sections"])
        .into_iter()
        .flat_map(|section| items(&section["rows"]))
        .map(|row| offer(&row, OfferKind::Row));
    buttons.chain(rows).collect()
}

fn readable(message: &Value) -> String {
    const PLACES: [&str; 13] = [
        "/text/body",
        "/interactive/body/text",
        "/interactive/button_reply/title",
        "/interactive/list_reply/title",
        "/button/text",
        "/image/caption",
        "/video/caption",
        "/document/caption",
        "/document/filename",
        "/reaction/emoji",
        "/edit/message/text/body",
        "/edit/message/image/caption",
        "/location/name",
    ];
    PLACES.iter().find_map(|place| message.pointer(place)?.as_str()).unwrap_or_default().to_owned()
}
