//! What the Graph API refuses, with its codes.

use sandbox::{Operation, Status};
use serde_json::{Value, json};

use crate::{ANA, Bench, read, text_to};

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value;
    body
}

fn without(mut body: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(key);
    body
}

fn buttons(titles: &[&str]) -> Value {
    let buttons: Vec<Value> = titles
        .iter()
        .enumerate()
        .map(|(at, title)| json!({ "type": "reply", "reply": { "id": format!("b{at}"), "title": title } }))
        .collect();
    json!({ "messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": {
        "type": "button", "body": { "text": "¿Confirmas?" }, "action": { "buttons": buttons },
    }})
}

fn list(rows: usize) -> Value {
    let rows: Vec<Value> = (0..rows)
        .map(|at| json!({ "id": format!("r{at}"), "title": format!("Fila {at}"), "description": "d" }))
        .collect();
    let (first, second) = rows.split_at(rows.len() / 2);
    json!({ "messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": {
        "type": "list", "header": { "type": "text", "text": "H" }, "body": { "text": "B" }, "footer": { "text": "F" },
        "action": { "button": "Ver", "sections": [
            { "title": "Uno", "rows": first }, { "title": "Dos", "rows": second },
        ]},
    }})
}

fn template() -> Value {
    json!({ "messaging_product": "whatsapp", "to": ANA, "type": "template", "template": {
        "name": "aviso", "language": { "code": "es" },
        "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] }],
    }})
}

#[tokio::test]
async fn a_message_that_breaks_the_rules_is_refused_with_the_platforms_code() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let text = text_to(ANA, "Hola");
    let long = |n: usize| Value::from("ñ".repeat(n));
    let media = |kind: &str, about: Value| json!({ "messaging_product": "whatsapp", "to": ANA, "type": kind, kind: about });
    let rows = [
        (json!(null), 100),
        (json!({}), 100),
        (without(text.clone(), "/messaging_product"), 100),
        (with(text.clone(), "/messaging_product", json!("telegram")), 100),
        (without(text.clone(), "/to"), 131008),
        (with(text.clone(), "/to", json!("not a number")), 131009),
        (with(text.clone(), "/to", json!("123")), 131009),
        (with(text.clone(), "/to", json!("34911111111")), 131021),
        (with(without(text.clone(), "/to"), "/recipient", json!("ES.nobody")), 131026),
        (without(text.clone(), "/text"), 131008),
        (without(text.clone(), "/text/body"), 131008),
        (with(text.clone(), "/text/body", json!("")), 131008),
        (with(text.clone(), "/text/body", json!(7)), 100),
        (with(text.clone(), "/text/body", long(4097)), 100),
        (with(text.clone(), "/text/preview", json!(true)), 100),
        (with(text.clone(), "/extra", json!(1)), 100),
        (with(text.clone(), "/type", json!("poll")), 100),
        (with(text.clone(), "/type", json!("image")), 131008),
        (with(text.clone(), "/image", json!({ "id": "1" })), 100),
        (with(text.clone(), "/recipient_type", json!("group")), 100),
        (with(text.clone(), "/context", json!({ "id": "wamid.1" })), 100),
        (with(text.clone(), "/biz_opaque_callback_data", long(513)), 100),
        (buttons(&["1", "2", "3", "4"]), 131009),
        (buttons(&[]), 131009),
        (buttons(&["veintiún caracteres!!"]), 131009),
        (buttons(&["Sí", "Sí"]), 131009),
        (without(buttons(&["Sí"]), "/interactive/body"), 131008),
        (with(buttons(&["Sí"]), "/interactive/body/text", long(1025)), 131009),
        (with(buttons(&["Sí"]), "/interactive/footer", json!({ "text": "f".repeat(61) })), 131009),
        (with(buttons(&["Sí"]), "/interactive/action/name", json!("x")), 100),
        (with(buttons(&["Sí"]), "/interactive/type", json!("carousel")), 100),
        (list(11), 131009),
        (with(list(4), "/interactive/action/button", long(21)), 131009),
        (with(list(4), "/interactive/action/sections/0/rows/0/title", long(25)), 131009),
        (with(list(4), "/interactive/action/sections/0/rows/0/description", long(73)), 131009),
        (with(list(4), "/interactive/action/sections/0/rows/0/id", json!("r3")), 131009),
        (without(list(4), "/interactive/action/sections/0/title"), 131008),
        (without(template(), "/template/language"), 131008),
        (with(template(), "/template/language/locale", json!("es")), 100),
        (media("image", json!({ "caption": "sin imagen" })), 131009),
        (media("image", json!({ "id": "1", "link": "https://example.org/a.png" })), 131009),
        (media("image", json!({ "id": "999" })), 100),
        (media("location", json!({ "latitude": 40.4 })), 131008),
        (media("reaction", json!({ "message_id": "wamid.1" })), 131008),
        (media("reaction", json!({ "message_id": "wamid.1", "emoji": 1 })), 100),
        (media("contacts", json!([])), 131009),
        (media("contacts", json!([{ "phones": [] }])), 131008),
        (media("contacts", json!([{ "name": { "first_name": "Luis" } }])), 131008),
    ];
    for (body, code) in rows {
        let (status, answer) = bench.send(body.clone()).await;
        assert_eq!(answer["error"]["code"], code, "{body} was answered {answer}");
        assert_eq!(status, 400, "{answer}");
        assert_eq!(answer["error"]["type"], "OAuthException");
        assert!(answer["error"]["fbtrace_id"].is_string());
        assert!(answer["error"]["message"].as_str().unwrap().starts_with(&format!("(#{code}) ")));
    }
    let sent = bench.sandbox.transcript(ANA).len() - 1;
    assert_eq!(sent, 0, "a refused message reaches nobody");
}

