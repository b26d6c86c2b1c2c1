//! Webhooks: their bytes, their signature, their repetition, their order.

use std::time::Duration;

use reqwest::StatusCode;
use sandbox::{Operation, Options, Status, Statuses, meta_json};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::receiver::until;
use crate::{ANA, Bench, SOON, text_to};

/// HMAC-SHA256 from its definition, so that the sandbox is not checked with its own code.
fn hmac_by_hand(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    hex::encode(outer)
}

#[tokio::test]
async fn a_webhook_is_signed_over_its_exact_bytes_and_escaped_as_meta_does() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana Núñez");
    ana.says("¿Envíos a España? 👍 https://example.org/a\"b").await;

    let hooks = bench.receiver.hooks();
    let [hook] = hooks.as_slice() else {
        panic!("one webhook, not {}", hooks.len());
    };
    let secret = bench.sandbox.options().app_secret.as_bytes();
    assert_eq!(hook.signature, format!("sha256={}", hmac_by_hand(secret, &hook.bytes)));
    assert!(hook.bytes.is_ascii());
    let wire = String::from_utf8(hook.bytes.to_vec()).unwrap();
    let escaped = r#"\u00bfEnv\u00edos a Espa\u00f1a? \ud83d\udc4d https:\/\/example.org\/a\"b"#;
    assert!(wire.contains(escaped), "{wire}");

    let value = hook.value();
    assert_eq!(hook.json["object"], "whatsapp_business_account");
    assert_eq!(value["metadata"]["phone_number_id"], "100000000000001");
    assert_eq!(value["contacts"][0]["profile"]["name"], "Ana Núñez");
    assert_eq!(value["contacts"][0]["wa_id"], ANA);
    assert_eq!(value["contacts"][0]["user_id"], value["messages"][0]["from_user_id"]);
    assert!(value["messages"][0]["timestamp"].is_string());
}

#[test]
fn writing_as_meta_does_changes_nothing_but_the_writing() {
    let value = json!({ "a/b": ["ñ", "\u{1f600}", "\n\t\"\\", "\u{7f}", "x/y"], "n": 1.5, "b": [true, null] });
    let bytes = meta_json(&value);
    assert!(bytes.is_ascii());
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
}

#[tokio::test]
async fn an_accepted_message_is_reported_sent_delivered_and_read() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let mut body = text_to(ANA, "¡Hola!");
    body["biz_opaque_callback_data"] = "reply/ñ".into();
    let (_, answer) = bench.send(body).await;
    bench.settle().await;

    let statuses = bench.receiver.statuses();
    let names: Vec<&str> = statuses.iter().map(|s| s["status"].as_str().unwrap()).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    for status in &statuses {
        assert_eq!(status["id"], answer["messages"][0]["id"]);
        assert_eq!(status["recipient_id"], ANA);
        assert_eq!(status["biz_opaque_callback_data"], "reply/ñ");
    }
    assert_eq!(statuses[0]["pricing"]["pricing_model"], "PMP");
    let last = bench.sandbox.transcript(ANA).pop().unwrap();
    assert_eq!(last.status, Status::Read);
    assert_eq!(last.callback_data.as_deref(), Some("reply/ñ"));
}

#[tokio::test]
async fn without_statuses_only_the_answer_comes() {
    let options = Options { statuses: Statuses::off(), ..Options::example() };
    let bench = Bench::with(options).await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    bench.text(ANA, "uno").await;
    bench.settle().await;
    assert!(bench.receiver.statuses().is_empty());
}

#[tokio::test]
async fn a_webhook_that_is_not_answered_with_200_comes_again() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    bench.receiver.will_answer(&[
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::NO_CONTENT,
        StatusCode::INTERNAL_SERVER_ERROR,
    ]);
    ana.says("Hola").await;
    assert_eq!(bench.sandbox.transcript(ANA)[0].status, Status::Accepted);
    bench.settle().await;
    assert_eq!(bench.receiver.texts(), ["Hola", "Hola", "Hola", "Hola"]);
    assert_eq!(bench.sandbox.transcript(ANA)[0].status, Status::Delivered);
    let answers: Vec<Option<u16>> =
        bench.sandbox.journal_of(Operation::Webhook).iter().map(|entry| entry.status).collect();
    assert_eq!(answers, [Some(503), Some(204), Some(500), Some(200)]);
}

