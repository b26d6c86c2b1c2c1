//! The client of Notion, in each version that it speaks.

use std::time::Duration;

use clients::notion::{Class, Notion, Options, Source, Version, Written};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::server::{Reply, Server, hanging_up, json, nowhere, text};

const KEY: &str = "ntn_geheim";
const WORDS: &str = "palabras de un cliente";

fn client(url: &str, version: Version) -> Notion {
    Notion::new(Options {
        api_url: format!("{url}/"),
        version,
        api_key: SecretString::from(KEY),
        timeout: Duration::from_millis(500),
    })
    .unwrap()
}

fn page() -> Value {
    json!({ "object": "page", "id": "p", "last_edited_time": "2026-11-20T10:00:00.000Z", "properties": {} })
}

#[tokio::test]
async fn each_version_is_spoken_in_its_own_words() {
    for (version, path, parent, position) in [
        (Version::V2022June, "/v1/databases/d/query", "database_id", Value::Null),
        (Version::V2025September, "/v1/data_sources/s/query", "data_source_id", Value::Null),
        (
            Version::V2026March,
            "/v1/data_sources/s/query",
            "data_source_id",
            json!({ "type": "end" }),
        ),
    ] {
        let database =
            json!({ "id": "d", "url": "u", "data_sources": [{ "id": "s" }, { "id": "t" }] });
        let server = Server::playing([json(200, &database)]).await;
        let notion = client(&server.url, version);
        let found = notion.database("d").await.unwrap();
        assert_eq!(server.request().path, "/v1/databases/d");
        let source = found.source;

        server.play([json(200, &page())]);
        notion.create_page(&source, json!({ "A": 1 }), &[]).await.unwrap();
        let sent = server.request();
        assert_eq!(sent.authorization.as_deref(), Some("Bearer ntn_geheim"));
        assert_eq!(sent.body["parent"]["type"], parent, "{version:?}");

        server.play([json(200, &json!({ "results": [] }))]);
        notion.append("p", &[json!({})]).await.unwrap();
        let sent = server.request();
        assert_eq!(sent.path, "/v1/blocks/p/children");
        assert_eq!(sent.body["position"], position, "{version:?}");

        server.play([json(200, &json!({ "results": [page()], "next_cursor": "c" }))]);
        let edited = notion.edited_since(&source, 1_795_168_800_000, Some("b")).await.unwrap();
        assert_eq!((edited.results.len(), edited.next_cursor.as_deref()), (1, Some("c")));
        let sent = server.request();
        assert_eq!(sent.path, path);
        assert_eq!(sent.body["filter"]["last_edited_time"]["on_or_after"], "2026-11-20T10:00:00Z");
        assert_eq!(sent.body["start_cursor"], "b");
    }
}

#[tokio::test]
async fn an_error_says_what_to_do_and_whether_it_was_written() {
    let error = |status: u16, code: &str| {
        json(status, &json!({ "object": "error", "status": status, "code": code, "message": "no" }))
    };
    let wait = Some(Duration::from_secs(7));
    let throttled = Reply::Answer(
        429,
        vec![("retry-after", "7")],
        json!({ "code": "rate_limited" }).to_string(),
    );
    let source = Source::DataSource("s".to_owned());
    for (reply, class, written) in [
        (throttled, Class::Throttled { retry_after: wait }, Written::No),
        (error(529, "service_overload"), Class::Throttled { retry_after: None }, Written::No),
        (error(409, "conflict_error"), Class::Conflict, Written::No),
        (error(401, "unauthorized"), Class::Unauthorized, Written::No),
        (error(404, "object_not_found"), Class::Missing, Written::No),
        (error(400, "validation_error"), Class::Ours, Written::No),
        (error(500, "internal_server_error"), Class::Transient, Written::Unknown),
        (text(502, "<html>"), Class::Transient, Written::Unknown),
        (text(200, "<html>"), Class::Transient, Written::Unknown),
        (Reply::Silence, Class::Transient, Written::Unknown),
        (Reply::Cut, Class::Transient, Written::Unknown),
    ] {
        let server = Server::playing([reply]).await;
        let notion = client(&server.url, Version::V2025September);
        let error = notion.create_page(&source, json!({}), &[]).await.unwrap_err();
        assert_eq!((error.class(), error.written()), (class, written), "{error}");
        // What only reads has written nothing, whatever came of it.
        let error = notion.page("p").await.unwrap_err();
        assert!(error.written() == Written::No || error.code().is_none(), "{error}");
    }
    let nowhere = nowhere();
    let error = client(&nowhere.url, Version::V2025September).page("p").await.unwrap_err();
    assert_eq!((error.class(), error.written()), (Class::Transient, Written::No));
    let cut = client(&hanging_up().await, Version::V2025September);
    let error = cut.update_page("p", json!({})).await.unwrap_err();
    assert_eq!((error.class(), error.written()), (Class::Transient, Written::Unknown));
}

#[tokio::test]
async fn an_error_repeats_neither_the_key_nor_what_was_written() {
    let message =
        format!("body.properties.Respuesta should be text, instead was \"{WORDS}\" by {KEY}.");
    let refused = json!({ "code": "validation_error", "message": message });
    let server = Server::playing([json(400, &refused)]).await;
    let notion = client(&server.url, Version::V2025September);
    let error = notion.update_page("p", json!({ "a": WORDS })).await.unwrap_err();
    for shown in [format!("{error}"), format!("{error:?}"), format!("{notion:?}")] {
        assert!(!shown.contains(WORDS) && !shown.contains(KEY), "{shown}");
    }
    assert!(error.to_string().contains("Respuesta should be text"), "{error}");
}

#[tokio::test]
async fn a_file_is_fetched_without_our_key_and_no_further_than_allowed() {
    let server = Server::playing([text(200, "0123456789")]).await;
    let notion = client(&server.url, Version::V2025September);
    let file =
        |url: &str| serde_json::from_value(json!({ "name": "a", "file": { "url": url } })).unwrap();
    let own = file(&format!("{}/files/a?signature=x", server.url));
    assert_eq!(notion.fetch(&own, 10).await.unwrap(), "0123456789");
    let sent = server.request();
    assert_eq!((sent.authorization, sent.query.as_str()), (None, "signature=x"));
    assert!(notion.fetch(&own, 9).await.is_err());
    let error = notion.fetch(&file("http://169.254.169.254/secret"), 10).await.unwrap_err();
    assert!(!error.is_transient() && !format!("{error:?}").contains("169"), "{error:?}");
}
