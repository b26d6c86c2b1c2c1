//! The control over HTTP does what the library does.

use sandbox::Sender;
use serde_json::{Value, json};

use crate::{ANA, Bench, SOON, read, text_to};

async fn post(bench: &Bench, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/control/{path}", bench.sandbox.url());
    let (status, answer) = read(bench.http.post(url).json(&body).send().await.unwrap()).await;
    (status.as_u16(), answer)
}

async fn get(bench: &Bench, path: &str) -> Value {
    let url = format!("{}/control/{path}", bench.sandbox.url());
    read(bench.http.get(url).send().await.unwrap()).await.1
}

#[tokio::test]
async fn a_conversation_is_led_from_another_process() {
    let bench = Bench::new().await;
    let (status, written) =
        post(&bench, "messages", json!({ "phone": ANA, "name": "Ana", "text": "Hola" })).await;
    assert_eq!(status, 200);
    bench.send(json!({ "messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": {
        "type": "button", "body": { "text": "¿Sí?" },
        "action": { "buttons": [{ "type": "reply", "reply": { "id": "yes", "title": "Sí" } }] } } })).await;
    assert_eq!(post(&bench, "taps", json!({ "phone": ANA, "label": "yes" })).await.0, 200);
    assert_eq!(post(&bench, "voice", json!({ "phone": ANA, "text": "de viva voz" })).await.0, 200);
    assert_eq!(post(&bench, "echoes", json!({ "phone": ANA, "text": "aquí Marta" })).await.0, 200);
    assert_eq!(
        post(&bench, "messages", json!({ "phone": ANA, "message": { "type": "unsupported" } }))
            .await
            .0,
        200
    );

    let transcript = get(&bench, &format!("transcript?phone={ANA}")).await;
    let bubbles = transcript["bubbles"].as_array().unwrap();
    let kinds: Vec<&str> = bubbles.iter().map(|b| b["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "interactive", "interactive", "audio", "text", "unsupported"]);
    assert_eq!(bubbles[0]["wamid"], written["id"]);
    assert_eq!(bubbles[4]["from"], "business_phone");
    assert_eq!(transcript["typing"], false);
    let info = get(&bench, "info").await;
    assert_eq!(info["customers"], json!([{ "phone": ANA, "name": "Ana" }]));
    assert!(!get(&bench, "journal").await.as_array().unwrap().is_empty());

    assert_eq!(post(&bench, "reset", json!({})).await.0, 204);
    assert!(bench.sandbox.transcript(ANA).is_empty());
}

#[tokio::test]
async fn faults_script_and_window_are_set_over_http() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let fault =
        json!({ "operation": "send", "effect": { "refuse": { "code": 131056 } }, "times": 1 });
    assert_eq!(post(&bench, "faults", fault).await.0, 204);
    assert_eq!(get(&bench, "faults").await.as_array().unwrap().len(), 1);
    assert_eq!(bench.send(text_to(ANA, "x")).await.1["error"]["code"], 131056);
    assert_eq!(get(&bench, "faults").await, json!([]));

    let rule = json!({ "when": "hora", "reply": { "text": "A las nueve" }, "times": 1 });
    assert_eq!(post(&bench, "script", rule).await.0, 204);
    let ask = json!({ "model": "m", "messages": [{ "role": "user", "content": "¿a qué hora?" }] });
    let (_, answer) = bench.model("chat/completions", ask).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "A las nueve");

    assert_eq!(post(&bench, "window", json!({ "advance_s": 86_401 })).await.0, 204);
    bench.text(ANA, "tarde").await;
    bench.settle().await;
    assert_eq!(bench.sandbox.transcript(ANA).pop().unwrap().error, Some(131047));
    assert_eq!(post(&bench, "webhook", json!({ "url": "http://127.0.0.1:1/" })).await.0, 204);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let bench = Bench::new().await;
    let rows = [
        ("messages", json!({ "phone": "12", "text": "x" })),
        ("messages", json!({ "phone": ANA })),
        ("messages", json!({ "phone": ANA, "text": "x", "message": {} })),
        ("messages", json!({ "phone": ANA, "txt": "x" })),
        ("taps", json!({ "phone": ANA, "label": "nothing" })),
        ("faults", json!({ "operation": "send", "effect": "drop" })),
        ("faults", json!({ "operation": "send", "effect": { "refuse": { "code": 7 } } })),
        ("faults", json!({ "operation": "send", "effect": "hang", "share": 2.0 })),
        ("faults", json!({ "operation": "sned", "effect": "hang" })),
        ("script", json!({ "when": "x", "reply": { "txt": "y" } })),
        ("webhook", json!({ "url": "nowhere" })),
    ];
    for (path, body) in rows {
        let (status, _) = post(&bench, path, body.clone()).await;
        assert!((400..500).contains(&status), "{path} {body}: {status}");
    }
}

