//! The chats as the phones show them.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::bubble::{Bubble, Sender, Status};
use crate::clock::now_ms;
use serde_json::Value;

/// The platform hides the typing indicator after 25 seconds.
const TYPING_MS: i64 = 25_000;

/// What the platform tells a business of who a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The phone number and the business-scoped user id.
    NumberAndUserId,
    /// The user id alone, as of customers with a user name.
    UserId,
    /// The number alone, as before user ids came.
    Number,
}

/// A customer's phone.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) phone: String,
    pub(crate) name: String,
    pub(crate) user_id: String,
    pub(crate) username: Option<String>,
    pub(crate) shows: Shows,
}

impl Profile {
    /// The number, when businesses may see it.
    pub(crate) fn shown_phone(&self) -> Option<&str> {
        (self.shows != Shows::UserId).then_some(self.phone.as_str())
    }

    /// The user id, when the platform gives it.
    pub(crate) fn shown_user_id(&self) -> Option<&str> {
        (self.shows != Shows::Number).then_some(self.user_id.as_str())
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
    /// User ids that were somebody's and are nobody's any more.
    retired: HashSet<String>,
    /// Numbers that their owners have left.
    left: HashSet<String>,
}

impl Chats {
    pub(crate) fn new(bubbles_per_chat: usize) -> Self {
        Self {
            limit: bubbles_per_chat.max(1),
            by_phone: HashMap::new(),
            phone_of_message: HashMap::new(),
            phone_of_user: HashMap::new(),
            retired: HashSet::new(),
            left: HashSet::new(),
        }
    }

    pub(crate) fn get(&self, phone: &str) -> Option<&Chat> {
        self.by_phone.get(phone)
    }

    /// The chat of this phone, made when nobody knows it yet.
    pub(crate) fn open(&mut self, phone: &str) -> &mut Chat {
        if !self.by_phone.contains_key(phone) {
            let profile = Profile {
                phone: phone.to_owned(),
                name: String::new(),
                user_id: self.fresh_user_id(phone),
                username: None,
                shows: Shows::NumberAndUserId,
            };
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

    /// A user id that nobody has had.
    fn fresh_user_id(&self, phone: &str) -> String {
        let first = fnv(phone);
        (0..)
            .map(|salt| format!("ES.{:020}", first.wrapping_add(salt)))
            .find(|id| !self.retired.contains(id) && !self.phone_of_user.contains_key(id))
            .expect("there are more ids than customers")
    }

    /// The customer gets another user id, and the old one is nobody's. Gives the old and the new one.
    pub(crate) fn rotate_user_id(&mut self, phone: &str) -> (String, String) {
        let old = self.open(phone).profile.user_id.clone();
        self.phone_of_user.remove(&old);
        self.retired.insert(old.clone());
        let new = self.fresh_user_id(phone);
        self.phone_of_user.insert(new.clone(), phone.to_owned());
        self.open(phone).profile.user_id.clone_from(&new);
        (old, new)
    }

    /// The customer takes the phone, with all that is on it, to another number. Whatever was at the new
    /// number goes; the old one is nobody's until somebody writes from it.
    pub(crate) fn move_number(&mut self, from: &str, to: &str) {
        self.open(from);
        let Some(mut chat) = self.by_phone.remove(from) else {
            return;
        };
        to.clone_into(&mut chat.profile.phone);
        for bubble in &chat.bubbles {
            self.phone_of_message.insert(bubble.wamid.clone(), to.to_owned());
        }
        self.phone_of_user.retain(|_, phone| phone != to);
        self.phone_of_user.insert(chat.profile.user_id.clone(), to.to_owned());
        self.by_phone.insert(to.to_owned(), chat);
        self.left.insert(from.to_owned());
        self.left.remove(to);
    }

    /// Somebody has this number from now on.
    pub(crate) fn takes_number(&mut self, phone: &str) {
        self.left.remove(phone);
    }

    pub(crate) fn is_left(&self, phone: &str) -> bool {
        self.left.contains(phone)
    }

    /// All chats, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Chat> {
        self.by_phone.values()
    }

    pub(crate) fn bubble(&self, wamid: &str) -> Option<&Bubble> {
        let chat = self.by_phone.get(self.phone_of_message.get(wamid)?)?;
        chat.bubbles.iter().rev().find(|bubble| bubble.wamid == wamid)
    }

    pub(crate) fn phone_of_message(&self, wamid: &str) -> Option<&str> {
        self.phone_of_message.get(wamid).map(String::as_str)
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
        self.retired.clear();
        self.left.clear();
    }
}
