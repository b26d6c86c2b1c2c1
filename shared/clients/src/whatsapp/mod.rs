//! WhatsApp's Cloud API: sending messages and marking them read.
//!
//! The platform has no idempotency key, so [`SendError`] says of every failure whether the message
//! may have gone out all the same. Facts: developers.facebook.com/docs/whatsapp/cloud-api.

mod classify;
mod error;
mod message;

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Url};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::classify::{Class, Scope};
pub use self::error::{SendError, Sent};
pub use self::message::{
    BODY_MAX, BUTTON_ID_MAX, BUTTON_TITLE_MAX, BUTTONS_MAX, Button, CALLBACK_MAX, Content,
    Recipient, Send, TEXT_MAX,
};
use crate::http;

/// How to reach the platform.
#[derive(Debug)]
pub struct Options {
    /// Without the version, such as `https://graph.facebook.com`.
    pub api_url: String,
    /// Such as `v25.0`.
    pub version: String,
    pub access_token: SecretString,
    /// The most one request takes, its connection included.
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
        let answer = self.post(message.phone_number_id, &message.to_json()).await?;
        if !answer.is_success() {
            return Err(answer.refusal(&message.words()));
        }
        let taken: Taken = serde_json::from_slice(&answer.body).map_err(|_| answer.unreadable())?;
        let [first, ..] = taken.messages.as_slice() else { return Err(answer.unreadable()) };
        Ok(Accepted { message_id: first.id.clone() })
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
        let answer = self.post(phone_number_id, &body).await?;
        if answer.is_success() { Ok(()) } else { Err(answer.refusal(&[])) }
    }

    async fn post(&self, phone_number_id: &str, body: &Value) -> Result<Answer, SendError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an http address has a path")
            .extend([phone_number_id, "messages"]);
        let response = self.http.post(url).json(body).send().await.map_err(SendError::lost)?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        // A body that breaks off is one that can't be read: the status still counts.
        let body = response.bytes().await.map(Vec::from).unwrap_or_default();
        Ok(Answer { status, headers, body })
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

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn refusal(&self, words: &[&str]) -> SendError {
        let retry_after = classify::retry_after(&self.headers);
        let refusal = classify::classify(self.status, retry_after, &self.body);
        SendError::refused(self.status, refusal, words)
    }

    fn unreadable(&self) -> SendError {
        SendError::Unreadable { status: self.status, class: Class::Transient }
    }
}