#[tokio::test]
async fn the_page_is_served_and_told_of_changes() {
    let bench = Bench::new().await;
    let page = bench.http.get(bench.sandbox.url()).send().await.unwrap().text().await.unwrap();
    assert!(page.starts_with("<!doctype html>"));
    for file in ["", "phone.css", "phone.js", "bubble.js", "words.js"] {
        let url = format!("{}/{file}", bench.sandbox.url());
        let answer = bench.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{file}");
        let text = answer.text().await.unwrap();
        for outside in ["src=\"http", "href=\"http", "@import", "url(http", "from \"http"] {
            assert!(!text.contains(outside), "{file} loads nothing from outside: {outside}");
        }
    }
    let photo = bench.http.get(format!("{}/photo.jpg", bench.sandbox.url())).send().await.unwrap();
    assert_eq!(photo.headers()["content-type"], "image/jpeg");
    let url = format!("{}/control/events", bench.sandbox.url());
    let mut events = bench.http.get(url).send().await.unwrap();
    let first = tokio::time::timeout(SOON, events.chunk()).await.unwrap().unwrap().unwrap();
    assert!(first.starts_with(b"data: changed"));
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let next = tokio::time::timeout(SOON, events.chunk()).await.unwrap().unwrap();
    assert!(next.is_some());
    assert_eq!(bench.sandbox.transcript(ANA)[0].from, Sender::Customer);
}

#[tokio::test]
async fn files_moves_fields_and_templates_are_led_over_http() {
    let bench = Bench::new().await;
    let file = json!({ "phone": ANA, "name": "Ana", "kind": "image", "mime_type": "image/png",
        "caption": "mira", "base64": "aG9sYQ==" });
    assert_eq!(post(&bench, "files", file).await.0, 200);
    let image = bench.inbound()[0]["image"].clone();
    assert_eq!(image["caption"], "mira");
    let url = format!("{}/control/media/{}", bench.sandbox.url(), image["id"].as_str().unwrap());
    let answer = bench.http.get(url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.bytes().await.unwrap(), "hola");

    let echo = json!({ "phone": ANA, "message": { "type": "text", "text": { "body": "Marta" } } });
    assert_eq!(post(&bench, "echoes", echo).await.0, 200);
    let field = json!({ "field": "account_review_update", "value": { "decision": "APPROVED" } });
    assert_eq!(post(&bench, "fields", field).await.0, 204);
    assert_eq!(post(&bench, "history", json!({ "customers": 1, "messages_each": 3 })).await.0, 204);
    let review = json!({ "name": "aviso", "language": "es", "status": "PAUSED" });
    assert_eq!(post(&bench, "templates", review).await.0, 204);
    assert_eq!(get(&bench, "templates").await[0]["status"], "PAUSED");
    let moved = json!({ "phone": ANA, "change": "number", "to": "34600000009", "notice": "both" });
    assert_eq!(post(&bench, "moves", moved).await.0, 204);
    let identity = json!({ "phone": "34600000009", "change": "identity" });
    assert_eq!(post(&bench, "moves", identity).await.0, 204);
    assert_eq!(get(&bench, "info").await["customers"][0]["phone"], "34600000009");

    bench.text("34600000009", "hola").await;
    bench.settle().await;
    assert_eq!(get(&bench, "rates").await["accepted"], 1);
    assert_eq!(get(&bench, "sends").await[0]["answer"], "given");
    assert_eq!(get(&bench, "received").await, json!([]));
}
