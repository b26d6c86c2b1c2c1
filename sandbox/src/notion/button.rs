//! The webhook of a button: it sets a property, then it calls, and it stops calling when nobody answers.

use std::sync::Arc;

use reqwest::Url;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::page::page_json;
use super::post::{self, Post};
use super::workspace::At;
use super::{Version, Workspace};
use crate::fault::{Effect, Outcome};
use crate::ids;
use crate::lock;
use crate::operation::Operation;
use crate::world::{UnderWay, World};

/// After so many refusals the automation is paused until somebody resumes it by hand.
const MOST_ATTEMPTS: u32 = 3;

pub(crate) struct ButtonState {
    pub(crate) url: Option<Url>,
    /// What is pressed meanwhile is not sent later either.
    pub(crate) is_paused: bool,
    automation: Uuid,
    action: Uuid,
}

impl ButtonState {
    pub(crate) fn new(url: Option<&str>) -> anyhow::Result<Self> {
        Ok(Self {
            url: url.map(post::parse).transpose()?,
            is_paused: false,
            automation: ids::uuid(),
            action: ids::uuid(),
        })
    }

    pub(crate) fn set_url(&mut self, url: &str) -> anyhow::Result<()> {
        self.url = Some(post::parse(url)?);
        Ok(())
    }
}

/// Sends the webhook of a button that somebody has pressed on this page. Gives the receiver's HTTP status
/// at the first attempt; `None` when nothing was sent, or nobody answered. Held by
/// `a_button_sets_its_property_and_then_calls` and `three_refusals_pause_the_button_until_it_is_resumed`.
pub(crate) async fn press(world: &Arc<World>, page: Uuid, by: Uuid) -> Option<u16> {
    let body = body(world, page, by)?;
    let plan = world.faults.draw(Operation::NotionAutomation, None);
    let is_forged = match plan.outcome {
        Outcome::Fault(Effect::Drop) => return None,
        Outcome::Fault(Effect::WrongSignature) => true,
        _ => false,
    };
    let under_way = UnderWay::new(world);
    let (tell, first) = oneshot::channel();
    let call = Call { world: Arc::clone(world), body, is_forged, _under_way: under_way };
    let is_late = !plan.latency.is_zero();
    // On its own, so that nothing is lost when the caller does not wait for the end.
    tokio::spawn(async move {
        if !post::rests(&call.world, plan.latency).await {
            return;
        }
        call.insist(Some(tell)).await;
        for _ in 0..plan.copies {
            call.insist(None).await;
        }
    });
    if is_late { None } else { first.await.ok().flatten() }
}

/// What is sent; nothing while the automation is paused or calls nobody.
fn body(world: &World, page: Uuid, by: Uuid) -> Option<Value> {
    let source = {
        let state = lock(&world.notion.button);
        state.url.as_ref().filter(|_| !state.is_paused)?;
        json!({
            "type": "automation",
            "automation_id": state.automation,
            "action_id": state.action,
            "event_id": ids::uuid(),
            "user_id": by,
            "attempt": 1,
        })
    };
    let workspace = lock(&world.notion.workspace);
    let at = At {
        version: Version::Positions,
        now_ms: world.notion.clock.now_ms(),
        base_url: world.base_url(),
        by,
    };
    Some(json!({ "source": source, "data": data(world, &at, &workspace, page)? }))
}

/// The page with the properties that the action carries.
fn data(world: &World, at: &At<'_>, workspace: &Workspace, page: Uuid) -> Option<Value> {
    let page = workspace.pages.get(&page)?;
    let carries: Vec<&str> =
        world.options.notion.button.carries.iter().map(String::as_str).collect();
    let mut data = page_json(at, workspace, page, &carries);
    data["request_id"] = ids::uuid().to_string().into();
    if let Some(data) = data.as_object_mut().filter(|_| carries.is_empty()) {
        data.remove("properties");
    }
    Some(data)
}

struct Call {
    world: Arc<World>,
    body: Value,
    is_forged: bool,
    _under_way: UnderWay,
}

impl Call {
    async fn insist(&self, mut tell: Option<oneshot::Sender<Option<u16>>>) {
        for attempt in 1..=MOST_ATTEMPTS {
            let status = self.attempt(attempt).await;
            if let Some(tell) = tell.take() {
                // Nobody listens when the caller has gone on.
                let _ = tell.send(status);
            }
            if post::is_taken(status) || self.is_forged {
                return;
            }
            let is_last = attempt == MOST_ATTEMPTS;
            if is_last {
                lock(&self.world.notion.button).is_paused = true;
                self.world.has_changed();
            } else if !post::rests(&self.world, post::pause_after(attempt)).await {
                return;
            }
        }
    }

    async fn attempt(&self, attempt: u32) -> Option<u16> {
        let url = lock(&self.world.notion.button).url.clone()?;
        let mut body = self.body.clone();
        body["source"]["attempt"] = attempt.into();
        let button = &self.world.options.notion.button;
        let secret = if self.is_forged { "not the secret" } else { button.secret.as_str() };
        let post = Post {
            kind: Operation::NotionAutomation,
            url,
            agent: "NotionAutomation",
            proof: Some((&button.header, secret)),
            body: &body,
            bytes: body.to_string().into_bytes(),
        };
        post::attempt(&self.world, post).await
    }
}
