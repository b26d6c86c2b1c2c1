//! A customer's phone in a test's hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::chat::{Bubble, Profile, Sender, digits};
use crate::clock::now_ms;
use crate::delivery::{Signature, Webhook, deliver, payload};
use crate::ids;
use crate::lock;
use crate::operation::Operation;
use crate::voice;
use crate::wait::wait_for;
use crate::world::World;

/// A customer. Writing gives the message's id and returns once the webhook was attempted; a receiver
/// that did not take it gets it again later.
pub struct Customer {
    world: Arc<World>,
    phone: String,
    heard: AtomicUsize,
}

impl std::fmt::Debug for Customer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Customer").finish_non_exhaustive()
    }
}

impl Customer {
    pub(crate) fn new(world: &Arc<World>, phone: &str, name: &str) -> Self {
        let phone = digits(phone);
        let mut chats = lock(&world.chats);
        let profile = &mut chats.open(&phone).profile;
        if !name.is_empty() {
            name.clone_into(&mut profile.name);
        }
        drop(chats);
        Self { world: Arc::clone(world), phone, heard: AtomicUsize::new(0) }
    }

    /// Digits only.
    #[must_use]
    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// The business-scoped user id, which every webhook of this customer carries.
    #[must_use]
    pub fn user_id(&self) -> String {
        self.profile().user_id
    }

    /// From now on this customer goes by a user name: webhooks carry no phone number.
    pub fn adopts_username(&self, username: &str) {
        lock(&self.world.chats).open(&self.phone).profile.username = Some(username.to_owned());
    }

    /// Writes a text.
    pub async fn says(&self, text: &str) -> String {
        self.sends(json!({ "type": "text", "text": { "body": text } })).await
    }

    /// Writes a text that quotes a message.
    pub async fn replies_to(&self, wamid: &str, text: &str) -> String {
        let context = self.context(wamid);
        self.sends(json!({ "type": "text", "text": { "body": text }, "context": context })).await
    }

    /// Taps the button or list row with this title or id in the newest message that has it.
    ///
    /// # Errors
    /// When no message from the business has such a button.
    pub async fn taps(&self, label: &str) -> anyhow::Result<String> {
        let found = lock(&self.world.chats)
            .get(&self.phone)
            .and_then(|chat| chat.bubbles.iter().rev().find_map(|b| tap(b, label)));
        let (wamid, interactive) = found.context("tap a button: no message offers it")?;
        let context = self.context(&wamid);
        let message =
            json!({ "type": "interactive", "interactive": interactive, "context": context });
        Ok(self.sends(message).await)
    }

    /// Sends a voice note in which the transcription endpoint will hear this text.
    pub async fn speaks(&self, text: &str) -> String {
        let sound = voice::note(text);
        self.world.script.transcribes(&sound, text);
        self.sends_file("audio", "audio/ogg; codecs=opus", sound, json!({ "voice": true })).await
    }

    /// Sends a file as `image`, `audio`, `video`, `document` or `sticker`, with what else the message says
    /// of it, as `{"caption": …}`.
    pub async fn sends_file(
        &self,
        kind: &str,
        mime_type: &str,
        bytes: Bytes,
        more: Value,
    ) -> String {
        let mut about = more;
        {
            let mut store = lock(&self.world.media);
            let id = store.keep(mime_type, bytes);
            about["sha256"] = store.get(&id).map(|media| STANDARD.encode(media.sha256)).into();
            about["id"] = id.into();
            about["mime_type"] = mime_type.into();
        }
        self.sends(json!({ "type": kind, kind: about })).await
    }

    /// Sends a message as it stands in `messages[]`; what is missing of `from`, `id` and `timestamp` is added.
    pub async fn sends(&self, message: Value) -> String {
        let composed = self.composes(message);
        let wamid = composed.wamid.clone();
        Batch::new(&self.world, &[composed]).goes_out().await;
        wamid
    }

    /// A message that is in the chat and not yet on its way: see [`Sandbox::delivers`](crate::Sandbox::delivers).
    #[must_use]
    pub fn composes(&self, mut message: Value) -> Composed {
        let profile = self.profile();
        let mut contact =
            json!({ "profile": { "name": profile.name }, "user_id": profile.user_id });
        if message.get("from_user_id").is_none() {
            message["from_user_id"] = profile.user_id.into();
        }
        if let Some(username) = profile.username {
            contact["profile"]["username"] = username.into();
        } else {
            contact["wa_id"] = self.phone.as_str().into();
            if message.get("from").is_none() {
                message["from"] = self.phone.as_str().into();
            }
        }
        if message.get("timestamp").is_none() {
            message["timestamp"] = (now_ms() / 1000).to_string().into();
        }
        let wamid = match message.get("id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => ids::wamid(),
        };
        message["id"] = wamid.as_str().into();

        {
            let mut chats = lock(&self.world.chats);
            let bubble = Bubble::new(wamid.clone(), Sender::Customer, message.clone());
            chats.push(&self.phone, bubble);
            chats.open(&self.phone).last_customer_ms = Some(self.world.window_clock.now_ms());
        }
        // What customers write counts towards the number's throughput; it is never refused.
        lock(&self.world.rates).take_for_number(tokio::time::Instant::now());
        self.world.has_changed();
        Composed { phone: self.phone.clone(), wamid, message, contact }
    }

