//! Whatever is signed is answered, and never with an error of ours.

use std::sync::{LazyLock, Mutex, PoisonError};

use axum::http::StatusCode;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tokio::time::{Duration, Instant};

use crate::stand::{Stand, change, text, webhook};

/// One for all cases, which take turns: what is published is the case's own.
static WORLD: LazyLock<Mutex<(Runtime, Stand)>> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let stand = runtime.block_on(Stand::new());
    Mutex::new((runtime, stand))
});

/// The words that make the translation take a turn.
const KEYS: &[&str] = &[
    "entry",
    "changes",
    "field",
    "value",
    "metadata",
    "phone_number_id",
    "contacts",
    "messages",
    "statuses",
    "message_echoes",
    "user_id_update",
    "history",
    "threads",
    "history_context",
    "from_me",
    "errors",
    "time",
    "event",
    "decision",
    "message_template_name",
    "new_quality_score",
    "alert_info",
    "alert_type",
    "ban_info",
    "restriction_info",
    "display_phone_number",
    "configuration_name",
    "previous",
    "current",
    "previous_user_id",
    "pricing",
    "pricing_model",
    "from",
    "from_user_id",
    "to",
    "id",
    "timestamp",
    "type",
    "text",
    "body",
    "image",
    "location",
    "latitude",
    "longitude",
    "button",
    "payload",
    "interactive",
    "button_reply",
    "nfm_reply",
    "response_json",
    "order",
    "product_items",
    "quantity",
    "reaction",
    "message_id",
    "edit",
    "message",
    "system",
    "context",
    "status",
    "recipient_id",
    "biz_opaque_callback_data",
    "wa_id",
    "profile",
    "name",
    "code",
    "error_data",
];
const WORDS: &[&str] = &[
    "",
    "messages",
    "smb_message_echoes",
    "history",
    "user_id_update",
    "user_changed_number",
    "media_placeholder",
    "account_update",
    "account_alerts",
    "account_review_update",
    "business_capability_update",
    "message_template_status_update",
    "payment_configuration_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    "100000000000001",
    "text",
    "image",
    "location",
    "button",
    "interactive",
    "nfm_reply",
    "order",
    "reaction",
    "edit",
    "system",
    "sent",
    "failed",
    "nan",
    "-inf",
    "1e999",
    "1795000001",
    "99999999999999999999",
    "-1",
    "{",
    "[[1]]",
    "a\0b",
    "ES.1",
    "👍",
    "\\ud83d",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let key = prop_oneof![
        9 => prop::sample::select(KEYS).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    leaf.prop_recursive(8, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// A webhook with one of nearly everything.
fn ordinary() -> Value {
    let mut answer = text("wamid.1", "hola");
    answer["context"] = json!({"from": "34911111111", "id": "wamid.OUT1"});
    let changes = [
        change(
            "messages",
            json!({
                "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600000001", "user_id": "ES.9"}],
                "messages": [
                    answer,
                    {"from": "34600000001", "id": "wamid.2", "timestamp": "1795000002", "type": "location", "location": {"latitude": 40.4, "longitude": -3.7}},
                    {"from": "34600000001", "id": "wamid.3", "timestamp": "1795000003", "type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{\"x\":1}"}}},
                    {"from": "34600000001", "id": "wamid.4", "timestamp": "1795000004", "type": "order", "order": {"product_items": [{"product_retailer_id": "SKU1", "quantity": 2}]}},
                    {"from": "34600000001", "id": "wamid.5", "timestamp": "1795000005", "type": "system", "system": {"type": "user_changed_number", "wa_id": "34600000009", "user_id": "ES.8", "previous_user_id": "ES.9"}},
                ],
                "statuses": [{"id": "wamid.OUT1", "status": "failed", "timestamp": "1795000033", "recipient_id": "34600000001", "errors": [{"code": 131_047, "error_data": {"details": "d"}}], "pricing": {"pricing_model": "PMP", "type": "regular"}}],
                "errors": [{"code": 1}],
            }),
        ),
        change(
            "smb_message_echoes",
            json!({"message_echoes": [{"to": "34600000001", "id": "wamid.E1", "type": "image", "image": {"id": "1"}}]}),
        ),
        change(
            "history",
            json!({"history": [{"threads": [{"id": "34600000001", "messages": [text("wamid.H1", "hola")]}]}, {"errors": [{"code": 2_593_109}]}]}),
        ),
        change(
            "user_id_update",
            json!({"user_id_update": [{"wa_id": "34600000009", "user_id": {"previous": "ES.9", "current": "ES.8"}}]}),
        ),
        json!({"field": "message_template_status_update", "value": {"event": "REJECTED", "message_template_name": "t", "rejection_info": {"reason": "r"}}}),
        json!({"field": "account_update", "value": {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}, "restriction_info": [{"restriction_type": "r"}]}}),
        json!({"field": "account_alerts", "value": {"entity_id": "1", "alert_info": {"alert_type": "t", "alert_severity": "WARNING"}}}),
        json!({"field": "business_capability_update", "value": {"max_phone_numbers_per_waba": 25}}),
    ];
    serde_json::from_str(&webhook(&changes)).unwrap()
}

