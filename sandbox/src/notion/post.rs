//! One attempt to deliver a webhook of Notion, and the pauses between attempts.

use std::time::Duration;

use anyhow::Context;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::Value;

use crate::ids;
use crate::operation::Operation;
use crate::world::World;

/// The real one goes from seconds to hours; here the same in small.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Post<'a> {
    pub(super) kind: Operation,
    pub(super) url: Url,
    pub(super) agent: &'static str,
    /// The header that proves who sends, and its value.
    pub(super) proof: Option<(&'a str, &'a str)>,
    pub(super) body: &'a Value,
    pub(super) bytes: Vec<u8>,
}

/// The receiver's HTTP status; `None` when there was none.
pub(super) async fn attempt(world: &World, post: Post<'_>) -> Option<u16> {
    let place = world.journal.open(Some(post.kind), "POST", post.url.path(), post.body.clone());
    let trace = format!("00-{}-{}-01", ids::token(), &ids::token()[..16]);
    let mut request = world
        .http
        .post(post.url)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, post.agent)
        .header("traceparent", trace)
        .body(post.bytes);
    if let Some((name, value)) = post.proof {
        request = request.header(name, value);
    }
    let status = match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            // Read to the end, so that the connection can be used again.
            drop(response.bytes().await);
            Some(status)
        }
        Err(error) => {
            tracing::debug!(error = %error.without_url(), "deliver a webhook of Notion");
            None
        }
    };
    if let Some(status) = status {
        world.journal.answered(place, status);
    }
    world.has_changed();
    status
}

pub(super) fn is_taken(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}

/// `false` when the sandbox stops meanwhile.
pub(super) async fn rests(world: &World, pause: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        () = world.stopping.cancelled() => false,
    }
}

/// The pause after so many attempts.
pub(super) fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE * 2_u32.pow(attempts.saturating_sub(1).min(10))
}

pub(super) fn parse(url: &str) -> anyhow::Result<Url> {
    Url::parse(url).with_context(|| "url of a webhook of Notion".to_owned())
}
