//! Everything that a customer can send, in the platform's own shapes.

use bytes::Bytes;
use sandbox::{OfferKind, Options, Template, sample};
use serde_json::{Map, Value, json};

use crate::{ANA, Bench, SOON, text_to};

/// What the webhook of this one message says beside who sent it and when.
fn content(message: &Value) -> Value {
    let mut content = message.clone();
    for key in ["from", "from_user_id", "id", "timestamp"] {
        assert!(content[key].is_string(), "{key} of {message}");
        content.as_object_mut().unwrap().remove(key);
    }
    content
}

#[tokio::test]
async fn texts_carry_what_they_refer_to() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let first = ana.says("Hola").await;
    ana.replies_to(&first, "cito").await;
    ana.forwards("reenviado").await;
    ana.asks_about("SKU1", "¿hay?").await;
    ana.answers_ad("Rebajas", "info").await;
    let inbound = bench.inbound();
    assert_eq!(content(&inbound[0]), json!({ "type": "text", "text": { "body": "Hola" } }));
    assert_eq!(inbound[1]["context"], json!({ "from": "34911111111", "id": first }));
    assert_eq!(inbound[2]["context"], json!({ "forwarded": true }));
    assert_eq!(inbound[3]["context"]["referred_product"]["product_retailer_id"], "SKU1");
    assert_eq!(inbound[4]["referral"]["headline"], "Rebajas");
    assert_eq!(inbound[4]["referral"]["source_type"], "ad");
}

#[tokio::test]
async fn files_have_real_bytes_and_no_two_are_the_same() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.sends_photo(sample::photo(), "¿de qué marca es?").await;
    ana.sends_video(sample::video(), "").await;
    ana.sends_sticker(sample::sticker()).await;
    let pdf = sample::pdf(&["Factura 42", "Total (IVA): 10"]);
    ana.sends_document("factura.pdf", "application/pdf", pdf.clone(), "mi factura").await;
    ana.sends_file("audio", "audio/mpeg", Bytes::from_static(b"ID3"), json!({ "sha256": "wrong" }))
        .await;
    let inbound = bench.inbound();
    assert_eq!(inbound[0]["image"]["mime_type"], "image/jpeg");
    assert_eq!(inbound[0]["image"]["caption"], "¿de qué marca es?");
    assert!(inbound[1]["video"].get("caption").is_none());
    assert_eq!(inbound[2]["sticker"]["animated"], false);
    assert_eq!(inbound[3]["document"]["filename"], "factura.pdf");
    assert_eq!(inbound[4]["audio"]["sha256"], "wrong");
    for message in &inbound {
        let about = &message[message["type"].as_str().unwrap()];
        assert!(about["url"].as_str().unwrap().starts_with(&bench.sandbox.url()));
        assert!(about["id"].is_string() && about["sha256"].is_string());
    }
    for (one, other, starts) in [
        (sample::photo(), sample::photo(), b"\xFF\xD8\xFF".as_slice()),
        (sample::sticker(), sample::sticker(), b"RIFF"),
        (pdf.clone(), sample::pdf(&["Factura 42", "Total (IVA): 10"]), b"%PDF-1.4"),
    ] {
        assert_ne!(one, other);
        assert!(one.starts_with(starts));
    }
    assert_eq!(&sample::video()[4..8], b"ftyp");
    let sticker = sample::sticker();
    assert_eq!(sticker[4..8], u32::try_from(sticker.len() - 8).unwrap().to_le_bytes());
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("(Factura 42) Tj") && text.contains(r"(Total \(IVA\): 10) Tj"));
    let table_at: usize =
        text.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!(pdf[table_at..].starts_with(b"xref"), "readers find the table");
}

