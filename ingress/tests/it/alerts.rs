//! Whose alerts they are, and that each is told once.

use axum::http::StatusCode;
use domain::Body;
use runtime::{Business, Businesses};
use serde_json::{Value, json};

use crate::stand::{NOW, SECRET, Stand, change, webhook};

const ACCOUNT: &str = "200000000000001";

fn rejected(account: &str, time: &Value) -> String {
    let value = json!({"event": "REJECTED", "message_template_name": "vuelve"});
    let change = json!({"field": "message_template_status_update", "value": value});
    json!({"entry": [{"id": account, "time": time, "changes": [change]}]}).to_string()
}

fn business(id: &str, account: Option<&str>) -> Business {
    let mut business = Business::example(id);
    business.id = domain::BusinessId::new(id);
    business.whatsapp.phone_number_ids = vec![format!("number of {id}")];
    business.whatsapp.business_account_id = account.map(str::to_owned);
    business.whatsapp.app_secret = SECRET.into();
    business
}

/// The businesses to which the rejection of a template of [`ACCOUNT`]'s is told.
async fn told(businesses: impl IntoIterator<Item = Business>) -> Vec<String> {
    let stand = Stand::of(businesses.into_iter().collect::<Businesses>()).await;
    assert_eq!(stand.post(rejected(ACCOUNT, &Value::Null)).await, StatusCode::OK);
    stand.published().await.iter().map(|envelope| envelope.business.to_string()).collect()
}

#[tokio::test]
async fn a_notice_is_for_the_business_with_the_account_or_for_the_only_one() {
    let (own, other, none) = (Some(ACCOUNT), Some("200000000000002"), None);
    assert_eq!(told([business("a", other), business("b", own)]).await, ["b"]);
    assert_eq!(told([business("a", none), business("b", own)]).await, ["b"]);
    assert_eq!(told([business("a", none)]).await, ["a"]);
    assert!(told([business("a", other)]).await.is_empty());
    assert!(told([business("a", none), business("b", none)]).await.is_empty());
}

#[tokio::test]
async fn the_same_event_has_the_same_id_and_a_later_one_another() {
    let stand = Stand::new().await;
    let mut ids = Vec::new();
    for time in [json!(1_795_000_000), json!(1_795_000_000), json!(1_795_000_060), Value::Null] {
        stand.post(rejected(ACCOUNT, &time)).await;
        let [envelope] = stand.published().await.try_into().unwrap();
        let Body::AlertRaised(alert) = &envelope.body else { panic!() };
        let time = time.as_i64().map_or(NOW, domain::Timestamp::from_secs);
        assert_eq!(alert.at, time);
        ids.push(envelope.id);
    }
    assert_eq!(ids[0], ids[1]);
    assert!(ids[1] != ids[2] && ids[2] != ids[3] && ids[3] != ids[0]);
}

#[tokio::test]
async fn errors_beside_messages_are_about_them_and_raise_no_alert() {
    let stand = Stand::new().await;
    let message = json!({"from": "34600000001", "id": "wamid.1", "type": "interactive"});
    let errors = json!([{"code": 131_000}]);
    let value = json!({"messages": [message], "errors": errors});
    stand.post(webhook(&[change("messages", value)])).await;
    let [envelope] = stand.published().await.try_into().unwrap();
    let Body::MessageReceived(received) = envelope.body else { panic!() };
    assert_eq!(received.0.context, Some(json!({"errors": errors})));
}
