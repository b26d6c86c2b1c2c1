//! An OpenAI-compatible model: chat, embeddings, transcription, vector stores. Strict about requests, scripted in answers.

mod chat;
mod embedding;
mod error;
mod image;
mod schema;
mod transcription;
mod vector_store;

use std::sync::Arc;

use axum::Json;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) use chat::ChatRequest;
pub(crate) use embedding::fold;
pub(crate) use error::refusal;
pub(crate) use vector_store::Stores;

use crate::call::Call;
use crate::graph::bearer;
use crate::ids;
use crate::operation::Operation;
use crate::world::World;
use error::ModelError;

/// Answers one request under `/openai`; `None` is an address it does not have.
pub(crate) async fn answer(
    world: &Arc<World>,
    operation: Option<Operation>,
    call: &Call,
) -> Response {
    let mut response = match dispatch(world, operation, call).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    let id = format!("req_{}", ids::token());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

async fn dispatch(
    world: &World,
    operation: Option<Operation>,
    call: &Call,
) -> Result<Response, ModelError> {
    match bearer(&call.headers) {
        Some(key) if key == world.options.openai_key => {}
        Some(_) => return Err(ModelError::bad_key("Incorrect API key provided.")),
        None => return Err(ModelError::bad_key("You didn't provide an API key.")),
    }
    match operation {
        Some(Operation::Chat) => Ok(Json(chat::complete(world, &call.body).await?).into_response()),
        Some(Operation::Embeddings) => Ok(Json(embedding::embed(&call.body)?).into_response()),
        Some(Operation::Transcription) => transcription::transcribe(world, call),
        Some(Operation::Models) => Ok(Json(models()).into_response()),
        Some(operation) if operation.is_of_vector_stores() => {
            Ok(Json(vector_store::answer(world, operation, call)?).into_response())
        }
        _ => Err(ModelError::unknown_url(&call.path)),
    }
}

/// Any name of a model is taken; these are for clients that ask for a list.
fn models() -> Value {
    let models: Vec<Value> = ["sandbox-chat", "sandbox-embedding", "sandbox-transcription"]
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "created": 1_790_000_000, "owned_by": "sandbox" }))
        .collect();
    json!({ "object": "list", "data": models })
}

/// The `model` of a request.
fn model_name(body: &Value) -> Result<&str, ModelError> {
    body["model"]
        .as_str()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ModelError::missing("model"))
}

/// About what a tokenizer would count.
fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}
