//! The Graph API: who is calling, for what, and which of its errors answers a wrong request.

mod error;
mod media;
mod message;
mod rate;
mod send;
mod shape;
mod template;

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) use error::GraphError;
pub(crate) use media::MediaStore;
pub use rate::RateReport;
pub(crate) use rate::{Bucket, Rates, Window};
pub(crate) use send::Accepted;

use crate::call::Call;
use crate::escape::meta_json;
use crate::operation::Operation;
use crate::world::World;

/// v21.0 ends on 2027-01-21 and new clients have no reason to ask for it; v26.0 is the latest.
const VERSIONS: [&str; 5] = ["v22.0", "v23.0", "v24.0", "v25.0", "v26.0"];

/// Answers one request to the Graph API; `None` is an address it does not have.
pub(crate) fn answer(world: &Arc<World>, operation: Option<Operation>, call: &Call) -> Response {
    if operation == Some(Operation::MediaDownload) {
        return match check_token(world, &call.headers) {
            Ok(()) => media::download(world, call),
            Err(_) => StatusCode::UNAUTHORIZED.into_response(),
        };
    }
    let value = match dispatch(world, operation, call) {
        Ok(value) => value,
        Err(error) => return error.into_response(),
    };
    let mut response = graph_json(StatusCode::OK, &value);
    if let Some(wamid) = value.pointer("/messages/0/id").and_then(Value::as_str) {
        response.extensions_mut().insert(AcceptedId(wamid.to_owned()));
    }
    response
}

/// The message that an answer accepts, for whoever loses the answer.
#[derive(Clone)]
pub(crate) struct AcceptedId(pub(crate) String);

fn dispatch(
    world: &Arc<World>,
    operation: Option<Operation>,
    call: &Call,
) -> Result<Value, GraphError> {
    let mut segments = call.path.split('/').filter(|part| !part.is_empty());
    let version = segments.next().unwrap_or_default();
    let Some(operation) = operation.filter(|_| VERSIONS.contains(&version)) else {
        return Err(GraphError::unknown_path(&call.path));
    };
    check_token(world, &call.headers)?;
    let id = segments.next().unwrap_or_default();
    let numbers_own = || {
        if id == world.options.phone_number_id {
            return Ok(());
        }
        Err(GraphError::no_such_object("post", id))
    };
    let accounts_own = || {
        if id == world.options.waba_id {
            return Ok(());
        }
        Err(GraphError::no_such_object("get", id))
    };
    match operation {
        Operation::Send => numbers_own().and_then(|()| send::send(world, call)),
        Operation::MarkRead => numbers_own().and_then(|()| send::mark_read(world, &call.body)),
        Operation::MediaUpload => numbers_own().and_then(|()| media::upload(world, call)),
        Operation::MediaInfo => media::info(world, id),
        Operation::MediaDelete => media::delete(world, id),
        Operation::TemplateList => accounts_own().and_then(|()| template::list(world, call)),
        Operation::TemplateSubmit => accounts_own().and_then(|()| template::submit(world, call)),
        Operation::TemplateDelete => accounts_own().and_then(|()| template::delete(world, call)),
        // Webhooks come from here as soon as they have somewhere to go.
        Operation::SubscribedApps => accounts_own().map(|()| {
            let app = json!({ "name": "Relevo", "id": "1", "link": world.base_url() });
            let apps = world.has_webhook().then(|| json!({ "whatsapp_business_api_data": app }));
            json!({ "data": apps.into_iter().collect::<Vec<_>>() })
        }),
        Operation::PhoneNumber => Ok(json!({
            "verified_name": world.options.business_name,
            "display_phone_number": format!("+{}", world.options.display_phone_number),
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "code_verification_status": "VERIFIED",
            "throughput": { "level": "STANDARD" },
            "id": id,
        })),
        _ => Err(GraphError::unknown_path(&call.path)),
    }
}

fn check_token(world: &World, headers: &HeaderMap) -> Result<(), GraphError> {
    match bearer(headers) {
        None => Err(GraphError::bad_token("An access token is required to request this resource.")),
        Some(token) if token == world.options.access_token => Ok(()),
        Some(_) => {
            Err(GraphError::bad_token("Invalid OAuth access token - Cannot parse access token"))
        }
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn graph_json(status: StatusCode, value: &Value) -> Response {
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    (status, [(CONTENT_TYPE, kind)], meta_json(value)).into_response()
}
