//! Blocks, comments and files.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Workspace, title};

fn paragraph(text: &str) -> Value {
    json!({ "object": "block", "type": "paragraph",
        "paragraph": { "rich_text": [{ "type": "text", "text": { "content": text } }] } })
}

fn words(answer: &Value) -> String {
    let blocks = answer["results"].as_array().unwrap();
    blocks
        .iter()
        .map(|b| {
            b[b["type"].as_str().unwrap()]["rich_text"][0]["plain_text"].as_str().unwrap_or("-")
        })
        .collect()
}

async fn page_with(children: Value) -> (Workspace, String) {
    let notion = Workspace::new().await;
    let (_, source) = notion.desk().await;
    let body = json!({ "parent": { "data_source_id": source },
        "properties": { "Pregunta": title("a") }, "children": children });
    let id = notion.post("pages", body).await["id"].as_str().unwrap().to_owned();
    (notion, id)
}

#[tokio::test]
async fn blocks_of_every_type_are_read_back() {
    let rich = json!([{ "text": { "content": "x" } }]);
    let mut children: Vec<Value> = [
        "paragraph",
        "heading_1",
        "heading_2",
        "heading_3",
        "bulleted_list_item",
        "numbered_list_item",
        "to_do",
        "quote",
        "callout",
        "code",
        "toggle",
    ]
    .iter()
    .map(|kind| json!({ "type": kind, *kind: { "rich_text": rich } }))
    .collect();
    let url = json!({ "url": "https://example.org/x" });
    children.extend(
        ["image", "file", "pdf", "video", "audio"]
            .iter()
            .map(|kind| json!({ *kind: { "external": url } })),
    );
    children.push(json!({ "divider": {} }));
    children.push(json!({ "bookmark": url }));
    children.push(json!({ "toggle": { "rich_text": rich, "children": [paragraph("dentro")] } }));
    let (notion, page) = page_with(json!(children)).await;
    let answer = notion.get(&format!("blocks/{page}/children")).await;
    let read = answer["results"].as_array().unwrap();
    assert_eq!(read.len(), 19);
    assert_eq!(read[6]["to_do"]["checked"], false);
    assert_eq!(read[11]["image"]["external"]["url"], "https://example.org/x");
    assert_eq!(read[0]["parent"], json!({ "type": "page_id", "page_id": page }));
    let toggle = &read[18];
    assert_eq!(toggle["has_children"], true);
    let inside = notion.get(&format!("blocks/{}/children", toggle["id"].as_str().unwrap())).await;
    assert_eq!(words(&inside), "dentro");
}

#[tokio::test]
async fn blocks_are_appended_where_the_version_says() {
    let (notion, page) = page_with(json!([paragraph("a"), paragraph("b")])).await;
    let path = format!("blocks/{page}/children");
    let first = notion.get(&path).await["results"][0]["id"].clone();
    let body = json!({ "children": [paragraph("1")], "after": first });
    let added = notion.patch(&path, body.clone()).await;
    assert_eq!(words(&added), "1");
    assert_eq!(words(&notion.get(&path).await), "a1b");
    let at_start = json!({ "children": [paragraph("2")], "position": { "type": "start" } });
    notion.refused(400, Method::PATCH, &path, at_start.clone()).await;
    let new = notion.under("2026-03-11");
    new.refused(400, Method::PATCH, &path, body).await;
    new.patch(&path, at_start).await;
    let after = json!({ "type": "after_block", "after_block": { "id": first } });
    new.patch(&path, json!({ "children": [paragraph("3")], "position": after })).await;
    new.patch(&path, json!({ "children": [paragraph("4")] })).await;
    assert_eq!(words(&new.get(&path).await), "2a31b4");

    let part = new.get(&format!("{path}?page_size=4")).await;
    let cursor = part["next_cursor"].as_str().unwrap();
    assert_eq!(words(&new.get(&format!("{path}?start_cursor={cursor}")).await), "b4");
}

