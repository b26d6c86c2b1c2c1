//! What the platform and the model do, and what goes wrong with them.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::{Shared, wrong};
use crate::batch::Batch;
use crate::business;
use crate::fault::Fault;
use crate::script::Rule;
use crate::template::{Template, TemplateStatus};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    field: String,
    value: Value,
}

pub(super) async fn post_field(State(world): Shared, Json(posted): Json<Field>) -> StatusCode {
    Batch::of_field(&world, &posted.field, posted.value).goes_out().await;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Past {
    customers: u32,
    messages_each: u32,
}

pub(super) async fn send_history(State(world): Shared, Json(past): Json<Past>) -> StatusCode {
    for batch in business::history(&world, past.customers, past.messages_each) {
        batch.goes_out().await;
    }
    StatusCode::NO_CONTENT
}

pub(super) async fn templates(State(world): Shared) -> Json<Vec<Template>> {
    Json(world.templates.all())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    name: String,
    language: String,
    status: TemplateStatus,
    #[serde(default = "no_reason")]
    reason: String,
}

fn no_reason() -> String {
    "NONE".to_owned()
}

pub(super) async fn review_template(State(world): Shared, Json(of): Json<Review>) -> Response {
    match business::review(&world, &of.name, &of.language, of.status, &of.reason) {
        Some(batch) => {
            batch.goes_out().await;
            StatusCode::NO_CONTENT.into_response()
        }
        None => wrong("the business has no such template"),
    }
}

pub(super) async fn faults(State(world): Shared) -> Json<Vec<Fault>> {
    Json(world.faults.active())
}

pub(super) async fn add_fault(State(world): Shared, Json(fault): Json<Fault>) -> Response {
    if let Some(problem) = fault.problem() {
        return wrong(&problem);
    }
    world.faults.add(fault);
    StatusCode::NO_CONTENT.into_response()
}

pub(super) async fn clear_faults(State(world): Shared) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn rules(State(world): Shared) -> Json<Vec<Rule>> {
    Json(world.script.rules())
}

pub(super) async fn add_rule(State(world): Shared, Json(rule): Json<Rule>) -> StatusCode {
    world.script.add(rule);
    StatusCode::NO_CONTENT
}

pub(super) async fn clear_rules(State(world): Shared) -> StatusCode {
    world.script.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    advance_s: u64,
}

pub(super) async fn advance_window(State(world): Shared, Json(window): Json<Window>) -> StatusCode {
    world.window_clock.advance(Duration::from_secs(window.advance_s));
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookUrl {
    url: String,
}

pub(super) async fn set_webhook(State(world): Shared, Json(webhook): Json<WebhookUrl>) -> Response {
    match world.set_webhook_url(&webhook.url) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => wrong(&error.to_string()),
    }
}

pub(super) async fn reset(State(world): Shared) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}
