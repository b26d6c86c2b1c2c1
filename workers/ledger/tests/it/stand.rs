//! Embedded ports under a clock of the test's own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use broker::{Consumer, Publication};
use domain::message::{Inbound, MessageReceived};
use domain::{
    Body, BusinessId, Channel, Content, ConversationId, Customer, Envelope, MessageId, Timestamp,
};
use runtime::{Clock, Ports, Settings};
use tempfile::TempDir;

const BUSINESS: &str = "shop";
/// Longer than anything takes that comes at all.
const SOON: Duration = Duration::from_secs(15);
/// Long enough to see that something does not come.
const A_WHILE: Duration = Duration::from_millis(300);
/// When a test begins.
const START_MS: i64 = 1_000_000_000;

pub(crate) struct Stand {
    pub(crate) ports: Ports,
    now_ms: Arc<AtomicI64>,
    _dir: TempDir,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With these lines after the business's limits.
    pub(crate) async fn with(lines: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now_ms = Arc::new(AtomicI64::new(START_MS));
        let now = Arc::clone(&now_ms);
        let clock = Clock::new(move || Timestamp::from_millis(now.load(Ordering::Relaxed)));
        let ports = Ports::connect(&settings(dir.path(), lines), clock).await.unwrap();
        Self { ports, now_ms, _dir: dir }
    }

    pub(crate) fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.now_ms.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) async fn publish(&self, envelope: &Envelope) {
        let publication = Publication {
            id: envelope.id.as_uuid(),
            topic: envelope.kind().as_str().to_owned(),
            body: envelope.encode().unwrap().into(),
            traceparent: None,
            delay: None,
        };
        self.ports.broker.publish(publication).await.unwrap();
    }
}

/// Everything embedded in this folder, with one business that sets these limits.
pub(crate) fn settings(dir: &Path, limits: &str) -> Settings {
    let business = dir.join(BUSINESS);
    std::fs::create_dir_all(&business).unwrap();
    let file = format!("name = 'Shop'\n[limits]\n{limits}");
    std::fs::write(business.join("business.toml"), file).unwrap();
    let dir = dir.to_str().unwrap();
    Settings::read(&|name| match name {
        "RELEVO_DATA_DIR" | "RELEVO_BUSINESS_DIR" => Some(dir.to_owned()),
        "WHATSAPP_ACCESS_TOKEN"
        | "WHATSAPP_APP_SECRET"
        | "WHATSAPP_VERIFY_TOKEN"
        | "WHATSAPP_PHONE_NUMBER_ID" => Some("1".to_owned()),
        _ => None,
    })
    .unwrap()
}

/// A customer's message, as the ingress publishes it.
pub(crate) fn written(provider_id: &str) -> Envelope {
    let business = BusinessId::new(BUSINESS);
    let customer = Customer::with_phone("34600000001");
    let at = Timestamp::from_millis(START_MS);
    let inbound = Inbound {
        provider_id: provider_id.to_owned(),
        sent_at: at,
        arrived_at: None,
        customer: customer.clone(),
        address: "1".to_owned(),
        content: Content::Text { body: "¿Tienen martillos?".to_owned() },
        context: None,
    };
    let id = MessageId::of_provider(&business, Channel::Whatsapp, "in", provider_id);
    let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer);
    Envelope::from_outside(id, business, conversation, at, Body::from(MessageReceived(inbound)))
}

/// The next message of a queue, if one comes.
pub(crate) async fn next(queue: &mut Consumer) -> Option<Envelope> {
    let delivery = tokio::time::timeout(A_WHILE, queue.next()).await.ok()??;
    let envelope = Envelope::decode(&delivery.body).unwrap();
    delivery.ack().await.unwrap();
    Some(envelope)
}

/// Waits for a condition, with a limit.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let waited = tokio::time::timeout(SOON, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}
