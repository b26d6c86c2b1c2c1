//! Notion's webhooks, of both kinds: hints that something has changed. A poll is the truth, so a
//! webhook that is lost, late or repeated costs nothing but time.
//!
//! - An automation or a button sends our secret in a header.
//! - A connection signs with the token of its handshake. The handshake itself is nobody's: what it
//!   brings is shown to an operator and believed by nobody.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::Broker;
use bytes::Bytes;
use domain::message::{DeskVerified, TicketChanged};
use domain::{Body, BusinessId, ConversationId, Envelope, TicketId, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use runtime::{Businesses, Clock, metrics};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tracing::{info, warn};
use uuid::Uuid;

use crate::sending::Sending;

pub(crate) const ROUTE: &str = "/webhooks/notion";
const SECRET: HeaderName = HeaderName::from_static("x-relevo-secret");
const SIGNATURE: HeaderName = HeaderName::from_static("x-notion-signature");
const RETRY_AFTER: &str = "5";

#[derive(Clone)]
pub(crate) struct Endpoint(Arc<Inner>);

struct Inner {
    broker: Broker,
    clock: Clock,
    /// Every business that has a desk in Notion.
    desks: Vec<BusinessId>,
    secrets: Vec<(SecretString, BusinessId)>,
}

impl Endpoint {
    pub(crate) fn new(broker: Broker, businesses: &Businesses, clock: Clock) -> Self {
        let mut desks = Vec::new();
        let mut secrets = Vec::new();
        for business in businesses.iter() {
            let Some(desk) = &business.notion else { continue };
            desks.push(business.id.clone());
            secrets.extend(desk.webhook_secret.clone().map(|secret| (secret, business.id.clone())));
        }
        Self(Arc::new(Inner { broker, clock, desks, secrets }))
    }
}

pub(crate) async fn receive(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let response = endpoint.take(&headers, &body).await;
    metrics::webhook_answered("notion", response.status().as_u16());
    response
}

impl Endpoint {
    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let now = self.0.clock.now();
        if let Some(token) = handshake(&json) {
            info!("Notion begins a handshake: `relevo notion setup` shows what it sent");
            let verified = |business: &BusinessId| {
                let id = event(business, &format!("handshake\0{token}"));
                let verified = DeskVerified { token: token.to_owned() };
                envelope(id, business, now, verified)
            };
            return self.publish(self.0.desks.iter().map(verified).collect()).await;
        }
        let senders = self.senders(headers, body);
        if senders.is_empty() {
            let word = "X-Relevo-Secret or X-Notion-Signature is missing or wrong\n";
            return (StatusCode::UNAUTHORIZED, word).into_response();
        }
        // What is of no page, or of no form that is known, asks for nothing.
        let Some(page) = page(&json) else { return StatusCode::OK.into_response() };
        let told = own_id(&json);
        let changed = |business: &BusinessId| {
            // The same event again is the same hint; one without an id is a hint each time.
            let name = match told {
                Some(told) => format!("event\0{told}"),
                None => format!("page\0{page}\0{}", now.as_millis()),
            };
            let id = event(business, &name);
            let changed = TicketChanged { ticket: page.to_owned(), event: told.map(str::to_owned) };
            envelope(id, business, now, changed)
        };
        self.publish(senders.iter().map(changed).collect()).await
    }

    /// Whose secret this is. All are compared, so that the time tells nothing.
    fn senders(&self, headers: &HeaderMap, body: &[u8]) -> Vec<BusinessId> {
        let sent = headers.get(SECRET).map(HeaderValue::as_bytes);
        let signature = headers.get(SIGNATURE).map(HeaderValue::as_bytes);
        let is_theirs = |secret: &SecretString| {
            let secret = secret.expose_secret().as_bytes();
            let shown = sent.is_some_and(|sent| sent.ct_eq(secret).into());
            shown | signature.is_some_and(|signature| is_signed(signature, secret, body))
        };
        self.0
            .secrets
            .iter()
            .filter(|(secret, _)| is_theirs(secret))
            .map(|(_, business)| business.clone())
            .collect()
    }

    async fn publish(&self, envelopes: Vec<Envelope>) -> Response {
        let broker = &self.0.broker;
        match Sending::new(&envelopes, broker, ROUTE).publish(broker).await {
            Ok(()) => StatusCode::OK.into_response(),
            Err(error) => {
                warn!(%error, "a webhook of Notion's was not taken; it comes again, or the poll finds it");
                let headers = [(header::RETRY_AFTER, RETRY_AFTER)];
                (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
            }
        }
    }
}

/// `X-Notion-Signature: sha256=<hex>` over the raw bytes, either case of it.
fn is_signed(header: &[u8], token: &[u8], body: &[u8]) -> bool {
    let mut claimed = [0; 32];
    let Some(hex) = header.strip_prefix(b"sha256=") else { return false };
    if hex::decode_to_slice(hex, &mut claimed).is_err() {
        return false;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(token).expect("HMAC takes a key of any length");
    mac.update(body);
    mac.verify_slice(&claimed).is_ok()
}

/// The token of a handshake, which is all that its body has.
fn handshake(json: &Value) -> Option<&str> {
    let object = json.as_object().filter(|object| object.len() == 1)?;
    object.get("verification_token")?.as_str()
}

/// The page that it is about.
fn page(json: &Value) -> Option<&str> {
    let data = json.get("data");
    // An automation sends the page itself.
    let of_automation = data.filter(|data| data.get("object").is_some_and(|one| one == "page"));
    let entity = json.get("entity");
    let of_page = entity.filter(|entity| entity.get("type").is_some_and(|one| one == "page"));
    let of_comment = data.and_then(|data| data.get("page_id"));
    of_automation
        .and_then(|page| page.get("id"))
        .or_else(|| of_page.and_then(|page| page.get("id")))
        .or(of_comment)?
        .as_str()
}

/// Notion's own id of the event.
fn own_id(json: &Value) -> Option<&str> {
    json.get("source")
        .and_then(|source| source.get("event_id"))
        .or_else(|| json.get("id"))?
        .as_str()
}

fn event(business: &BusinessId, name: &str) -> domain::MessageId {
    TicketId::from_uuid(Uuid::nil()).derive(&format!("notion\0{business}\0{name}"))
}

fn envelope(
    id: domain::MessageId,
    business: &BusinessId,
    now: Timestamp,
    body: impl Into<Body>,
) -> Envelope {
    let nowhere = ConversationId::from_uuid(Uuid::nil());
    Envelope::from_outside(id, business.clone(), nowhere, now, body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Computed with Notion's own library.
    #[test]
    fn only_the_signature_of_exactly_these_bytes_is_right() {
        let body = r#"{"id":"evt","type":"page.properties_updated","x":"ñ"}"#.as_bytes();
        let hex = "4b08fd45d6d5d31c82dd3d4d5df8845fe82fd90e21faf5270bccb66efd74b1d3";
        let right = format!("sha256={hex}");
        assert!(is_signed(right.as_bytes(), b"secret_tok", body));
        assert!(is_signed(
            format!("sha256={}", hex.to_uppercase()).as_bytes(),
            b"secret_tok",
            body
        ));
        assert!(!is_signed(hex.as_bytes(), b"secret_tok", body));
        assert!(!is_signed(right.as_bytes(), b"other", body));
        assert!(!is_signed(right.as_bytes(), b"secret_tok", b"{}"));
    }

    #[test]
    fn the_page_of_either_kind_of_webhook_is_found() {
        for (json, expected) in [
            (
                json!({ "source": { "event_id": "e" }, "data": { "object": "page", "id": "p" } }),
                Some("p"),
            ),
            (json!({ "id": "e", "entity": { "id": "p", "type": "page" }, "data": {} }), Some("p")),
            (
                json!({ "entity": { "id": "c", "type": "comment" }, "data": { "page_id": "p" } }),
                Some("p"),
            ),
            (json!({ "entity": { "id": "d", "type": "data_source" } }), None),
            (json!([1, 2]), None),
            (Value::Null, None),
        ] {
            assert_eq!(page(&json), expected, "{json}");
        }
        assert_eq!(handshake(&json!({ "verification_token": "t" })), Some("t"));
        assert_eq!(handshake(&json!({ "verification_token": "t", "id": "e" })), None);
    }
}
