//! Media: up, told of, down, gone.

use bytes::Bytes;
use reqwest::{RequestBuilder, StatusCode};
use sandbox::Operation;
use serde_json::{Value, json};

use crate::{ANA, Bench, read};

/// A multipart body by hand: fields, then a file.
pub(crate) fn form(
    request: RequestBuilder,
    fields: &[(&str, &str)],
    file: (&str, &str, &[u8]),
) -> RequestBuilder {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.bytes());
    }
    let (name, kind, bytes) = file;
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    body.extend(head.bytes());
    body.extend(bytes);
    body.extend(b"\r\n--edge--\r\n");
    request.header("content-type", "multipart/form-data; boundary=edge").body(body)
}

async fn get(bench: &Bench, url: &str) -> (StatusCode, Bytes) {
    let request = bench.http.get(url).bearer_auth(&bench.sandbox.options().access_token);
    let response = request.send().await.unwrap();
    (response.status(), response.bytes().await.unwrap())
}

async fn info(bench: &Bench, id: &str) -> Value {
    let (status, bytes) = get(bench, &format!("{}/v25.0/{id}", bench.sandbox.url())).await;
    assert_eq!(status, 200);
    serde_json::from_slice(&bytes).unwrap()
}

async fn upload(
    bench: &Bench,
    fields: &[(&str, &str)],
    file: (&str, &str, &[u8]),
) -> (StatusCode, Value) {
    let options = bench.sandbox.options();
    let url = format!("{}/v25.0/{}/media", bench.sandbox.url(), options.phone_number_id);
    let request = bench.http.post(url).bearer_auth(&options.access_token);
    read(form(request, fields, file).send().await.unwrap()).await
}

#[tokio::test]
async fn what_the_business_uploads_can_be_sent_and_deleted() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("¿Tenéis foto?").await;
    let product = [("messaging_product", "whatsapp")];
    let (_, answer) = upload(&bench, &product, ("a.png", "image/png", b"png")).await;
    let id = answer["id"].as_str().unwrap();
    let image = json!({ "messaging_product": "whatsapp", "to": ANA, "type": "image", "image": { "id": id, "caption": "Aquí" } });
    assert_eq!(bench.send(image.clone()).await.0, 200);

    let url = format!("{}/v25.0/{id}", bench.sandbox.url());
    let token = &bench.sandbox.options().access_token;
    let (status, answer) =
        read(bench.http.delete(&url).bearer_auth(token).send().await.unwrap()).await;
    assert_eq!((status.as_u16(), answer), (200, json!({ "success": true })));
    assert_eq!(bench.send(image).await.1["error"]["code"], 100);
    assert_eq!(get(&bench, &url).await.0, 400);
}

#[tokio::test]
async fn an_upload_that_breaks_the_rules_is_refused() {
    let bench = Bench::new().await;
    let product = ("messaging_product", "whatsapp");
    let large = vec![0; 5 * 1024 * 1024 + 1];
    let (status, answer) = upload(&bench, &[], ("a.png", "image/png", b"png")).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(100)));
    for (kind, bytes) in
        [("image/png", large.as_slice()), ("chemical/x-pdb", b"x"), ("image/png", b"")]
    {
        let (status, answer) = upload(&bench, &[product], ("a.png", kind, bytes)).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(131053)), "{kind}");
    }
    let (_, answer) = upload(&bench, &[product, ("ttl", "1")], ("a.png", "image/png", b"x")).await;
    assert_eq!(answer["error"]["code"], 100);
}

#[tokio::test]
async fn a_customers_file_is_downloaded_from_an_address_that_dies() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let file = Bytes::from_static(b"%PDF-1.7");
    ana.sends_file("document", "application/pdf", file.clone(), json!({ "filename": "f.pdf" }))
        .await;
    let hook = bench.receiver.hooks().pop().unwrap();
    let document = &hook.value()["messages"][0]["document"];
    assert_eq!(document["mime_type"], "application/pdf");
    assert_eq!(document["filename"], "f.pdf");

    let info = info(&bench, document["id"].as_str().unwrap()).await;
    assert_eq!(info["file_size"], "8", "a string, as the platform's is");
    let url = info["url"].as_str().unwrap();
    assert_eq!(get(&bench, url).await, (StatusCode::OK, file));
    let anonymous = bench.http.get(url).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
    bench.sandbox.expire_media_addresses();
    assert_eq!(get(&bench, url).await.0, 404);
    assert_eq!(bench.sandbox.journal_of(Operation::MediaDownload).len(), 3);
}

#[tokio::test]
async fn a_voice_note_is_heard_by_the_transcription_endpoint() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.speaks("Quería saber si tenéis la talla 42").await;
    let hook = bench.receiver.hooks().pop().unwrap();
    let audio = &hook.value()["messages"][0]["audio"];
    assert_eq!(
        (&audio["voice"], &audio["mime_type"]),
        (&json!(true), &json!("audio/ogg; codecs=opus"))
    );
    let info = info(&bench, audio["id"].as_str().unwrap()).await;
    let (_, sound) = get(&bench, info["url"].as_str().unwrap()).await;

    let transcribe = async |name: &str, bytes: &[u8], more: &[(&str, &str)]| {
        let url = format!("{}/audio/transcriptions", bench.sandbox.openai_url());
        let request = bench.http.post(url).bearer_auth(&bench.sandbox.options().openai_key);
        let fields = [&[("model", "whisper-1"), ("language", "es")], more].concat();
        read(form(request, &fields, (name, "audio/ogg", bytes)).send().await.unwrap()).await
    };
    let (status, answer) = transcribe("voice.ogg", &sound, &[]).await;
    assert_eq!(
        (status.as_u16(), answer),
        (200, json!({ "text": "Quería saber si tenéis la talla 42" }))
    );
    assert_eq!(transcribe("noise.ogg", b"noise", &[]).await.1, json!({ "text": "" }));
    assert_eq!(transcribe("voice.xyz", &sound, &[]).await.0, 400);
    assert_eq!(transcribe("voice.ogg", &sound, &[("loud", "1")]).await.0, 400);
    let journal = bench.sandbox.journal_of(Operation::Transcription);
    assert_eq!(journal[0].body["language"], "es");
    assert_eq!(journal[0].body["file"]["name"], "voice.ogg");
}
