use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use clients::model::{
    Answer, Ask, Breaker, Down, Error, Model, Options, Role, State, Unusable, Utterance,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Reply, Server, hanging_up, json, nowhere, text};

#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Verdict {
    sure: bool,
}

pub(crate) fn options(url: &str) -> Options {
    Options {
        base_url: format!("{url}/v1"),
        api_key: Some("sk-key".into()),
        chat_model: "small".to_owned(),
        transcription_model: "ears".to_owned(),
        embedding_model: Some("near".to_owned()),
        timeout: Duration::from_secs(10),
        media_timeout: Duration::from_secs(10),
        retries: 2,
    }
}

pub(crate) fn model(url: &str) -> Model {
    Model::new(options(url)).unwrap()
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "sure": { "type": "boolean" } },
        "required": ["sure"],
        "additionalProperties": false,
    })
}

pub(crate) async fn ask(model: &Model) -> Result<Answer<Verdict>, Error> {
    let messages = [
        Utterance { role: Role::Customer, text: "¿Abren hoy?" },
        Utterance { role: Role::Business, text: "Sí." },
        Utterance { role: Role::Customer, text: "¿Seguro?" },
    ];
    model
        .structured(&Ask {
            system: "Answer.",
            messages: &messages,
            schema_name: "verdict",
            schema: &schema(),
            max_output_tokens: 50,
        })
        .await
}

pub(crate) fn says(content: &str) -> Reply {
    finishes(&json!({ "role": "assistant", "content": content, "refusal": null }), "stop")
}

