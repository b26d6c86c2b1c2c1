//! Embedded ports, outbound on its lanes, and a WhatsApp that answers as the test says.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use broker::{Consumer, Publication, Queue};
use clients::files::{Bounds, Files};
use clients::whatsapp::{Options, WhatsApp};
use domain::message::{Inbound, ReplyReady};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, Envelope, Kind,
    MessageId, Rules, Timestamp,
};
use outbound::Outbound;
use runtime::{Clock, Lifecycle, Ports, Settings, topology, worker};
use serde_json::{Value, json};
use store::state::Commit;
use tempfile::TempDir;
use tokio::time::Instant;

/// Longer than anything takes that comes at all.
const SOON: Duration = Duration::from_secs(25);
const NUMBER: &str = "100";
/// Everything that outbound publishes.
const SEEN: Queue = Queue {
    name: "seen",
    topics: &[Kind::AlertRaised.as_str(), Kind::TurnClosed.as_str(), Kind::MessageDied.as_str()],
};

pub(crate) struct Stand {
    pub(crate) ports: Ports,
    pub(crate) platform: Platform,
    pub(crate) files: Files,
    lifecycle: Lifecycle,
    seen: tokio::sync::Mutex<Consumer>,
    _dir: TempDir,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        Self::at(80).await
    }

    /// With a number that may send so many messages a second.
    pub(crate) async fn at(messages_per_second: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path(), messages_per_second);
        let ports = Ports::connect(&settings, Clock::system()).await.unwrap();
        ports.broker.declare(&[SEEN]).await.unwrap();
        let seen = tokio::sync::Mutex::new(ports.broker.consume(SEEN.name, 8).await.unwrap());
        let bounds = Bounds { at_most_bytes: 1 << 20, keep: Duration::from_secs(3600) };
        let files = Files::folder(dir.path().join("files"), bounds).unwrap();
        let platform = Platform::start().await;
        let business = ports.businesses.get(&business()).unwrap();
        let whatsapp = WhatsApp::new(Options {
            api_url: platform.url.clone(),
            version: "v25.0".to_owned(),
            access_token: business.whatsapp.access_token.clone(),
            timeout: Duration::from_secs(5),
        });
        let channels = BTreeMap::from([(business.id.clone(), whatsapp.unwrap())]);
        let handler = Arc::new(Outbound::new(channels, files.clone()));
        let lifecycle = Lifecycle::new();
        for lane in [topology::OUTBOUND, topology::OUTBOUND_RECEIPTS] {
            let (handler, ports, stop) = (Arc::clone(&handler), ports.clone(), lifecycle.clone());
            lifecycle.spawn(async move { worker::run(handler, lane, ports, stop).await.unwrap() });
        }
        Self { ports, platform, files, lifecycle, seen, _dir: dir }
    }

    /// A customer who last wrote so long ago.
    pub(crate) async fn customer(&self, phone: &str, silent_for: Duration) -> ConversationId {
        let (business, customer) = (business(), Customer::with_phone(phone));
        let id = ConversationId::of(&business, Channel::Whatsapp, &customer);
        let at = self.now() - silent_for;
        let inbound = Inbound {
            provider_id: format!("wamid.{phone}"),
            sent_at: at,
            arrived_at: None,
            customer,
            address: NUMBER.to_owned(),
            content: Content::text("hola"),
            context: None,
        };
        let message = MessageId::of_provider(&business, Channel::Whatsapp, "in", phone);
        let mut conversation = Conversation::new(id, business);
        conversation.receive(message, &inbound, at, &Rules::default());
        let document = serde_json::to_string(&conversation).unwrap();
        let commit = Commit {
            conversation: id.as_uuid(),
            expected: 0,
            document: Some(&document),
            effects: None,
        };
        self.ports.state.commit(commit).await.unwrap();
        id
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) async fn say(&self, to: ConversationId, name: &str, reply: ReplyReady) -> MessageId {
        self.tell(to, name, reply).await
    }

    pub(crate) async fn tell(
        &self,
        conversation: ConversationId,
        name: &str,
        body: impl Into<Body>,
    ) -> MessageId {
        // One that rests as short as can be, so that no test is longer than it must.
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "test", name);
        let mut bytes = *id.as_uuid().as_bytes();
        bytes[15] = 0;
        let uuid = uuid::Uuid::from_bytes(bytes);
        let id = MessageId::from_uuid(uuid);
        let envelope = Envelope::from_outside(id, business(), conversation, self.now(), body);
        let publication = Publication {
            id: uuid,
            topic: envelope.kind().as_str().to_owned(),
            body: envelope.encode().unwrap().into(),
            traceparent: None,
            delay: None,
        };
        self.ports.broker.publish(publication).await.unwrap();
        id
    }

    /// The next message that outbound publishes.
    pub(crate) async fn seen(&self) -> Body {
        let next = tokio::time::timeout(SOON, async { self.seen.lock().await.next().await });
        let delivery = next.await.expect("a message should come").unwrap();
        let envelope = Envelope::decode(&delivery.body).unwrap();
        delivery.ack().await.unwrap();
        envelope.body
    }

    /// Waits until something that was said, or never will be, is told.
    pub(crate) async fn closed(&self) {
        while !matches!(self.seen().await, Body::TurnClosed(_)) {}
    }

    pub(crate) async fn stop(self) {
        self.lifecycle.stop();
        self.lifecycle.finish(SOON, std::future::pending()).await;
        assert!(self.ports.broker.dead(topology::OUTBOUND.queue, 9).await.unwrap().is_empty());
    }
}

