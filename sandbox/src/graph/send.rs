//! Sending and marking as read.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::GraphError;
use super::message::{check_mark_read, check_message, kind_of};
use super::rate::Limit;
use super::template;
use crate::bubble::{Bubble, Sender};
use crate::call::Call;
use crate::chat::digits;
use crate::delivery::report;
use crate::ids;
use crate::lock;
use crate::options::OutsideWindow;
use crate::world::World;

const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn send(world: &Arc<World>, call: &Call) -> Result<Value, GraphError> {
    let body = &call.body;
    check_message(body)?;
    check_media_exists(world, body)?;
    let recipient = Recipient::of(world, body)?;
    let template = match kind_of(body) {
        "template" => Some(template::check_sent(world, body, recipient.by_user_id)?),
        _ => None,
    };
    check_rates(world, &recipient.phone)?;

    let failure = undeliverable(world, &recipient.phone);
    let failure = failure.or_else(|| outside_window(world, body, &recipient.phone));
    let failure = match failure {
        Some(error) if world.options.outside_window == OutsideWindow::RefuseAtOnce => {
            return Err(error);
        }
        later => call.fails_later.and_then(GraphError::known).or(later),
    };

    let wamid = ids::wamid();
    let bubble = match &template {
        Some(template) => Bubble::of_template(wamid.clone(), body.clone(), template),
        None => Bubble::new(wamid.clone(), Sender::Business, body.clone()),
    };
    let callback_data = bubble.callback_data.clone();
    world.sends.accepted(&wamid, &recipient.phone, callback_data.as_deref());
    lock(&world.rates).accepted(&recipient.phone, Instant::now());
    lock(&world.chats).push(&recipient.phone, bubble);
    world.has_changed();

    let mut accepted = json!({ "id": wamid });
    if template.is_some() {
        accepted["message_status"] = "accepted".into();
    }
    let contact = recipient.in_answer();
    let category = template.map_or("service", |template| template.category.in_pricing());
    report(world, Accepted { wamid, recipient, callback_data, category }, failure);
    Ok(json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [accepted],
    }))
}

/// A message that is on its way.
pub(crate) struct Accepted {
    pub(crate) wamid: String,
    pub(crate) recipient: Recipient,
    pub(crate) callback_data: Option<String>,
    /// What its delivery is charged as.
    pub(crate) category: &'static str,
}

pub(super) fn mark_read(world: &Arc<World>, body: &Value) -> Result<Value, GraphError> {
    check_mark_read(body)?;
    let wamid = body["message_id"].as_str().unwrap_or_default();
    let typing = body.get("typing_indicator").is_some();
    if !lock(&world.chats).mark_read(wamid, typing) {
        return Err(GraphError::with_details(
            131_009,
            "Message ID does not exist or is not an incoming message",
        ));
    }
    world.has_changed();
    Ok(json!({ "success": true }))
}

/// Whom a message is for, and by what name the sender knows them.
pub(crate) struct Recipient {
    pub(crate) phone: String,
    pub(crate) user_id: String,
    input: String,
    pub(crate) by_user_id: bool,
}

impl Recipient {
    /// `to` wins over `recipient`.
    fn of(world: &World, body: &Value) -> Result<Self, GraphError> {
        let mut chats = lock(&world.chats);
        if let Some(input) = body.get("to").and_then(Value::as_str) {
            let phone = digits(input);
            let is_written_so = input
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'));
            if !is_written_so || !(7..=15).contains(&phone.len()) || phone.starts_with('0') {
                return Err(GraphError::with_details(
                    131_009,
                    "Parameter 'to' is not a valid phone number",
                ));
            }
            if phone == world.options.display_phone_number {
                return Err(GraphError::with_details(131_021, "Recipient cannot be sender"));
            }
            return Ok(Self {
                user_id: chats.open(&phone).profile.user_id.clone(),
                input: input.to_owned(),
                by_user_id: false,
                phone,
            });
        }
        let input = body["recipient"].as_str().unwrap_or_default();
        let Some(phone) = chats.phone_of_user(input).map(str::to_owned) else {
            return Err(GraphError::with_details(
                131_026,
                "The recipient is not a user of WhatsApp",
            ));
        };
        Ok(Self { phone, user_id: input.to_owned(), input: input.to_owned(), by_user_id: true })
    }

    fn in_answer(&self) -> Value {
        if self.by_user_id {
            json!({ "input": self.input, "user_id": self.user_id })
        } else {
            json!({ "input": self.input, "wa_id": self.phone })
        }
    }
}

fn check_rates(world: &World, phone: &str) -> Result<(), GraphError> {
    match lock(&world.rates).take(phone, Instant::now()) {
        Ok(()) => Ok(()),
        Err(Limit::Number) => Err(GraphError::with_details(
            130_429,
            "Message failed to send because there were too many messages sent from this phone number in a short period of time",
        )),
        Err(Limit::Pair) => Err(GraphError::with_details(
            131_056,
            "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.",
        )),
    }
}

fn check_media_exists(world: &World, body: &Value) -> Result<(), GraphError> {
    let kind = kind_of(body);
    match body[kind].get("id").and_then(Value::as_str) {
        Some(id) if lock(&world.media).get(id).is_none() => {
            Err(GraphError::bad_parameter(&format!(
                "Param {kind}['id'] is not a valid whatsapp business account media attachment ID"
            )))
        }
        _ => Ok(()),
    }
}

/// The error of a message to a number that its owner has left.
fn undeliverable(world: &World, phone: &str) -> Option<GraphError> {
    lock(&world.chats)
        .is_left(phone)
        .then(|| GraphError::with_details(131_026, "Message undeliverable"))
}

/// The error of a free message to someone who has not written for 24 hours.
fn outside_window(world: &World, body: &Value, phone: &str) -> Option<GraphError> {
    if kind_of(body) == "template" {
        return None;
    }
    let last = lock(&world.chats).get(phone)?.last_customer_ms;
    let is_open = last.is_some_and(|last| world.window_clock.now_ms() - last < WINDOW_MS);
    (!is_open).then(|| {
        GraphError::with_details(
            131_047,
            "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
        )
    })
}
