use std::time::Duration;

use clients::whatsapp::{
    Button, Class, Content, MediaKind, Options, Recipient, Row, Scope, Send, SendError, Sent,
    Source, Typing, WhatsApp,
};
use serde_json::{Value, json};

use crate::server::{Reply, Server, hanging_up, json, nowhere, text};

pub(crate) const NUMBER: &str = "106540352242922";

pub(crate) fn options(url: &str) -> Options {
    Options {
        api_url: url.to_owned(),
        version: "v25.0".to_owned(),
        access_token: "EAAtoken".into(),
        timeout: Duration::from_secs(5),
    }
}

pub(crate) fn client(url: &str) -> WhatsApp {
    WhatsApp::new(options(url)).unwrap()
}

pub(crate) fn phone() -> Recipient {
    Recipient::Phone("34600000001".to_owned())
}

pub(crate) fn hello(to: &Recipient) -> Send<'_> {
    Send {
        phone_number_id: NUMBER,
        to,
        content: Content::Text { body: "Hola", preview_url: false },
        reply_to: None,
        callback_data: "reply-1",
    }
}

pub(crate) fn accepted() -> Reply {
    json(
        200,
        &json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": "34600000001", "wa_id": "34600000001" }],
            "messages": [{ "id": "wamid.OUT1" }],
        }),
    )
}

pub(crate) fn refusal(status: u16, code: i64) -> Reply {
    json(status, &json!({ "error": { "message": format!("(#{code}) m"), "code": code } }))
}

async fn fails(reply: Reply) -> SendError {
    let server = Server::playing([reply]).await;
    client(&server.url).send(hello(&phone())).await.unwrap_err()
}

/// Sends the message to a server that accepts it and returns the body that arrived.
pub(crate) async fn body_of(message: Send<'_>) -> Value {
    let server = Server::playing([accepted()]).await;
    client(&server.url).send(message).await.unwrap();
    server.request().body
}

#[tokio::test]
async fn a_text_goes_out_as_documented_and_its_id_comes_back() {
    let server = Server::playing([accepted()]).await;
    let to = phone();
    let message = Send {
        content: Content::Text { body: "Hola", preview_url: true },
        reply_to: Some("wamid.IN1"),
        ..hello(&to)
    };
    let taken = client(&server.url).send(message).await.unwrap();
    assert_eq!(taken.message_id, "wamid.OUT1");
    let request = server.request();
    assert_eq!(request.path, "/v25.0/106540352242922/messages");
    assert_eq!(request.authorization.as_deref(), Some("Bearer EAAtoken"));
    assert_eq!(
        request.body,
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "34600000001",
            "type": "text",
            "text": { "body": "Hola", "preview_url": true },
            "context": { "message_id": "wamid.IN1" },
            "biz_opaque_callback_data": "reply-1",
        })
    );
}

#[tokio::test]
async fn a_customer_without_a_number_is_reached_by_user_id() {
    let body = body_of(hello(&Recipient::UserId("ES.90000000000001".to_owned()))).await;
    assert_eq!(
        body,
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "recipient": "ES.90000000000001",
            "type": "text",
            "text": { "body": "Hola", "preview_url": false },
            "biz_opaque_callback_data": "reply-1",
        })
    );
}

#[tokio::test]
async fn buttons_go_out_as_documented() {
    let buttons = [Button { id: "yes", title: "Sí" }, Button { id: "no", title: "No" }];
    let to = phone();
    let content = Content::Buttons { body: "¿Confirma?", buttons: &buttons };
    assert_eq!(
        body_of(Send { content, ..hello(&to) }).await,
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "34600000001",
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": { "text": "¿Confirma?" },
                "action": { "buttons": [
                    { "type": "reply", "reply": { "id": "yes", "title": "Sí" } },
                    { "type": "reply", "reply": { "id": "no", "title": "No" } },
                ] },
            },
            "biz_opaque_callback_data": "reply-1",
        })
    );
}

#[tokio::test]
async fn a_template_goes_out_as_documented() {
    let to = phone();
    let template = |parameters| Content::Template { name: "follow_up", language: "es", parameters };
    let with = body_of(Send { content: template(&["Ana"]), ..hello(&to) }).await;
    assert_eq!(
        with["template"],
        json!({
            "name": "follow_up",
            "language": { "code": "es" },
            "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] }],
        })
    );
    assert_eq!(with["type"], "template");
    let without = body_of(Send { content: template(&[]), ..hello(&to) }).await;
    assert_eq!(without["template"], json!({ "name": "follow_up", "language": { "code": "es" } }));
}

#[tokio::test]
async fn a_message_is_marked_read_with_or_without_typing() {
    let server = Server::playing([json(200, &json!({ "success": true }))]).await;
    let client = client(&server.url);
    let mut read =
        json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN1" });
    client.mark_read(NUMBER, "wamid.IN1", Typing::Hide).await.unwrap();
    assert_eq!(server.request().body, read);
    client.mark_read(NUMBER, "wamid.IN1", Typing::Show).await.unwrap();
    read["typing_indicator"] = json!({ "type": "text" });
    assert_eq!(server.request().body, read);
}

