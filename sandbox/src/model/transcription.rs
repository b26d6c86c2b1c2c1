//! Transcription: hears in a file what the script says is in it, and nothing in any other.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::ModelError;
use super::model_name;
use crate::call::Call;
use crate::world::World;

const FIELDS: &[&str] = &[
    "file",
    "model",
    "language",
    "prompt",
    "response_format",
    "temperature",
    "chunking_strategy",
    "include",
    "timestamp_granularities[]",
];

const FORMATS: &[&str] =
    &["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"];

const LARGEST_FILE: usize = 25 * 1024 * 1024;

pub(super) fn transcribe(world: &World, call: &Call) -> Result<Response, ModelError> {
    if let Some(unknown) = call.unknown_field(FIELDS) {
        return Err(ModelError::unknown_parameter(unknown));
    }
    let file = call.file.as_ref().ok_or_else(|| ModelError::missing("file"))?;
    model_name(&call.body)?;
    let extension = file.name.rsplit('.').next().unwrap_or_default();
    if !FORMATS.contains(&extension.to_ascii_lowercase().as_str()) {
        let message = format!("Invalid file format. Supported formats: {FORMATS:?}");
        return Err(ModelError::invalid("file", message));
    }
    if file.bytes.is_empty() {
        let message = "Audio file is too short. Minimum audio length is 0.1 seconds.";
        return Err(ModelError::invalid("file", message));
    }
    if file.bytes.len() > LARGEST_FILE {
        let message = "Maximum content size limit (26214400) exceeded.";
        return Err(ModelError::invalid("file", message));
    }
    let text = world.script.heard_in(&file.bytes);
    match call.body["response_format"].as_str() {
        None | Some("json") => Ok(Json(json!({ "text": text })).into_response()),
        Some("text") => Ok(format!("{text}\n").into_response()),
        Some(_) => {
            let message = "The sandbox answers with response_format 'json' or 'text'.";
            Err(ModelError::invalid("response_format", message))
        }
    }
}
