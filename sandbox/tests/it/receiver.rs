//! A receiver of webhooks that keeps the very bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use serde_json::Value;

pub(crate) struct Receiver {
    url: String,
    state: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    hooks: Vec<Hook>,
    answers: VecDeque<StatusCode>,
}

#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) bytes: Bytes,
    /// Of WhatsApp's webhooks; empty for others.
    pub(crate) signature: String,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Hook {
    /// What the payload's only change carries.
    pub(crate) fn value(&self) -> &Value {
        &self.json["entry"][0]["changes"][0]["value"]
    }
}

type Shared = State<Arc<Mutex<Received>>>;

impl Receiver {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(Received::default()));
        let routes =
            Router::new().route("/hook", post(receive).get(verify)).with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, state }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// The next webhooks are answered so, then all with 200.
    pub(crate) fn will_answer(&self, answers: &[StatusCode]) {
        self.state.lock().unwrap().answers.extend(answers);
    }

    pub(crate) fn hooks(&self) -> Vec<Hook> {
        self.state.lock().unwrap().hooks.clone()
    }

    /// The texts that customers wrote, in the order they came.
    pub(crate) fn texts(&self) -> Vec<String> {
        let hooks = self.hooks();
        let messages = hooks.iter().filter_map(|h| h.value()["messages"].as_array());
        messages
            .flatten()
            .filter_map(|message| message["text"]["body"].as_str().map(str::to_owned))
            .collect()
    }

    /// `status` of each report, in the order they came.
    pub(crate) fn statuses(&self) -> Vec<Value> {
        let hooks = self.hooks();
        let reports = hooks.iter().filter_map(|h| h.value()["statuses"].as_array());
        reports.flatten().cloned().collect()
    }
}

async fn receive(State(state): Shared, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    let signature = headers.get("x-hub-signature-256").map_or("", |s| s.to_str().unwrap());
    let signature = signature.to_owned();
    let json = serde_json::from_slice(&bytes).unwrap();
    let mut state = state.lock().unwrap();
    state.hooks.push(Hook { bytes, signature, headers, json });
    state.answers.pop_front().unwrap_or(StatusCode::OK)
}

async fn verify(Query(query): Query<Vec<(String, String)>>) -> Result<String, StatusCode> {
    let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, v)| v.as_str());
    match (get("hub.mode"), get("hub.verify_token"), get("hub.challenge")) {
        (Some("subscribe"), Some("open sesame"), Some(challenge)) => Ok(challenge.to_owned()),
        _ => Err(StatusCode::FORBIDDEN),
    }
}

/// Waits for a condition that the sandbox does not know of.
pub(crate) async fn until(limit: Duration, condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + limit;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "not so within {limit:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
