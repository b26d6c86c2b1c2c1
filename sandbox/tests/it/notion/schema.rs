//! Who may ask, under which version, and what databases look like.

use reqwest::Method;
use serde_json::{Value, json};

use super::Workspace;

#[tokio::test]
async fn a_request_needs_the_token_and_a_known_version() {
    let notion = Workspace::new().await;
    let url = format!("{}/v1/users/me", notion.sandbox.notion_url());
    let ask = async |token: &str, version: Option<&str>| {
        let mut request = notion.http.get(&url).bearer_auth(token);
        if let Some(version) = version {
            request = request.header("Notion-Version", version);
        }
        let (status, answer) = crate::read(request.send().await.unwrap()).await;
        (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
    };
    let token = notion.sandbox.options().notion.token.clone();
    assert_eq!(ask("ntn_other", Some("2025-09-03")).await, (401, "unauthorized".into()));
    assert_eq!(ask(&token, None).await, (400, "missing_version".into()));
    assert_eq!(ask(&token, Some("2021-05-13")).await, (400, "validation_error".into()));
    for version in ["2022-06-28", "2025-09-03", "2026-03-11"] {
        assert_eq!(ask(&token, Some(version)).await, (200, String::new()));
    }
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_a_bad_request() {
    let notion = Workspace::new().await;
    for (method, path) in
        [(Method::GET, "invalid"), (Method::DELETE, "pages"), (Method::PUT, "pages/x")]
    {
        let (code, _) = notion.refused(400, method, path, Value::Null).await;
        assert_eq!(code, "invalid_request_url");
    }
    let (code, message) = notion.refused(400, Method::GET, "pages/abc", Value::Null).await;
    assert_eq!(code, "validation_error");
    assert!(message.contains("path.page_id should be a valid uuid"), "{message}");
    let missing = "pages/00000000-0000-4000-8000-000000000000";
    assert_eq!(notion.refused(404, Method::GET, missing, Value::Null).await.0, "object_not_found");
    let request = notion.request(Method::POST, "search").body("{");
    assert_eq!(crate::read(request.send().await.unwrap()).await.1["code"], "invalid_json");
}

#[tokio::test]
async fn a_database_holds_data_sources_or_properties_as_the_version_has_it() {
    let notion = Workspace::new().await;
    let (database, source) = notion.desk().await;
    let answer = notion.get(&format!("databases/{database}")).await;
    assert_eq!(answer["data_sources"], json!([{ "id": source, "name": "Mesa" }]));
    assert!(answer.get("properties").is_none());
    let answer = notion.get(&format!("data_sources/{source}")).await;
    assert_eq!(answer["parent"]["database_id"], database);
    assert_eq!(answer["properties"]["Pregunta"]["id"], "title");
    assert_eq!(answer["properties"]["Estado"]["select"]["options"][0]["name"], "Nuevo");
    assert_eq!(answer["properties"]["Fase"]["status"]["options"][0]["name"], "Not started");
    assert!(answer["archived"].is_boolean() && answer["in_trash"].is_boolean());

    let old = notion.under("2022-06-28");
    let answer = old.get(&format!("databases/{database}")).await;
    assert_eq!(answer["properties"]["Celular"]["type"], "phone_number");
    assert!(answer.get("data_sources").is_none());
    let path = format!("data_sources/{source}");
    assert_eq!(old.refused(400, Method::GET, &path, Value::Null).await.0, "invalid_request_url");
    old.desk().await;
    let query = old.post(&format!("databases/{database}/query"), json!({})).await;
    assert_eq!(query["results"], json!([]));

    let new = old.under("2026-03-11");
    let answer = new.get(&format!("data_sources/{source}")).await;
    assert!(answer.get("archived").is_none() && answer["in_trash"].is_boolean());
    let path = format!("databases/{database}/query");
    assert_eq!(new.refused(400, Method::POST, &path, json!({})).await.0, "invalid_request_url");
}

#[tokio::test]
async fn a_schema_is_changed_by_adding_renaming_and_removing() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let path = format!("data_sources/{source}");
    let answer = notion
        .patch(
            &path,
            json!({ "properties": {
                "Propuesta": { "rich_text": {} },
                "Web": { "name": "Conversación" },
                "Correo": null,
                "Temas": { "select": { "options": [{ "name": "Envío" }] } },
            } }),
        )
        .await;
    let properties = &answer["properties"];
    assert_eq!(properties["Propuesta"]["type"], "rich_text");
    assert_eq!(properties["Conversación"]["type"], "url");
    assert!(properties.get("Web").is_none() && properties.get("Correo").is_none());
    assert_eq!(properties["Temas"]["type"], "select");

    let id = properties["Conversación"]["id"].as_str().unwrap();
    assert!(id.contains('%'), "ids are encoded for a URL: {id}");
    let answer = notion.patch(&path, json!({ "properties": { id: { "name": "Chat" } } })).await;
    assert_eq!(answer["properties"]["Chat"]["id"], id);

    for change in [
        json!({ "Pregunta": null }),
        json!({ "Otra": { "title": {} } }),
        json!({ "Botón": { "button": {} } }),
        json!({ "Fórmula": { "formula": { "expression": "1" } } }),
        json!({ "Fase": { "status": { "options": [{ "name": "Hecho" }] } } }),
        json!({ "Chat": { "name": "Estado" } }),
        json!({ "Estado": { "select": { "options": [{ "name": "a,b" }] } } }),
    ] {
        let body = json!({ "properties": change });
        let (code, _) = notion.refused(400, Method::PATCH, &path, body).await;
        assert_eq!(code, "validation_error");
    }
    assert_eq!(notion.get(&path).await["properties"], answer["properties"], "nothing half done");
}

#[tokio::test]
async fn a_database_without_a_title_or_under_no_page_is_refused() {
    let notion = Workspace::new().await;
    let page = notion.sandbox.options().notion.page_id;
    let with = |parent: Value, properties: Value| json!({ "parent": parent, "initial_data_source": { "properties": properties } });
    let here = json!({ "page_id": page });
    let away = json!({ "page_id": "00000000-0000-4000-8000-000000000000" });
    let title = json!({ "A": { "title": {} } });
    let post = async |status, body| notion.refused(status, Method::POST, "databases", body).await.0;
    assert_eq!(
        post(400, with(here.clone(), json!({ "A": { "rich_text": {} } }))).await,
        "validation_error"
    );
    assert_eq!(post(404, with(away, title.clone())).await, "object_not_found");
    let old_way = json!({ "parent": here, "properties": title });
    assert_eq!(post(400, old_way).await, "validation_error");
}

#[tokio::test]
async fn people_and_databases_are_found() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let me = notion.get("users/me").await;
    assert_eq!((&me["type"], &me["name"]), (&json!("bot"), &json!("Relevo")));
    let users = notion.get("users?page_size=2").await;
    assert_eq!(users["has_more"], true);
    assert_eq!(users["results"][0]["name"], "Marta");
    let next = users["next_cursor"].as_str().unwrap();
    let users = notion.get(&format!("users?start_cursor={next}")).await;
    assert_eq!(users["results"].as_array().unwrap().len(), 2);

    let filter = json!({ "property": "object", "value": "data_source" });
    let found = notion.post("search", json!({ "query": "mesa", "filter": filter })).await;
    assert_eq!(found["results"][0]["id"], source);
    let database = json!({ "filter": { "property": "object", "value": "database" } });
    notion.refused(400, Method::POST, "search", database.clone()).await;
    let found = notion.under("2022-06-28").post("search", database).await;
    assert_eq!(found["results"][0]["object"], "database");
}

#[tokio::test]
async fn a_second_data_source_shuts_out_the_old_version() {
    let notion = Workspace::new().await;
    let (database, source) = notion.desk().await;
    let desk = notion.sandbox.desk();
    desk.adds_data_source(database.parse().unwrap(), "Otra").unwrap();
    let answer = notion.get(&format!("databases/{database}")).await;
    assert_eq!(answer["data_sources"].as_array().unwrap().len(), 2);
    let create = json!({ "parent": { "database_id": database }, "properties": {} });
    notion.refused(400, Method::POST, "pages", create.clone()).await;
    notion.page(&source, json!({})).await;

    let old = notion.under("2022-06-28");
    let path = format!("databases/{database}");
    old.refused(400, Method::GET, &path, Value::Null).await;
    old.refused(400, Method::POST, &format!("{path}/query"), json!({})).await;
    old.refused(400, Method::POST, "pages", create).await;
}
