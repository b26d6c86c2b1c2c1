//! Texts become vectors, and a store at OpenAI keeps them.

use std::time::Duration;

use clients::model::{Breaker, Down, Error, FileStatus, Model, Unusable};
use serde_json::json;

use crate::model::{model, options};
use crate::server::{Reply, Server, json, text};

fn vectors(vectors: &[&[f32]]) -> Reply {
    let data: Vec<_> = (0..)
        .zip(vectors)
        .map(|(index, vector): (usize, _)| json!({ "index": index, "embedding": vector }))
        .collect();
    json(200, &json!({ "object": "list", "data": data }))
}

#[tokio::test]
async fn texts_go_out_as_documented_and_come_back_as_vectors() {
    let server = Server::playing([vectors(&[&[1.0, 0.5], &[0.25, 2.0]])]).await;
    let made = model(&server.url).embed_all(&["¿Abren hoy?", ""]).await.unwrap();
    assert_eq!(made, [[1.0, 0.5], [0.25, 2.0]]);
    let request = server.request();
    assert_eq!(request.path, "/v1/embeddings");
    assert_eq!(request.authorization.as_deref(), Some("Bearer sk-key"));
    let expected =
        json!({ "model": "near", "input": ["¿Abren hoy?", "-"], "encoding_format": "float" });
    assert_eq!(request.body, expected);
}

#[tokio::test]
async fn what_is_no_list_of_vectors_is_unusable_and_named_so() {
    for body in [json!({}), json!({ "data": [] }), json!({ "data": [{ "embedding": [] }] })] {
        let server = Server::playing([json(200, &body)]).await;
        let error = model(&server.url).embed("hola").await.unwrap_err();
        assert!(matches!(error, Error::Unusable(Unusable::NoVectors)), "{error:?}");
    }
    let server = Server::playing([vectors(&[&[1.0], &[2.0]])]).await;
    assert!(model(&server.url).embed("one text").await.is_err(), "two vectors of one text");
}

#[tokio::test]
async fn without_a_model_for_it_nothing_is_asked() {
    let server = Server::playing([vectors(&[&[1.0]])]).await;
    let mut options = options(&server.url);
    options.embedding_model = None;
    let error = Model::new(options).unwrap().embed("hola").await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn bulk_that_fails_keeps_no_question_from_its_vector() {
    let server = Server::playing([text(500, "down"), vectors(&[&[1.0]])]).await;
    let mut options = options(&server.url);
    options.retries = 0;
    let model = Model::new(options).unwrap().with_breaker(Breaker::new(1, Duration::from_secs(60)));
    let down = model.embed_all(&["a"]).await.unwrap_err();
    assert!(matches!(down, Error::Unavailable(Down::Status { status: 500, .. })), "{down:?}");
    let resting = model.embed_all(&["a"]).await.unwrap_err();
    assert!(matches!(resting, Error::Unavailable(Down::Resting)), "{resting:?}");
    assert_eq!(model.embed("a").await.unwrap(), [1.0]);
}

#[tokio::test]
async fn a_text_is_put_into_a_store_with_its_attributes() {
    let server = Server::playing([
        json(200, &json!({ "id": "file-1" })),
        json(200, &json!({ "id": "file-1", "status": "in_progress" })),
    ])
    .await;
    let attributes = [("business".to_owned(), "shop".to_owned())].into();
    let model = model(&server.url);
    model.store_text("vs_1", "a.txt", "Abrimos a las 9.", &attributes).await.unwrap();
    let requests = server.requests();
    let [upload, added] = &requests[..] else { panic!("{} requests", requests.len()) };
    assert_eq!(upload.path, "/v1/files");
    for expected in ["name=\"purpose\"\r\n\r\nassistants\r\n", "filename=\"a.txt\"", "Abrimos"] {
        assert!(upload.text.contains(expected), "{}", upload.text);
    }
    assert_eq!(added.path, "/v1/vector_stores/vs_1/files");
    let expected = json!({ "file_id": "file-1", "attributes": { "business": "shop" } });
    assert_eq!(added.body, expected);
}

#[tokio::test]
async fn all_files_of_a_store_are_listed_page_by_page() {
    let file = |id: &str, status: &str| json!({ "id": id, "status": status, "attributes": { "business": "shop", "n": 1 } });
    let server = Server::playing([
        json(200, &json!({ "data": [file("a", "completed")], "has_more": true })),
        json(200, &json!({ "data": [file("b", "failed")], "has_more": false })),
    ])
    .await;
    let files = model(&server.url).stored_files("vs_1").await.unwrap();
    assert_eq!(files.iter().map(|file| file.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((files[0].status, files[1].status), (FileStatus::Completed, FileStatus::Failed));
    assert_eq!(files[0].attributes.len(), 1, "a number is none of ours");
    let queries: Vec<String> = server.requests().into_iter().map(|one| one.query).collect();
    assert_eq!(queries, ["limit=100", "limit=100&after=a"]);
}

#[tokio::test]
async fn a_search_brings_only_what_it_asked_for() {
    let near = |business: &str, score: f32| json!({ "score": score, "attributes": { "business": business } });
    let found = json!({ "data": [near("other", 0.9), near("shop", 0.5)] });
    let server = Server::playing([json(200, &found)]).await;
    let found =
        model(&server.url).search_store("vs_1", "¿abren?", ("business", "shop")).await.unwrap();
    assert_eq!(found.len(), 1, "a server that ignores the filter tells us of no other business");
    assert!((found[0].score - 0.5).abs() < f32::EPSILON);
    let filter = json!({ "type": "eq", "key": "business", "value": "shop" });
    assert_eq!(server.request().body["filters"], filter);
}

#[tokio::test]
async fn what_is_gone_from_a_store_need_not_be_deleted() {
    let server = Server::playing([text(404, "{}"), text(404, "{}")]).await;
    model(&server.url).unstore("vs_1", "file-1").await.unwrap();
    let server = Server::playing([text(403, "{}")]).await;
    assert!(model(&server.url).unstore("vs_1", "file-1").await.is_err());
}
