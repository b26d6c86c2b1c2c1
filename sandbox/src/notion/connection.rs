//! The webhooks of the connection: what happened, gathered, signed, and repeated a few times.

use std::sync::Arc;

use anyhow::ensure;
use reqwest::Url;
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::Event;
use super::post::{self, Post};
use super::time;
use crate::delivery::sign;
use crate::fault::{Effect, Outcome};
use crate::ids;
use crate::lock;
use crate::operation::Operation;
use crate::world::{UnderWay, World};

const MOST_ATTEMPTS: u32 = 8;
/// The version whose shapes the events have.
const API_VERSION: &str = "2025-09-03";
const AGENT: &str = "Notion-Webhooks/1.0";

pub(crate) struct Subscription {
    pub(crate) url: Option<Url>,
    id: Uuid,
    integration: Uuid,
    /// Gathered, and not yet on their way.
    pending: Vec<Event>,
}

impl Subscription {
    pub(crate) fn new(url: Option<&str>) -> anyhow::Result<Self> {
        Ok(Self {
            url: url.map(post::parse).transpose()?,
            id: ids::uuid(),
            integration: ids::uuid(),
            pending: Vec::new(),
        })
    }
}

/// The handshake: the receiver is given the token that every webhook after it is signed with.
pub(crate) async fn subscribe(world: &World, url: &str) -> anyhow::Result<()> {
    let url = post::parse(url)?;
    let body = json!({ "verification_token": world.options.notion.verification_token });
    // The token is no matter for the journal.
    let told = json!({ "verification_token": "(hidden)" });
    let post = Post {
        kind: Operation::NotionEvent,
        url: url.clone(),
        agent: AGENT,
        proof: None,
        body: &told,
        bytes: body.to_string().into_bytes(),
    };
    let status = post::attempt(world, post).await;
    ensure!(post::is_taken(status), "subscribe to Notion's webhooks: answered with {status:?}");
    lock(&world.notion.subscription).url = Some(url);
    Ok(())
}

/// Tells of what happened since the last time. Several changes of the same page within a short time are
/// one event, as `changes_in_a_short_time_come_as_one_event` holds.
pub(crate) fn announce(world: &Arc<World>) {
    let events = std::mem::take(&mut lock(&world.notion.workspace).events);
    let mut subscription = lock(&world.notion.subscription);
    if subscription.url.is_none() {
        return;
    }
    for event in events {
        let known = subscription.pending.iter_mut().find(|pending| pending.is_same_as(&event));
        if let Some(known) = known {
            known.absorb(event);
            continue;
        }
        let (name, entity) = (event.name, event.entity);
        subscription.pending.push(event);
        let parcel = Parcel { world: Arc::clone(world), _under_way: UnderWay::new(world) };
        tokio::spawn(async move {
            if !post::rests(&parcel.world, parcel.world.options.notion.gather).await {
                return;
            }
            let gathered = {
                let pending = &mut lock(&parcel.world.notion.subscription).pending;
                let at = pending.iter().position(|e| e.name == name && e.entity == entity);
                at.map(|at| pending.remove(at))
            };
            if let Some(event) = gathered {
                parcel.travel(&event).await;
            }
        });
    }
}

struct Parcel {
    world: Arc<World>,
    _under_way: UnderWay,
}

impl Parcel {
    async fn travel(&self, event: &Event) {
        let body = self.describe(event);
        let plan = self.world.faults.draw(Operation::NotionEvent, None);
        let secret = match plan.outcome {
            Outcome::Fault(Effect::Drop) => return,
            Outcome::Fault(Effect::WrongSignature) => "not the token",
            _ => self.world.options.notion.verification_token.as_str(),
        };
        let is_forged = secret != self.world.options.notion.verification_token;
        if !post::rests(&self.world, plan.latency).await {
            return;
        }
        for _ in 0..=plan.copies {
            for attempt in 1..=MOST_ATTEMPTS {
                let status = self.attempt(&body, attempt, secret).await;
                if post::is_taken(status) || is_forged {
                    break;
                }
                let is_last = attempt == MOST_ATTEMPTS;
                if !is_last && !post::rests(&self.world, post::pause_after(attempt)).await {
                    return;
                }
            }
        }
    }

    async fn attempt(&self, body: &Value, attempt: u32, secret: &str) -> Option<u16> {
        let url = lock(&self.world.notion.subscription).url.clone()?;
        let mut body = body.clone();
        body["attempt_number"] = attempt.into();
        let bytes = body.to_string().into_bytes();
        let signature = sign(secret, &bytes);
        let post = Post {
            kind: Operation::NotionEvent,
            url,
            agent: AGENT,
            proof: Some(("X-Notion-Signature", &signature)),
            body: &body,
            bytes,
        };
        post::attempt(&self.world, post).await
    }

    fn describe(&self, event: &Event) -> Value {
        let workspace = lock(&self.world.notion.workspace);
        let (entity, data) = event.describe(&workspace);
        let author = |id: &Uuid| {
            let kind = if *id == workspace.bot.id { "bot" } else { "person" };
            json!({ "id": id, "type": kind })
        };
        let mut body = json!({
            "id": ids::uuid(),
            "timestamp": time::written(self.world.notion.clock.now_ms()),
            "workspace_id": workspace.id,
            "workspace_name": workspace.name,
            "type": event.name,
            "authors": event.authors.iter().map(author).collect::<Vec<_>>(),
            "attempt_number": 1,
            "api_version": API_VERSION,
            "entity": entity,
            "data": data,
        });
        drop(workspace);
        let subscription = lock(&self.world.notion.subscription);
        body["subscription_id"] = subscription.id.to_string().into();
        body["integration_id"] = subscription.integration.to_string().into();
        body
    }
}
