//! What customers and the business's own phone do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, wrong};
use crate::business;
use crate::chat::digits;
use crate::customer::{Customer, Notice};
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    phone: String,
    #[serde(default)]
    name: String,
    text: Option<String>,
    message: Option<Value>,
}

pub(super) async fn write(State(world): Shared, Json(written): Json<Written>) -> Response {
    let customer = match customer(&world, &written.phone, &written.name) {
        Ok(customer) => customer,
        Err(response) => return response,
    };
    let id = match (written.text, written.message) {
        (Some(text), None) => customer.says(&text).await,
        (None, Some(message)) if message.is_object() => customer.sends(message).await,
        _ => return wrong("either text or message, an object"),
    };
    Json(json!({ "id": id })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tap {
    phone: String,
    label: String,
}

pub(super) async fn tap(State(world): Shared, Json(tap): Json<Tap>) -> Response {
    let customer = match customer(&world, &tap.phone, "") {
        Ok(customer) => customer,
        Err(response) => return response,
    };
    match customer.taps(&tap.label).await {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(error) => wrong(&error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spoken {
    phone: String,
    #[serde(default)]
    name: String,
    text: String,
}

pub(super) async fn speak(State(world): Shared, Json(spoken): Json<Spoken>) -> Response {
    match customer(&world, &spoken.phone, &spoken.name) {
        Ok(customer) => {
            let id = customer.speaks(&spoken.text).await;
            Json(json!({ "id": id })).into_response()
        }
        Err(response) => response,
    }
}

pub(super) async fn echo(State(world): Shared, Json(written): Json<Written>) -> Response {
    if let Err(response) = customer(&world, &written.phone, &written.name) {
        return response;
    }
    let message = match (written.text, written.message) {
        (Some(text), None) => json!({ "type": "text", "text": { "body": text } }),
        (None, Some(message)) if message.is_object() => message,
        _ => return wrong("either text or message, an object"),
    };
    let (id, batch) = business::echo(&world, &digits(&written.phone), message);
    batch.goes_out().await;
    Json(json!({ "id": id })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    phone: String,
    #[serde(default)]
    name: String,
    kind: String,
    mime_type: String,
    filename: Option<String>,
    caption: Option<String>,
    base64: String,
}

pub(super) async fn send_file(State(world): Shared, Json(sent): Json<Sent>) -> Response {
    if !["image", "audio", "video", "document", "sticker"].contains(&sent.kind.as_str()) {
        return wrong("kind must be image, audio, video, document or sticker");
    }
    let Ok(bytes) = STANDARD.decode(&sent.base64) else {
        return wrong("base64 is not base64");
    };
    let mut about = json!({});
    for (key, value) in [("filename", sent.filename), ("caption", sent.caption)] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            about[key] = value.into();
        }
    }
    match customer(&world, &sent.phone, &sent.name) {
        Ok(customer) => {
            let id = customer.sends_file(&sent.kind, &sent.mime_type, bytes.into(), about).await;
            Json(json!({ "id": id })).into_response()
        }
        Err(response) => response,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moved {
    phone: String,
    change: Change,
    /// The new number or user name.
    #[serde(default)]
    to: String,
    #[serde(default)]
    notice: Notice,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Number,
    UserId,
    Identity,
    Username,
}

pub(super) async fn change(State(world): Shared, Json(moved): Json<Moved>) -> Response {
    let customer = match customer(&world, &moved.phone, "") {
        Ok(customer) => customer,
        Err(response) => return response,
    };
    match moved.change {
        Change::Number if !is_phone(&moved.to) => return wrong("to must have 7 to 15 digits"),
        Change::Number => drop(customer.changes_number(&moved.to, moved.notice).await),
        Change::UserId => drop(customer.changes_user_id(moved.notice).await),
        Change::Identity => drop(customer.changes_identity().await),
        Change::Username if moved.to.is_empty() => return wrong("to must be a user name"),
        Change::Username => customer.adopts_username(&moved.to),
    }
    StatusCode::NO_CONTENT.into_response()
}

/// The customer with this phone, or the answer that it is none.
#[expect(clippy::result_large_err, reason = "the error is the HTTP answer, made once")]
fn customer(world: &Arc<World>, phone: &str, name: &str) -> Result<Customer, Response> {
    if !is_phone(phone) {
        return Err(wrong("phone must have 7 to 15 digits"));
    }
    Ok(Customer::new(world, phone, name))
}

fn is_phone(phone: &str) -> bool {
    (7..=15).contains(&digits(phone).len())
}