#[tokio::test]
async fn every_class_of_refusal_arrives_and_nothing_was_sent() {
    let throttled = |scope| Class::Throttled { scope, retry_after: None };
    let table = [
        (400, 131_056, throttled(Scope::Pair)),
        (429, 130_429, throttled(Scope::Number)),
        (400, 80_007, throttled(Scope::App)),
        (500, 131_000, Class::Transient),
        (400, 131_047, Class::NeedsTemplate),
        (400, 131_026, Class::Recipient),
        (401, 190, Class::Account),
        (400, 100, Class::Ours),
        (400, 424_242, Class::Ours),
        (503, 424_242, Class::Transient),
    ];
    for (status, code, class) in table {
        let error = fails(refusal(status, code)).await;
        assert_eq!(
            (error.class(), error.code(), error.sent()),
            (class, Some(code), Sent::No),
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_throttled_send_says_for_how_long() {
    let body = json!({ "error": { "code": 4 } }).to_string();
    let error = fails(Reply::Answer(400, vec![("retry-after", "30")], body)).await;
    let retry_after = Some(Duration::from_secs(30));
    assert_eq!(error.class(), Class::Throttled { scope: Scope::App, retry_after });
}

#[tokio::test]
async fn an_unreadable_answer_leaves_open_what_the_platform_may_have_done() {
    let table = [
        (text(502, "<html>bad gateway</html>"), Class::Transient, Sent::Unknown),
        (text(500, ""), Class::Transient, Sent::Unknown),
        (text(408, ""), Class::Transient, Sent::Unknown),
        (text(200, "<html>ok</html>"), Class::Transient, Sent::Unknown),
        (json(200, &json!({ "messages": [] })), Class::Transient, Sent::Unknown),
        (text(404, "not found"), Class::Ours, Sent::No),
        (text(401, ""), Class::Account, Sent::No),
    ];
    for (reply, class, sent) in table {
        let error = fails(reply).await;
        assert_eq!((error.class(), error.code(), error.sent()), (class, None, sent), "{error}");
    }
}

#[tokio::test]
async fn silence_leaves_the_outcome_unknown_and_is_no_expired_token() {
    let server = Server::playing([Reply::Silence]).await;
    let timeout = Duration::from_secs(1);
    let client = WhatsApp::new(Options { timeout, ..options(&server.url) }).unwrap();
    let error = client.send(hello(&phone())).await.unwrap_err();
    assert_eq!((error.class(), error.sent()), (Class::Transient, Sent::Unknown));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_lost_after_the_request_leaves_the_outcome_unknown() {
    let error = client(&hanging_up().await).send(hello(&phone())).await.unwrap_err();
    assert_eq!((error.class(), error.sent()), (Class::Transient, Sent::Unknown));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let error = client(&nowhere().url).send(hello(&phone())).await.unwrap_err();
    assert_eq!((error.class(), error.sent()), (Class::Transient, Sent::No));
}

/// Reaches the handshake, for which rustls panics when a process has no crypto provider or two.
#[tokio::test]
async fn without_a_handshake_nothing_was_sent() {
    let url = hanging_up().await.replace("http:", "https:");
    let error = client(&url).send(hello(&phone())).await.unwrap_err();
    assert_eq!((error.class(), error.sent()), (Class::Transient, Sent::No));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::playing([accepted()]).await;
    let location: &'static str = elsewhere.url.clone().leak();
    let error = fails(Reply::Answer(307, vec![("location", location)], String::new())).await;
    assert_eq!((error.class(), error.sent()), (Class::Ours, Sent::No));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn what_exceeds_a_limit_is_named_and_costs_no_request() {
    let server = Server::playing([accepted()]).await;
    let client = client(&server.url);
    let to = phone();
    let long = "ñ".repeat(4097);
    let one = Button { id: "1", title: "Sí" };
    let buttons = |buttons| Content::Buttons { body: "b", buttons };
    let four = [one; 4];
    let long_title = [Button { title: "veintiún caracteres!!", ..one }];
    let long_id = [Button { id: &long, ..one }];
    let same_id = [one, Button { title: "No", ..one }];
    let same_title = [one, Button { id: "2", ..one }];
    let row = Row { id: "1", title: "Sí", description: None };
    let list = |rows| Content::List { body: "b", button: "Ver", rows };
    let eleven = [row; 11];
    let long_row = [Row { title: "veinticinco caracteres!!!", ..row }];
    let long_row_id = [Row { id: &long, ..row }];
    let long_description = [Row { description: Some(&long), ..row }];
    let same_row = [row, Row { title: "No", ..row }];
    let file = |kind, caption, filename| {
        let source = Source::Id("700001");
        Content::Media { kind, source, caption, filename }
    };
    let at = |source| {
        let kind = MediaKind::Image;
        Content::Media { kind, source, caption: None, filename: None }
    };
    let place =
        |latitude, longitude| Content::Location { latitude, longitude, name: None, address: None };
    let (no_cards, many_cards) = (json!({}), Value::from(vec![json!({}); 258]));
    let template = |name, parameters| Content::Template { name, language: "es", parameters };
    let table = [
        (Content::Text { body: &long, preview_url: false }, "the length of the text is 4097"),
        (Content::Text { body: "", preview_url: false }, "the length of the text is 0"),
        (
            Content::Buttons { body: &long, buttons: &[one] },
            "the length of the text above the buttons is 4097",
        ),
        (buttons(&[]), "the number of buttons is 0"),
        (buttons(&four), "the number of buttons is 4"),
        (buttons(&long_title), "the length of a button's title is 21"),
        (buttons(&long_id), "the length of a button's id is 4097"),
        (buttons(&same_id), "two buttons have the same id"),
        (buttons(&same_title), "two buttons have the same title"),
        (list(&[]), "the number of the list's rows is 0"),
        (list(&eleven), "the number of the list's rows is 11"),
        (list(&long_row), "the length of a row's title is 25"),
        (list(&long_row_id), "the length of a row's id is 4097"),
        (list(&long_description), "the length of a row's description is 4097"),
        (list(&same_row), "two rows have the same id"),
        (
            Content::List { body: "b", button: "veintiún caracteres!!", rows: &[row] },
            "the length of the list's button is 21",
        ),
        (
            Content::List { body: &long, button: "Ver", rows: &[row] },
            "the length of the text above the list is 4097",
        ),
        (file(MediaKind::Image, Some(&long), None), "the length of the caption is 4097"),
        (file(MediaKind::Audio, Some("c"), None), "audio has no caption"),
        (file(MediaKind::Sticker, Some("c"), None), "a sticker has no caption"),
        (file(MediaKind::Video, None, Some("f.mp4")), "only a document has a file name"),
        (at(Source::Link("file:///etc/passwd")), "the link to a file is not"),
        (at(Source::Id("")), "the id of a file is empty"),
        (place(90.1, 0.0), "the location is not on Earth"),
        (place(0.0, f64::NAN), "the location is not on Earth"),
        (Content::Contacts { cards: &no_cards }, "the number of contacts is 0"),
        (Content::Contacts { cards: &many_cards }, "the number of contacts is 258"),
        (Content::Reaction { to: "", emoji: None }, "the reaction is to no message"),
        (template("", &[]), "the length of the template's name is 0"),
        (template("t", &[""]), "the length of a template's parameter is 0"),
        (template("t", &["dos\nlíneas"]), "a template's parameter has a line break"),
        (template("t", &["cinco     espacios"]), "a template's parameter has a line break"),
    ];
    for (content, expected) in table {
        let error = client.send(Send { content, ..hello(&to) }).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!((error.class(), error.sent()), (Class::Ours, Sent::No));
        let checked = Send { content, ..hello(&to) }.check().unwrap_err();
        assert_eq!(checked.to_string(), error.to_string());
    }
    let error = client.send(Send { callback_data: &long, ..hello(&to) }).await.unwrap_err();
    assert_eq!(error.to_string(), "the length of the callback data is 4097 and must be 0 to 512");
    assert!(server.requests().is_empty());

    let exactly = "ñ".repeat(4096);
    let content = Content::Text { body: &exactly, preview_url: false };
    client.send(Send { content, ..hello(&to) }).await.unwrap();
}

#[tokio::test]
async fn an_error_repeats_neither_the_text_nor_the_customer() {
    let details = "text 'Hola' for 34600000001 or +34600000002 is odd";
    let body = json!({ "error": { "code": 100, "error_data": { "details": details } } });
    let error = fails(json(400, &body)).await;
    assert_eq!(error.details(), Some("text '…' for … or +… is odd"));
    let shown = format!("{error} {error:?} {:?}", hello(&phone()));
    assert!(!shown.contains("Hola") && !shown.contains("3460000000"), "{shown}");
}

#[tokio::test]
async fn a_client_shows_no_token() {
    let shown = format!("{:?}", client("http://127.0.0.1:1"));
    assert!(!shown.contains("EAAtoken"), "{shown}");
}

#[test]
fn wrong_options_are_named() {
    let options =
        |api_url: &str, token: &str| Options { access_token: token.into(), ..options(api_url) };
    let table = [
        (options("graph.facebook.com", "t"), "the address of the WhatsApp API is not"),
        (options("ftp://graph.facebook.com", "t"), "the address of the WhatsApp API is not"),
        (options("https://graph.facebook.com", "t\n"), "the WhatsApp access token holds"),
    ];
    for (options, expected) in table {
        let error = WhatsApp::new(options).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
