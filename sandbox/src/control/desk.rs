//! What specialists do in Notion.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Shared, wrong};
use crate::desk::{Desk, Specialist, Ticket};
use crate::world::World;

pub(super) async fn board(State(world): Shared) -> Json<Value> {
    Json(Desk::new(&world).board())
}

/// Without the content of the pages, which the board does not show.
pub(super) async fn tickets(State(world): Shared) -> Json<Vec<Ticket>> {
    Json(Desk::new(&world).tickets())
}

/// One ticket as a person reads it, and its page, blocks and comments as the API gives them.
pub(super) async fn ticket(State(world): Shared, Path(id): Path<Uuid>) -> Response {
    match Desk::new(&world).whole_ticket(id) {
        Some(whole) => Json(whole).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A ticket, and who acts on it.
#[derive(Deserialize)]
pub(super) struct On {
    ticket: Uuid,
    #[serde(default)]
    person: Option<String>,
    #[serde(flatten)]
    act: Act,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    Types { property: String, text: String },
    Writes { property: String, markdown: String },
    Adds { markdown: String },
    Sets { property: String, value: String },
    Assigns { property: String, people: Vec<String> },
    Comments { text: String },
    Attaches(Attached),
    PressesSend {},
    Presses { property: String, option: String },
    Trashes { in_trash: bool },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attached {
    /// Without it the file goes into the page's content.
    property: Option<String>,
    filename: String,
    mime_type: String,
    base64: String,
}

pub(super) async fn act(State(world): Shared, Json(on): Json<On>) -> Response {
    let desk = Desk::new(&world);
    let person = on.person.unwrap_or_else(|| desk.first_person());
    let specialist = desk.specialist(&person);
    match perform(&specialist, on.ticket, on.act).await {
        Ok(status) => Json(json!({ "webhook_status": status })).into_response(),
        Err(error) => wrong(&error.to_string()),
    }
}

async fn perform(by: &Specialist, ticket: Uuid, act: Act) -> anyhow::Result<Option<u16>> {
    match act {
        Act::Types { property, text } => by.types(ticket, &property, &text)?,
        Act::Writes { property, markdown } => by.writes(ticket, &property, &markdown)?,
        Act::Adds { markdown } => by.adds(ticket, &markdown)?,
        Act::Sets { property, value } => by.sets(ticket, &property, &value)?,
        Act::Assigns { property, people } => {
            let names: Vec<&str> = people.iter().map(String::as_str).collect();
            by.assigns(ticket, &property, &names)?;
        }
        Act::Comments { text } => by.comments(ticket, &text)?,
        Act::Attaches(Attached { property, filename, mime_type, base64 }) => {
            let bytes = STANDARD.decode(base64)?.into();
            match property {
                Some(name) => by.attaches(ticket, &name, &filename, &mime_type, bytes)?,
                None => by.inserts_file(ticket, &filename, &mime_type, bytes)?,
            }
        }
        Act::PressesSend {} => return by.presses_send(ticket).await,
        Act::Presses { property, option } => return by.presses(ticket, &property, &option).await,
        Act::Trashes { in_trash } => by.trashes(ticket, in_trash)?,
    }
    Ok(None)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schema {
    data_source: Uuid,
    properties: Value,
}

pub(super) async fn change_schema(State(world): Shared, Json(of): Json<Schema>) -> Response {
    done(Desk::new(&world).changes_properties(of.data_source, &of.properties))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opened {
    data_source: Uuid,
    title: String,
}

pub(super) async fn open(State(world): Shared, Json(opened): Json<Opened>) -> Response {
    let desk = Desk::new(&world);
    let by = desk.specialist(&desk.first_person());
    match by.opens(opened.data_source, &opened.title) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(error) => wrong(&error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clock {
    advance_s: u64,
}

pub(super) async fn advance_clock(State(world): Shared, Json(clock): Json<Clock>) -> StatusCode {
    Desk::new(&world).advance_clock(Duration::from_secs(clock.advance_s));
    StatusCode::NO_CONTENT
}

/// Where webhooks go, and whether the button's is to run again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhooks {
    button: Option<String>,
    events: Option<String>,
    #[serde(default)]
    resume: bool,
}

pub(super) async fn set_webhooks(State(world): Shared, Json(to): Json<Webhooks>) -> Response {
    done(point(&world, to).await)
}

async fn point(world: &Arc<World>, to: Webhooks) -> anyhow::Result<()> {
    let desk = Desk::new(world);
    if let Some(url) = to.button {
        desk.calls(&url)?;
    }
    if let Some(url) = to.events {
        desk.subscribes(&url).await?;
    }
    if to.resume {
        desk.resumes_button();
    }
    Ok(())
}

fn done(result: anyhow::Result<()>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => wrong(&error.to_string()),
    }
}
