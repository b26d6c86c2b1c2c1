//! The control over HTTP, and the phone page that uses it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream::{Stream, StreamExt, unfold};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chat::{Chat, digits};
use crate::customer::{Customer, business_phone_says};
use crate::fault::Fault;
use crate::journal::Entry;
use crate::lock;
use crate::options::API_VERSION;
use crate::script::Rule;
use crate::world::World;

type Shared = State<Arc<World>>;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(async || Html(include_str!("phone.html"))))
        .route("/control/info", get(info))
        .route("/control/messages", post(write))
        .route("/control/taps", post(tap))
        .route("/control/voice", post(speak))
        .route("/control/echoes", post(echo))
        .route("/control/transcript", get(transcript))
        .route("/control/journal", get(journal))
        .route("/control/events", get(events))
        .route("/control/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/control/script", get(rules).post(add_rule).delete(clear_rules))
        .route("/control/window", post(advance_window))
        .route("/control/webhook", post(set_webhook))
        .route("/control/reset", post(reset))
}

async fn info(State(world): Shared) -> Json<Value> {
    let customers: Vec<Value> = lock(&world.chats)
        .customers()
        .iter()
        .map(|profile| json!({ "phone": profile.phone, "name": profile.name }))
        .collect();
    Json(json!({
        "business_name": world.options.business_name,
        "display_phone_number": world.options.display_phone_number,
        "phone_number_id": world.options.phone_number_id,
        "waba_id": world.options.waba_id,
        "api_version": API_VERSION,
        "graph_url": world.base_url(),
        "openai_url": format!("{}/openai/v1", world.base_url()),
        "webhook_url": world.webhook_url().map(String::from),
        "webhooks_under_way": world.webhooks_under_way(),
        "customers": customers,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    phone: String,
    #[serde(default)]
    name: String,
    text: Option<String>,
    message: Option<Value>,
}

async fn write(State(world): Shared, Json(written): Json<Written>) -> Response {
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
struct Tap {
    phone: String,
    label: String,
}

async fn tap(State(world): Shared, Json(tap): Json<Tap>) -> Response {
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
struct Spoken {
    phone: String,
    #[serde(default)]
    name: String,
    text: String,
}

async fn speak(State(world): Shared, Json(spoken): Json<Spoken>) -> Response {
    match customer(&world, &spoken.phone, &spoken.name) {
        Ok(customer) => {
            let id = customer.speaks(&spoken.text).await;
            Json(json!({ "id": id })).into_response()
        }
        Err(response) => response,
    }
}

async fn echo(State(world): Shared, Json(spoken): Json<Spoken>) -> Response {
    match customer(&world, &spoken.phone, &spoken.name) {
        Ok(customer) => {
            let id = business_phone_says(&world, customer.phone(), &spoken.text).await;
            Json(json!({ "id": id })).into_response()
        }
        Err(response) => response,
    }
}

#[derive(Deserialize)]
struct OfPhone {
    phone: String,
}

async fn transcript(State(world): Shared, Query(of): Query<OfPhone>) -> Json<Value> {
    let chats = lock(&world.chats);
    let chat = chats.get(&digits(&of.phone));
    Json(json!({
        "typing": chat.is_some_and(Chat::is_typing),
        "bubbles": chat.map(|chat| &chat.bubbles),
    }))
}

async fn journal(State(world): Shared) -> Json<Vec<Entry>> {
    Json(world.journal.entries())
}

/// One event for each change, several in a moment as one, and one at once so that a page draws itself.
async fn events(State(world): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = world.changes();
    changes.mark_changed();
    let stopping = world.stopping.clone().cancelled_owned();
    let stream = unfold(changes, async |mut changes| {
        changes.changed().await.ok()?;
        // A burst is drawn once.
        tokio::time::sleep(Duration::from_millis(20)).await;
        changes.mark_unchanged();
        Some((Ok(Event::default().data("changed")), changes))
    });
    Sse::new(stream.take_until(stopping)).keep_alive(KeepAlive::default())
}

async fn faults(State(world): Shared) -> Json<Vec<Fault>> {
    Json(world.faults.active())
}

async fn add_fault(State(world): Shared, Json(fault): Json<Fault>) -> Response {
    if let Some(problem) = fault.problem() {
        return wrong(&problem);
    }
    world.faults.add(fault);
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_faults(State(world): Shared) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn rules(State(world): Shared) -> Json<Vec<Rule>> {
    Json(world.script.rules())
}

async fn add_rule(State(world): Shared, Json(rule): Json<Rule>) -> StatusCode {
    world.script.add(rule);
    StatusCode::NO_CONTENT
}

async fn clear_rules(State(world): Shared) -> StatusCode {
    world.script.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    advance_s: u64,
}

async fn advance_window(State(world): Shared, Json(window): Json<Window>) -> StatusCode {
    world.window_clock.advance(Duration::from_secs(window.advance_s));
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookUrl {
    url: String,
}

async fn set_webhook(State(world): Shared, Json(webhook): Json<WebhookUrl>) -> Response {
    match world.set_webhook_url(&webhook.url) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => wrong(&error.to_string()),
    }
}

async fn reset(State(world): Shared) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}

/// The customer with this phone, or the answer that it is none.
#[expect(clippy::result_large_err, reason = "the error is the HTTP answer, made once")]
fn customer(world: &Arc<World>, phone: &str, name: &str) -> Result<Customer, Response> {
    if !(7..=15).contains(&digits(phone).len()) {
        return Err(wrong("phone must have 7 to 15 digits"));
    }
    Ok(Customer::new(world, phone, name))
}

fn wrong(problem: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": problem }))).into_response()
}
