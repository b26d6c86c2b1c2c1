//! Webhooks: built, signed over the exact bytes, delivered, repeated until the receiver takes them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tokio::sync::oneshot;

use crate::bubble::Status;
use crate::clock::now_ms;
use crate::escape::meta_json;
use crate::fault::{Effect, Outcome};
use crate::graph::{Accepted, GraphError};
use crate::lock;
use crate::operation::Operation;
use crate::options::Statuses;
use crate::world::{UnderWay, World};

/// The platform goes from seconds to hours over seven days; here the same in small.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A webhook before it is signed.
pub(crate) struct Webhook {
    pub(crate) kind: Operation,
    /// Whose it is, for faults that fall on one customer.
    pub(crate) customer: String,
    pub(crate) payload: Value,
    /// Customers' messages in it, delivered once the receiver has taken it.
    pub(crate) wamids: Vec<String>,
    /// The message of the business that it is about, and how far that has come.
    pub(crate) reports: Option<(String, Status)>,
    pub(crate) copies: u32,
    pub(crate) delay: Duration,
    pub(crate) signature: Signature,
}

/// By whose secret a webhook is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    Ours,
    Forged,
}

impl Webhook {
    pub(crate) fn new(kind: Operation, customer: &str, payload: Value) -> Self {
        Self {
            kind,
            customer: customer.to_owned(),
            payload,
            wamids: Vec::new(),
            reports: None,
            copies: 0,
            delay: Duration::ZERO,
            signature: Signature::Ours,
        }
    }
}

/// The value of `X-Hub-Signature-256`, or of `X-Notion-Signature`, for these bytes.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A payload with one change of a field that is the account's own, not the number's: with its time, and
/// the value as it is.
pub(crate) fn account_payload(world: &World, field: &str, value: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": world.options.waba_id,
            "time": now_ms() / 1000,
            "changes": [{ "field": field, "value": value }],
        }],
    })
}

/// A payload with one change: the given keys beside `messaging_product` and `metadata`.
pub(crate) fn payload(world: &World, field: &str, keys: Map<String, Value>) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": world.options.display_phone_number,
            "phone_number_id": world.options.phone_number_id,
        },
    });
    if let Some(value) = value.as_object_mut() {
        value.extend(keys);
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": world.options.waba_id, "changes": [{ "field": field, "value": value }] }],
    })
}

/// Delivers a webhook and gives the receiver's HTTP status at the first attempt; `None` when there was
/// none, because it is delayed, dropped, or nobody is listening. What is not taken is repeated: held by
/// `a_webhook_that_is_not_answered_with_200_comes_again` and
/// `a_webhook_outlives_the_caller_that_did_not_wait`.
pub(crate) async fn deliver(world: &Arc<World>, webhook: Webhook) -> Option<u16> {
    let plan = world.faults.draw(webhook.kind, Some(&webhook.customer));
    let signature = match plan.outcome {
        Outcome::Fault(Effect::Drop) => return None,
        Outcome::Fault(Effect::WrongSignature) => Signature::Forged,
        _ => webhook.signature,
    };
    let secret = match signature {
        Signature::Ours => world.options.app_secret.as_str(),
        Signature::Forged => "not the app secret",
    };
    let body = Bytes::from(meta_json(&webhook.payload));
    let parcel = Parcel {
        world: Arc::clone(world),
        kind: webhook.kind,
        header: sign(secret, &body),
        body,
        payload: webhook.payload,
        wamids: webhook.wamids,
        reports: webhook.reports,
        repeats: signature == Signature::Ours,
        _under_way: UnderWay::new(world),
    };
    let delay = webhook.delay + plan.latency;
    let copies = webhook.copies + plan.copies;
    let (tell, first) = oneshot::channel();
    // On its own, so that nothing is lost when the caller does not wait for the end.
    tokio::spawn(parcel.travel(delay, copies, tell));
    if delay.is_zero() { first.await.ok().flatten() } else { None }
}

struct Parcel {
    world: Arc<World>,
    kind: Operation,
    payload: Value,
    body: Bytes,
    header: String,
    wamids: Vec<String>,
    reports: Option<(String, Status)>,
    repeats: bool,
    _under_way: UnderWay,
}

impl Parcel {
    fn is_taken(&self, status: Option<u16>) -> bool {
        status == Some(200) || (status.is_some() && !self.repeats)
    }

    async fn travel(self, delay: Duration, copies: u32, tell: oneshot::Sender<Option<u16>>) {
        if !self.rests(delay).await {
            return;
        }
        let first = self.attempt().await;
        // Nobody listens when the caller has gone on.
        let _ = tell.send(first);
        if !self.is_taken(first) {
            self.insist().await;
        }
        for _ in 0..copies {
            let status = self.attempt().await;
            if !self.is_taken(status) {
                self.insist().await;
            }
        }
    }

