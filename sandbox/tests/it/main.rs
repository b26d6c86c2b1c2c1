#![allow(clippy::unwrap_used, reason = "a test that fails should say where")]
//! The sandbox over real HTTP: a receiver of webhooks, a client of the API, and what each sees.

mod control;
mod customers;
mod delivery;
mod faults;
mod fields;
mod identity;
mod inbound;
mod limits;
mod media;
mod model;
mod notion;
mod receiver;
mod refusals;
mod run;
mod templates;

use std::time::Duration;

use receiver::Receiver;
use reqwest::{Response, StatusCode};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

/// How long a test waits for what must happen.
const SOON: Duration = Duration::from_secs(10);
const ANA: &str = "34600000001";

/// A sandbox, a receiver that takes every webhook, and a client of the Graph API.
struct Bench {
    sandbox: Sandbox,
    receiver: Receiver,
    http: reqwest::Client,
}

impl Bench {
    async fn new() -> Self {
        Self::with(Options::example()).await
    }

    async fn with(options: Options) -> Self {
        let receiver = Receiver::start().await;
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.set_webhook_url(&receiver.url()).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, receiver, http }
    }

    fn messages_url(&self) -> String {
        let id = &self.sandbox.options().phone_number_id;
        format!("{}/v25.0/{id}/messages", self.sandbox.url())
    }

    async fn post(&self, body: &Value) -> reqwest::Result<Response> {
        self.http
            .post(self.messages_url())
            .bearer_auth(&self.sandbox.options().access_token)
            .json(body)
            .send()
            .await
    }

    /// The answer's HTTP status and JSON.
    async fn send(&self, body: Value) -> (StatusCode, Value) {
        read(self.post(&body).await.unwrap()).await
    }

    /// Sends a text that must be accepted; gives its id.
    async fn text(&self, to: &str, body: &str) -> String {
        let (status, answer) = self.send(text_to(to, body)).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn model(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}/{path}", self.sandbox.openai_url());
        let key = &self.sandbox.options().openai_key;
        let request = self.http.post(url).bearer_auth(key).json(&body);
        read(request.send().await.unwrap()).await
    }

    /// The messages of the newest webhook and all before it, one after the other.
    fn inbound(&self) -> Vec<Value> {
        let hooks = self.receiver.hooks();
        let messages = hooks.iter().filter_map(|hook| hook.value()["messages"].as_array());
        messages.flatten().cloned().collect()
    }

    async fn settle(&self) {
        self.sandbox.settled(SOON).await.unwrap();
    }
}

fn text_to(to: &str, body: &str) -> Value {
    json!({ "messaging_product": "whatsapp", "to": to, "type": "text", "text": { "body": body } })
}

async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}
