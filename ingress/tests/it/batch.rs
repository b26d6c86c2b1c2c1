//! A webhook holds many things, and each stands on its own.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::stand::{NOW, NUMBER, OTHER_NUMBER, Stand, change, message, summaries, text, webhook};

fn status(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "timestamp": "1795000030", "recipient_id": "34600000001"})
}

#[tokio::test]
async fn every_element_of_a_batch_is_published_in_order_and_an_odd_one_spoils_nothing() {
    let stand = Stand::new().await;
    let messages = |messages: Value| change("messages", json!({"messages": messages}));
    let odd_contacts = json!({"contacts": 7, "messages": [text("wamid.4", "cuatro")], "statuses": "none", "errors": {}});
    let body = json!({"object": "whatsapp_business_account", "new": {"deep": [[]]}, "entry": [
        {"id": "1", "changes": [
            messages(json!([text("wamid.1", "uno"), null, 7, [], {}, text("wamid.2", "dos")])),
            null,
            {"field": "messages"},
            {"field": "messages", "value": "odd"},
            {"field": 7, "value": {}},
            messages(json!({"not": "a list"})),
            change("messages", json!({"statuses": [
                status("wamid.OUT1", "sent"), null, {"id": "x"}, status("wamid.OUT1", "pinned"),
                {"status": "read"}, status("wamid.OUT1", "delivered")]})),
        ]},
        null,
        "odd",
        {"id": "2"},
        {"id": "3", "changes": {}},
        {"id": "4", "time": 1795000000, "changes": [
            messages(json!([{"id": "wamid.3", "type": "hologram", "hologram": {}}])),
            change("messages", odd_contacts),
            change("smb_message_echoes", json!({"message_echoes": [null, {"id": "wamid.E1", "to": "34600000001"}]})),
            change("messages", json!({"statuses": [status("wamid.OUT2", "read")]})),
        ]},
    ]});
    assert_eq!(stand.post(body.to_string()).await, StatusCode::OK);
    let published = stand.published().await;
    let named: Vec<_> =
        summaries(&published).into_iter().filter(|summary| !summary.contains("sha256:")).collect();
    assert_eq!(
        named,
        [
            "wamid.1: uno",
            "wamid.2: dos",
            "wamid.3: [unknown]",
            "wamid.4: cuatro",
            "echo wamid.E1",
            "wamid.OUT1 sent",
            "wamid.OUT1 delivered",
            "wamid.OUT2 read",
        ]
    );
    // An object that says nothing is carried too; null, 7 and [] are no messages.
    assert_eq!(published.len(), named.len() + 1);
}

#[tokio::test]
async fn what_is_twice_in_a_webhook_is_published_once() {
    let stand = Stand::new().await;
    let twice = json!({"messages": [text("wamid.1", "uno"), text("wamid.2", "dos"), text("wamid.1", "uno")],
        "statuses": [status("wamid.OUT1", "sent"), status("wamid.OUT1", "read"), status("wamid.OUT1", "sent")]});
    let change = change("messages", twice);
    assert_eq!(stand.post(webhook(&[change.clone(), change])).await, StatusCode::OK);
    assert_eq!(
        summaries(&stand.published().await),
        ["wamid.1: uno", "wamid.2: dos", "wamid.OUT1 sent", "wamid.OUT1 read"]
    );
}

#[tokio::test]
async fn what_comes_again_has_the_same_id_and_everything_else_another() {
    let stand = Stand::new().await;
    let nameless = json!({"from": "34600000001", "type": "text", "text": {"body": "hola"}});
    let long = text(&"x".repeat(10_000), "hola");
    let mut ids = Vec::new();
    for one in [
        message(&text("wamid.1", "uno")),
        message(&text("wamid.2", "uno")),
        message(&nameless),
        message(&long),
        webhook(&[change("messages", json!({"statuses": [status("wamid.1", "sent")]}))]),
        webhook(&[change("messages", json!({"statuses": [status("wamid.1", "read")]}))]),
        webhook(&[change("message_echoes", json!({"message_echoes": [{"id": "wamid.1"}]}))]),
    ] {
        stand.post(one.clone()).await;
        stand.post(one).await;
        let [first, again] = stand.published().await.try_into().unwrap();
        assert_eq!(first, again);
        assert!(!ids.contains(&first.id));
        ids.push(first.id);
    }
}

#[tokio::test]
async fn another_business_s_number_is_acknowledged_and_not_published() {
    let stand = Stand::new().await;
    let ours = change("messages", json!({"messages": [text("wamid.1", "uno")]}));
    let theirs: Value = serde_json::from_str(&ours.to_string().replace(NUMBER, "999")).unwrap();
    let others: Value =
        serde_json::from_str(&ours.to_string().replace(NUMBER, OTHER_NUMBER)).unwrap();
    let mut nobodys = ours.clone();
    nobodys["value"]["metadata"] = Value::Null;
    assert_eq!(stand.post(webhook(&[theirs, others, nobodys, ours])).await, StatusCode::OK);
    assert_eq!(summaries(&stand.published().await), ["wamid.1: uno"]);
}

#[tokio::test]
async fn a_thousand_elements_are_all_published() {
    let stand = Stand::new().await;
    let messages: Vec<_> = (0..1000).map(|n| text(&format!("wamid.{n}"), "uno")).collect();
    let body = webhook(&[change("messages", json!({"messages": messages}))]);
    assert_eq!(stand.post(body).await, StatusCode::OK);
    let published = stand.published().await;
    assert_eq!(published.len(), 1000);
    assert!(published.iter().all(|envelope| envelope.time == NOW));
}

#[tokio::test]
async fn a_text_cut_in_the_middle_of_a_character_is_still_a_text() {
    let stand = Stand::new().await;
    let mut messages = String::new();
    for (id, body) in [("wamid.1", r"hola \ud83d"), ("wamid.2", r"\ud83d\ude00 \u00f1")] {
        let comma = if messages.is_empty() { "" } else { "," };
        write!(messages, "{comma}{}", text(id, "BODY").to_string().replace("BODY", body)).unwrap();
    }
    let contacts = r#"{"wa_id":"34600000001","profile":{"name":"Ana \ud83d"}}"#;
    let body = webhook(&[change("messages", json!({"contacts": "C", "messages": "M"}))])
        .replace(r#""C""#, &format!("[{contacts}]"))
        .replace(r#""M""#, &format!("[{messages}]"));
    assert_eq!(stand.post(body).await, StatusCode::OK);
    let published = stand.published().await;
    assert_eq!(summaries(&published), ["wamid.1: hola \u{fffd}", "wamid.2: 😀 ñ"]);
    let domain::Body::MessageReceived(first) = &published[0].body else { panic!() };
    assert_eq!(first.0.customer.name.as_deref(), Some("Ana \u{fffd}"));
}
