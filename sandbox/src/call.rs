//! One request to a stand-in: read, journalled, spoilt if a fault says so, answered.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequest, Multipart, Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::fault::{Effect, Outcome};
use crate::graph::{self, AcceptedId, GraphError};
use crate::lock;
use crate::model;
use crate::notion;
use crate::operation::Operation;
use crate::wire::Wire;
use crate::world::World;

const LARGEST_BODY: usize = 101 * 1024 * 1024;

/// A request, read whole.
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    /// The same, with what is there several times.
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// The JSON body, or the fields of a multipart one; null when it is neither.
    pub(crate) body: Value,
    /// How many bytes the body has.
    pub(crate) length: usize,
    /// The file of a multipart body.
    pub(crate) file: Option<File>,
    /// The error that a fault lets follow on the acceptance.
    pub(crate) fails_later: Option<u32>,
}

pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

impl Call {
    /// The first field of the body that is not one of these.
    pub(crate) fn unknown_field(&self, known: &[&str]) -> Option<&str> {
        self.body.as_object()?.keys().map(String::as_str).find(|key| !known.contains(key))
    }

    async fn read(parts: Parts, body: Bytes) -> Self {
        let mut call = Self {
            path: parts.uri.path().to_owned(),
            query: Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default(),
            pairs: Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default(),
            headers: parts.headers.clone(),
            body: Value::Null,
            length: body.len(),
            file: None,
            fails_later: None,
        };
        let is_multipart = call
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        if is_multipart {
            let request = Request::from_parts(parts, Body::from(body));
            if let Some((fields, file)) = read_form(request).await {
                call.body = fields;
                call.file = file;
            }
        } else {
            call.body = serde_json::from_slice(&body).unwrap_or_default();
        }
        call
    }
}

/// The text fields as an object, with a description of the file under its name.
async fn read_form(request: Request) -> Option<(Value, Option<File>)> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut fields = Map::new();
    let mut file = None;
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(file_name) = field.file_name().map(str::to_owned) else {
            fields.insert(name, field.text().await.ok()?.into());
            continue;
        };
        let content_type = field.content_type().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.ok()?;
        let described = json!({ "name": file_name, "type": content_type, "bytes": bytes.len() });
        fields.insert(name, described);
        file = Some(File { name: file_name, content_type, bytes });
    }
    Some((Value::Object(fields), file))
}

/// Answers everything that is not the page or the control.
pub(crate) async fn answer(
    State(world): State<Arc<World>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.clone();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut call = Call::read(parts, body).await;
    let operation = Operation::of(&method, &call.path, &call.body, &world.options.phone_number_id);
    let place = world.journal.open(operation, method.as_str(), &call.path, call.body.clone());
    world.has_changed();

    let response = match operation {
        Some(operation) => answer_with_faults(&world, operation, &mut call).await,
        None => Some(execute(&world, None, &call).await),
    };
    let Some(response) = response else {
        wire.cut();
        return StatusCode::OK.into_response();
    };
    world.journal.answered(place, response.status().as_u16());
    world.has_changed();
    response
}

/// `None` is a connection that closes without an answer.
async fn answer_with_faults(
    world: &Arc<World>,
    operation: Operation,
    call: &mut Call,
) -> Option<Response> {
    let customer = lock(&world.chats).customer_of(&call.body);
    let plan = world.faults.draw(operation, customer.as_deref());
    if !plan.latency.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(plan.latency) => {}
            () = world.stopping.cancelled() => return None,
        }
    }
    let Outcome::Fault(effect) = plan.outcome else {
        return Some(execute(world, Some(operation), call).await);
    };
    match effect {
        Effect::Refuse { code, retry_after_s } => return refusal(operation, code, retry_after_s),
        Effect::Hang => world.stopping.cancelled().await,
        Effect::FailLater { code } => {
            call.fails_later = Some(code);
            return Some(execute(world, Some(operation), call).await);
        }
        Effect::HangAfter => {
            lose(world, &execute(world, Some(operation), call).await);
            world.stopping.cancelled().await;
        }
        Effect::LoseAnswer => lose(world, &execute(world, Some(operation), call).await),
        Effect::Expire => return Some(StatusCode::NOT_FOUND.into_response()),
        // `Lose`; faults of webhooks are never drawn for a request.
        _ => {}
    }
    None
}

/// Notes that nobody hears of this answer.
fn lose(world: &World, answer: &Response) {
    if let Some(AcceptedId(wamid)) = answer.extensions().get() {
        world.sends.answer_lost(wamid);
    }
}

fn refusal(operation: Operation, code: u32, retry_after_s: Option<u32>) -> Option<Response> {
    if operation.is_model() {
        let status = u16::try_from(code).ok()?;
        return Some(model::refusal(status, retry_after_s));
    }
    if operation.is_notion() {
        return Some(notion::refusal(u16::try_from(code).ok()?, retry_after_s));
    }
    let mut error = GraphError::known(code)?;
    error.retry_after_s = retry_after_s;
    Some(error.into_response())
}

async fn execute(world: &Arc<World>, operation: Option<Operation>, call: &Call) -> Response {
    if call.path.starts_with("/openai/") {
        model::answer(world, operation, call).await
    } else if call.path.starts_with("/notion/") {
        notion::answer(world, operation, call)
    } else {
        graph::answer(world, operation, call)
    }
}