/// Puts `with` for the `at`-th value within, counted in depth-first order.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        value.clone_from(with);
        *at = usize::MAX;
        return;
    }
    *at = at.saturating_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, with)),
        Value::Object(members) => members.values_mut().for_each(|one| replace(one, at, with)),
        _ => {}
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Posts it and reads back everything that it led to, which panics on what no worker could read.
fn post(body: Vec<u8>) -> StatusCode {
    let world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let (runtime, stand) = &*world;
    runtime.block_on(async {
        let status = stand.post(body).await;
        stand.published().await;
        status
    })
}

/// Tries as many cases as is usual, or for as long as `RELEVO_FUZZ_SECONDS` says: each test.
fn whatever<S: Strategy>(strategy: &S, holds: impl Fn(&S::Value) -> bool)
where
    S::Value: Clone,
{
    let seconds = std::env::var("RELEVO_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(0, |seconds| seconds.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut cases = 0;
    loop {
        // Each tries other cases than the one before.
        let tried = TestRunner::new(config.clone()).run(strategy, |case| {
            prop_assert!(holds(&case));
            Ok(())
        });
        match tried {
            Ok(()) => cases += u64::from(config.cases),
            Err(TestError::Fail(reason, case)) => panic!("{reason}: {case:?}"),
            Err(aborted) => panic!("{aborted}"),
        }
        if Instant::now() >= end {
            return eprintln!("{cases} cases");
        }
    }
}

fn is_taken_or_no_json(body: Vec<u8>) -> bool {
    matches!(post(body), StatusCode::OK | StatusCode::BAD_REQUEST)
}

#[test]
fn any_json_is_acknowledged() {
    whatever(&json(), |json| post(json.to_string().into_bytes()) == StatusCode::OK);
}

#[test]
fn a_webhook_with_anything_in_the_place_of_anything_is_acknowledged() {
    let ordinary = ordinary();
    whatever(&(any::<prop::sample::Index>(), json()), |(at, with)| {
        let mut webhook = ordinary.clone();
        let mut at = at.index(count(&webhook));
        replace(&mut webhook, &mut at, with);
        post(webhook.to_string().into_bytes()) == StatusCode::OK
    });
}

#[test]
fn a_webhook_with_a_changed_byte_is_acknowledged_or_no_json() {
    let ordinary = ordinary().to_string().into_bytes();
    whatever(&(any::<prop::sample::Index>(), any::<u8>()), |(at, byte)| {
        let mut webhook = ordinary.clone();
        webhook[at.index(ordinary.len())] = *byte;
        is_taken_or_no_json(webhook)
    });
}

#[test]
fn any_bytes_are_acknowledged_or_no_json() {
    whatever(&any::<Vec<u8>>(), |bytes| is_taken_or_no_json(bytes.clone()));
}

#[test]
fn deep_nesting_is_no_danger() {
    for nested in ["[".repeat(200_000) + &"]".repeat(200_000), r#"{"entry":"#.repeat(50_000)] {
        let status = post(nested.into_bytes());
        assert!(matches!(status, StatusCode::OK | StatusCode::BAD_REQUEST), "{status}");
    }
    for depth in 90..150 {
        let deep = "[".repeat(depth) + &"]".repeat(depth);
        let odd = format!(r#"{{"id":"{depth}","from":"1","type":"x","x":{deep}}}"#);
        let form = json!({"id": "wamid.2", "from": "1", "type": "interactive", "interactive":
            {"type": "nfm_reply", "nfm_reply": {"response_json": deep}}});
        let messages = json!({"messages": ["ODD", form, text("wamid.1", "uno")]});
        let webhook = webhook(&[change("messages", messages)]).replace(r#""ODD""#, &odd);
        assert_eq!(post(webhook.into_bytes()), StatusCode::OK);
    }
}
