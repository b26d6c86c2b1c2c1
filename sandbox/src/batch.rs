//! Webhooks as a test puts them together: their content, their copies, their delay, their signature.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::delivery::{Signature, Webhook, account_payload, deliver, payload};
use crate::operation::Operation;
use crate::world::World;

/// The fields whose value names the number it is about.
const OF_THE_NUMBER: [&str; 10] = [
    "messages",
    "smb_message_echoes",
    "message_echoes",
    "history",
    "smb_app_state_sync",
    "user_preferences",
    "user_id_update",
    "calls",
    "payment_configuration_update",
    "automatic_events",
];

/// A message that a customer has written and the platform not yet delivered.
#[derive(Clone)]
pub struct Composed {
    pub(crate) phone: String,
    pub wamid: String,
    pub(crate) message: Value,
    /// What the webhook says of the customer; nothing beside system messages.
    pub(crate) contact: Option<Value>,
}

impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Composed").field("wamid", &self.wamid).finish_non_exhaustive()
    }
}

/// One webhook, on its way out.
#[must_use = "it stays here until it goes out"]
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
        for contact in messages.iter().filter_map(|composed| composed.contact.as_ref()) {
            if !contacts.contains(contact) {
                contacts.push(contact.clone());
            }
        }
        let customer = messages.first().map_or("", |first| first.phone.as_str());
        let wamids = messages.iter().map(|m| m.wamid.clone()).collect();
        let written: Vec<&Value> = messages.iter().map(|m| &m.message).collect();
        let mut keys = Map::from_iter([("messages".to_owned(), json!(written))]);
        if !contacts.is_empty() {
            keys.insert("contacts".to_owned(), contacts.into());
        }
        let body = payload(world, "messages", keys);
        let webhook = Webhook { wamids, ..Webhook::new(Operation::WebhookMessage, customer, body) };
        Self { world: Arc::clone(world), webhook }
    }

    /// With a field of the account or of the number; the value of the latter is given `messaging_product`
    /// and `metadata`.
    pub(crate) fn of_field(world: &Arc<World>, field: &str, value: Value) -> Self {
        let body = match value {
            Value::Object(keys) if OF_THE_NUMBER.contains(&field) => payload(world, field, keys),
            value => account_payload(world, field, &value),
        };
        let webhook = Webhook::new(Operation::WebhookField, "", body);
        Self { world: Arc::clone(world), webhook }
    }

    /// With what the business wrote on its own phone to this customer.
    pub(crate) fn of_echoes(world: &Arc<World>, customer: &str, echoes: &[Value]) -> Self {
        let keys = Map::from_iter([("message_echoes".to_owned(), json!(echoes))]);
        let body = payload(world, "smb_message_echoes", keys);
        let webhook = Webhook::new(Operation::WebhookEcho, customer, body);
        Self { world: Arc::clone(world), webhook }
    }

    /// Carries these errors beside its messages.
    pub fn with_errors(mut self, errors: Value) -> Self {
        self.webhook.payload["entry"][0]["changes"][0]["value"]["errors"] = errors;
        self
    }

    /// Comes again so many times.
    pub fn copies(mut self, copies: u32) -> Self {
        self.webhook.copies = copies;
        self
    }

    /// Comes later.
    pub fn after(mut self, delay: Duration) -> Self {
        self.webhook.delay = delay;
        self
    }

    /// Comes signed with another secret, and once only.
    pub fn forged(mut self) -> Self {
        self.webhook.signature = Signature::Forged;
        self
    }

    /// The receiver's HTTP status at the first attempt; `None` when it is to come later or nobody answered.
    pub async fn goes_out(self) -> Option<u16> {
        deliver(&self.world, self.webhook).await
    }
}
