//! The chats as the phones show them.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::clock::now_ms;

/// The platform hides the typing indicator after 25 seconds.
const TYPING_MS: i64 = 25_000;

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
            message,
        }
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

fn readable(message: &Value) -> String {
    const PLACES: [&str; 12] = [
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
        "/template/name",
    ];
    PLACES.iter().find_map(|place| message.pointer(place)?.as_str()).unwrap_or_default().to_owned()
}

/// A customer's phone.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) phone: String,
    pub(crate) name: String,
    pub(crate) user_id: String,
    /// Set when the customer goes by a user name and hides the number from businesses.
    pub(crate) username: Option<String>,
}

impl Profile {
    pub(crate) fn new(phone: &str, name: &str) -> Self {
        Self {
            phone: phone.to_owned(),
            name: name.to_owned(),
            user_id: format!("ES.{:020}", fnv(phone)),
            username: None,
        }
    }
}

/// FNV-1a: an id that a phone number decides and does not show.
pub(crate) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The digits of a phone number, whatever it is written with.
pub(crate) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

pub(crate) struct Chat {
    pub(crate) profile: Profile,
    pub(crate) bubbles: VecDeque<Bubble>,
    /// By the window's clock.
    pub(crate) last_customer_ms: Option<i64>,
    typing_until_ms: i64,
}

impl Chat {
    pub(crate) fn is_typing(&self) -> bool {
        now_ms() < self.typing_until_ms
    }
}

pub(crate) struct Chats {
    limit: usize,
    by_phone: HashMap<String, Chat>,
    phone_of_message: HashMap<String, String>,
    phone_of_user: HashMap<String, String>,
}

impl Chats {
    pub(crate) fn new(bubbles_per_chat: usize) -> Self {
        Self {
            limit: bubbles_per_chat.max(1),
            by_phone: HashMap::new(),
            phone_of_message: HashMap::new(),
            phone_of_user: HashMap::new(),
        }
    }

    pub(crate) fn get(&self, phone: &str) -> Option<&Chat> {
        self.by_phone.get(phone)
    }

    /// The chat of this phone, made when nobody knows it yet.
    pub(crate) fn open(&mut self, phone: &str) -> &mut Chat {
        if !self.by_phone.contains_key(phone) {
            let profile = Profile::new(phone, "");
            self.phone_of_user.insert(profile.user_id.clone(), phone.to_owned());
            let chat = Chat {
                profile,
                bubbles: VecDeque::new(),
                last_customer_ms: None,
                typing_until_ms: 0,
            };
            self.by_phone.insert(phone.to_owned(), chat);
        }
        self.by_phone.get_mut(phone).expect("just made")
    }

    pub(crate) fn phone_of_user(&self, user_id: &str) -> Option<&str> {
        self.phone_of_user.get(user_id).map(String::as_str)
    }

    /// Whom a request to `/messages` is about.
    pub(crate) fn customer_of(&self, request: &Value) -> Option<String> {
        let string = |key: &str| request.get(key).and_then(Value::as_str);
        if let Some(to) = string("to") {
            return Some(digits(to));
        }
        string("recipient")
            .and_then(|user_id| self.phone_of_user.get(user_id))
            .or_else(|| self.phone_of_message.get(string("message_id")?))
            .cloned()
    }

    pub(crate) fn customers(&self) -> Vec<Profile> {
        let mut profiles: Vec<Profile> =
            self.by_phone.values().map(|chat| chat.profile.clone()).collect();
        profiles.sort_by(|a, b| a.phone.cmp(&b.phone));
        profiles
    }

    pub(crate) fn push(&mut self, phone: &str, bubble: Bubble) {
        let limit = self.limit;
        let wamid = bubble.wamid.clone();
        let chat = self.open(phone);
        if bubble.reached_customer() {
            chat.typing_until_ms = 0;
        }
        let oldest = (chat.bubbles.len() == limit).then(|| chat.bubbles.pop_front()).flatten();
        chat.bubbles.push_back(bubble);
        if let Some(oldest) = oldest {
            self.phone_of_message.remove(&oldest.wamid);
        }
        self.phone_of_message.insert(wamid, phone.to_owned());
    }

    /// Moves a bubble on; it never goes back.
    pub(crate) fn advance(&mut self, wamid: &str, status: Status, error: Option<u32>) {
        let Some(chat) =
            self.phone_of_message.get(wamid).and_then(|phone| self.by_phone.get_mut(phone))
        else {
            return;
        };
        let found = chat.bubbles.iter_mut().rev().find(|b| b.wamid == wamid);
        if let Some(bubble) = found {
            bubble.status = bubble.status.max(status);
            bubble.error = bubble.error.or(error);
        }
    }

    /// Marks a customer's message and all before it as read. `false` when there is no such message.
    pub(crate) fn mark_read(&mut self, wamid: &str, typing: bool) -> bool {
        let Some(chat) =
            self.phone_of_message.get(wamid).and_then(|phone| self.by_phone.get_mut(phone))
        else {
            return false;
        };
        let is_customers = |b: &Bubble| b.from == Sender::Customer;
        let Some(last) = chat.bubbles.iter().rposition(|b| b.wamid == wamid && is_customers(b))
        else {
            return false;
        };
        for bubble in chat.bubbles.iter_mut().take(last + 1) {
            if is_customers(bubble) {
                bubble.status = Status::Read;
            }
        }
        if typing {
            chat.typing_until_ms = now_ms() + TYPING_MS;
        }
        true
    }

    pub(crate) fn clear(&mut self) {
        self.by_phone.clear();
        self.phone_of_message.clear();
        self.phone_of_user.clear();
    }
}