    /// Waits for the next message that reaches this phone and was not heard through this handle before.
    ///
    /// # Errors
    /// When none comes within the limit.
    pub async fn hears(&self, limit: Duration) -> anyhow::Result<Bubble> {
        let nth = self.heard.load(Ordering::Acquire);
        let next = || {
            let chats = lock(&self.world.chats);
            let bubbles = &chats.get(&self.phone)?.bubbles;
            bubbles.iter().filter(|b| b.reached_customer()).nth(nth).cloned()
        };
        let Some(bubble) = wait_for(&self.world, limit, next).await else {
            bail!("wait for the business's message {}: none within {limit:?}", nth + 1);
        };
        self.heard.store(nth + 1, Ordering::Release);
        Ok(bubble)
    }

    /// Whether the phone shows that the business is typing.
    #[must_use]
    pub fn sees_typing(&self) -> bool {
        lock(&self.world.chats).get(&self.phone).is_some_and(crate::chat::Chat::is_typing)
    }

    fn profile(&self) -> Profile {
        lock(&self.world.chats).open(&self.phone).profile.clone()
    }

    fn context(&self, wamid: &str) -> Value {
        json!({ "from": self.world.options.display_phone_number, "id": wamid })
    }
}

/// The answer of a tap on this bubble, if it offers the label.
fn tap(bubble: &Bubble, label: &str) -> Option<(String, Value)> {
    let action = bubble.message.pointer("/interactive/action")?;
    let is_meant = |item: &&Value| item["id"] == label || item["title"] == label;
    let items = |key: &str| action[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let button = items("buttons")
        .iter()
        .map(|button| &button["reply"])
        .find(is_meant)
        .map(|reply| json!({ "type": "button_reply", "button_reply": reply }));
    let row = || {
        items("sections")
            .iter()
            .filter_map(|section| section["rows"].as_array())
            .flatten()
            .find(is_meant)
            .map(|row| json!({ "type": "list_reply", "list_reply": row }))
    };
    Some((bubble.wamid.clone(), button.or_else(row)?))
}

/// A message that a customer has written and the platform not yet delivered.
#[derive(Clone)]
pub struct Composed {
    phone: String,
    pub wamid: String,
    message: Value,
    contact: Value,
}

impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Composed").field("wamid", &self.wamid).finish_non_exhaustive()
    }
}

/// One webhook with several messages, in the order given, on its way out.
pub struct Batch {
    world: Arc<World>,
    webhook: Webhook,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}

impl Batch {
    pub(crate) fn new(world: &Arc<World>, messages: &[Composed]) -> Self {
        let mut contacts: Vec<Value> = Vec::new();
        for composed in messages {
            if !contacts.contains(&composed.contact) {
                contacts.push(composed.contact.clone());
            }
        }
        let customer = messages.first().map_or("", |first| first.phone.as_str());
        let wamids = messages.iter().map(|m| m.wamid.clone()).collect();
        let written: Vec<&Value> = messages.iter().map(|m| &m.message).collect();
        let keys = Map::from_iter([
            ("contacts".to_owned(), contacts.into()),
            ("messages".to_owned(), json!(written)),
        ]);
        let body = payload(world, "messages", keys);
        let webhook = Webhook { wamids, ..Webhook::new(Operation::WebhookMessage, customer, body) };
        Self { world: Arc::clone(world), webhook }
    }

    /// Comes again so many times.
    #[must_use]
    pub fn copies(mut self, copies: u32) -> Self {
        self.webhook.copies = copies;
        self
    }

    /// Comes later.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.webhook.delay = delay;
        self
    }

    /// Comes signed with another secret, and once only.
    #[must_use]
    pub fn forged(mut self) -> Self {
        self.webhook.signature = Signature::Forged;
        self
    }

    /// The receiver's HTTP status at the first attempt; `None` when it is to come later or nobody answered.
    pub async fn goes_out(self) -> Option<u16> {
        deliver(&self.world, self.webhook).await
    }
}

/// What the business wrote on its own phone: the customer sees it, the API gets its echo.
pub(crate) async fn business_phone_says(world: &Arc<World>, phone: &str, text: &str) -> String {
    let customer = Customer::new(world, phone, "");
    let wamid = ids::wamid();
    let mut message = json!({
        "from": world.options.display_phone_number,
        "to_user_id": customer.user_id(),
        "id": wamid,
        "timestamp": (now_ms() / 1000).to_string(),
        "type": "text",
        "text": { "body": text },
    });
    if customer.profile().username.is_none() {
        message["to"] = customer.phone().into();
    }
    let bubble = Bubble::new(wamid.clone(), Sender::BusinessPhone, message.clone());
    lock(&world.chats).push(customer.phone(), bubble);
    world.has_changed();
    let keys = Map::from_iter([("message_echoes".to_owned(), json!([message]))]);
    let body = payload(world, "smb_message_echoes", keys);
    deliver(world, Webhook::new(Operation::WebhookEcho, customer.phone(), body)).await;
    wamid
}
