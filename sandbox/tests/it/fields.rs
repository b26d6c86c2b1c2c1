//! The other fields of the webhook.

use std::time::Duration;

use sandbox::{Operation, Sender};
use serde_json::{Value, json};

use crate::{ANA, Bench};

/// An example of each, as the platform's pages describe them.
fn examples() -> Vec<(&'static str, Value)> {
    vec![
        (
            "account_alerts",
            json!({
                "entity_type": "BUSINESS", "entity_id": "123",
                "alert_info": { "alert_severity": "WARNING", "alert_status": "ACTIVE",
                    "alert_type": "OBA_APPROVED", "alert_description": "Sample alert" },
            }),
        ),
        ("account_review_update", json!({ "decision": "APPROVED" })),
        (
            "account_update",
            json!({
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{ "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1_795_000_000 }],
            }),
        ),
        (
            "account_update",
            json!({
                "event": "DISABLED_UPDATE",
                "ban_info": { "waba_ban_state": "DISABLE", "waba_ban_date": "2026-11-20" },
            }),
        ),
        (
            "business_capability_update",
            json!({ "max_daily_conversation_per_phone": 1000, "max_phone_numbers_per_business": 2 }),
        ),
        (
            "message_template_quality_update",
            json!({
                "previous_quality_score": "GREEN", "new_quality_score": "YELLOW", "message_template_id": 12,
                "message_template_name": "aviso", "message_template_language": "es",
            }),
        ),
        (
            "template_category_update",
            json!({
                "message_template_id": 12, "message_template_name": "aviso", "message_template_language": "es",
                "previous_category": "UTILITY", "new_category": "MARKETING",
            }),
        ),
        (
            "phone_number_quality_update",
            json!({
                "display_phone_number": "34911111111", "event": "DOWNGRADE", "current_limit": "TIER_1K",
            }),
        ),
        (
            "phone_number_name_update",
            json!({
                "display_phone_number": "34911111111", "decision": "APPROVED", "requested_verified_name": "Tienda", "rejection_reason": null,
            }),
        ),
        (
            "security",
            json!({ "display_phone_number": "34911111111", "event": "PIN_CHANGED", "requester": "1" }),
        ),
        (
            "user_preferences",
            json!({
                "contacts": [{ "profile": { "name": "Ana" }, "wa_id": ANA }],
                "user_preferences": [{ "wa_id": ANA, "detail": "User requested to stop marketing messages",
                    "category": "marketing_messages", "value": "stop", "timestamp": 1_795_000_000 }],
            }),
        ),
        (
            "flows",
            json!({ "event": "FLOW_STATUS_CHANGE", "flow_id": "1", "old_status": "DRAFT", "new_status": "PUBLISHED" }),
        ),
        ("a_field_of_the_future", json!({ "anything": [1, "two"] })),
    ]
}

#[tokio::test]
async fn any_field_is_posted_with_what_the_platform_puts_around_it() {
    let bench = Bench::new().await;
    for (field, value) in examples() {
        let batch = bench.sandbox.posts_field(field, value.clone());
        assert_eq!(batch.goes_out().await, Some(200), "{field}");
        let hook = bench.receiver.hooks().pop().unwrap();
        let entry = &hook.json["entry"][0];
        assert_eq!(entry["changes"][0]["field"], field);
        assert_eq!(hook.signature, bench.sandbox.sign(&hook.bytes));
        if field == "user_preferences" {
            assert_eq!(hook.value()["metadata"]["phone_number_id"], "100000000000001");
            assert_eq!(hook.value()["user_preferences"], value["user_preferences"]);
        } else {
            assert_eq!(*hook.value(), value);
            assert!(entry["time"].is_i64());
        }
    }
    assert_eq!(bench.sandbox.journal_of(Operation::WebhookField).len(), examples().len());
}

#[tokio::test]
async fn the_business_phone_writes_edits_and_deletes() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    let id = bench.sandbox.business_phone_says(ANA, "Aquí Marta").await;
    let echo = |n: usize| bench.receiver.hooks()[n].value()["message_echoes"][0].clone();
    assert_eq!(echo(1)["to"], ANA);
    assert_eq!(echo(1)["to_user_id"], ana.user_id());

    let revoke = json!({ "type": "revoke", "revoke": { "original_message_id": id } });
    let (_, batch) = bench.sandbox.business_phone_sends(ANA, revoke);
    batch.goes_out().await;
    assert_eq!(echo(2)["revoke"]["original_message_id"], id);

    ana.adopts_username("ana.r");
    let late =
        json!({ "type": "text", "text": { "body": "hace rato" }, "timestamp": "1795000000" });
    let (_, batch) = bench.sandbox.business_phone_sends(ANA, late);
    assert_eq!(batch.copies(1).after(Duration::from_millis(20)).goes_out().await, None);
    bench.settle().await;
    assert_eq!(echo(3), echo(4));
    assert_eq!(echo(3)["timestamp"], "1795000000");
    assert!(echo(3).get("to").is_none());
    assert_eq!(bench.sandbox.transcript(ANA)[1].from, Sender::BusinessPhone);
}

#[tokio::test]
async fn a_message_of_the_api_can_be_echoed_under_its_own_id() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let id = bench.text(ANA, "Buenas").await;
    bench.settle().await;
    bench.sandbox.echoes_api_message(&id).goes_out().await;
    let hook = bench.receiver.hooks().pop().unwrap();
    assert_eq!(hook.json["entry"][0]["changes"][0]["field"], "smb_message_echoes");
    let echo = &hook.value()["message_echoes"][0];
    assert_eq!((&echo["id"], &echo["text"]["body"]), (&json!(id), &json!("Buenas")));
    assert_eq!(bench.sandbox.transcript(ANA).len(), 2, "the customer has it once");
}

#[tokio::test]
async fn a_history_of_thousands_comes_in_three_phases() {
    let bench = Bench::new().await;
    let statuses = bench.sandbox.sends_history(20, 100).await;
    assert_eq!(statuses, [Some(200); 3]);
    let hooks = bench.receiver.hooks();
    let mut ids = Vec::new();
    for (phase, hook) in hooks.iter().enumerate() {
        let history = &hook.value()["history"][0];
        assert_eq!(history["metadata"]["phase"], phase);
        for thread in history["threads"].as_array().unwrap() {
            for message in thread["messages"].as_array().unwrap() {
                let (from, to) = (&message["from"], message.get("to"));
                assert!(*from == thread["id"] || to == Some(&thread["id"]));
                assert_eq!(message["history_context"]["status"], "READ");
                ids.push(message["id"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(hooks[2].value()["history"][0]["metadata"]["progress"], 100);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2_000);
}