    /// Attempts again, after growing pauses, until the receiver takes it or the sandbox stops.
    async fn insist(&self) {
        let mut pause = FIRST_PAUSE;
        while self.rests(pause).await {
            let status = self.attempt().await;
            if self.is_taken(status) {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `false` when the sandbox stops meanwhile.
    async fn rests(&self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.world.stopping.cancelled() => false,
        }
    }

    async fn attempt(&self) -> Option<u16> {
        let url = self.world.webhook_url()?;
        let journal = &self.world.journal;
        let place = journal.open(Some(self.kind), "POST", url.path(), self.payload.clone());
        let request = self
            .world
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Hub-Signature-256", &self.header)
            .body(self.body.clone());
        let status = match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                // Read to the end, so that the connection can be used again.
                drop(response.bytes().await);
                status
            }
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "deliver a webhook");
                return None;
            }
        };
        journal.answered(place, status);
        if status == 200 {
            let mut chats = lock(&self.world.chats);
            for wamid in &self.wamids {
                chats.advance(wamid, Status::Delivered, None);
            }
            drop(chats);
            if let Some((wamid, status)) = &self.reports {
                self.world.sends.status_taken(wamid, *status);
            }
        }
        self.world.has_changed();
        Some(status)
    }
}

/// Reports the way of an accepted message: sent, delivered, read; or failed.
pub(crate) fn report(world: &Arc<World>, message: Accepted, failure: Option<GraphError>) {
    let Statuses { sent, delivered, read } = world.options.statuses;
    let steps = match &failure {
        Some(_) => vec![(Status::Failed, sent.or(delivered).or(read))],
        None => vec![(Status::Sent, sent), (Status::Delivered, delivered), (Status::Read, read)],
    };
    if steps.iter().all(|(_, after)| after.is_none()) {
        if let Some(error) = failure {
            lock(&world.chats).advance(&message.wamid, Status::Failed, Some(error.code()));
        }
        return;
    }
    let world = Arc::clone(world);
    // From the moment of acceptance, so that nobody takes the pause before the first status for the end.
    let under_way = UnderWay::new(&world);
    tokio::spawn(async move {
        let steps = steps.into_iter().filter_map(|(status, after)| Some((status, after?)));
        for (status, after) in steps {
            tokio::select! {
                () = tokio::time::sleep(after) => {}
                () = world.stopping.cancelled() => return,
            }
            let code = failure.as_ref().map(GraphError::code);
            lock(&world.chats).advance(&message.wamid, status, code);
            world.has_changed();
            let keys = status_keys(&world, &message, status, failure.as_ref());
            let body = payload(&world, "messages", keys);
            let phone = &message.recipient.phone;
            let webhook = Webhook {
                reports: Some((message.wamid.clone(), status)),
                ..Webhook::new(Operation::WebhookStatus, phone, body)
            };
            deliver(&world, webhook).await;
        }
        drop(under_way);
    });
}

fn status_keys(
    world: &World,
    message: &Accepted,
    status: Status,
    failure: Option<&GraphError>,
) -> Map<String, Value> {
    let Accepted { wamid, recipient, callback_data, category } = message;
    let profile = lock(&world.chats).get(&recipient.phone).map(|chat| chat.profile.clone());
    let has_user_id = profile.as_ref().is_none_or(|p| p.shown_user_id().is_some());
    let mut report = json!({
        "id": wamid,
        "status": status,
        "timestamp": (now_ms() / 1000).to_string(),
    });
    // A failure names its recipient as the sender did, and by nothing else.
    if has_user_id && (failure.is_none() || recipient.by_user_id) {
        report["recipient_user_id"] = recipient.user_id.as_str().into();
    }
    if !recipient.by_user_id {
        report["recipient_id"] = recipient.phone.as_str().into();
    }
    if let Some(data) = callback_data {
        report["biz_opaque_callback_data"] = data.as_str().into();
    }
    if matches!(status, Status::Sent | Status::Delivered) {
        report["pricing"] = json!({
            "billable": true,
            "pricing_model": "PMP",
            "type": "regular",
            "category": category,
        });
    }
    if let Some(error) = failure {
        report["errors"] = json!([error.in_status()]);
    }
    let mut keys = Map::new();
    // Since 2026 all statuses but failures carry the contact.
    if failure.is_none() {
        let mut contact = json!({ "profile": { "name": profile.as_ref().map(|p| &p.name) } });
        if has_user_id {
            contact["user_id"] = recipient.user_id.as_str().into();
        }
        if !recipient.by_user_id {
            contact["wa_id"] = recipient.phone.as_str().into();
        }
        let username = profile.and_then(|profile| profile.username);
        if let Some(username) = username.filter(|_| status != Status::Sent) {
            contact["profile"]["username"] = username.into();
        }
        keys.insert("contacts".into(), json!([contact]));
    }
    keys.insert("statuses".into(), json!([report]));
    keys
}
