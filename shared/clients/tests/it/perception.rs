//! The model listens and looks.

use std::time::Duration;

use bytes::Bytes;
use clients::model::{Breaker, Describe, Down, Error, Model, Options, State, Unusable};
use serde_json::json;
use tokio::time::Instant;

use crate::model::{ask, model, options, says};
use crate::server::{Reply, Server, json, text};

async fn transcribe(model: &Model) -> Result<(String, Option<String>), Error> {
    let audio = "OggS…".into();
    let heard = model.transcribe(audio, "voice.ogg", "audio/ogg; codecs=opus").await?;
    assert!(!format!("{heard:?}").contains("abren"), "{heard:?}");
    Ok((heard.text, heard.language))
}

async fn describe(model: &Model) -> Result<String, Error> {
    let ask = Describe {
        system: "Say what you see.",
        question: "¿Lo tienen?",
        image: &Bytes::from_static(b"\xff\xd8\xff"),
        mime_type: "image/jpeg",
        max_output_tokens: 50,
    };
    assert!(!format!("{ask:?}").contains("tienen"), "{ask:?}");
    let answer = model.describe(&ask).await?;
    assert_eq!((answer.prompt_tokens, answer.completion_tokens), (7, 3));
    Ok(answer.value)
}

#[tokio::test]
async fn a_voice_note_goes_out_as_documented_and_comes_back_as_text() {
    let heard = json!({ "text": " ¿A qué hora abren?\n", "usage": { "type": "duration" } });
    let server = Server::playing([json(200, &heard)]).await;
    let (said, language) = transcribe(&model(&server.url)).await.unwrap();
    assert_eq!((&*said, language), ("¿A qué hora abren?", None));
    let request = server.request();
    assert_eq!(request.path, "/v1/audio/transcriptions");
    assert_eq!(request.authorization.as_deref(), Some("Bearer sk-key"));
    for expected in [
        "name=\"model\"\r\n\r\nears\r\n",
        "name=\"response_format\"\r\n\r\njson\r\n",
        "name=\"file\"; filename=\"voice.ogg\"\r\nContent-Type: audio/ogg; codecs=opus\r\n\r\nOggS…\r\n",
    ] {
        assert!(request.text.contains(expected), "{}", request.text);
    }
}

#[tokio::test]
async fn silence_is_an_empty_transcript_and_the_language_is_read_if_told() {
    let server = Server::playing([json(200, &json!({ "text": "", "language": "es" }))]).await;
    let heard = transcribe(&model(&server.url)).await.unwrap();
    assert_eq!(heard, (String::new(), Some("es".to_owned())));
}

#[tokio::test]
async fn a_type_that_is_none_is_left_out() {
    let server = Server::playing([json(200, &json!({ "text": "hola" }))]).await;
    model(&server.url).transcribe("OggS".into(), "voice.ogg", "no type").await.unwrap();
    assert!(server.request().text.contains("filename=\"voice.ogg\"\r\n\r\nOggS\r\n"));
}

#[tokio::test]
async fn an_image_goes_out_with_its_question_and_comes_back_in_words() {
    let server = Server::playing([says(" Una lámpara.\n")]).await;
    assert_eq!(describe(&model(&server.url)).await.unwrap(), "Una lámpara.");
    let request = server.request();
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(
        request.body,
        json!({
            "model": "small",
            "messages": [
                { "role": "system", "content": "Say what you see." },
                { "role": "user", "content": [
                    { "type": "text", "text": "¿Lo tienen?" },
                    { "type": "image_url", "image_url": { "url": "data:image/jpeg;base64,/9j/" } },
                ] },
            ],
            "max_completion_tokens": 50,
        })
    );
}

#[tokio::test]
async fn what_is_no_transcript_and_no_description_is_no_answer() {
    let server = Server::playing([json(200, &json!({ "words": "secret" }))]).await;
    let error = transcribe(&model(&server.url)).await.unwrap_err();
    assert!(matches!(error, Error::Unusable(Unusable::NoTranscript)), "{error:?}");
    let server = Server::playing([says(" \n")]).await;
    let error = describe(&model(&server.url)).await.unwrap_err();
    assert!(matches!(error, Error::Unusable(Unusable::Empty)), "{error:?}");
}

#[tokio::test]
async fn an_outage_that_passes_is_not_noticed() {
    let server = Server::playing([text(503, ""), json(200, &json!({ "text": "hola" }))]).await;
    transcribe(&model(&server.url)).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.text.contains("OggS…")));
}

#[tokio::test]
async fn listening_and_looking_end_within_their_own_time_out() {
    let server = Server::playing([Reply::Silence]).await;
    let media_timeout = Duration::from_millis(300);
    let model = Model::new(Options { media_timeout, ..options(&server.url) }).unwrap();
    let start = Instant::now();
    let errors = [transcribe(&model).await.unwrap_err(), describe(&model).await.unwrap_err()];
    for error in errors {
        assert!(matches!(error, Error::Unavailable(Down::TimedOut)), "{error:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_endpoint_without_transcription_still_chats() {
    let server = Server::playing([text(404, "not found")]).await;
    let breaker = Breaker::new(1, Duration::from_secs(60));
    let model =
        Model::new(Options { retries: 0, ..options(&server.url) }).unwrap().with_breaker(breaker);
    let error = transcribe(&model).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 404, .. }), "{error:?}");

    server.play([text(500, "")]);
    transcribe(&model).await.unwrap_err();
    describe(&model).await.unwrap_err();
    for error in [transcribe(&model).await.unwrap_err(), describe(&model).await.unwrap_err()] {
        assert!(matches!(error, Error::Unavailable(Down::Resting)), "{error:?}");
    }
    let left_alone = model.left_alone().into_iter().filter(|(_, is_left_alone)| *is_left_alone);
    assert_eq!(left_alone.map(|(task, _)| task).collect::<Vec<_>>(), ["image", "transcription"]);
    server.play([says(r#"{"sure":true}"#)]);
    assert_eq!(model.state(), State::Closed);
    ask(&model).await.unwrap();
}
