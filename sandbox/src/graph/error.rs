//! The errors of the Graph API, with the body and the HTTP status of the real ones.
//!
//! Codes and statuses are those of Meta's page "Error codes" of May 2026. Titles will be removed by Meta, and
//! are here as near as they are known: a client must not read them.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::graph_json;
use crate::ids;

#[derive(Debug)]
pub(crate) struct GraphError {
    code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    http: StatusCode,
    message: String,
    details: Option<String>,
    pub(crate) retry_after_s: Option<u32>,
}

/// Code, HTTP status, title.
const KNOWN: &[(u32, u16, &str)] = &[
    (0, 401, "AuthException"),
    (1, 400, "An unknown error has occurred."),
    (2, 503, "Service temporarily unavailable"),
    (3, 500, "Method unknown or not permitted"),
    (4, 400, "Application request limit reached"),
    (10, 403, "Application does not have permission for this action"),
    (33, 400, "Parameter value is not valid"),
    (100, 400, "Invalid parameter"),
    (190, 401, "Access token has expired"),
    (200, 403, "You do not have the necessary permissions"),
    (368, 403, "Temporarily blocked for policies violations"),
    (2500, 400, "Unknown path components"),
    (80007, 400, "Rate limit issues"),
    (130403, 403, "The recipient is blocked"),
    (130429, 400, "Rate limit hit"),
    (130472, 400, "User's number is part of an experiment"),
    (130497, 403, "Business account is restricted from messaging users in this country"),
    (131000, 500, "Something went wrong"),
    (131005, 403, "Access denied"),
    (131008, 400, "Required parameter is missing"),
    (131009, 400, "Parameter value is not valid"),
    (131016, 500, "Service unavailable"),
    (131021, 400, "Recipient cannot be sender"),
    (131026, 400, "Message undeliverable"),
    (131030, 400, "Recipient phone number not in allowed list"),
    (131031, 403, "Business Account locked"),
    (131037, 400, "Display name approval needed"),
    (131042, 400, "Business eligibility payment issue"),
    (131044, 400, "Business eligibility payment issue"),
    (131045, 500, "Incorrect certificate"),
    (131047, 400, "Re-engagement message"),
    (131048, 400, "Spam rate limit hit"),
    (131049, 400, "This message was not delivered to maintain healthy ecosystem engagement"),
    (131050, 400, "User has stopped receiving marketing messages"),
    (131051, 400, "Unsupported message type"),
    (131052, 400, "Media download error"),
    (131053, 400, "Media upload error"),
    (131056, 400, "(Business Account, Consumer Account) pair rate limit hit"),
    (131057, 500, "Account in maintenance mode"),
    (131062, 400, "Business-scoped user ids are not supported for this message"),
    (131064, 400, "Account is restricted"),
    (132000, 400, "Template Param Count Mismatch"),
    (132001, 404, "Template does not exist in the translation"),
    (132005, 400, "Template Hydrated Text Too Long"),
    (132007, 400, "Template Format Character Policy Violated"),
    (132008, 400, "Template Parameter Value Invalid"),
    (132012, 400, "Template Parameter Format Mismatch"),
    (132015, 400, "Template is Paused"),
    (132016, 400, "Template is Disabled"),
    (132068, 400, "Flow is blocked"),
    (132069, 500, "Flow is throttled"),
    (133016, 400, "Account register deregister rate limit exceeded"),
    (135000, 400, "Generic user error"),
];

impl GraphError {
    /// The error of this code, with its own title and HTTP status.
    pub(crate) fn known(code: u32) -> Option<Self> {
        let (_, http, title) = KNOWN.iter().find(|(known, ..)| *known == code)?;
        let message = match code {
            1 | 2 => (*title).to_owned(),
            190 => "Error validating access token: Session has expired.".to_owned(),
            _ => format!("(#{code}) {title}"),
        };
        Some(Self {
            code,
            subcode: (code == 190).then_some(463),
            kind: "OAuthException",
            http: StatusCode::from_u16(*http).expect("the table holds HTTP statuses"),
            message,
            details: None,
            retry_after_s: None,
        })
    }

    fn of(code: u32) -> Self {
        Self::known(code).expect("only codes of the table are used here")
    }

    pub(crate) fn with_details(code: u32, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..Self::of(code) }
    }

    pub(super) fn with_subcode(self, subcode: u32) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// Code 100 as the Graph API itself words it, before WhatsApp sees the request.
    pub(crate) fn bad_parameter(message: &str) -> Self {
        Self {
            message: format!("(#100) {message}"),
            details: Some(message.to_owned()),
            ..Self::of(100)
        }
    }

    pub(crate) fn bad_token(message: &str) -> Self {
        Self { message: message.to_owned(), subcode: None, ..Self::of(190) }
    }

    pub(crate) fn unknown_path(path: &str) -> Self {
        Self { message: format!("Unknown path components: {path}"), ..Self::of(2500) }
    }

    /// What the Graph API says of an id that is not there, or is somebody else's.
    pub(crate) fn no_such_object(verb: &str, id: &str) -> Self {
        Self {
            subcode: Some(33),
            kind: "GraphMethodException",
            message: format!(
                "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
            ),
            ..Self::of(100)
        }
    }

    pub(crate) fn code(&self) -> u32 {
        self.code
    }

    /// The same error as `statuses[].errors[]` carries it.
    pub(crate) fn in_status(&self) -> Value {
        let title =
            KNOWN.iter().find(|(code, ..)| *code == self.code).map_or("", |(.., title)| *title);
        json!({
            "code": self.code,
            "title": title,
            "message": title,
            "error_data": { "details": self.details.as_deref().unwrap_or(title) },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let trace = ids::token();
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": format!("A{}", &trace[..22]),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if matches!(self.code, 1 | 2 | 131_000 | 131_016) {
            error["is_transient"] = true.into();
        }
        let mut response = graph_json(self.http, &json!({ "error": error }));
        let headers = response.headers_mut();
        let challenge =
            format!("OAuth \"Facebook Platform\" \"invalid_request\" \"{}\"", self.message);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
