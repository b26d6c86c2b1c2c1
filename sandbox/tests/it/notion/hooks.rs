//! Both kinds of webhook, and what becomes of those that nobody takes.

use std::time::Duration;

use axum::http::StatusCode;
use sandbox::{Button, Fault, NotionOptions, Operation, Specialist};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Workspace, text, title};
use crate::SOON;
use crate::receiver::{Hook, Receiver};

struct Desk {
    notion: Workspace,
    receiver: Receiver,
    marta: Specialist,
    source: String,
    ticket: Uuid,
}

impl Desk {
    /// A desk with one ticket, whose button and connection call the receiver.
    async fn new(options: NotionOptions) -> Self {
        let notion = Workspace::with(NotionOptions { rate: None, ..options }).await;
        let receiver = Receiver::start().await;
        let (_, source) = notion.desk().await;
        let page = notion.page(&source, json!({ "Pregunta": title("¿Abrís?") })).await;
        let ticket = page["id"].as_str().unwrap().parse().unwrap();
        notion.sandbox.desk().calls(&receiver.url()).unwrap();
        let marta = notion.sandbox.desk().specialist("Marta");
        Self { notion, receiver, marta, source, ticket }
    }

    async fn subscribed() -> Self {
        let desk = Self::new(NotionOptions::example()).await;
        desk.notion.sandbox.desk().subscribes(&desk.receiver.url()).await.unwrap();
        desk
    }

    async fn settle(&self) {
        self.notion.sandbox.settled(SOON).await.unwrap();
    }

    /// The events after the handshake.
    fn events(&self) -> Vec<Hook> {
        self.receiver.hooks().into_iter().filter(|hook| hook.json.get("entity").is_some()).collect()
    }

    fn names(&self) -> Vec<Value> {
        self.events().iter().map(|hook| hook.json["type"].clone()).collect()
    }

    fn read(&self, property: &str) -> String {
        self.notion.sandbox.desk().ticket(self.ticket).unwrap().text(property).to_owned()
    }

    fn fault(&self, fault: Fault) {
        self.notion.sandbox.faults().add(fault);
    }
}

#[tokio::test]
async fn a_button_sets_its_property_and_then_calls() {
    let desk = Desk::new(NotionOptions::example()).await;
    desk.marta.types(desk.ticket, "Respuesta", "Sí, a las nu").unwrap();
    desk.settle().await;
    assert!(desk.receiver.hooks().is_empty(), "what is half typed calls nobody");
    assert_eq!(desk.read("Respuesta"), "Sí, a las nu");

    assert_eq!(desk.marta.presses_send(desk.ticket).await.unwrap(), Some(200));
    desk.settle().await;
    let hook = &desk.receiver.hooks()[0];
    assert_eq!(hook.headers["x-relevo-secret"], "secret_sandbox_notion");
    assert_eq!(hook.headers["user-agent"], "NotionAutomation");
    assert!(hook.headers.contains_key("traceparent"));
    let (source, data) = (&hook.json["source"], &hook.json["data"]);
    assert_eq!((&source["type"], &source["attempt"]), (&json!("automation"), &json!(1)));
    assert_eq!(source["user_id"], json!(desk.marta.id()));
    assert!(source["event_id"].is_string() && source["action_id"].is_string());
    assert_eq!(data["id"], json!(desk.ticket));
    assert_eq!(data["parent"]["data_source_id"], json!(desk.source));
    assert_eq!(data["properties"]["Estado"]["select"]["name"], "Enviar");
    assert_eq!(data["properties"].as_object().unwrap().len(), 1);
    assert_eq!(desk.read("Estado"), "Enviar");
}

#[tokio::test]
async fn a_button_may_set_and_carry_nothing() {
    let mut options = NotionOptions::example();
    options.button = Button { sets: None, carries: Vec::new(), ..options.button };
    let desk = Desk::new(options).await;
    desk.marta.presses_send(desk.ticket).await.unwrap();
    assert!(desk.receiver.hooks()[0].json["data"].get("properties").is_none());
    assert_eq!(desk.read("Estado"), "");
}

