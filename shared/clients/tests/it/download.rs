//! Files to and from the platform.

use std::time::Duration;

use clients::whatsapp::{
    Class, DownloadError, IMAGE_BYTES_MAX, MediaInfo, Options, SendError, Sent, WhatsApp,
};
use serde_json::{Value, json};

use crate::server::{Reply, Server, hanging_up, json, nowhere, text};
use crate::whatsapp::{NUMBER, client, options, refusal};

fn info(url: &str) -> MediaInfo {
    serde_json::from_value(json!({ "url": url })).unwrap()
}

async fn download(reply: Reply, at_most: u64) -> Result<Vec<u8>, DownloadError> {
    let server = Server::playing([reply]).await;
    let file = client(&server.url).download(&info(&server.url), at_most).await;
    file.map(Vec::from)
}

#[tokio::test]
async fn a_file_is_looked_up_and_downloaded_with_the_token() {
    let server = Server::playing([]).await;
    let url = format!("{}/attachments/?mid=700001&hash=h", server.url);
    let found = json!({
        "messaging_product": "whatsapp",
        "url": url,
        "mime_type": "image/jpeg",
        "sha256": "a1b2",
        "file_size": "3",
        "id": "700001",
    });
    server.play([json(200, &found), text(200, "abc")]);
    let client = client(&server.url);

    let info = client.media(NUMBER, "700001").await.unwrap();
    assert_eq!(info.mime_type.as_deref(), Some("image/jpeg"));
    assert_eq!((info.sha256.as_deref(), info.file_size), (Some("a1b2"), Some(3)));
    let request = server.request();
    assert_eq!(request.method, "GET");
    assert_eq!(request.path, "/v25.0/700001");
    assert_eq!(request.query, format!("phone_number_id={NUMBER}"));

    assert_eq!(client.download(&info, 3).await.unwrap(), "abc");
    let request = server.request();
    assert_eq!((&*request.path, &*request.query), ("/attachments/", "mid=700001&hash=h"));
    assert_eq!(request.authorization.as_deref(), Some("Bearer EAAtoken"));
    assert!(request.user_agent.unwrap().starts_with("relevo/"));
    assert!(!format!("{info:?}").contains("hash"), "{info:?}");
}

#[tokio::test]
async fn the_size_may_be_a_number_a_string_or_missing() {
    let table = [
        (json!(3), Some(3)),
        (json!("3"), Some(3)),
        (json!("much"), None),
        (json!(-3), None),
        (Value::Null, None),
    ];
    for (size, expected) in table {
        let server =
            Server::playing([json(200, &json!({ "url": "https://x", "file_size": size }))]).await;
        let info = client(&server.url).media(NUMBER, "1").await.unwrap();
        assert_eq!(info.file_size, expected, "{size}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_downloaded_to_its_end() {
    let too_large = |result: Result<Vec<u8>, DownloadError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, DownloadError::TooLarge { at_most: 3 }), "{error:?}");
        assert!(!error.is_transient());
    };
    too_large(download(text(200, "abcd"), 3).await);
    too_large(download(Reply::Endless, 3).await);
    assert_eq!(download(text(200, "abc"), 3).await.unwrap(), b"abc");

    let server = Server::playing([text(200, "abcd")]).await;
    let said = MediaInfo { file_size: Some(4), ..info(&server.url) };
    too_large(client(&server.url).download(&said, 3).await.map(Vec::from));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_became_of_a_download_is_told_apart() {
    for status in [403, 404, 410] {
        let error = download(text(status, ""), 9).await.unwrap_err();
        assert!(matches!(error, DownloadError::Gone), "{error:?}");
        assert!(!error.is_transient());
    }
    let table = [
        (text(401, ""), Class::Account, false),
        (refusal(401, 190), Class::Account, false),
        (refusal(404, 100), Class::Ours, false),
        (text(503, ""), Class::Transient, true),
        (refusal(400, 131_052), Class::Transient, true),
    ];
    for (reply, class, is_transient) in table {
        let error = download(reply, 9).await.unwrap_err();
        assert_eq!(error.is_transient(), is_transient, "{error:?}");
        let DownloadError::Refused(error) = error else { panic!("{error:?}") };
        assert_eq!(error.class(), class, "{error:?}");
    }
}

