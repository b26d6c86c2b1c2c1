//! What specialists do by hand, and what of it the API and the control show.

use axum::http::StatusCode;
use sandbox::Ticket;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Workspace, title};
use crate::SOON;
use crate::receiver::Receiver;

async fn with_ticket() -> (Workspace, String, Uuid) {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let page = notion.page(&source, json!({ "Pregunta": title("¿Abrís?") })).await;
    let id = page["id"].as_str().unwrap().parse().unwrap();
    (notion, source, id)
}

#[tokio::test]
async fn a_specialist_writes_and_the_api_reads_it() {
    let (notion, source, id) = with_ticket().await;
    let desk = notion.sandbox.desk();
    let marta = desk.specialist("Marta");
    marta.writes(id, "Respuesta", "**Sí**, mira [aquí](https://example.org/h)\n- lunes").unwrap();
    marta.sets(id, "Estado", "En curso").unwrap();
    marta.sets(id, "Ayudó", "3").unwrap();
    marta.sets(id, "Fase", "Done").unwrap();
    marta.assigns(id, "Asignado", &["Luis", "Nueva"]).unwrap();
    marta.attaches(id, "Adjuntos", "plano.pdf", "application/pdf", "x".into()).unwrap();
    marta.adds(id, "# Notas\n1. uno\n[ ] dos").unwrap();
    marta.inserts_file(id, "foto.jpg", "image/jpeg", "x".into()).unwrap();
    marta.comments(id, "Lo *miro*").unwrap();

    let page = notion.get(&format!("pages/{id}")).await;
    let properties = &page["properties"];
    let answer = properties["Respuesta"]["rich_text"].as_array().unwrap();
    assert_eq!(answer[0]["annotations"]["bold"], true);
    assert_eq!(answer[2]["text"]["link"]["url"], "https://example.org/h");
    assert_eq!(properties["Estado"]["select"]["name"], "En curso");
    assert_eq!(properties["Ayudó"]["number"], 3.0);
    assert_eq!(page["last_edited_by"]["id"], json!(marta.id()));
    let file = properties["Adjuntos"]["files"][0]["file"]["url"].as_str().unwrap();
    assert_eq!(notion.http.get(file).send().await.unwrap().text().await.unwrap(), "x");
    let blocks = notion.get(&format!("blocks/{id}/children")).await;
    assert!(blocks["results"][3]["image"]["file"]["url"].is_string());

    let ticket: Ticket = desk.ticket_with("Pregunta", "¿Abrís?").unwrap();
    assert_eq!(ticket.text("Respuesta"), "Sí, mira aquí\n- lunes");
    assert_eq!(ticket.text("Asignado"), "Luis, Nueva");
    assert_eq!(ticket.text("Adjuntos"), "plano.pdf");
    assert_eq!(ticket.body, ["# Notas", "1. uno", "[ ] dos", "[image: ]"]);
    assert_eq!(
        (ticket.comments[0].author.as_str(), ticket.comments[0].text.as_str()),
        ("Marta", "Lo miro")
    );
    assert_eq!(desk.tickets_of(source.parse().unwrap()).len(), 1);
    assert!(marta.sets(id, "Nada", "x").is_err() && marta.sets(id, "Fase", "Nada").is_err());
    assert!(marta.types(Uuid::nil(), "Respuesta", "x").is_err());
}

#[tokio::test]
async fn a_person_adds_what_a_connection_may_not() {
    let (notion, source, id) = with_ticket().await;
    let desk = notion.sandbox.desk();
    let made = json!({ "Enviar": { "button": {} },
        "Etapa": { "status": { "options": [{ "name": "Abierta" }, { "name": "Hecha" }] } } });
    desk.changes_properties(source.parse().unwrap(), &made).unwrap();
    let page = notion.get(&format!("pages/{id}")).await;
    assert_eq!(page["properties"]["Enviar"]["button"], json!({}));
    let etapa = json!({ "properties": { "Etapa": { "status": { "name": "Hecha" } } } });
    notion.patch(&format!("pages/{id}"), etapa).await;
    assert_eq!(desk.ticket(id).unwrap().text("Etapa"), "Hecha");
    let press = json!({ "properties": { "Enviar": { "button": {} } } });
    notion.refused(400, reqwest::Method::PATCH, &format!("pages/{id}"), press).await;
}

#[tokio::test]
async fn a_ticket_is_waited_for() {
    let (notion, source, _) = with_ticket().await;
    let desk = notion.sandbox.desk();
    let sees = desk.sees(SOON, |ticket| ticket.title == "¿Y el martes?");
    let (seen, _) =
        tokio::join!(sees, notion.page(&source, json!({ "Pregunta": title("¿Y el martes?") })));
    assert!(!seen.unwrap().in_trash);
    assert!(desk.sees(std::time::Duration::from_millis(20), |_| false).await.is_err());
}

#[tokio::test]
async fn a_reset_takes_the_tickets_and_leaves_the_database() {
    let (notion, source, _) = with_ticket().await;
    notion.sandbox.reset();
    assert!(notion.sandbox.desk().tickets().is_empty());
    assert!(notion.titles(&source, json!({})).await.is_empty());
    notion.page(&source, json!({ "Pregunta": title("otra") })).await;
}

