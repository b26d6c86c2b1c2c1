//! What can be sent, how it looks on the wire, and the platform's limits.

use std::fmt;

use serde_json::{Value, json};

use super::SendError;

// The platform's limits; lengths are in Unicode characters.
pub const TEXT_MAX: usize = 4096;
/// Of the text above buttons.
pub const BODY_MAX: usize = 1024;
pub const BUTTONS_MAX: usize = 3;
pub const BUTTON_TITLE_MAX: usize = 20;
pub const BUTTON_ID_MAX: usize = 256;
pub const CALLBACK_MAX: usize = 512;

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
    /// The id of the customer's message that this one quotes.
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

impl Send<'_> {
    /// The limits are checked here so that a mistake of ours costs no request and names itself.
    pub(super) fn check(&self) -> Result<(), SendError> {
        within("length of the callback data", length(self.callback_data), 0, CALLBACK_MAX)?;
        match self.content {
            Content::Text { body, .. } => within("length of the text", length(body), 1, TEXT_MAX),
            Content::Buttons { body, buttons } => {
                within("length of the text above the buttons", length(body), 1, BODY_MAX)?;
                within("number of buttons", buttons.len(), 1, BUTTONS_MAX)?;
                buttons.iter().try_for_each(|button| {
                    within(
                        "length of a button's title",
                        length(button.title),
                        1,
                        BUTTON_TITLE_MAX,
                    )?;
                    within("length of a button's id", length(button.id), 1, BUTTON_ID_MAX)
                })
            }
            Content::Template { .. } => Ok(()),
        }
    }

    pub(super) fn to_json(self) -> Value {
        let (kind, content) = match self.content {
            Content::Text { body, preview_url } => {
                ("text", json!({ "body": body, "preview_url": preview_url }))
            }
            Content::Buttons { body, buttons } => ("interactive", buttons_json(body, buttons)),
            Content::Template { name, language, parameters } => {
                ("template", template_json(name, language, parameters))
            }
        };
        let mut message = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "type": kind,
            kind: content,
            "biz_opaque_callback_data": self.callback_data,
        });
        match self.to {
            Recipient::Phone(number) => message["to"] = json!(number),
            Recipient::UserId(id) => message["recipient"] = json!(id),
        }
        if let Some(id) = self.reply_to {
            message["context"] = json!({ "message_id": id });
        }
        message
    }

    /// Everything in it that says who it is for or what it says.
    pub(super) fn words(&self) -> Vec<&str> {
        let (Recipient::Phone(to) | Recipient::UserId(to)) = self.to;
        let mut words = vec![to.as_str()];
        match self.content {
            Content::Text { body, .. } => words.push(body),
            Content::Buttons { body, buttons } => {
                words.push(body);
                words.extend(buttons.iter().map(|button| button.title));
            }
            Content::Template { parameters, .. } => words.extend(parameters),
        }
        words
    }
}

fn buttons_json(body: &str, buttons: &[Button<'_>]) -> Value {
    let buttons: Vec<_> = buttons
        .iter()
        .map(|Button { id, title }| json!({ "type": "reply", "reply": { "id": id, "title": title } }))
        .collect();
    json!({ "type": "button", "body": { "text": body }, "action": { "buttons": buttons } })
}

fn template_json(name: &str, language: &str, parameters: &[&str]) -> Value {
    let mut template = json!({ "name": name, "language": { "code": language } });
    if !parameters.is_empty() {
        let parameters: Vec<_> =
            parameters.iter().map(|text| json!({ "type": "text", "text": text })).collect();
        template["components"] = json!([{ "type": "body", "parameters": parameters }]);
    }
    template
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn within(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), SendError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(SendError::Limit { what, found, least, most })
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
            Self::Template { .. } => "Template(…)",
        })
    }
}

impl fmt::Debug for Button<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Button(…)")
    }
}
