//! Faults of Notion, seen from the client's side.

use std::time::Duration;

use reqwest::Method;
use sandbox::{Fault, Operation};
use serde_json::{Value, json};

use super::{Workspace, title};

#[tokio::test]
async fn a_refusal_has_its_code_and_comes_as_often_as_asked() {
    let notion = Workspace::new().await;
    let rows = [
        (401, "unauthorized"),
        (409, "conflict_error"),
        (500, "internal_server_error"),
        (503, "service_unavailable"),
        (529, "service_overload"),
    ];
    for (status, code) in rows {
        notion
            .sandbox
            .faults()
            .add(Fault::on(Operation::NotionUsers).refuses(status.into()).times(1));
        assert_eq!(notion.refused(status, Method::GET, "users/me", Value::Null).await.0, code);
    }
    notion.sandbox.faults().add(Fault::on(Operation::NotionUsers).refuses_for(429, 7).times(1));
    let answer = notion.request(Method::GET, "users/me").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    notion.get("users/me").await;
}

#[tokio::test]
async fn a_lost_answer_has_made_the_page_and_a_lost_request_has_not() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let create = async |text: &str| {
        let body = json!({ "parent": { "data_source_id": source }, "properties": { "Pregunta": title(text) } });
        notion.request(Method::POST, "pages").json(&body).send().await
    };
    let faults = notion.sandbox.faults();
    faults.add(Fault::on(Operation::NotionPageCreate).loses_the_answer().times(1));
    assert!(create("a").await.is_err());
    faults.add(Fault::on(Operation::NotionPageCreate).is_lost().times(1));
    assert!(create("b").await.is_err());
    assert_eq!(notion.titles(&source, json!({})).await, ["a"]);

    faults.add(Fault::on(Operation::NotionPageCreate).hangs_after().times(1));
    let body =
        json!({ "parent": { "data_source_id": source }, "properties": { "Pregunta": title("c") } });
    let request =
        notion.request(Method::POST, "pages").json(&body).timeout(Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(notion.titles(&source, json!({})).await, ["c", "a"]);
}

#[tokio::test]
async fn notion_is_away_for_a_while_and_comes_back() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let away = Fault::on(Operation::Notion).refuses(503).lasting(Duration::from_millis(400));
    notion.sandbox.faults().add(away);
    let since = tokio::time::Instant::now();
    notion.refused(503, Method::GET, "users/me", Value::Null).await;
    notion.refused(503, Method::GET, &format!("data_sources/{source}"), Value::Null).await;
    while notion.call(Method::GET, "users/me", Value::Null).await.0 != 200 {
        assert!(since.elapsed() < Duration::from_secs(5));
    }
    assert!(since.elapsed() >= Duration::from_millis(400));
    assert!(notion.sandbox.faults().active().is_empty());
    notion.sandbox.faults().add(Fault::on(Operation::Notion).is_lost());
    assert!(notion.request(Method::GET, "users/me").send().await.is_err());
    notion.sandbox.faults().clear();
    notion.get("users/me").await;
}

#[test]
#[should_panic(expected = "Notion has no error 418")]
fn a_status_that_notion_does_not_have_is_no_fault() {
    sandbox::Faults::default().add(Fault::on(Operation::NotionQuery).refuses(418));
}