#[tokio::test]
async fn the_desk_is_led_over_http() {
    let (notion, source, id) = with_ticket().await;
    let receiver = Receiver::start().await;
    let control = |path: &str| format!("{}/control/desk{path}", notion.sandbox.url());
    let post = async |path: &str, body: Value| {
        let answer = notion.http.post(control(path)).json(&body).send().await.unwrap();
        let (status, body) = crate::read(answer).await;
        (status.as_u16(), body)
    };
    let get = async |path: &str| -> Value {
        crate::read(notion.http.get(control(path)).send().await.unwrap()).await.1
    };
    let to = json!({ "button": receiver.url(), "events": receiver.url() });
    assert_eq!(post("/webhooks", to).await.0, 204);
    for act in [
        json!({ "types": { "property": "Respuesta", "text": "Sí" } }),
        json!({ "writes": { "property": "Respuesta", "markdown": "**Sí**" } }),
        json!({ "adds": { "markdown": "- a" } }),
        json!({ "sets": { "property": "Estado", "value": "En curso" } }),
        json!({ "assigns": { "property": "Asignado", "people": ["Luis"] } }),
        json!({ "comments": { "text": "hola" } }),
        json!({ "attaches": { "property": "Adjuntos", "filename": "a.txt", "mime_type": "text/plain", "base64": "aG9sYQ==" } }),
        json!({ "attaches": { "filename": "a.txt", "mime_type": "text/plain", "base64": "aG9sYQ==" } }),
    ] {
        let mut body = act;
        body["ticket"] = json!(id);
        let (status, answer) = post("", body).await;
        assert_eq!((status, &answer["webhook_status"]), (200, &Value::Null), "{answer}");
    }
    let press = json!({ "ticket": id, "person": "Carla", "presses_send": {} });
    assert_eq!(post("", press).await.1["webhook_status"], 200);
    let whole = get(&format!("/tickets/{id}")).await;
    assert_eq!(whole["ticket"]["properties"]["Estado"], "Enviar");
    assert_eq!(whole["ticket"]["body"], json!(["- a", "[file: a.txt]"]));
    assert_eq!(whole["page"]["id"], json!(id));
    assert_eq!(
        (whole["blocks"].as_array().unwrap().len(), whole["comments"].as_array().unwrap().len()),
        (2, 1)
    );
    assert_eq!(get("/tickets").await.as_array().unwrap().len(), 1);

    let press = json!({ "ticket": id, "presses": { "property": "Estado", "option": "Enviado" } });
    notion.sandbox.settled(SOON).await.unwrap();
    // The event of the change takes some of the answers.
    receiver.will_answer(&[StatusCode::BAD_GATEWAY; 11]);
    assert_eq!(post("", press).await.1["webhook_status"], 502);
    notion.sandbox.wait_until(|s| s.desk().button_is_paused(), SOON).await.unwrap();
    let board = get("").await;
    assert_eq!(board["button"]["is_paused"], true);
    assert_eq!(board["people"], json!(["Marta", "Luis", "Carla"]));
    assert_eq!(board["databases"][0]["data_source"], json!(source));
    assert_eq!(post("/webhooks", json!({ "resume": true })).await.0, 204);
    assert_eq!(get("").await["button"]["is_paused"], false);

    let by_hand = json!({ "data_source": source, "title": "Por teléfono" });
    assert!(post("/tickets", by_hand).await.1["id"].is_string());
    assert_eq!(post("/clock", json!({ "advance_s": 60 })).await.0, 204);
    let button = json!({ "data_source": source, "properties": { "Ya": { "button": {} } } });
    assert_eq!(post("/properties", button).await.0, 204);
    assert!(get("/rates").await["requests"].as_u64() > Some(0));
    for body in [
        json!({ "ticket": id, "sets": { "property": "Nada", "value": "x" } }),
        json!({ "ticket": Uuid::nil(), "comments": { "text": "x" } }),
    ] {
        assert_eq!(post("", body).await.0, 400);
    }
    assert_eq!(post("", json!({ "ticket": id, "sings": {} })).await.0, 422);
}

#[tokio::test]
async fn the_pages_and_all_they_load_are_served() {
    let notion = Workspace::new().await;
    let get = async |path: &str| {
        let url = format!("{}{path}", notion.sandbox.url());
        let answer = notion.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    for page in ["/desk", "/both"] {
        let html = get(page).await;
        let loads = html.split([' ', '>']).filter_map(|word| {
            let word = word.strip_prefix("src=\"").or(word.strip_prefix("href=\""))?;
            Some(word.trim_end_matches('"').to_owned()).filter(|path| path.starts_with('/'))
        });
        for path in loads.collect::<Vec<_>>() {
            let text = get(&path).await;
            for import in text.lines().filter_map(|line| line.split_once("from \"")) {
                get(import.1.trim_end_matches("\";")).await;
            }
        }
    }
}
