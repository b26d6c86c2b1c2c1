//! Each kind of message as it goes out.

use clients::whatsapp::{Content, MediaKind, Row, Send, Source};
use serde_json::{Value, json};

use crate::server::{Server, json};
use crate::whatsapp::{body_of, client, hello, phone};

/// What stands under the name of its kind in a message that quotes another.
async fn sent(kind: &str, content: Content<'_>) -> Value {
    let to = phone();
    let mut body = body_of(Send { content, reply_to: Some("wamid.IN1"), ..hello(&to) }).await;
    assert_eq!(body["type"], kind);
    assert_eq!(body["to"], "34600000001");
    assert_eq!(body["biz_opaque_callback_data"], "reply-1");
    let quoted = if kind == "reaction" { Value::Null } else { json!("wamid.IN1") };
    assert_eq!(body["context"]["message_id"], quoted);
    body[kind].take()
}

#[tokio::test]
async fn a_list_goes_out_as_documented() {
    let rows = [
        Row { id: "r1", title: "Azul", description: Some("mate") },
        Row { id: "r2", title: "Rojo", description: None },
    ];
    let content = Content::List { body: "¿Qué color?", button: "Ver opciones", rows: &rows };
    assert_eq!(
        sent("interactive", content).await,
        json!({
            "type": "list",
            "body": { "text": "¿Qué color?" },
            "action": {
                "button": "Ver opciones",
                "sections": [{ "rows": [
                    { "id": "r1", "title": "Azul", "description": "mate" },
                    { "id": "r2", "title": "Rojo" },
                ] }],
            },
        })
    );
}

#[tokio::test]
async fn files_go_out_by_link_or_by_id() {
    let link = Source::Link("https://example.org/f.pdf");
    let id = Source::Id("700001");
    let table = [
        (
            "image",
            MediaKind::Image,
            id,
            Some("foto"),
            None,
            json!({ "id": "700001", "caption": "foto" }),
        ),
        ("audio", MediaKind::Audio, id, None, None, json!({ "id": "700001" })),
        ("video", MediaKind::Video, id, None, None, json!({ "id": "700001" })),
        ("sticker", MediaKind::Sticker, id, None, None, json!({ "id": "700001" })),
        (
            "document",
            MediaKind::Document,
            link,
            Some("c"),
            Some("f.pdf"),
            json!({ "link": "https://example.org/f.pdf", "caption": "c", "filename": "f.pdf" }),
        ),
    ];
    for (name, kind, source, caption, filename, expected) in table {
        let content = Content::Media { kind, source, caption, filename };
        assert_eq!(sent(name, content).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_location_goes_out_with_what_is_known_of_it() {
    let sol = Content::Location {
        latitude: 40.4168,
        longitude: -3.7038,
        name: Some("Sol"),
        address: Some("Puerta del Sol 1"),
    };
    assert_eq!(
        sent("location", sol).await,
        json!({
            "latitude": 40.4168,
            "longitude": -3.7038,
            "name": "Sol",
            "address": "Puerta del Sol 1",
        })
    );
    let bare = Content::Location { latitude: 0.0, longitude: 180.0, name: None, address: None };
    assert_eq!(sent("location", bare).await, json!({ "latitude": 0.0, "longitude": 180.0 }));
}

#[tokio::test]
async fn contacts_go_out_as_they_are_given() {
    let cards = json!([{
        "name": { "formatted_name": "Luis G", "first_name": "Luis" },
        "phones": [{ "phone": "+34 600 000 002", "type": "CELL" }],
    }]);
    assert_eq!(sent("contacts", Content::Contacts { cards: &cards }).await, cards);
}

#[tokio::test]
async fn a_reaction_is_given_and_taken_back_and_quotes_nothing() {
    let reaction = |emoji| Content::Reaction { to: "wamid.IN1", emoji };
    assert_eq!(
        sent("reaction", reaction(Some("👍"))).await,
        json!({ "message_id": "wamid.IN1", "emoji": "👍" })
    );
    assert_eq!(
        sent("reaction", reaction(None)).await,
        json!({ "message_id": "wamid.IN1", "emoji": "" })
    );
}

#[tokio::test]
async fn no_kind_of_content_is_repeated_by_an_error_or_shown() {
    let rows = [Row { id: "r1", title: "secret", description: Some("secret") }];
    let cards = json!([{ "name": { "formatted_name": "secret" } }]);
    let contents = [
        Content::List { body: "secret", button: "Ver", rows: &rows },
        Content::Media {
            kind: MediaKind::Document,
            source: Source::Link("https://secret"),
            caption: Some("secret"),
            filename: Some("secret"),
        },
        Content::Location {
            latitude: 1.0,
            longitude: 1.0,
            name: Some("secret"),
            address: Some("secret"),
        },
        Content::Contacts { cards: &cards },
        Content::Template { name: "t", language: "es", parameters: &["secret"] },
    ];
    let to = phone();
    let odd =
        json!({ "error": { "code": 131_009, "error_data": { "details": "'secret' is odd" } } });
    for content in contents {
        let server = Server::playing([json(400, &odd)]).await;
        let message = Send { content, ..hello(&to) };
        let error = client(&server.url).send(message).await.unwrap_err();
        assert_eq!(error.details(), Some("'…' is odd"));
        let shown = format!("{error:?} {message:?} {:?}", rows[0]);
        assert!(!shown.contains("secret"), "{shown}");
    }
}
