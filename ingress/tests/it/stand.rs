//! An ingress on an embedded broker, and what came out of it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use broker::{Broker, Queue};
use domain::{BusinessId, Content, Envelope, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use runtime::{Business, Businesses, Clock, Lane, topology};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_000_100);
pub(crate) const NUMBER: &str = "100000000000001";
/// The second business's.
pub(crate) const OTHER_NUMBER: &str = "100000000000002";
/// `Business::example`'s.
pub(crate) const SECRET: &str = "example";
pub(crate) const OTHER_SECRET: &str = "the other's";

pub(crate) struct Stand {
    pub(crate) broker: Broker,
    pub(crate) router: Router,
    pub(crate) file: embedded::File,
    _dir: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Two businesses with a Meta app each.
fn businesses() -> Businesses {
    let mut other = Business::example("Other");
    other.id = BusinessId::new("other");
    other.whatsapp.phone_number_ids = vec![OTHER_NUMBER.to_owned()];
    other.whatsapp.app_secret = OTHER_SECRET.into();
    other.whatsapp.verify_token = "other token".into();
    [Business::example("Example"), other].into_iter().collect()
}

pub(crate) fn router(broker: Broker) -> Router {
    router_of(broker, businesses())
}

fn router_of(broker: Broker, businesses: Businesses) -> Router {
    ingress::router(broker, businesses, Clock::new(|| NOW))
}

/// The ledger's, which between them take all that the ingress publishes.
const LANES: [Lane; 3] = [topology::LEDGER, topology::LEDGER_HISTORY, topology::LEDGER_RECEIPTS];

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::of(businesses()).await
    }

    pub(crate) async fn of(businesses: Businesses) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = embedded::File::open(dir.path()).await.unwrap();
        let broker = Broker::embedded(file.clone()).await.unwrap();
        // No others, in which what a long run publishes would pile up.
        let queues = LANES.map(|lane| Queue { name: lane.queue, topics: lane.topics });
        broker.declare(&queues).await.unwrap();
        Self { router: router_of(broker.clone(), businesses), broker, file, _dir: dir }
    }

    /// Posts a body, signed as it should be.
    pub(crate) async fn post(&self, body: impl Into<Vec<u8>>) -> StatusCode {
        let body = body.into();
        let signature = signature(SECRET, &body);
        call(&self.router, post(Some(&signature), body)).await.status
    }

    /// Everything that was published since the last time: messages, echoes and alerts in their
    /// order, then histories in theirs, then statuses in theirs.
    pub(crate) async fn published(&self) -> Vec<Envelope> {
        published(&self.broker).await
    }
}

pub(crate) async fn published(broker: &Broker) -> Vec<Envelope> {
    let mut envelopes = Vec::new();
    for lane in LANES {
        let mut consumer = broker.consume(lane.queue, 100).await.unwrap();
        // A webhook is answered after its messages are in their queues, so none is on its way.
        for _ in 0..broker.depth(lane.queue).await.unwrap().ready {
            let delivery = consumer.next().await.unwrap();
            let envelope = Envelope::decode(&delivery.body).unwrap();
            assert_eq!(envelope.id.as_uuid(), delivery.id);
            assert_eq!(envelope.kind().as_str(), delivery.topic);
            envelopes.push(envelope);
            delivery.ack().await.unwrap();
        }
        consumer.stop().await;
    }
    envelopes
}

pub(crate) async fn call(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) fn post(signature: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request =
        Request::post("/webhooks/whatsapp").header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    request.body(body.into()).unwrap()
}

pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A webhook with these changes in one entry.
pub(crate) fn webhook(changes: &[Value]) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]})
        .to_string()
}

/// A change of `field` at [`NUMBER`]; `value` is what its value has beside the metadata.
pub(crate) fn change(field: &str, mut value: Value) -> Value {
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({"display_phone_number": "34911111111", "phone_number_id": NUMBER});
    json!({"field": field, "value": value})
}

pub(crate) fn text(id: &str, body: &str) -> Value {
    json!({"from": "34600000001", "id": id, "timestamp": "1795000001", "type": "text", "text": {"body": body}})
}

/// A webhook with one message.
pub(crate) fn message(message: &Value) -> String {
    webhook(&[change("messages", json!({"messages": [message]}))])
}

/// What an envelope is about, in a word: the provider's id with what sets it apart.
pub(crate) fn summary(envelope: &Envelope) -> String {
    match &envelope.body {
        domain::Body::MessageReceived(received) => match &received.0.content {
            Content::Text { body } => format!("{}: {body}", received.0.provider_id),
            other => format!("{}: [{}]", received.0.provider_id, other.kind()),
        },
        domain::Body::MediaReceived(received) => {
            format!("{}: [{}]", received.0.provider_id, received.0.content.kind())
        }
        domain::Body::HistoryReceived(received) => {
            format!("history of {} messages", received.messages.len())
        }
        domain::Body::AlertRaised(alert) => format!("alert {}: {}", alert.kind, alert.subject),
        domain::Body::DeliveryUpdated(updated) => {
            format!("{} {}", updated.provider_id, updated.status.as_str())
        }
        domain::Body::HumanSpoke(spoke) => format!("echo {}", spoke.provider_id),
        other => panic!("the ingress publishes no {}", other.kind()),
    }
}

pub(crate) fn summaries(envelopes: &[Envelope]) -> Vec<String> {
    envelopes.iter().map(summary).collect()
}
