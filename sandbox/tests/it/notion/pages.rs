//! Pages: what is written and what is read back.

use reqwest::Method;
use serde_json::{Value, json};

use super::{A_MINUTE, Workspace, text, title};

#[tokio::test]
async fn a_page_is_read_as_it_was_written() {
    let notion = Workspace::new().await;
    let (database, source) = notion.desk().await;
    let marta = notion.get("users").await["results"][0]["id"].clone();
    let page = notion
        .page(
            &source,
            json!({
                "Pregunta": title("¿Abrís el lunes?"),
                "Respuesta": { "rich_text": [
                    { "text": { "content": "Sí, " } },
                    { "text": { "content": "a las 9", "link": { "url": "https://example.org/" } },
                      "annotations": { "bold": true } },
                    { "text": { "content": "" } }] },
                "Celular": { "phone_number": "+34600000001" },
                "Estado": { "select": { "name": "Nuevo" } },
                "Fase": { "status": { "name": "In progress" } },
                "Temas": { "multi_select": [{ "name": "Horario" }, { "name": "Lunes" }] },
                "Plazo": { "date": { "start": "2026-11-30" } },
                "Urgente": { "checkbox": true },
                "Ayudó": { "number": 3 },
                "Asignado": { "people": [{ "object": "user", "id": marta }] },
                "Adjuntos": { "files": [{ "name": "foto", "external": { "url": "https://example.org/f.jpg" } }] },
            }),
        )
        .await;
    let properties = &page["properties"];
    assert_eq!(
        page["parent"],
        json!({ "type": "data_source_id", "data_source_id": source, "database_id": database })
    );
    let answer = &properties["Respuesta"]["rich_text"];
    assert_eq!(answer.as_array().unwrap().len(), 2, "an empty text is left out");
    assert_eq!(answer[0]["plain_text"], "Sí, ");
    assert_eq!(answer[1]["href"], "https://example.org/");
    assert_eq!(answer[1]["annotations"]["bold"], true);
    assert_eq!(properties["Celular"]["phone_number"], "+34600000001");
    assert_eq!(properties["Estado"]["select"]["color"], "blue");
    assert_eq!(properties["Fase"]["status"]["name"], "In progress");
    assert_eq!(properties["Temas"]["multi_select"][1]["name"], "Lunes");
    assert_eq!(
        properties["Plazo"]["date"],
        json!({ "start": "2026-11-30", "end": null, "time_zone": null })
    );
    assert_eq!(properties["Asignado"]["people"][0]["name"], "Marta");
    assert_eq!(properties["Adjuntos"]["files"][0]["external"]["url"], "https://example.org/f.jpg");
    assert_eq!(properties["Número"]["unique_id"], json!({ "prefix": "TCK", "number": 1 }));
    assert_eq!(properties["Web"]["url"], Value::Null);
    let id = page["id"].as_str().unwrap();
    let mut again = notion.get(&format!("pages/{}", id.replace('-', ""))).await;
    again["request_id"] = page["request_id"].clone();
    assert_eq!(again, page);

    let only = properties["Celular"]["id"].as_str().unwrap();
    let part = notion
        .get(&format!("pages/{id}?filter_properties[]={only}&filter_properties[]=title"))
        .await;
    let names: Vec<&String> = part["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Celular", "Pregunta"]);
    let item = notion.get(&format!("pages/{id}/properties/title")).await;
    assert_eq!(item["results"][0]["title"]["plain_text"], "¿Abrís el lunes?");
    let item = notion.get(&format!("pages/{id}/properties/{only}")).await;
    assert_eq!(item["phone_number"], "+34600000001");
}

