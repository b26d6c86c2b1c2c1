//! WhatsApp's webhook.

mod alert;
mod contacts;
mod content;
mod element;
mod history;
mod message;
mod notice;
mod signature;
mod status;
mod translate;
mod webhook;

use std::sync::Arc;

use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::Broker;
use bytes::Bytes;
use domain::Timestamp;
use runtime::{Businesses, Clock, metrics};
use serde::Deserialize;
use tokio::task::{JoinError, spawn_blocking};
use tracing::{debug, warn};

use crate::sending::Sending;
use signature::Secrets;
use translate::translate;

pub(crate) const ROUTE: &str = "/webhooks/whatsapp";
const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
/// After how many seconds Meta may try again while the broker is away.
const RETRY_AFTER: &str = "5";
/// What is larger is translated beside the threads that answer. Ordinary webhooks have a few kB.
const LARGE: usize = 64 * 1024;

#[derive(Clone)]
pub(crate) struct Endpoint(Arc<Inner>);

struct Inner {
    broker: Broker,
    secrets: Secrets,
    clock: Clock,
}

impl Endpoint {
    pub(crate) fn new(broker: Broker, businesses: &Businesses, clock: Clock) -> Self {
        let secrets = Secrets::of(businesses);
        Self(Arc::new(Inner { broker, secrets, clock }))
    }
}

/// The handshake: `hub.challenge` comes back when `hub.verify_token` is ours.
#[derive(Deserialize)]
pub(crate) struct Handshake {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    verify_token: Option<String>,
}

pub(crate) async fn verify(
    State(endpoint): State<Endpoint>,
    Query(handshake): Query<Handshake>,
) -> Response {
    let subscribes = handshake.mode.as_deref() == Some("subscribe");
    let token = handshake.verify_token.unwrap_or_default();
    match handshake.challenge {
        Some(challenge) if subscribes && endpoint.0.secrets.is_verify_token(&token) => {
            challenge.into_response()
        }
        _ => refuse(
            StatusCode::FORBIDDEN,
            "the verify token is not the one in WHATSAPP_VERIFY_TOKEN, or this is no handshake\n",
        ),
    }
}

pub(crate) async fn receive(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let signature = request.headers().get(SIGNATURE).cloned();
    let signature = signature.as_ref().map(HeaderValue::as_bytes);
    let response = match Bytes::from_request(request, &()).await {
        Ok(body) => endpoint.take(signature, body).await,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            refuse(rejection.status(), "the body is larger than 3 MB\n")
        }
        Err(rejection) => rejection.into_response(),
    };
    // A body that is not JSON, or that broke off, is not a webhook.
    if response.status() != StatusCode::BAD_REQUEST {
        metrics::webhook_answered("whatsapp", response.status().as_u16());
    }
    response
}

impl Endpoint {
    async fn take(&self, signature: Option<&[u8]>, body: Bytes) -> Response {
        let Inner { broker, secrets, clock } = &*self.0;
        let Some(businesses) = secrets.signers(signature, &body) else {
            return refuse(StatusCode::UNAUTHORIZED, "X-Hub-Signature-256 is missing or wrong\n");
        };
        let sending = match sending(body, broker.clone(), businesses.clone(), clock.now()).await {
            Ok(Ok(sending)) => sending,
            Ok(Err(_)) => return refuse(StatusCode::BAD_REQUEST, "the body is not JSON\n"),
            Err(error) => {
                warn!(%error, "webhook not translated; the channel will deliver it again");
                return unavailable();
            }
        };
        let count = sending.count();
        if count == 0 {
            return StatusCode::OK.into_response();
        }
        match sending.publish(broker).await {
            Ok(()) => {
                debug!(messages = count, "webhook published");
                StatusCode::OK.into_response()
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                warn!(error, "webhook not published; the channel will deliver it again");
                unavailable()
            }
        }
    }
}

/// A history takes its time; nobody else's message waits for it (test
/// `a_small_webhook_does_not_wait_for_a_large_one`).
async fn sending(
    body: Bytes,
    broker: Broker,
    businesses: Businesses,
    now: Timestamp,
) -> Result<serde_json::Result<Sending>, JoinError> {
    let is_large = body.len() > LARGE;
    let sending = move || {
        let envelopes = translate(&body, &businesses, now)?;
        Ok(Sending::new(&envelopes, &broker, ROUTE))
    };
    if is_large { spawn_blocking(sending).await } else { Ok(sending()) }
}

fn refuse(status: StatusCode, advice: &'static str) -> Response {
    warn!(status = status.as_u16(), "a call was refused: {}", advice.trim_end());
    (status, advice).into_response()
}

fn unavailable() -> Response {
    let advice = "the broker is away; deliver this again\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)], advice).into_response()
}
