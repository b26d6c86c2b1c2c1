//! A customer's phone: what it hears, taps, hides.

use sandbox::{Keep, Operation, Options, Sender};
use serde_json::json;

use crate::{ANA, Bench, SOON, text_to};

#[tokio::test]
async fn a_customer_hears_each_answer_once_and_in_order() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer("+34 600 000 001", "Ana");
    assert_eq!(ana.phone(), ANA);
    let question = ana.says("Hola").await;
    let mut body = text_to(ANA, "uno");
    body["context"] = json!({ "message_id": question });
    bench.send(body).await;
    bench.text(ANA, "dos").await;
    let first = ana.hears(SOON).await.unwrap();
    assert_eq!((first.text.as_str(), first.reply_to), ("uno", Some(question)));
    assert_eq!(ana.hears(SOON).await.unwrap().text, "dos");
    assert!(ana.hears(std::time::Duration::from_millis(20)).await.is_err());
    assert_eq!(
        bench.sandbox.transcript_text(ANA),
        "customer: Hola\nbusiness: uno\nbusiness: dos\n"
    );
}

#[tokio::test]
async fn a_tap_answers_the_message_that_offers_it() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    let (_, answer) = bench.send(json!({ "messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": {
        "type": "button", "body": { "text": "¿Te ayudo con algo más?" },
        "action": { "buttons": [{ "type": "reply", "reply": { "id": "yes", "title": "Sí" } }] } } })).await;
    bench.send(json!({ "messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": {
        "type": "list", "body": { "text": "Elige" }, "action": { "button": "Ver",
        "sections": [{ "rows": [{ "id": "m", "title": "Talla M", "description": "en tienda" }] }] } } })).await;
    ana.taps("Sí").await.unwrap();
    ana.taps("m").await.unwrap();
    assert!(ana.taps("No").await.is_err());
    bench.settle().await;
    let hooks = bench.receiver.hooks();
    let taps: Vec<_> = hooks
        .iter()
        .map(|hook| &hook.value()["messages"][0])
        .filter(|message| message["type"] == "interactive")
        .collect();
    assert_eq!(taps[0]["interactive"]["button_reply"], json!({ "id": "yes", "title": "Sí" }));
    assert_eq!(taps[0]["context"]["id"], answer["messages"][0]["id"]);
    assert_eq!(taps[1]["interactive"]["list_reply"]["description"], "en tienda");
}

#[tokio::test]
async fn a_customer_with_a_user_name_has_no_number_and_can_be_answered() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.adopts_username("ana.r");
    ana.says("Hola").await;
    let hook = bench.receiver.hooks().pop().unwrap();
    let value = hook.value();
    assert!(value["messages"][0].get("from").is_none());
    assert!(value["contacts"][0].get("wa_id").is_none());
    assert_eq!(value["contacts"][0]["profile"]["username"], "ana.r");
    assert!(!String::from_utf8_lossy(&hook.bytes).contains(ANA));

    let user_id = ana.user_id();
    let body = json!({ "messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": { "body": "Hola, Ana" } });
    let (status, answer) = bench.send(body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"][0], json!({ "input": user_id, "user_id": user_id }));
    assert_eq!(ana.hears(SOON).await.unwrap().text, "Hola, Ana");
    bench.settle().await;
    for status in bench.receiver.statuses() {
        assert!(status.get("recipient_id").is_none());
        assert_eq!(status["recipient_user_id"], user_id.as_str());
    }
}

#[tokio::test]
async fn any_message_of_the_protocol_can_be_sent_as_it_stands() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let id = ana
        .sends(json!({ "id": "wamid.MINE", "timestamp": "1795000001", "type": "location",
        "location": { "latitude": 40.4, "longitude": -3.7 } }))
        .await;
    assert_eq!(id, "wamid.MINE");
    ana.sends(json!({ "type": "unsupported", "errors": [{ "code": 131051 }] })).await;
    let hooks = bench.receiver.hooks();
    assert_eq!(hooks[0].value()["messages"][0]["timestamp"], "1795000001");
    assert_eq!(hooks[1].value()["messages"][0]["from"], ANA);
    assert_eq!(bench.sandbox.transcript(ANA)[1].kind, "unsupported");
}

#[tokio::test]
async fn the_journal_and_the_chats_forget_the_oldest() {
    let keep = Keep { journal_entries: 3, bubbles_per_chat: 2 };
    let bench = Bench::with(Options { keep, ..Options::example() }).await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    for n in 0..5 {
        ana.says(&n.to_string()).await;
    }
    let journal = bench.sandbox.journal();
    assert_eq!(journal.len(), 3);
    assert!(journal.iter().all(
        |entry| entry.operation == Some(Operation::WebhookMessage) && entry.status == Some(200)
    ));
    let texts: Vec<String> = bench.sandbox.transcript(ANA).into_iter().map(|b| b.text).collect();
    assert_eq!(texts, ["3", "4"]);
}

#[tokio::test]
async fn debug_output_shows_no_text_number_or_secret() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("mi secreto").await;
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        bench.sandbox,
        bench.sandbox.options(),
        ana,
        bench.sandbox.transcript(ANA),
        bench.sandbox.journal()
    );
    for secret in
        ["mi secreto", ANA, "sandbox-app-secret", "sandbox-access-token", "sandbox-openai-key"]
    {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert_eq!(bench.sandbox.transcript(ANA)[0].from, Sender::Customer);
}