#[tokio::test]
async fn webhooks_wait_for_a_receiver() {
    let bench = Bench::new().await;
    bench.sandbox.set_webhook_url("http://127.0.0.1:1/nobody").unwrap();
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    assert_eq!(bench.sandbox.webhooks_under_way(), 1);
    bench.sandbox.set_webhook_url(&bench.receiver.url()).unwrap();
    bench.settle().await;
    assert_eq!(bench.receiver.texts(), ["Hola"]);
    assert!(bench.sandbox.set_webhook_url("no url").is_err());
}

#[tokio::test]
async fn several_messages_come_in_one_webhook_in_any_order_and_more_than_once() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let luis = bench.sandbox.customer("34600000002", "Luis");
    let text = |body: &str| json!({ "type": "text", "text": { "body": body } });
    let (one, two) = (ana.composes(text("uno")), ana.composes(text("dos")));
    let three = luis.composes(text("tres"));
    let status = bench.sandbox.delivers([two, three, one]).copies(2).goes_out().await;
    assert_eq!(status, Some(200));
    bench.settle().await;
    let hooks = bench.receiver.hooks();
    assert_eq!(hooks.len(), 3);
    assert_eq!(hooks[0].bytes, hooks[2].bytes, "a copy is the same to the byte");
    assert_eq!(bench.receiver.texts()[..3], ["dos", "tres", "uno"]);
    assert_eq!(hooks[0].value()["contacts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_delayed_webhook_comes_later_and_a_forged_one_once() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let text = |body: &str| json!({ "type": "text", "text": { "body": body } });
    let late = ana.composes(text("tarde"));
    let delay = Duration::from_millis(150);
    assert_eq!(bench.sandbox.delivers([late]).after(delay).goes_out().await, None);
    ana.says("pronto").await;
    bench.settle().await;
    assert_eq!(bench.receiver.texts(), ["pronto", "tarde"]);

    bench.receiver.will_answer(&[StatusCode::FORBIDDEN]);
    let forged = ana.composes(text("falso"));
    assert_eq!(bench.sandbox.delivers([forged]).forged().goes_out().await, Some(403));
    bench.settle().await;
    let hooks = bench.receiver.hooks();
    assert_eq!(hooks.len(), 3);
    assert_ne!(hooks[2].signature, bench.sandbox.sign(&hooks[2].bytes));
    assert_eq!(hooks[1].signature, bench.sandbox.sign(&hooks[1].bytes));
}

#[tokio::test]
async fn what_the_business_writes_on_its_phone_comes_as_an_echo() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let id = bench.sandbox.business_phone_says(ANA, "Soy Marta, te ayudo yo").await;
    let hook = bench.receiver.hooks().pop().unwrap();
    assert_eq!(hook.json["entry"][0]["changes"][0]["field"], "smb_message_echoes");
    let echo = &hook.value()["message_echoes"][0];
    assert_eq!(echo["id"], id.as_str());
    assert_eq!((&echo["from"], &echo["to"]), (&json!("34911111111"), &json!(ANA)));
    let heard = ana.hears(SOON).await.unwrap();
    assert_eq!(heard.from, sandbox::Sender::BusinessPhone);
}

#[tokio::test]
async fn the_webhook_is_verified_as_the_platform_does() {
    let bench = Bench::new().await;
    let url = bench.receiver.url();
    bench.sandbox.verify(&url, "open sesame").await.unwrap();
    assert!(bench.sandbox.verify(&url, "wrong").await.is_err());
}

#[tokio::test]
async fn a_webhook_outlives_the_caller_that_did_not_wait() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    {
        // Polled once: the message is written, and nobody waits for its webhook.
        let mut says = Box::pin(ana.says("Hola"));
        assert!(futures::poll!(&mut says).is_pending());
    }
    until(SOON, || bench.receiver.texts() == ["Hola"]).await;
}
