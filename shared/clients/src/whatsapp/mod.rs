//! WhatsApp's Cloud API: messages, files, templates and the state of a phone number.
//!
//! The platform has no idempotency key, so [`SendError`] says of every failure whether the message
//! may have gone out all the same. Facts: developers.facebook.com/docs/whatsapp/cloud-api.

mod account;
mod answer;
mod classify;
mod error;
mod media;
mod message;
mod number;
mod template;

use std::fmt;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use self::answer::Answer;
pub use self::classify::{Class, Scope};
pub use self::error::{SendError, Sent};
pub use self::media::{
    AUDIO_BYTES_MAX, DOCUMENT_BYTES_MAX, DownloadError, IMAGE_BYTES_MAX, MediaInfo,
    STICKER_BYTES_MAX, VIDEO_BYTES_MAX,
};
pub use self::message::{
    BODY_MAX, BUTTON_ID_MAX, BUTTON_TITLE_MAX, BUTTONS_MAX, Button, CALLBACK_MAX, CAPTION_MAX,
    CONTACTS_MAX, Content, LIST_BUTTON_MAX, LIST_ROWS_MAX, MediaKind, ROW_DESCRIPTION_MAX,
    ROW_ID_MAX, ROW_TITLE_MAX, Recipient, Row, Send, Source, TEMPLATE_NAME_MAX,
    TEMPLATE_PARAMETER_MAX, TEXT_MAX,
};
pub use self::number::{PhoneNumber, Throughput};
pub use self::template::{NewTemplate, Submitted, Template};
use crate::http;

/// How to reach the platform.
#[derive(Debug)]
pub struct Options {
    /// Without the version, such as `https://graph.facebook.com`.
    pub api_url: String,
    /// Such as `v25.0`.
    pub version: String,
    pub access_token: SecretString,
    /// The most one request takes, its connection included. Files have a limit of their own.
    pub timeout: Duration,
}

/// A client for one access token and all the phone numbers it may speak for. Cloning shares the
/// connections.
#[derive(Clone)]
pub struct WhatsApp {
    http: Client,
    base: Url,
}

/// The platform took the message in. Whether it arrives is told later, by a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub message_id: String,
}

/// Whether marking a message read also shows the customer that somebody is typing. The indicator
/// goes away with the next message, or after 25 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    Show,
    Hide,
}

impl WhatsApp {
    pub fn new(options: Options) -> Result<Self, http::Error> {
        let Options { api_url, version, access_token, timeout } = options;
        let mut base = http::address("the address of the WhatsApp API", &api_url)?;
        base.path_segments_mut().expect("an http address has a path").pop_if_empty().push(&version);
        let headers = http::bearer("the WhatsApp access token", &access_token)?;
        Ok(Self { http: http::client(timeout, headers)?, base })
    }

    /// Sends one message, once: nothing is repeated here, since only the caller knows whether the
    /// customer would get it twice.
    pub async fn send(&self, message: Send<'_>) -> Result<Accepted, SendError> {
        message.check()?;
        let url = self.url(&[message.phone_number_id, "messages"]);
        let answer = self.exchange(self.http.post(url).json(&message.to_json())).await?;
        let taken: Taken = answer.read(&message.words())?;
        let first = taken.messages.into_iter().next().ok_or_else(|| answer.unreadable())?;
        Ok(Accepted { message_id: first.id })
    }

    /// Marks a customer's message, and all before it, as read. May be repeated freely.
    pub async fn mark_read(
        &self,
        phone_number_id: &str,
        message_id: &str,
        typing: Typing,
    ) -> Result<(), SendError> {
        let mut body = json!({
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
        });
        if typing == Typing::Show {
            body["typing_indicator"] = json!({ "type": "text" });
        }
        let url = self.url(&[phone_number_id, "messages"]);
        self.exchange(self.http.post(url).json(&body)).await?.success(&[])
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("an http address has a path").extend(path);
        url
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Answer, SendError> {
        Ok(Answer::of(request.send().await.map_err(SendError::lost)?).await)
    }
}

impl fmt::Debug for WhatsApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsApp").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Taken {
    messages: Vec<TakenMessage>,
}

#[derive(Deserialize)]
struct TakenMessage {
    id: String,
}