fn finishes(message: &Value, reason: &str) -> Reply {
    json(
        200,
        &json!({
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "small",
            "choices": [{ "index": 0, "finish_reason": reason, "message": message }],
            "usage": { "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 },
        }),
    )
}

#[tokio::test]
async fn a_question_goes_out_as_documented_and_the_answer_is_typed() {
    let server = Server::playing([says(r#"{"sure":true}"#)]).await;
    let answer = ask(&model(&server.url)).await.unwrap();
    assert_eq!(answer.value, Verdict { sure: true });
    assert_eq!((answer.prompt_tokens, answer.completion_tokens), (7, 3));
    let request = server.request();
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.authorization.as_deref(), Some("Bearer sk-key"));
    assert_eq!(
        request.body,
        json!({
            "model": "small",
            "messages": [
                { "role": "system", "content": "Answer." },
                { "role": "user", "content": "¿Abren hoy?" },
                { "role": "assistant", "content": "Sí." },
                { "role": "user", "content": "¿Seguro?" },
            ],
            "max_completion_tokens": 50,
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": "verdict", "strict": true, "schema": schema() },
            },
        })
    );
}

#[tokio::test]
async fn without_a_key_none_is_sent() {
    let server = Server::playing([says(r#"{"sure":true}"#)]).await;
    let model = Model::new(Options { api_key: None, ..options(&server.url) }).unwrap();
    ask(&model).await.unwrap();
    assert_eq!(server.request().authorization, None);
}

#[tokio::test]
async fn an_answer_in_a_code_fence_is_read() {
    let server = Server::playing([says("```json\n{\"sure\": false}\n```")]).await;
    assert_eq!(ask(&model(&server.url)).await.unwrap().value, Verdict { sure: false });
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_of_the_wrong_shape_is_asked_for_once_more() {
    let server = Server::playing([says(r#"{"sure":"yes"}"#), says(r#"{"sure":true}"#)]).await;
    let answer = ask(&model(&server.url)).await.unwrap();
    assert_eq!(answer.value, Verdict { sure: true });
    assert_eq!((answer.prompt_tokens, answer.completion_tokens), (14, 6));
    let requests = server.requests();
    let [first, second] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    let before = first.body["messages"].as_array().unwrap();
    let after = second.body["messages"].as_array().unwrap();
    assert_eq!(after[..before.len()], before[..]);
    let [wrong, objection] = &after[before.len()..] else { panic!("{after:?}") };
    assert_eq!(*wrong, json!({ "role": "assistant", "content": r#"{"sure":"yes"}"# }));
    assert_eq!(objection["role"], "user");
    assert!(objection["content"].as_str().unwrap().contains("expected a boolean"));
}

#[tokio::test]
async fn a_second_answer_of_the_wrong_shape_is_no_answer() {
    let server = Server::playing([says("Yes, quite sure.")]).await;
    let error = ask(&model(&server.url)).await.unwrap_err();
    assert!(matches!(error, Error::Unusable(Unusable::Shape(_))), "{error:?}");
    assert!(!error.is_transient());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_no_answer() {
    let message = json!({ "content": r#"{"sure":tr"# });
    let server = Server::playing([finishes(&message, "length")]).await;
    let error = ask(&model(&server.url)).await.unwrap_err();
    assert!(matches!(error, Error::Unusable(Unusable::CutOff)), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_told_apart() {
    let message = json!({ "content": null, "refusal": "I can't help with that." });
    let server = Server::playing([finishes(&message, "stop")]).await;
    let error = ask(&model(&server.url)).await.unwrap_err();
    assert!(matches!(error, Error::Refused), "{error:?}");
}

#[tokio::test]
async fn an_outage_is_asked_again_as_often_as_configured() {
    for status in [429, 500, 503] {
        let server = Server::playing([text(status, "<html>oops</html>")]).await;
        let error = ask(&model(&server.url)).await.unwrap_err();
        assert!(
            matches!(error, Error::Unavailable(Down::Status { status: s, .. }) if s == status),
            "{error:?}"
        );
        assert!(error.is_transient());
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn an_outage_that_passes_is_not_noticed() {
    let server = Server::playing([text(500, ""), says(r#"{"sure":true}"#)]).await;
    ask(&model(&server.url)).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_short_wait_the_endpoint_asks_for_is_obeyed() {
    let busy = Reply::Answer(429, vec![("retry-after", "1")], String::new());
    let server = Server::playing([busy, says(r#"{"sure":true}"#)]).await;
    ask(&model(&server.url)).await.unwrap();
    let requests = server.requests();
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn a_long_wait_the_endpoint_asks_for_ends_the_call() {
    let busy = Reply::Answer(429, vec![("retry-after", "3600")], String::new());
    let server = Server::playing([busy]).await;
    let start = Instant::now();
    let error = ask(&model(&server.url)).await.unwrap_err();
    let wait = Some(Duration::from_secs(3600));
    assert!(
        matches!(&error, Error::Unavailable(Down::Status { retry_after, .. }) if *retry_after == wait),
        "{error:?}"
    );
    assert_eq!(server.requests().len(), 1);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_wrong_configuration_is_told_at_once() {
    let quota = json!({ "error": { "message": "m", "type": "insufficient_quota", "code": null } });
    let key = json!({ "error": { "message": "m", "code": "invalid_api_key" } });
    let schema = json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT" } }]);
    let table = [
        (429, quota, "insufficient_quota"),
        (401, key, "invalid_api_key"),
        (400, schema, "INVALID_ARGUMENT"),
    ];
    for (status, body, name) in table {
        let server = Server::playing([json(status, &body)]).await;
        let error = ask(&model(&server.url)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the model's endpoint rejected the request with {status} ({name})")
        );
        assert!(!error.is_transient());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_silent_endpoint_costs_one_time_out_and_no_more() {
    let server = Server::playing([Reply::Silence]).await;
    let timeout = Duration::from_secs(1);
    let model = Model::new(Options { timeout, ..options(&server.url) }).unwrap();
    let start = Instant::now();
    let error = ask(&model).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(Down::TimedOut)), "{error:?}");
    assert!(start.elapsed() < 5 * timeout, "{:?}", start.elapsed());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn retries_and_pauses_fit_into_the_time_out() {
    let server = Server::playing([text(500, "")]).await;
    let timeout = Duration::from_millis(700);
    let model = Model::new(Options { timeout, retries: 100, ..options(&server.url) }).unwrap();
    let start = Instant::now();
    let error = ask(&model).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(Down::TimedOut)), "{error:?}");
    assert!(start.elapsed() < 5 * timeout, "{:?}", start.elapsed());
}

#[tokio::test]
async fn no_connection_and_a_lost_one_are_an_outage() {
    let nowhere = nowhere();
    let hanging_up = hanging_up().await;
    let no_handshake = hanging_up.replace("http:", "https:");
    for url in [&nowhere.url, &hanging_up, &no_handshake] {
        let error = ask(&model(url)).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(Down::Connection(_))), "{error:?}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn the_breaker_spares_the_wait_for_a_dead_endpoint_and_closes_when_it_is_back() {
    let server = Server::playing([text(500, ""), text(500, ""), says(r#"{"sure":true}"#)]).await;
    let rest = Duration::from_millis(200);
    let model = Model::new(Options { retries: 0, ..options(&server.url) })
        .unwrap()
        .with_breaker(Breaker::new(2, rest));
    ask(&model).await.unwrap_err();
    assert_eq!(model.state(), State::Closed);
    let opened = Instant::now();
    ask(&model).await.unwrap_err();
    assert_eq!(model.state(), State::Open);
    assert_eq!(server.requests().len(), 2);

    let answer = loop {
        assert!(opened.elapsed() < Duration::from_secs(5), "still open");
        match ask(&model).await {
            Err(Error::Unavailable(Down::Resting)) => tokio::time::sleep(rest / 20).await,
            other => break other.unwrap(),
        }
    };
    assert_eq!(answer.value, Verdict { sure: true });
    assert!(opened.elapsed() >= rest, "{:?}", opened.elapsed());
    assert_eq!(model.state(), State::Closed);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_wrong_key_does_not_open_the_breaker() {
    let server = Server::playing([text(401, "")]).await;
    let model = model(&server.url).with_breaker(Breaker::new(1, Duration::from_secs(60)));
    ask(&model).await.unwrap_err();
    assert_eq!(model.state(), State::Closed);
}

#[tokio::test]
async fn an_error_repeats_nothing_of_the_answer() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let error = json!({ "error": { "message": "secret", "code": "secret words" } });
    let deep = format!("{{\"secret\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let replies = [
        says("secret"),
        says(r#"{"sure":"secret"}"#),
        finishes(&json!({ "content": null, "refusal": "secret" }), "stop"),
        text(200, "<html>secret</html>"),
        text(200, &deep),
        json(200, &json!({ "secret": 1 })),
        json(400, &error),
        text(400, "secret"),
        json(429, &error),
        text(429, "secret"),
        json(500, &error),
    ];
    for reply in replies {
        let server = Server::playing([reply]).await;
        let model = Model::new(Options { retries: 0, ..options(&server.url) }).unwrap();
        let error = ask(&model).await.unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            shown = format!("{shown} {error}");
            source = error.source();
        }
        assert!(!shown.contains("secret"), "{shown}");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.is_empty());
    assert!(!log.contains("secret") && !log.contains("Seguro") && !log.contains("sk-key"), "{log}");
}

#[tokio::test]
async fn a_model_shows_no_key_and_a_question_no_text() {
    let shown = format!("{:?}", model("http://127.0.0.1:1"));
    assert!(!shown.contains("sk-key"), "{shown}");
    let shown = format!("{:?}", Utterance { role: Role::Customer, text: "¿Seguro?" });
    assert_eq!(shown, "Customer(…)");
}

#[test]
fn wrong_options_are_named() {
    let wrong = Options { base_url: "localhost:11434/v1".to_owned(), ..options("") };
    let error = Model::new(wrong).unwrap_err().to_string();
    assert!(error.starts_with("the address of the model is not"), "{error}");
    let wrong = Options { api_key: Some("k\r\n".into()), ..options("http://127.0.0.1:1") };
    let error = Model::new(wrong).unwrap_err().to_string();
    assert!(error.starts_with("the model's API key holds"), "{error}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