#[tokio::test]
async fn a_message_at_the_limits_is_accepted() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let long = |n: usize| Value::from("ñ".repeat(n));
    let text = text_to(ANA, "Hola");
    let rows = [
        text.clone(),
        without(text.clone(), "/type"),
        with(text.clone(), "/to", json!("+34 600 000 001")),
        with(text.clone(), "/text/body", long(4096)),
        with(text.clone(), "/text/preview_url", json!(false)),
        with(text.clone(), "/recipient_type", json!("individual")),
        with(text.clone(), "/context", json!({ "message_id": "wamid.1" })),
        with(text.clone(), "/biz_opaque_callback_data", long(512)),
        buttons(&["Sí", "No", "veinte caracteres !!"]),
        with(buttons(&["Sí"]), "/interactive/body/text", long(1024)),
        list(10),
        template(),
        json!({ "messaging_product": "whatsapp", "to": ANA, "type": "image", "image": { "link": "https://example.org/a.png", "caption": "c" } }),
        json!({ "messaging_product": "whatsapp", "to": ANA, "type": "location", "location": {
            "latitude": 40.4, "longitude": -3.7, "name": "Sol", "address": "Puerta del Sol 1" } }),
        json!({ "messaging_product": "whatsapp", "to": ANA, "type": "contacts", "contacts": [
            { "name": { "formatted_name": "Luis G", "first_name": "Luis" }, "phones": [{ "phone": "+34600000002" }] }] }),
        json!({ "messaging_product": "whatsapp", "to": ANA, "type": "document", "document": {
            "link": "https://example.org/f.pdf", "filename": "f.pdf", "caption": "c" } }),
        json!({ "messaging_product": "whatsapp", "to": ANA, "type": "reaction", "reaction": { "message_id": "wamid.1", "emoji": "" } }),
        json!({ "messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": {
            "type": "cta_url", "body": { "text": "b" }, "action": { "name": "cta_url",
            "parameters": { "display_text": "Abrir", "url": "https://example.org" } } } }),
    ];
    for body in rows {
        let (status, answer) = bench.send(body.clone()).await;
        assert_eq!(status, 200, "{body} was answered {answer}");
        assert_eq!(answer["contacts"][0]["wa_id"], ANA);
        assert_eq!(answer["contacts"][0]["input"], body["to"]);
        assert!(answer["messages"][0]["id"].as_str().unwrap().starts_with("wamid."));
        let is_template = body["type"] == "template";
        assert_eq!(answer["messages"][0]["message_status"] == "accepted", is_template);
    }
}

#[tokio::test]
async fn the_version_the_token_and_the_number_must_be_right() {
    let bench = Bench::new().await;
    let options = bench.sandbox.options().clone();
    let url = |version: &str, id: &str| format!("{}/{version}/{id}/messages", bench.sandbox.url());
    let (ours, token) = (options.phone_number_id.as_str(), options.access_token.as_str());
    let rows = [
        (url("v21.0", ours), Some(token), 400, 2500, Value::Null),
        (url("v99.0", ours), Some(token), 400, 2500, Value::Null),
        (url("v25.0", ours), None, 401, 190, Value::Null),
        (url("v25.0", ours), Some("another"), 401, 190, Value::Null),
        (url("v25.0", "999"), Some(token), 400, 100, json!(33)),
        (url("v25.0", ours).replace("messages", "calls"), Some(token), 400, 2500, Value::Null),
    ];
    for (url, token, http, code, subcode) in rows {
        let mut request = bench.http.post(&url).json(&text_to(ANA, "Hola"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert_eq!(status, http, "{url}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{url}: {answer}");
        assert_eq!(answer["error"]["error_subcode"], subcode, "{url}: {answer}");
    }
}

#[tokio::test]
async fn every_supported_version_answers() {
    let bench = Bench::new().await;
    let options = bench.sandbox.options();
    for version in ["v22.0", "v23.0", "v24.0", "v25.0", "v26.0"] {
        let url = format!("{}/{version}/{}", bench.sandbox.url(), options.phone_number_id);
        let request = bench.http.get(url).bearer_auth(&options.access_token);
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200);
        assert_eq!(answer["display_phone_number"], "+34911111111");
    }
}

#[tokio::test]
async fn only_a_customers_message_can_be_marked_as_read() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let first = ana.says("uno").await;
    let second = ana.says("dos").await;
    let ours = bench.text(ANA, "tres").await;
    let read =
        |id: &str| json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id });
    let rows = [
        (read("wamid.unknown"), 131009),
        (read(&ours), 131009),
        (without(read(&second), "/message_id"), 131008),
        (with(read(&second), "/status", json!("seen")), 100),
        (with(read(&second), "/typing_indicator", json!({ "type": "audio" })), 100),
        (with(read(&second), "/to", json!(ANA)), 100),
    ];
    for (body, code) in rows {
        let (status, answer) = bench.send(body).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(code)));
    }
    assert!(!ana.sees_typing());

    let body = with(read(&second), "/typing_indicator", json!({ "type": "text" }));
    let (status, answer) = bench.send(body).await;
    assert_eq!((status.as_u16(), answer), (200, json!({ "success": true })));
    assert!(ana.sees_typing());
    let bubbles = bench.sandbox.transcript(ANA);
    let status_of = |id: &str| bubbles.iter().find(|b| b.wamid == id).unwrap().status;
    assert_eq!(status_of(&second), Status::Read);
    assert_eq!(status_of(&first), Status::Read, "earlier messages are read with it");
    assert_eq!(bench.sandbox.journal_of(Operation::MarkRead).len(), 7);

    bench.text(ANA, "cuatro").await;
    assert!(!ana.sees_typing(), "an answer ends the typing");
}
