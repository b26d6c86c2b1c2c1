//! What there is to see.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{Stream, StreamExt, unfold};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::chat::{Chat, digits};
use crate::graph::RateReport;
use crate::journal::Entry;
use crate::lock;
use crate::notion::NotionRateReport;
use crate::options::API_VERSION;
use crate::report::{self, Received};
use crate::sends::AcceptedSend;

pub(super) async fn info(State(world): Shared) -> Json<Value> {
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
        "notion_url": format!("{}/notion", world.base_url()),
        "notion_page_id": world.options.notion.page_id,
        "webhook_url": world.webhook_url().map(String::from),
        "webhooks_under_way": world.webhooks_under_way(),
        "customers": customers,
    }))
}

#[derive(Deserialize)]
pub(super) struct OfPhone {
    phone: String,
}

pub(super) async fn transcript(State(world): Shared, Query(of): Query<OfPhone>) -> Json<Value> {
    let chats = lock(&world.chats);
    let chat = chats.get(&digits(&of.phone));
    Json(json!({
        "typing": chat.is_some_and(Chat::is_typing),
        "bubbles": chat.map(|chat| &chat.bubbles),
    }))
}

/// The bytes of a file, only ever to be looked at.
pub(super) async fn media(State(world): Shared, Path(id): Path<String>) -> Response {
    let Some(media) = lock(&world.media).get(&id).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, media.mime_type.as_str()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, media.bytes).into_response()
}

pub(super) async fn rates(State(world): Shared) -> Json<RateReport> {
    Json(lock(&world.rates).report())
}

pub(super) async fn notion_rates(State(world): Shared) -> Json<NotionRateReport> {
    Json(lock(&world.notion.budget).report())
}

pub(super) async fn sends(State(world): Shared) -> Json<Vec<AcceptedSend>> {
    Json(world.sends.all())
}

pub(super) async fn received(State(world): Shared) -> Json<Vec<Received>> {
    Json(report::received(&world))
}

pub(super) async fn journal(State(world): Shared) -> Json<Vec<Entry>> {
    Json(world.journal.entries())
}

/// One event for each change, several in a moment as one, and one at once so that a page draws itself.
pub(super) async fn events(
    State(world): Shared,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
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