#[tokio::test]
async fn a_page_goes_where_the_version_says() {
    let notion = Workspace::new().await;
    let (database, source) = notion.desk().await;
    let in_database =
        json!({ "parent": { "database_id": database }, "properties": { "Pregunta": title("a") } });
    let in_source =
        json!({ "parent": { "data_source_id": source }, "properties": { "Pregunta": title("b") } });
    notion.post("pages", in_database.clone()).await;
    notion.post("pages", in_source.clone()).await;
    let old = notion.under("2022-06-28");
    let page = old.post("pages", in_database).await;
    assert_eq!(page["parent"], json!({ "type": "database_id", "database_id": database }));
    old.refused(400, Method::POST, "pages", in_source).await;
    let all = old.post(&format!("databases/{database}/query"), json!({})).await;
    assert_eq!(all["results"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_page_is_changed_and_put_in_the_trash() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let page =
        notion.page(&source, json!({ "Pregunta": title("a"), "Respuesta": text("b") })).await;
    let path = format!("pages/{}", page["id"].as_str().unwrap());
    let changed =
        json!({ "properties": { "Respuesta": { "rich_text": [] }, "Estado": { "select": null } } });
    let answer = notion.patch(&path, changed).await;
    assert_eq!(answer["properties"]["Respuesta"]["rich_text"], json!([]));
    assert_eq!(answer["properties"]["Pregunta"], page["properties"]["Pregunta"]);

    assert_eq!(notion.patch(&path, json!({ "archived": true })).await["in_trash"], true);
    assert!(notion.titles(&source, json!({})).await.is_empty());
    assert_eq!(notion.titles(&source, json!({ "in_trash": true })).await, ["a"]);
    let body = json!({ "properties": { "Pregunta": title("b") } });
    let (_, message) = notion.refused(400, Method::PATCH, &path, body).await;
    assert!(message.contains("archived"), "{message}");
    let new = notion.under("2026-03-11");
    new.refused(400, Method::PATCH, &path, json!({ "archived": false })).await;
    let answer = new.patch(&path, json!({ "in_trash": false })).await;
    assert_eq!(answer["in_trash"], false);
    assert!(answer.get("archived").is_none());
}

#[tokio::test]
async fn options_of_a_select_are_made_as_they_come_and_those_of_a_status_are_not() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let options = async || {
        let schema = notion.get(&format!("data_sources/{source}")).await;
        schema["properties"]["Estado"]["select"]["options"].as_array().unwrap().len()
    };
    let before = options().await;
    let create = |properties: Value| json!({ "parent": { "data_source_id": source }, "properties": properties });
    let both = json!({ "Estado": { "select": { "name": "Raro" } }, "Fase": { "status": { "name": "Raro" } } });
    let (_, message) = notion.refused(400, Method::POST, "pages", create(both)).await;
    assert!(message.contains("Raro"), "{message}");
    assert_eq!(options().await, before, "a refused request leaves nothing behind");
    let page = notion.page(&source, json!({ "Estado": { "select": { "name": "Raro" } } })).await;
    assert_eq!(options().await, before + 1);
    let id = &page["properties"]["Estado"]["select"]["id"];
    let again = notion.page(&source, json!({ "Estado": { "select": { "id": id } } })).await;
    assert_eq!(again["properties"]["Estado"]["select"]["name"], "Raro");
    let commas = create(json!({ "Estado": { "select": { "name": "a, b" } } }));
    notion.refused(400, Method::POST, "pages", commas).await;
}

#[tokio::test]
async fn what_does_not_fit_a_property_is_refused() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let rows = [
        (json!({ "Nada": text("x") }), "Nada is not a property that exists."),
        (json!({ "Respuesta": title("x") }), "Respuesta is expected to be rich_text."),
        (json!({ "Número": { "unique_id": { "number": 1 } } }), "cannot be updated"),
        (json!({ "Editado": { "last_edited_time": "2026-01-01" } }), "cannot be updated"),
        (json!({ "Ayudó": { "number": "3" } }), "should be a number"),
        (json!({ "Urgente": { "checkbox": 1 } }), "should be a boolean"),
        (json!({ "Plazo": { "date": { "start": "mañana" } } }), "ISO 8601"),
        (json!({ "Asignado": { "people": [{ "id": "x" }] } }), "should be a valid uuid"),
        (json!({ "Asignado": { "people": [{ "id": source }] } }), "is not in this workspace"),
        (json!({ "Respuesta": { "rich_text": "x" } }), "should be an array"),
        (
            json!({ "Respuesta": { "rich_text": [{ "text": { "content": "x", "link": { "url": "nada" } } }] } }),
            "Invalid URL",
        ),
        (json!({ "Respuesta": { "rich_text": [{ "txt": {} }] } }), "txt should be not present"),
    ];
    for (properties, words) in rows {
        let body = json!({ "parent": { "data_source_id": source }, "properties": properties });
        let (code, message) = notion.refused(400, Method::POST, "pages", body).await;
        assert_eq!(code, "validation_error");
        assert!(message.contains(words), "{message}");
    }
    let extra =
        json!({ "parent": { "data_source_id": source }, "properties": {}, "children_": [] });
    let (_, message) = notion.refused(400, Method::POST, "pages", extra).await;
    assert!(message.contains("body.children_ should be not present"), "{message}");
}

#[tokio::test]
async fn times_are_told_by_the_minute_rounded_down() {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let page = notion.page(&source, json!({ "Pregunta": title("a") })).await;
    for key in ["created_time", "last_edited_time"] {
        assert!(page[key].as_str().unwrap().ends_with(":00.000Z"), "{}", page[key]);
    }
    notion.sandbox.desk().advance_clock(A_MINUTE);
    let path = format!("pages/{}", page["id"].as_str().unwrap());
    let later = notion.patch(&path, json!({ "properties": { "Respuesta": text("b") } })).await;
    assert_eq!(later["created_time"], page["created_time"]);
    assert!(later["last_edited_time"].as_str() > page["last_edited_time"].as_str());
    assert!(later["last_edited_time"].as_str().unwrap().ends_with(":00.000Z"));
    assert_eq!(later["properties"]["Editado"]["last_edited_time"], later["last_edited_time"]);

    // An edit within the same minute is not after the time that the page tells.
    let filter = |operator: &str| {
        json!({ "filter": { "timestamp": "last_edited_time",
            "last_edited_time": { operator: later["last_edited_time"] } } })
    };
    assert!(notion.titles(&source, filter("after")).await.is_empty());
    assert_eq!(notion.titles(&source, filter("on_or_after")).await, ["a"]);
}
