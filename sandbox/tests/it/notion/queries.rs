//! Queries: filters, sorts, paging.

use reqwest::Method;
use serde_json::{Value, json};

use super::{A_MINUTE, Workspace, text, title, titles};

/// Three tickets: `a` is the oldest.
async fn three() -> (Workspace, String) {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let marta = notion.get("users").await["results"][0]["id"].clone();
    let rows = [
        json!({ "Pregunta": title("a"), "Celular": { "phone_number": "+34600000001" },
            "Estado": { "select": { "name": "Nuevo" } }, "ID": text("t-1"), "Ayudó": { "number": 1 },
            "Plazo": { "date": { "start": "2026-11-30T10:00:00+01:00" } } }),
        json!({ "Pregunta": title("b"), "Celular": { "phone_number": "+34600000002" },
            "Estado": { "select": { "name": "Enviado" } }, "ID": text("t-2"), "Ayudó": { "number": 2 },
            "Asignado": { "people": [{ "id": marta }] }, "Temas": { "multi_select": [{ "name": "Envío" }] } }),
        json!({ "Pregunta": title("c"), "Respuesta": text("Sí, claro"), "ID": text("u-3"),
            "Urgente": { "checkbox": true }, "Fase": { "status": { "name": "Done" } } }),
    ];
    for row in rows {
        notion.page(&source, row).await;
        notion.sandbox.desk().advance_clock(A_MINUTE);
    }
    (notion, source)
}

#[tokio::test]
async fn filters_of_every_type_find_what_they_should() {
    let (notion, source) = three().await;
    let rows = [
        (json!({ "property": "ID", "rich_text": { "equals": "t-1" } }), "a"),
        (json!({ "property": "ID", "rich_text": { "starts_with": "T-" } }), "ba"),
        (json!({ "property": "Pregunta", "title": { "contains": "C" } }), "c"),
        (json!({ "property": "title", "title": { "does_not_equal": "c" } }), "ba"),
        (json!({ "property": "Respuesta", "rich_text": { "is_empty": true } }), "ba"),
        (json!({ "property": "Respuesta", "rich_text": { "is_not_empty": true } }), "c"),
        (json!({ "property": "Celular", "phone_number": { "equals": "+34600000002" } }), "b"),
        (json!({ "property": "Estado", "select": { "equals": "Nuevo" } }), "a"),
        (json!({ "property": "Estado", "select": { "does_not_equal": "Nuevo" } }), "cb"),
        (json!({ "property": "Estado", "select": { "is_empty": true } }), "c"),
        (json!({ "property": "Fase", "status": { "equals": "Done" } }), "c"),
        (json!({ "property": "Urgente", "checkbox": { "equals": true } }), "c"),
        (json!({ "property": "Urgente", "checkbox": { "equals": false } }), "ba"),
        (json!({ "property": "Ayudó", "number": { "greater_than": 1 } }), "b"),
        (json!({ "property": "Número", "unique_id": { "less_than_or_equal_to": 2 } }), "ba"),
        (json!({ "property": "Plazo", "date": { "equals": "2026-11-30" } }), "a"),
        (json!({ "property": "Plazo", "date": { "before": "2026-11-30T09:00:00Z" } }), ""),
        (json!({ "property": "Plazo", "date": { "on_or_before": "2026-11-30T09:00:00Z" } }), "a"),
        (json!({ "property": "Asignado", "people": { "is_empty": true } }), "ca"),
        (json!({ "property": "Temas", "multi_select": { "contains": "Envío" } }), "b"),
        (json!({ "property": "Adjuntos", "files": { "is_empty": true } }), "cba"),
        (
            json!({ "and": [
            { "property": "ID", "rich_text": { "starts_with": "t" } },
            { "or": [{ "property": "Estado", "select": { "equals": "Enviado" } },
                     { "property": "Urgente", "checkbox": { "equals": true } }] }] }),
            "b",
        ),
    ];
    for (filter, expected) in rows {
        let found = notion.titles(&source, json!({ "filter": filter })).await;
        assert_eq!(found.concat(), expected, "{filter}");
    }
}

#[tokio::test]
async fn a_filter_by_time_finds_what_was_edited_since() {
    let (notion, source) = three().await;
    let all = notion.post(&format!("data_sources/{source}/query"), json!({})).await;
    let b = all["results"][1]["last_edited_time"].clone();
    let since = |operator: &str| {
        json!({ "filter": { "timestamp": "last_edited_time", "last_edited_time": { operator: b } },
            "sorts": [{ "timestamp": "last_edited_time", "direction": "ascending" }] })
    };
    assert_eq!(notion.titles(&source, since("on_or_after")).await, ["b", "c"]);
    assert_eq!(notion.titles(&source, since("after")).await, ["c"]);
    assert_eq!(notion.titles(&source, since("before")).await, ["a"]);
    let created =
        json!({ "filter": { "timestamp": "created_time", "created_time": { "past_week": {} } } });
    assert_eq!(notion.titles(&source, created).await.len(), 3);
    let a = all["results"][2]["id"].as_str().unwrap();
    notion.patch(&format!("pages/{a}"), json!({ "properties": { "Respuesta": text("x") } })).await;
    assert_eq!(notion.titles(&source, since("on_or_after")).await, ["b", "c", "a"]);
}