#[tokio::test]
async fn a_block_is_changed_and_deleted() {
    let (notion, page) =
        page_with(json!([paragraph("a"), { "to_do": { "rich_text": [], "checked": false } }]))
            .await;
    let children = notion.get(&format!("blocks/{page}/children")).await;
    let path = |at: usize| format!("blocks/{}", children["results"][at]["id"].as_str().unwrap());
    let rich = json!([{ "text": { "content": "b" } }]);
    let changed = notion.patch(&path(0), json!({ "paragraph": { "rich_text": rich } })).await;
    assert_eq!(changed["paragraph"]["rich_text"][0]["plain_text"], "b");
    notion.refused(400, Method::PATCH, &path(0), json!({ "quote": { "rich_text": rich } })).await;
    let done = notion.patch(&path(1), json!({ "to_do": { "checked": true } })).await;
    assert_eq!(done["to_do"]["checked"], true);
    let (status, gone) = notion.call(Method::DELETE, &path(0), Value::Null).await;
    assert_eq!((status, &gone["in_trash"]), (200, &json!(true)));
    notion.refused(400, Method::DELETE, &path(0), Value::Null).await;
    let left = notion.get(&format!("blocks/{page}/children")).await;
    assert_eq!(left["results"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn comments_are_written_and_answered() {
    let (notion, page) = page_with(json!([])).await;
    let rich = |text: &str| json!([{ "text": { "content": text } }]);
    let first = notion
        .post("comments", json!({ "parent": { "page_id": page }, "rich_text": rich("Leído") }))
        .await;
    assert_eq!(first["display_name"], json!({ "type": "integration", "resolved_name": "Relevo" }));
    let answer = json!({ "discussion_id": first["discussion_id"], "rich_text": rich("Gracias") });
    assert_eq!(notion.post("comments", answer).await["parent"]["page_id"], page);
    let all = notion.get(&format!("comments?block_id={page}")).await;
    assert_eq!(all["results"][1]["rich_text"][0]["plain_text"], "Gracias");
    notion.refused(400, Method::GET, "comments", Value::Null).await;
    notion.refused(400, Method::POST, "comments", json!({ "rich_text": rich("x") })).await;
}

#[tokio::test]
async fn an_uploaded_file_is_read_from_an_address_that_expires() {
    let (notion, page) = page_with(json!([])).await;
    let upload = notion
        .post("file_uploads", json!({ "filename": "más fotos.txt", "content_type": "text/plain" }))
        .await;
    let id = upload["id"].as_str().unwrap();
    assert_eq!(upload["status"], "pending");
    let attach = json!({ "properties": { "Adjuntos": { "files": [{ "name": "foto", "type": "file_upload", "file_upload": { "id": id } }] } } });
    let path = format!("pages/{page}");
    notion.refused(400, Method::PATCH, &path, attach.clone()).await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\ncontent-type: text/plain\r\n\r\nhola\r\n--b--\r\n";
    let request = notion
        .request(Method::POST, &format!("file_uploads/{id}/send"))
        .header("content-type", "multipart/form-data; boundary=b")
        .body(form);
    assert_eq!(crate::read(request.send().await.unwrap()).await.1["status"], "uploaded");

    let read = notion.patch(&path, attach).await;
    let file = &read["properties"]["Adjuntos"]["files"][0];
    assert_eq!(file["type"], "file");
    assert!(file["file"]["expiry_time"].as_str() > read["last_edited_time"].as_str());
    let url = file["file"]["url"].as_str().unwrap();
    let bytes = notion.http.get(url).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&bytes[..], b"hola", "without a token");
    notion.sandbox.desk().advance_clock(std::time::Duration::from_secs(3_601));
    assert_eq!(notion.http.get(url).send().await.unwrap().status(), 403);
    let block =
        json!({ "children": [{ "file": { "type": "file_upload", "file_upload": { "id": id } } }] });
    let block = notion.patch(&format!("blocks/{page}/children"), block).await;
    let url = block["results"][0]["file"]["file"]["url"].as_str().unwrap();
    assert_eq!(notion.http.get(url).send().await.unwrap().status(), 200);
    notion.sandbox.desk().expire_file_addresses();
    assert_eq!(notion.http.get(url).send().await.unwrap().status(), 403);
}