#[tokio::test]
async fn an_interrupted_download_is_no_file() {
    let mut errors = vec![download(Reply::Cut, 5_000).await.unwrap_err()];
    let nowhere = nowhere();
    for url in [&nowhere.url, &hanging_up().await] {
        let info = info(&format!("{url}/?hash=secret"));
        errors.push(client(url).download(&info, 9).await.unwrap_err());
    }
    for error in errors {
        assert!(matches!(error, DownloadError::Interrupted(_)), "{error:?}");
        assert!(error.is_transient());
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn the_token_goes_to_nobody_but_the_platform() {
    let api = Server::playing([text(200, "abc")]).await;
    let elsewhere = Server::playing([text(200, "abc")]).await;
    let table = [
        elsewhere.url.clone(),
        "http://lookaside.fbsbx.com/f".to_owned(),
        "https://lookaside.fbsbx.com:8443/f".to_owned(),
        "https://lookaside.fbsbx.com.example.org/f".to_owned(),
        "https://notfbcdn.net/f".to_owned(),
        "https://example.org/?lookaside.fbsbx.com".to_owned(),
        api.url.replace("http:", "ftp:"),
        "no address".to_owned(),
        String::new(),
    ];
    for url in table {
        let error = client(&api.url).download(&info(&url), 9).await.unwrap_err();
        assert!(matches!(error, DownloadError::Elsewhere), "{url}: {error:?}");
        assert!(!error.is_transient());
    }
    let location: &'static str = elsewhere.url.clone().leak();
    let redirect = Reply::Answer(302, vec![("location", location)], String::new());
    let error = download(redirect, 9).await.unwrap_err();
    assert!(matches!(error, DownloadError::Refused(_)), "{error:?}");
    assert!(elsewhere.requests().is_empty() && api.requests().is_empty());
}

#[tokio::test]
async fn a_file_is_handed_to_the_platform() {
    let server = Server::playing([json(200, &json!({ "id": "700009" }))]).await;
    let client = client(&server.url);
    let id = client.upload(NUMBER, "application/pdf", "f.pdf", "%PDF-1".into()).await;
    assert_eq!(id.unwrap(), "700009");
    let request = server.request();
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, "/v25.0/106540352242922/media");
    for expected in [
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
        "name=\"type\"\r\n\r\napplication/pdf\r\n",
        "name=\"file\"; filename=\"f.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1\r\n",
    ] {
        assert!(request.text.contains(expected), "{}", request.text);
    }
}

#[tokio::test]
async fn a_file_that_the_platform_would_not_take_costs_no_request() {
    let server = Server::playing([json(200, &json!({ "id": "700009" }))]).await;
    let client = client(&server.url);
    let most = usize::try_from(IMAGE_BYTES_MAX).unwrap();
    let upload = async |client: &WhatsApp, mime_type, size| -> Result<String, SendError> {
        client.upload(NUMBER, mime_type, "f", vec![0; size].into()).await
    };
    let table = [
        ("image/jpeg", most + 1, "the size of the file is 5242881 and must be 1 to 5242880"),
        ("image/webp", most, "the size of the file is 5242880 and must be 1 to 512000"),
        ("image/jpeg", 0, "the size of the file is 0"),
        ("no type", 1, "the type of the file is no MIME type"),
    ];
    for (mime_type, size, expected) in table {
        let error = upload(&client, mime_type, size).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!((error.class(), error.sent()), (Class::Ours, Sent::No));
    }
    assert!(server.requests().is_empty());
    upload(&client, "audio/ogg; codecs=opus", most + 1).await.unwrap();
}

/// The time-out of a message is too short for a file.
#[tokio::test]
async fn a_file_may_take_longer_than_a_message() {
    let server = Server::playing([Reply::Silence]).await;
    let client =
        WhatsApp::new(Options { timeout: Duration::from_millis(200), ..options(&server.url) })
            .unwrap();
    client.media(NUMBER, "700001").await.unwrap_err();
    let info = info(&server.url);
    let waited = tokio::time::timeout(Duration::from_secs(2), client.download(&info, 9)).await;
    assert!(waited.is_err(), "{waited:?}");
}
