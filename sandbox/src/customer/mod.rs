//! A customer's phone in a test's hands.

mod moves;
mod writes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};

pub use moves::Notice;

use crate::batch::Composed;
use crate::bubble::{Bubble, Offer, OfferKind, Sender};
use crate::chat::{Chat, Profile, Shows, digits};
use crate::clock::now_ms;
use crate::ids;
use crate::lock;
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
        chats.takes_number(&phone);
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
        let mut chats = lock(&self.world.chats);
        let profile = &mut chats.open(&self.phone).profile;
        profile.username = Some(username.to_owned());
        profile.shows = Shows::UserId;
    }

    /// What webhooks tell of this customer from now on. [`Shows::NumberAndUserId`] after a user name is a
    /// customer whom the business has in its contacts.
    pub fn shows(&self, what: Shows) {
        lock(&self.world.chats).open(&self.phone).profile.shows = what;
    }

    /// A message that is in the chat and not yet on its way: see [`Sandbox::delivers`](crate::Sandbox::delivers).
    #[must_use]
    pub fn composes(&self, mut message: Value) -> Composed {
        // The platform speaks in them, not the customer: they name nobody but in their own content.
        let is_system = message["type"] == "system";
        let profile = self.profile();
        let mut add = |key: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|_| message.get(key).is_none()) {
                message[key] = value.into();
            }
        };
        add("from", profile.shown_phone());
        add("from_user_id", profile.shown_user_id().filter(|_| !is_system));
        add("timestamp", Some(&(now_ms() / 1000).to_string()));
        add("id", Some(&ids::wamid()));
        let wamid = message["id"].as_str().unwrap_or_default().to_owned();

        let mut chats = lock(&self.world.chats);
        chats.push(&self.phone, Bubble::new(wamid.clone(), Sender::Customer, message.clone()));
        if !is_system {
            chats.open(&self.phone).last_customer_ms = Some(self.world.window_clock.now_ms());
            lock(&self.world.rates).received(tokio::time::Instant::now());
        }
        drop(chats);
        self.world.has_changed();
        let contact = (!is_system).then(|| contact(&profile));
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
        lock(&self.world.chats).get(&self.phone).is_some_and(Chat::is_typing)
    }

    fn profile(&self) -> Profile {
        lock(&self.world.chats).open(&self.phone).profile.clone()
    }

    fn context(&self, wamid: &str) -> Value {
        json!({ "from": self.world.options.display_phone_number, "id": wamid })
    }
}

/// A customer as `contacts[]` of a webhook has them.
pub(crate) fn contact(profile: &Profile) -> Value {
    let mut contact = json!({ "profile": { "name": profile.name } });
    if let Some(username) = &profile.username {
        contact["profile"]["username"] = username.as_str().into();
    }
    if let Some(user_id) = profile.shown_user_id() {
        contact["user_id"] = user_id.into();
    }
    if let Some(phone) = profile.shown_phone() {
        contact["wa_id"] = phone.into();
    }
    contact
}

/// The message that taps this.
fn tapped(offer: &Offer) -> Value {
    let reply = json!({ "id": offer.id, "title": offer.title });
    match offer.kind {
        OfferKind::Button => json!({
            "type": "interactive",
            "interactive": { "type": "button_reply", "button_reply": reply },
        }),
        OfferKind::Row => {
            let mut row = reply;
            if let Some(description) = &offer.description {
                row["description"] = description.as_str().into();
            }
            json!({
                "type": "interactive",
                "interactive": { "type": "list_reply", "list_reply": row },
            })
        }
        OfferKind::QuickReply => json!({
            "type": "button",
            "button": { "payload": offer.id, "text": offer.title },
        }),
    }
}