#[tokio::test]
async fn three_refusals_pause_the_button_until_it_is_resumed() {
    let desk = Desk::new(NotionOptions::example()).await;
    desk.receiver.will_answer(&[StatusCode::BAD_GATEWAY, StatusCode::NOT_FOUND]);
    assert_eq!(desk.marta.presses_send(desk.ticket).await.unwrap(), Some(502));
    desk.settle().await;
    let attempts = |desk: &Desk| {
        let hooks = desk.receiver.hooks();
        hooks.iter().map(|hook| hook.json["source"]["attempt"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(attempts(&desk), [1, 2, 3]);
    let ids: Vec<Value> =
        desk.receiver.hooks().iter().map(|h| h.json["source"]["event_id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "a repetition is the same event");
    assert!(!desk.notion.sandbox.desk().button_is_paused());

    desk.receiver.will_answer(&[StatusCode::SERVICE_UNAVAILABLE; 3]);
    desk.marta.presses_send(desk.ticket).await.unwrap();
    desk.settle().await;
    assert!(desk.notion.sandbox.desk().button_is_paused());
    assert_eq!(desk.marta.presses(desk.ticket, "Estado", "Cerrado").await.unwrap(), None);
    assert_eq!(desk.read("Estado"), "Cerrado", "the property is set all the same");
    assert_eq!(attempts(&desk).len(), 6);

    desk.notion.sandbox.desk().resumes_button();
    assert_eq!(desk.marta.presses_send(desk.ticket).await.unwrap(), Some(200));
    assert_eq!(attempts(&desk).len(), 7, "what was pressed meanwhile stays unsent");
}

#[tokio::test]
async fn the_webhook_of_a_button_comes_twice_late_forged_or_never() {
    let desk = Desk::new(NotionOptions::example()).await;
    let press = async || desk.marta.presses_send(desk.ticket).await.unwrap();
    desk.fault(Fault::on(Operation::NotionAutomation).duplicates(1).times(1));
    press().await;
    desk.settle().await;
    let hooks = desk.receiver.hooks();
    assert_eq!(hooks.len(), 2);
    assert_eq!(hooks[0].json, hooks[1].json);

    desk.fault(Fault::on(Operation::NotionWebhook).never_comes().times(1));
    assert_eq!(press().await, None);
    assert_eq!(desk.receiver.hooks().len(), 2);

    desk.receiver.will_answer(&[StatusCode::FORBIDDEN]);
    desk.fault(Fault::on(Operation::NotionAutomation).is_signed_wrongly().times(1));
    assert_eq!(press().await, Some(403));
    desk.settle().await;
    assert_eq!(desk.receiver.hooks().len(), 3);
    assert_ne!(desk.receiver.hooks()[2].headers["x-relevo-secret"], "secret_sandbox_notion");

    desk.fault(Fault::on(Operation::NotionAutomation).is_slow(Duration::from_millis(150)).times(1));
    assert_eq!(press().await, None);
    assert_eq!(press().await, Some(200));
    desk.settle().await;
    assert_eq!(desk.receiver.hooks().len(), 5);
    assert_eq!(desk.notion.sandbox.journal_of(Operation::NotionAutomation).len(), 5);
}

#[tokio::test]
async fn events_are_signed_with_the_token_of_the_handshake() {
    let desk = Desk::subscribed().await;
    let handshake = &desk.receiver.hooks()[0];
    assert_eq!(handshake.json, json!({ "verification_token": "secret_sandbox_notion" }));
    assert!(!handshake.headers.contains_key("x-notion-signature"));

    desk.marta.types(desk.ticket, "Respuesta", "Sí ñ").unwrap();
    desk.settle().await;
    let event = &desk.events()[0];
    let signature = desk.notion.sandbox.desk().sign(&event.bytes);
    assert_eq!(event.headers["x-notion-signature"], signature.as_str());
    let body = &event.json;
    assert_eq!(body["type"], "page.properties_updated");
    assert_eq!(body["entity"], json!({ "id": desk.ticket, "type": "page" }));
    assert_eq!(body["authors"], json!([{ "id": desk.marta.id(), "type": "person" }]));
    assert_eq!(body["attempt_number"], 1);
    assert_eq!(body["data"]["parent"]["data_source_id"], json!(desk.source));
    let schema = desk.notion.get(&format!("data_sources/{}", desk.source)).await;
    let id = &schema["properties"]["Respuesta"]["id"];
    assert_eq!(body["data"]["updated_properties"], json!([id]));
}

#[tokio::test]
async fn the_signature_is_the_one_of_the_official_client() {
    let options =
        NotionOptions { verification_token: "secret_tok".into(), ..NotionOptions::example() };
    let notion = Workspace::with(options).await;
    let body = r#"{"id":"evt","type":"page.properties_updated","x":"ñ"}"#;
    assert_eq!(
        notion.sandbox.desk().sign(body.as_bytes()),
        "sha256=4b08fd45d6d5d31c82dd3d4d5df8845fe82fd90e21faf5270bccb66efd74b1d3"
    );
}

#[tokio::test]
async fn every_change_has_its_event() {
    let desk = Desk::subscribed().await;
    let page = desk.notion.page(&desk.source, json!({ "Pregunta": title("otra") })).await;
    desk.settle().await;
    let created = &desk.events()[0].json;
    assert_eq!(created["type"], "page.created");
    assert_eq!(created["entity"]["id"], page["id"]);
    assert_eq!(
        created["authors"][0]["type"], "bot",
        "its own changes are told to the connection too"
    );

    desk.marta.adds(desk.ticket, "Una línea").unwrap();
    desk.settle().await;
    desk.marta.comments(desk.ticket, "¿Esto vale?").unwrap();
    desk.settle().await;
    desk.marta.trashes(desk.ticket, true).unwrap();
    desk.settle().await;
    assert_eq!(
        desk.names(),
        ["page.created", "page.content_updated", "comment.created", "page.deleted"]
    );
    let comment = &desk.events()[2].json;
    assert_eq!(comment["entity"]["type"], "comment");
    assert_eq!(comment["data"]["page_id"], json!(desk.ticket));
}

#[tokio::test]
async fn changes_in_a_short_time_come_as_one_event() {
    let desk = Desk::subscribed().await;
    for text in ["S", "Sí", "Sí, claro"] {
        desk.marta.types(desk.ticket, "Respuesta", text).unwrap();
    }
    desk.marta.sets(desk.ticket, "Estado", "En curso").unwrap();
    let path = format!("pages/{}", desk.ticket);
    let by_the_bot = json!({ "properties": { "ID": text("t-1") } });
    desk.notion.patch(&path, by_the_bot.clone()).await;
    desk.settle().await;
    assert_eq!(desk.names(), ["page.properties_updated"]);
    let event = &desk.events()[0].json;
    assert_eq!(event["data"]["updated_properties"].as_array().unwrap().len(), 3);
    assert_eq!(event["authors"].as_array().unwrap().len(), 2);

    desk.notion.patch(&path, by_the_bot).await;
    desk.settle().await;
    assert_eq!(desk.events().len(), 1, "what changes nothing is not told");
}

#[tokio::test]
async fn an_event_that_is_not_taken_comes_again_up_to_eight_times() {
    let desk = Desk::subscribed().await;
    desk.receiver.will_answer(&[StatusCode::SERVICE_UNAVAILABLE; 2]);
    desk.marta.types(desk.ticket, "Respuesta", "a").unwrap();
    desk.settle().await;
    let attempts: Vec<Value> =
        desk.events().iter().map(|hook| hook.json["attempt_number"].clone()).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let events = desk.events();
    assert!(events.iter().all(|event| event.json["id"] == events[0].json["id"]));

    desk.receiver.will_answer(&[StatusCode::SERVICE_UNAVAILABLE; 8]);
    desk.marta.types(desk.ticket, "Respuesta", "b").unwrap();
    desk.notion.sandbox.settled(Duration::from_secs(20)).await.unwrap();
    assert_eq!(desk.events().len(), 11, "then it is given up");
}

#[tokio::test]
async fn events_come_twice_forged_or_never() {
    let desk = Desk::subscribed().await;
    let change = async |text: &str| {
        desk.marta.types(desk.ticket, "Respuesta", text).unwrap();
        desk.settle().await;
    };
    desk.fault(Fault::on(Operation::NotionEvent).duplicates(2).times(1));
    change("a").await;
    assert_eq!(desk.events().len(), 3);
    desk.fault(Fault::on(Operation::NotionEvent).never_comes().times(1));
    change("b").await;
    assert_eq!(desk.events().len(), 3);
    desk.fault(Fault::on(Operation::NotionEvent).is_signed_wrongly().times(1));
    change("c").await;
    let forged = &desk.events()[3];
    let signature = desk.notion.sandbox.desk().sign(&forged.bytes);
    assert_ne!(forged.headers["x-notion-signature"], signature.as_str());
    // A fault on WhatsApp's webhooks leaves those of Notion alone.
    desk.fault(Fault::on(Operation::Webhook).never_comes());
    change("d").await;
    assert_eq!(desk.events().len(), 5);
}
