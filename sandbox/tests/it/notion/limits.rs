//! The limits of a request and of the rate.

use std::time::Duration;

use reqwest::Method;
use sandbox::{NotionOptions, Rate};
use serde_json::{Value, json};

use super::{Workspace, title};

#[tokio::test]
async fn what_is_too_long_or_too_many_is_refused_by_path_and_limit() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let long = |length: usize| json!([{ "text": { "content": "ñ".repeat(length) } }]);
    let many = |count: usize| vec![json!({ "text": { "content": "x" } }); count];
    let blocks = |count: usize| vec![json!({ "paragraph": { "rich_text": [] } }); count];
    let deep = json!([{ "toggle": { "rich_text": [], "children": [{ "toggle": { "rich_text": [],
        "children": [{ "paragraph": { "rich_text": [] } }] } }] } }]);
    let create = |properties: Value, children: Value| json!({ "parent": { "data_source_id": source }, "properties": properties, "children": children });
    let rows = [
        (
            json!({ "Respuesta": { "rich_text": long(2_001) } }),
            json!([]),
            "body.properties.Respuesta.rich_text[0].text.content.length should be ≤ `2000`, instead was `2001`",
        ),
        (
            json!({ "Respuesta": { "rich_text": many(101) } }),
            json!([]),
            "body.properties.Respuesta.rich_text.length should be ≤ `100`, instead was `101`",
        ),
        (json!({ "Celular": { "phone_number": "1".repeat(201) } }), json!([]), "≤ `200`"),
        (json!({ "Correo": { "email": "a".repeat(201) } }), json!([]), "≤ `200`"),
        (
            json!({ "Web": { "url": format!("https://x/{}", "a".repeat(2_000)) } }),
            json!([]),
            "≤ `2000`",
        ),
        (
            json!({ "Temas": { "multi_select": vec![json!({ "name": "x" }); 101] } }),
            json!([]),
            "≤ `100`",
        ),
        (
            json!({}),
            json!(blocks(101)),
            "body.children.length should be ≤ `100`, instead was `101`",
        ),
        (
            json!({}),
            json!([{ "paragraph": { "rich_text": long(2_001) } }]),
            "body.children[0].paragraph.rich_text[0].text.content.length should be ≤ `2000`",
        ),
        (
            json!({}),
            deep,
            "body.children[0].toggle.children[0].toggle.children should be not present",
        ),
        (json!({}), json!([{ "table": {} }]), "body.children[0].paragraph should be defined"),
    ];
    for (properties, children, words) in rows {
        let (code, message) =
            notion.refused(400, Method::POST, "pages", create(properties, children)).await;
        assert_eq!(code, "validation_error");
        assert!(message.contains(words), "{message}");
    }
    let fits =
        json!({ "Respuesta": { "rich_text": long(2_000) }, "Pregunta": { "title": many(100) } });
    notion.post("pages", create(fits, json!(blocks(100)))).await;
    let large = json!({ "query": "x".repeat(600_000) });
    notion.refused(400, Method::POST, "search", large).await;
}

#[tokio::test]
async fn more_than_the_rate_is_refused_with_the_seconds_to_wait() {
    let rate = Rate { burst: 3, every: Duration::from_millis(1_500) };
    let notion =
        Workspace::with(NotionOptions { rate: Some(rate), ..NotionOptions::example() }).await;
    for _ in 0..3 {
        notion.get("users/me").await;
    }
    let refused = notion.request(Method::GET, "users/me").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "2");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["code"], "rate_limited");
    assert_eq!(body["additional_data"]["rate_limit_reason"], "connection_limit");
    let report = notion.sandbox.notion_rate_report();
    assert_eq!((report.requests, report.refused), (4, 1));
    assert_eq!((report.most_in_a_second, report.most_in_a_minute), (4, 4));
    notion.sandbox.reset();
    notion.get("users/me").await;
    assert_eq!(notion.sandbox.notion_rate_report().requests, 1);
}

#[tokio::test]
async fn without_a_rate_nothing_is_refused_for_it() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    for _ in 0..40 {
        notion.page(&source, json!({ "Pregunta": title("a") })).await;
    }
    assert!(notion.sandbox.notion_rate_report().most_in_a_second > 3);
}