#[tokio::test]
async fn places_cards_and_orders_are_structured() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.shares_location(40.4, -3.7).await;
    ana.shares_place(40.4, -3.7, "Sol", "Puerta del Sol 1").await;
    ana.shares_contact("Luis", "+34 600 000 002").await;
    ana.shares_own_number().await;
    ana.orders(&[("SKU1", 2, 30.0), ("SKU2", 1, 9.5)], "para hoy").await;
    let inbound = bench.inbound();
    let bare = json!({ "type": "location", "location": { "latitude": 40.4, "longitude": -3.7 } });
    assert_eq!(content(&inbound[0]), bare);
    assert_eq!(inbound[1]["location"]["address"], "Puerta del Sol 1");
    assert_eq!(inbound[2]["contacts"][0]["phones"][0]["wa_id"], "34600000002");
    assert_eq!(inbound[3]["contacts"][0]["origin"], "contact_request");
    assert_eq!(inbound[3]["contacts"][0]["phones"][0]["wa_id"], ANA);
    assert_eq!(
        inbound[4]["order"]["product_items"][1],
        json!({ "product_retailer_id": "SKU2", "quantity": 1, "item_price": 9.5, "currency": "EUR" })
    );
    assert_eq!(inbound[4]["order"]["text"], "para hoy");
}

#[tokio::test]
async fn messages_are_reacted_to_edited_and_deleted() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let own = ana.says("Hola").await;
    let theirs = bench.text(ANA, "Buenas").await;
    ana.reacts(&theirs, "👍").await;
    ana.takes_reaction_back(&theirs).await;
    let edited = ana.edits(&own, "Hola otra vez").await;
    ana.deletes(&own).await;
    bench.settle().await;
    let inbound = bench.inbound();
    assert_eq!(inbound[1]["reaction"], json!({ "message_id": theirs, "emoji": "👍" }));
    assert_eq!(inbound[2]["reaction"], json!({ "message_id": theirs }), "a removal has no emoji");
    let message = json!({ "type": "text", "text": { "body": "Hola otra vez" } });
    assert_eq!(
        content(&inbound[3]),
        json!({ "type": "edit", "edit": { "original_message_id": own, "message": message } })
    );
    assert_ne!(edited, own);
    assert_eq!(inbound[4]["revoke"], json!({ "original_message_id": own }));
}

#[tokio::test]
async fn flows_and_quick_replies_are_answered() {
    let templates =
        vec![Template::approved("cita", "es", "¿Confirmas?").with_quick_replies(&["Sí", "No"])];
    let bench = Bench::with(Options { templates, ..Options::example() }).await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let (_, answer) = bench
        .send(json!({ "messaging_product": "whatsapp", "to": ANA, "type": "template", "template": {
            "name": "cita", "language": { "code": "es" }, "components": [
                { "type": "button", "sub_type": "quick_reply", "index": "1",
                  "parameters": [{ "type": "payload", "payload": "NO-1" }] } ] } }))
        .await;
    let sent = ana.hears(SOON).await.unwrap();
    assert_eq!(sent.text, "¿Confirmas?");
    assert!(sent.offers.iter().all(|offer| offer.kind == OfferKind::QuickReply));
    ana.taps("No").await.unwrap();
    ana.taps("Sí").await.unwrap();
    let fields = Map::from_iter([("talla".to_owned(), json!("42"))]);
    ana.completes_flow(&sent.wamid, &fields).await;
    let inbound = bench.inbound();
    assert_eq!(inbound[0]["button"], json!({ "payload": "NO-1", "text": "No" }));
    assert_eq!(inbound[0]["context"]["id"], answer["messages"][0]["id"]);
    assert_eq!(inbound[1]["button"], json!({ "payload": "Sí", "text": "Sí" }));
    let reply = &inbound[2]["interactive"]["nfm_reply"];
    assert_eq!(reply["response_json"], r#"{"talla":"42"}"#, "a string");
}

#[tokio::test]
async fn what_the_platform_does_not_pass_on_comes_as_an_error() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.sends_unsupported("poll_creation").await;
    ana.taps_in_vain().await;
    ana.sends(json!({ "type": "hologram", "hologram": { "depth": 3 } })).await;
    let hooks = bench.receiver.hooks();
    let inbound = bench.inbound();
    assert_eq!(inbound[0]["errors"][0]["code"], 131_051);
    assert_eq!(inbound[0]["unsupported"]["type"], "poll_creation");
    assert_eq!(content(&inbound[1]), json!({ "type": "interactive" }));
    assert_eq!(hooks[1].value()["errors"][0]["code"], 131_000);
    assert_eq!(inbound[2]["hologram"]["depth"], 3);
    // Whatever it was, the customer has written, and may be answered.
    assert_eq!(bench.send(text_to(ANA, "No lo he entendido")).await.0, 200);
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().pop().unwrap()["status"], "read");
}
