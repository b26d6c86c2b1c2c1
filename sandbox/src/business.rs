//! What webhooks tell of the business itself: its own phone, its past, its templates, its account.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::Sandbox;
use crate::batch::Batch;
use crate::bubble::{Bubble, Sender};
use crate::clock::now_ms;
use crate::customer::Customer;
use crate::ids;
use crate::lock;
use crate::template::{Template, TemplateStatus};
use crate::world::World;

/// The days before today that each phase of a history goes back to.
const PHASES_DAYS: [u32; 3] = [1, 90, 180];

impl Sandbox {
    /// A person of the business answers this customer on the business's own phone; gives the message's id.
    /// The greeting and the absence message of the WhatsApp Business app come the same way: nothing that is
    /// documented tells them apart.
    pub async fn business_phone_says(&self, phone: &str, text: &str) -> String {
        let message = json!({ "type": "text", "text": { "body": text } });
        let (wamid, batch) = echo(&self.world, phone, message);
        batch.goes_out().await;
        wamid
    }

    /// The same with any message, also of type `edit` or `revoke`, as it stands in `message_echoes[]`; the
    /// echo is still to go out, which it may do late. Gives the message's id beside it.
    pub fn business_phone_sends(&self, phone: &str, message: Value) -> (String, Batch) {
        echo(&self.world, phone, message)
    }

    /// The echo of a message that was sent through the API.
    ///
    /// # Panics
    /// When the API has accepted no such message: a test that asks for it would prove nothing.
    pub fn echoes_api_message(&self, wamid: &str) -> Batch {
        echo_of_api(&self.world, wamid).expect("a message that the API has accepted")
    }

    /// A webhook of another field than those that customers and the business's phone bring about. Of a field
    /// of the number the value is completed with `messaging_product` and `metadata`.
    pub fn posts_field(&self, field: &str, value: Value) -> Batch {
        Batch::of_field(&self.world, field, value)
    }

    /// The past of so many customers, each with so many messages of both sides, in a webhook for each phase;
    /// gives the receiver's HTTP status of each.
    pub async fn sends_history(&self, customers: u32, messages_each: u32) -> Vec<Option<u16>> {
        let mut statuses = Vec::new();
        for batch in history(&self.world, customers, messages_each) {
            statuses.push(batch.goes_out().await);
        }
        statuses
    }

    /// The templates as they are now, oldest first.
    #[must_use]
    pub fn templates(&self) -> Vec<Template> {
        self.world.templates.all()
    }

    /// A review ends, or the platform pauses or disables a template, and a webhook tells so; `reason` is
    /// `NONE` unless it is rejected.
    ///
    /// # Panics
    /// When the business has no such template.
    pub async fn reviews_template(
        &self,
        name: &str,
        language: &str,
        status: TemplateStatus,
        reason: &str,
    ) {
        let batch = review(&self.world, name, language, status, reason);
        batch.expect("a template that the business has").goes_out().await;
    }
}

/// What the business wrote on its own phone: the customer sees it, the API gets its echo, which is given
/// with the message's id. What is missing of `from`, `to`, `to_user_id`, `id` and `timestamp` is added.
pub(crate) fn echo(world: &Arc<World>, phone: &str, message: Value) -> (String, Batch) {
    let customer = Customer::new(world, phone, "");
    let mut message = message;
    let profile = lock(&world.chats).open(customer.phone()).profile.clone();
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|_| message.get(key).is_none()) {
            message[key] = value.into();
        }
    };
    add("from", Some(&world.options.display_phone_number));
    add("to", profile.shown_phone());
    add("to_user_id", profile.shown_user_id());
    add("timestamp", Some(&(now_ms() / 1000).to_string()));
    add("id", Some(&ids::wamid()));
    let wamid = message["id"].as_str().unwrap_or_default().to_owned();
    let bubble = Bubble::new(wamid.clone(), Sender::BusinessPhone, message.clone());
    lock(&world.chats).push(customer.phone(), bubble);
    world.has_changed();
    (wamid, Batch::of_echoes(world, customer.phone(), &[message]))
}

/// The echo of a message that came through the API; `None` when there is no such message.
pub(crate) fn echo_of_api(world: &Arc<World>, wamid: &str) -> Option<Batch> {
    let chats = lock(&world.chats);
    let bubble = chats.bubble(wamid).filter(|bubble| bubble.from == Sender::Business)?;
    let phone = chats.phone_of_message(wamid)?.to_owned();
    let profile = &chats.get(&phone)?.profile;
    let mut echo = json!({
        "from": world.options.display_phone_number,
        "id": wamid,
        "timestamp": (bubble.at_ms / 1000).to_string(),
        "type": bubble.kind,
    });
    echo[&bubble.kind] = bubble.message[&bubble.kind].clone();
    if let Some(to) = profile.shown_phone() {
        echo["to"] = to.into();
    }
    if let Some(to) = profile.shown_user_id() {
        echo["to_user_id"] = to.into();
    }
    drop(chats);
    Some(Batch::of_echoes(world, &phone, &[echo]))
}

/// A review's outcome, as its webhook; `None` when there is no such template.
pub(crate) fn review(
    world: &Arc<World>,
    name: &str,
    language: &str,
    status: TemplateStatus,
    reason: &str,
) -> Option<Batch> {
    let Template { id, category, .. } =
        world.templates.set_status(name, language, status, reason)?;
    world.has_changed();
    let value = json!({
        "event": status,
        "message_template_id": id.parse::<u64>().unwrap_or_default(),
        "message_template_name": name,
        "message_template_language": language,
        "message_template_category": category,
        "reason": reason,
    });
    Some(Batch::of_field(world, "message_template_status_update", value))
}

/// The past of so many customers with so many messages each, from both sides, as one webhook for each of
/// the three phases, the youngest first.
pub(crate) fn history(world: &Arc<World>, customers: u32, messages_each: u32) -> Vec<Batch> {
    let phases = PHASES_DAYS.iter().zip(0_u32..);
    phases
        .map(|(days, phase)| {
            let share = messages_each / 3 + u32::from(messages_each % 3 > phase);
            let threads: Vec<Value> =
                (0..customers).map(|customer| thread(world, customer, *days, share)).collect();
            let metadata =
                json!({ "phase": phase, "chunk_order": 1, "progress": (phase + 1) * 100 / 3 });
            let value = json!({ "history": [{ "metadata": metadata, "threads": threads }] });
            Batch::of_field(world, "history", value)
        })
        .collect()
}

fn thread(world: &World, customer: u32, days: u32, messages: u32) -> Value {
    let phone = format!("346{:08}", 10_000_000 + customer);
    let business = &world.options.display_phone_number;
    let from_s = now_ms() / 1000 - i64::from(days) * 24 * 60 * 60;
    let messages: Vec<Value> = (0..messages)
        .map(|n| {
            let mut message = json!({
                "id": ids::wamid(),
                "timestamp": (from_s + i64::from(n) * 60).to_string(),
                "type": "text",
                "text": { "body": format!("mensaje {n} de hace {days} días") },
                "history_context": { "status": "READ" },
            });
            if n % 2 == 0 {
                message["from"] = phone.as_str().into();
            } else {
                message["from"] = business.as_str().into();
                message["to"] = phone.as_str().into();
            }
            message
        })
        .collect();
    json!({ "id": phone, "messages": messages })
}