#[tokio::test]
async fn sorts_put_what_is_empty_last() {
    let (notion, source) = three().await;
    let by = |property: &str, direction: &str| json!({ "sorts": [{ "property": property, "direction": direction }] });
    assert_eq!(notion.titles(&source, by("Ayudó", "ascending")).await.concat(), "abc");
    assert_eq!(notion.titles(&source, by("Ayudó", "descending")).await.concat(), "bac");
    assert_eq!(notion.titles(&source, by("Estado", "ascending")).await.concat(), "abc");
    assert_eq!(notion.titles(&source, by("Pregunta", "descending")).await.concat(), "cba");
}

#[tokio::test]
async fn a_query_is_read_by_pages_of_at_most_a_hundred() {
    let (notion, source) = three().await;
    let path = format!("data_sources/{source}/query");
    let filter = json!({ "property": "Celular", "phone_number": { "is_not_empty": true } });
    let first = notion.post(&path, json!({ "filter": filter, "page_size": 1 })).await;
    assert_eq!((titles(&first).concat(), &first["has_more"]), ("b".into(), &json!(true)));
    let cursor = &first["next_cursor"];
    let body = json!({ "filter": filter, "page_size": 1, "start_cursor": cursor });
    let second = notion.post(&path, body.clone()).await;
    assert_eq!((titles(&second).concat(), &second["has_more"]), ("a".into(), &json!(false)));
    assert_eq!(second["next_cursor"], Value::Null);

    // What the cursor names may have stopped matching meanwhile.
    let a = second["results"][0]["id"].as_str().unwrap();
    notion
        .patch(
            &format!("pages/{a}"),
            json!({ "properties": { "Celular": { "phone_number": null } } }),
        )
        .await;
    assert!(titles(&notion.post(&path, body).await).is_empty());

    for (size, words) in [(101, "≤ `100`"), (0, "≥ `1`")] {
        let body = json!({ "page_size": size });
        let (_, message) = notion.refused(400, Method::POST, &path, body).await;
        assert!(message.contains("body.page_size") && message.contains(words), "{message}");
    }
    let nowhere = json!({ "start_cursor": "00000000-0000-4000-8000-000000000000" });
    let (_, message) = notion.refused(400, Method::POST, &path, nowhere).await;
    assert!(message.contains("start_cursor"), "{message}");
    // A query without a body is one that asks for everything.
    assert_eq!(notion.post(&path, Value::Null).await["results"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_filter_that_does_not_fit_is_refused() {
    let (notion, source) = three().await;
    let path = format!("data_sources/{source}/query");
    let deep = json!({ "property": "ID", "rich_text": { "is_empty": true } });
    let rows = [
        json!({ "property": "Nada", "rich_text": { "equals": "x" } }),
        json!({ "property": "Estado", "status": { "equals": "Nuevo" } }),
        json!({ "property": "Estado", "select": { "equals": "No existe" } }),
        json!({ "property": "Celular", "rich_text": { "equals": "x" } }),
        json!({ "property": "ID", "rich_text": { "matches": "x" } }),
        json!({ "property": "ID", "rich_text": { "equals": 3 } }),
        json!({ "property": "ID", "rich_text": { "is_empty": false } }),
        json!({ "property": "ID", "rich_text": {} }),
        json!({ "property": "ID" }),
        json!({ "property": "Ayudó", "number": { "contains": 3 } }),
        json!({ "timestamp": "last_edited_time", "created_time": { "after": "2026-01-01" } }),
        json!({ "timestamp": "last_edited_time", "last_edited_time": { "after": "ayer" } }),
        json!({ "and": [{ "or": [{ "and": [deep] }] }] }),
    ];
    for filter in rows {
        let (code, _) = notion.refused(400, Method::POST, &path, json!({ "filter": filter })).await;
        assert_eq!(code, "validation_error", "{filter}");
    }
    let sort = json!({ "sorts": [{ "property": "Nada", "direction": "ascending" }] });
    notion.refused(400, Method::POST, &path, sort).await;
    notion.refused(400, Method::POST, &path, json!({ "filtre": {} })).await;
}
