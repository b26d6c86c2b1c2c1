//! Who a customer is, and how that changes.

use sandbox::{Notice, Shows};
use serde_json::{Value, json};

use crate::{ANA, Bench, SOON};

const NEW: &str = "34600000009";

#[tokio::test]
async fn a_webhook_shows_the_number_the_user_id_or_both() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let rows = [
        (Shows::NumberAndUserId, true, true),
        (Shows::UserId, false, true),
        (Shows::Number, true, false),
    ];
    for (shows, number, user_id) in rows {
        ana.shows(shows);
        ana.says("Hola").await;
        let hook = bench.receiver.hooks().pop().unwrap();
        let (message, contact) = (&hook.value()["messages"][0], &hook.value()["contacts"][0]);
        assert_eq!(message.get("from").is_some(), number, "{shows:?}");
        assert_eq!(contact.get("wa_id").is_some(), number, "{shows:?}");
        assert_eq!(message.get("from_user_id").is_some(), user_id, "{shows:?}");
        assert_eq!(contact.get("user_id").is_some(), user_id, "{shows:?}");
    }
    bench.text(ANA, "hola").await;
    bench.settle().await;
    for status in bench.receiver.statuses() {
        assert!(status.get("recipient_user_id").is_none());
        assert_eq!(status["recipient_id"], ANA);
    }
}

#[tokio::test]
async fn a_customer_with_a_user_name_may_still_show_the_number() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.adopts_username("ana.r");
    ana.shows(Shows::NumberAndUserId);
    ana.says("Hola").await;
    let hook = bench.receiver.hooks().pop().unwrap();
    let contact = &hook.value()["contacts"][0];
    assert_eq!(
        (&contact["wa_id"], &contact["profile"]["username"]),
        (&json!(ANA), &json!("ana.r"))
    );
    bench.text(ANA, "hola").await;
    bench.settle().await;
    let names: Vec<Value> = bench
        .receiver
        .hooks()
        .iter()
        .filter(|hook| hook.value().get("statuses").is_some())
        .map(|hook| hook.value()["contacts"][0]["profile"]["username"].clone())
        .collect();
    assert_eq!(names, [Value::Null, json!("ana.r"), json!("ana.r")], "not with `sent`");
}

#[tokio::test]
async fn a_new_number_brings_a_new_user_id_and_keeps_the_chat() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    let answer = bench.text(ANA, "Buenas").await;
    assert_eq!(ana.hears(SOON).await.unwrap().wamid, answer);
    bench.settle().await;
    let old_id = ana.user_id();
    let moved = ana.changes_number(NEW, Notice::Both).await;
    assert_ne!(moved.user_id(), old_id);
    assert_eq!(moved.phone(), NEW);

    let hooks = bench.receiver.hooks();
    let [.., system, update] = hooks.as_slice() else { panic!("two notices") };
    assert!(system.value().get("contacts").is_none());
    let message = &system.value()["messages"][0];
    assert_eq!(message["from"], ANA);
    assert!(message.get("from_user_id").is_none());
    assert_eq!(
        message["system"],
        json!({
            "type": "user_changed_number",
            "body": format!("User Ana changed from {ANA} to {NEW}"),
            "wa_id": NEW,
            "user_id": moved.user_id(),
            "previous_user_id": old_id,
        })
    );
    assert_eq!(update.json["entry"][0]["changes"][0]["field"], "user_id_update");
    let told = &update.value()["user_id_update"][0];
    assert_eq!(told["user_id"], json!({ "previous": old_id, "current": moved.user_id() }));
    assert_eq!(told["wa_id"], NEW);

    let reply = bench.text(NEW, "¿Sigues ahí?").await;
    assert_eq!(moved.hears(SOON).await.unwrap().wamid, reply, "the first was heard before");
    assert_eq!(bench.sandbox.transcript(NEW)[0].text, "Hola");
    let gone = json!({ "messaging_product": "whatsapp", "recipient": old_id, "type": "text", "text": { "body": "x" } });
    assert_eq!(bench.send(gone).await.1["error"]["code"], 131_026);
    moved.says("Aquí sigo").await;
    assert_eq!(bench.receiver.hooks().pop().unwrap().value()["messages"][0]["from"], NEW);
}

#[tokio::test]
async fn without_a_number_only_the_user_id_is_told() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.adopts_username("ana.r");
    let old_id = ana.user_id();
    let moved = ana.changes_number(NEW, Notice::SystemMessage).await;
    let hook = bench.receiver.hooks().pop().unwrap();
    let message = &hook.value()["messages"][0];
    assert!(message.get("from").is_none() && message.get("from_user_id").is_none());
    assert_eq!(message["system"]["type"], "user_changed_user_id");
    assert_eq!(message["system"]["previous_user_id"], old_id);
    let wire = String::from_utf8_lossy(&hook.bytes).into_owned();
    assert!(!wire.contains(ANA) && !wire.contains(NEW));

    let rotated = moved.changes_user_id(Notice::UserIdUpdate).await;
    let hook = bench.receiver.hooks().pop().unwrap();
    let told = &hook.value()["user_id_update"][0];
    assert_eq!(told["user_id"]["current"], rotated);
    assert!(told.get("wa_id").is_none());
    let before = bench.receiver.hooks().len();
    moved.changes_user_id(Notice::Silent).await;
    assert_eq!(bench.receiver.hooks().len(), before);
}

#[tokio::test]
async fn a_system_message_opens_no_window() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.changes_identity().await;
    let message = bench.inbound().pop().unwrap();
    assert_eq!(message["system"]["type"], "customer_identity_changed");
    assert!(message["system"]["identity"].is_string());
    bench.text(ANA, "hola").await;
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().pop().unwrap()["errors"][0]["code"], 131_047);
}
