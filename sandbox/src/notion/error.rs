//! The errors of Notion's API, with the body and the HTTP status of the real ones.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// HTTP status, code, message.
const KNOWN: &[(u16, &str, &str)] = &[
    (400, "validation_error", "body failed validation."),
    (401, "unauthorized", "API token is invalid."),
    (403, "restricted_resource", "Insufficient permissions for this endpoint."),
    (404, "object_not_found", "Could not find the object."),
    (409, "conflict_error", "Conflict occurred while saving. Please try again."),
    (429, "rate_limited", "You have been rate limited. Please try again in a few minutes."),
    (500, "internal_server_error", "Unexpected error occurred."),
    (503, "service_unavailable", "Notion is unavailable, please try again later."),
    (504, "gateway_timeout", "The request timed out."),
    (529, "service_overload", "Notion is overloaded, please try again later."),
];

#[derive(Debug, PartialEq)]
pub(crate) struct NotionError {
    status: u16,
    code: &'static str,
    message: String,
    additional: Option<Value>,
    pub(crate) retry_after_s: Option<u32>,
}

impl std::fmt::Display for NotionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

pub(crate) type Answer = Result<Value, NotionError>;

impl NotionError {
    pub(crate) fn has_status(status: u32) -> bool {
        KNOWN.iter().any(|(known, ..)| u32::from(*known) == status)
    }

    /// The usual error of this status; of a status that it has none for, that of 500.
    pub(crate) fn of(status: u16) -> Self {
        let known = KNOWN.iter().find(|(known, ..)| *known == status);
        let (status, code, message) = known.unwrap_or(&KNOWN[6]);
        Self {
            status: *status,
            code,
            message: (*message).to_owned(),
            additional: None,
            retry_after_s: None,
        }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::of(400) }
    }

    /// `body.children.length` should be something else.
    pub(super) fn should(path: &str, be: &str, instead: &Value) -> Self {
        let instead = match instead {
            Value::Null => "undefined".to_owned(),
            value => value.to_string(),
        };
        let at = path.split(['.', '[']).next().unwrap_or_default();
        Self::validation(format!(
            "{at} failed validation: {path} should be {be}, instead was `{instead}`."
        ))
    }

    pub(super) fn too_many(path: &str, most: usize, length: usize) -> Self {
        Self::should(&format!("{path}.length"), &format!("≤ `{most}`"), &length.into())
    }

    pub(super) fn unauthorized() -> Self {
        Self::of(401)
    }

    pub(super) fn missing_version() -> Self {
        Self {
            code: "missing_version",
            ..Self::validation("Notion-Version header should be defined, instead was `undefined`.")
        }
    }

    pub(super) fn invalid_json() -> Self {
        Self { code: "invalid_json", ..Self::validation("Error parsing JSON body.") }
    }

    pub(super) fn invalid_request_url() -> Self {
        Self { code: "invalid_request_url", ..Self::validation("Invalid request URL.") }
    }

    pub(super) fn not_found(what: &str, id: Uuid, connection: &str) -> Self {
        Self {
            message: format!(
                "Could not find {what} with ID: {id}. Make sure the relevant pages and databases are shared with your connection \"{connection}\"."
            ),
            ..Self::of(404)
        }
    }

    /// The connection has used up what it may ask for.
    pub(super) fn rate_limited(retry_after_s: u32) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            additional: Some(json!({ "rate_limit_reason": "connection_limit" })),
            ..Self::of(429)
        }
    }

    pub(super) fn into_response(self, request_id: Uuid) -> Response {
        let mut body = json!({
            "object": "error",
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "request_id": request_id,
        });
        if let Some(additional) = self.additional {
            body["additional_data"] = additional;
        }
        // 529 is no status of the standard, and a client sees it all the same.
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