fn business() -> BusinessId {
    BusinessId::new("shop")
}

fn settings(dir: &Path, messages_per_second: u32) -> Settings {
    let business = dir.join("shop");
    std::fs::create_dir_all(&business).unwrap();
    let file = format!(
        "name = 'Shop'\n[whatsapp]\nmessages_per_second = {messages_per_second}\n\
         [[whatsapp.templates]]\npurpose = 'reopen'\nname = 'seguimos'\nlanguage = 'es'\n\
         body = '¿Seguimos?'\n"
    );
    std::fs::write(business.join("business.toml"), file).unwrap();
    let dir = dir.to_str().unwrap();
    Settings::read(&|name| match name {
        "RELEVO_DATA_DIR" | "RELEVO_BUSINESS_DIR" => Some(dir.to_owned()),
        "WHATSAPP_PHONE_NUMBER_ID" => Some(NUMBER.to_owned()),
        "WHATSAPP_ACCESS_TOKEN" | "WHATSAPP_APP_SECRET" | "WHATSAPP_VERIFY_TOKEN" => {
            Some("secret".to_owned())
        }
        _ => None,
    })
    .unwrap()
}

/// What the platform was asked to send.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) to: String,
    pub(crate) body: Value,
    pub(crate) at: Instant,
    pub(crate) accepted: bool,
}

#[derive(Clone)]
pub(crate) struct Platform {
    url: String,
    refusals: Arc<Mutex<VecDeque<(u16, i64)>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    uploads: Arc<Mutex<usize>>,
}

impl Platform {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let platform = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            refusals: Arc::default(),
            requests: Arc::default(),
            uploads: Arc::default(),
        };
        let app = Router::new().fallback(answer).with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        platform
    }

    /// The next messages are refused with these statuses and codes.
    pub(crate) fn refuses(&self, refusals: impl IntoIterator<Item = (u16, i64)>) {
        self.refusals.lock().unwrap().extend(refusals);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn uploads(&self) -> usize {
        *self.uploads.lock().unwrap()
    }

    /// Waits until so many were accepted.
    pub(crate) async fn accepted(&self, many: usize) -> Vec<Request> {
        self.wait_for(many, |request| request.accepted).await
    }

    /// Waits until so many have come.
    pub(crate) async fn asked(&self, many: usize) -> Vec<Request> {
        self.wait_for(many, |_| true).await
    }

    async fn wait_for(&self, many: usize, counts: fn(&Request) -> bool) -> Vec<Request> {
        let look = || self.requests().into_iter().filter(counts).collect::<Vec<_>>();
        let waited = tokio::time::timeout(SOON, async {
            while look().len() < many {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("only {} of {many} came", look().len()));
        look()
    }
}

async fn answer(State(platform): State<Platform>, uri: Uri, body: Bytes) -> Response {
    if uri.path().ends_with("/media") {
        *platform.uploads.lock().unwrap() += 1;
        return Json(json!({ "id": "media-1" })).into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let to = body["to"].as_str().unwrap_or_default().to_owned();
    let refusal = platform.refusals.lock().unwrap().pop_front();
    let mut requests = platform.requests.lock().unwrap();
    let accepted = refusal.is_none();
    requests.push(Request { to, body, at: Instant::now(), accepted });
    match refusal {
        None => {
            let id = format!("wamid.out.{}", requests.len());
            Json(json!({ "messages": [{ "id": id }] })).into_response()
        }
        Some((status, code)) => {
            let error = json!({ "error": { "code": code, "message": "refused" } });
            (StatusCode::from_u16(status).unwrap(), Json(error)).into_response()
        }
    }
}
