//! The errors of the model's endpoint, in OpenAI's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug)]
pub(crate) struct ModelError {
    status: StatusCode,
    kind: &'static str,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
    retry_after_s: Option<u32>,
}

impl ModelError {
    /// 400 about one parameter.
    pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            message: message.into(),
            param: Some(param.to_owned()),
            code: None,
            retry_after_s: None,
        }
    }

    /// About something that the path names.
    pub(crate) fn with_status(status: StatusCode, message: String) -> Self {
        Self { status, param: None, ..Self::invalid("", message) }
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self {
            code: Some("missing_required_parameter"),
            ..Self::invalid(param, format!("Missing required parameter: '{param}'."))
        }
    }

    pub(crate) fn unknown_parameter(param: &str) -> Self {
        Self {
            code: Some("unknown_parameter"),
            ..Self::invalid(param, format!("Unknown parameter: '{param}'."))
        }
    }

    pub(crate) fn not_json() -> Self {
        Self {
            param: None,
            ..Self::invalid("", "We could not parse the JSON body of your request.")
        }
    }

    pub(crate) fn bad_key(message: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            param: None,
            code: Some("invalid_api_key"),
            ..Self::invalid("", message)
        }
    }

    pub(crate) fn unknown_url(path: &str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            param: None,
            code: Some("unknown_url"),
            ..Self::invalid("", format!("Invalid URL ({path})"))
        }
    }

    /// The error that usually comes with this HTTP status.
    pub(crate) fn of_status(status: u16, quota: bool, retry_after_s: Option<u32>) -> Self {
        let (kind, code, message) = match status {
            401 => {
                ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided.")
            }
            404 => (
                "invalid_request_error",
                Some("model_not_found"),
                "The model does not exist or you do not have access to it.",
            ),
            429 if quota => (
                "insufficient_quota",
                Some("insufficient_quota"),
                "You exceeded your current quota, please check your plan and billing details.",
            ),
            429 => (
                "requests",
                Some("rate_limit_exceeded"),
                "Rate limit reached. Please try again later.",
            ),
            400..500 => ("invalid_request_error", None, "The request was refused."),
            503 => (
                "service_unavailable_error",
                None,
                "The engine is currently overloaded, please try again later.",
            ),
            _ => ("server_error", None, "The server had an error while processing your request."),
        };
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            kind,
            message: message.to_owned(),
            param: None,
            code,
            retry_after_s,
        }
    }
}

/// What a fault answers.
pub(crate) fn refusal(status: u16, retry_after_s: Option<u32>) -> Response {
    ModelError::of_status(status, false, retry_after_s).into_response()
}

impl IntoResponse for ModelError {
    fn into_response(self) -> Response {
        let body = json!({ "error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }});
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
