//! How requests reach the endpoint: one pool, bounded retries, and no body handed on that the
//! client could not read.
//!
//! This takes the place of `async-openai`'s own transport, which waits without a limit, obeys a
//! `Retry-After` of any length, and writes bodies it can't read, texts of customers among them,
//! into the log.

use std::fmt;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Request, Response, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use super::{Down, Error, Unusable};
use crate::http;

/// The longest pause before a retry. A server that asks for more is not asked again: the customer
/// is better served without the model.
const PAUSE_MAX: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Where the model is and what to say to be let in. Unlike the client's own configuration it reads
/// no environment.
#[derive(Clone)]
pub(super) struct Endpoint {
    base: String,
    headers: HeaderMap,
    api_key: SecretString,
}

impl Endpoint {
    pub(super) fn new(base_url: &str, api_key: Option<SecretString>) -> Result<Self, http::Error> {
        http::address("the address of the model", base_url)?;
        let headers = match &api_key {
            Some(key) => http::bearer("the model's API key", key)?,
            None => HeaderMap::new(),
        };
        Ok(Self {
            base: base_url.trim_end_matches('/').to_owned(),
            headers,
            api_key: api_key.unwrap_or_default(),
        })
    }
}

impl Config for Endpoint {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.api_key
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

#[derive(Clone)]
pub(super) struct Transport {
    http: reqwest::Client,
    retries: u32,
}

impl Transport {
    pub(super) fn new(timeout: Duration, retries: u32) -> Result<Self, http::Error> {
        Ok(Self { http: http::client(timeout, HeaderMap::new())?, retries })
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(super) fn client(self, endpoint: Endpoint) -> Client<Endpoint> {
        let http = self.http.clone();
        let service = tower::service_fn(move |request: HttpRequestFactory| {
            let transport = self.clone();
            async move {
                let completion = transport.complete(&request).await;
                completion.map_err(|error| OpenAIError::Boxed(Box::new(error)))
            }
        });
        Client::build(http, endpoint).with_http_service(service)
    }

    async fn complete(&self, request: &HttpRequestFactory) -> Result<Response, Error> {
        let build = || async move { request.build().await.map_err(Error::from_client) };
        let body = self.call(build).await?;
        if serde_json::from_slice::<Value>(&body).is_err() {
            return Err(Unusable::NoCompletion.into());
        }
        Ok(::http::Response::new(body).into())
    }

    /// The body of the first successful answer. Each attempt has a request built for it.
    pub(super) async fn call<F>(&self, build: impl Fn() -> F) -> Result<Bytes, Error>
    where
        F: Future<Output = Result<Request, Error>>,
    {
        let mut attempt = 0;
        loop {
            let error = match self.attempt(build().await?).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let Some(pause) = pause(&error, attempt).filter(|_| attempt < self.retries) else {
                return Err(error);
            };
            attempt += 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, request: Request) -> Result<Bytes, Error> {
        let response = self.http.execute(request).await.map_err(lost)?;
        let status = response.status();
        let retry_after = http::retry_after(response.headers());
        let body = response.bytes().await.map_err(lost)?;
        if status.is_success() { Ok(body) } else { Err(failure(status, retry_after, &body)) }
    }
}

fn lost(error: reqwest::Error) -> Error {
    let error = error.without_url();
    match error.is_timeout() && !error.is_connect() {
        true => Down::TimedOut.into(),
        false => Down::Connection(error.into()).into(),
    }
}

fn failure(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Error {
    let code = error_code(body);
    let quota = code.as_deref() == Some("insufficient_quota");
    let status = status.as_u16();
    match status {
        408 | 429 | 500.. if !quota => Down::Status { status, retry_after }.into(),
        _ => Error::Rejected { status, code },
    }
}

/// The endpoint's name for what is wrong. Gemini wraps its errors in a list, counts where OpenAI
/// names, and has the name in `status`.
fn error_code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get(0).unwrap_or(&body).get("error")?;
    let name = ["code", "type", "status"]
        .into_iter()
        .find_map(|key| error.get(key).and_then(Value::as_str))?;
    // A name, and not somebody's words in its place.
    let is_name = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| name.to_owned())
}

/// How long to wait before asking again; none if that is no use. A time-out is final because it
/// has used up the time of the whole call.
fn pause(error: &Error, attempt: u32) -> Option<Duration> {
    match error {
        Error::Unavailable(Down::Status { retry_after: Some(wait), .. }) => {
            (*wait <= PAUSE_MAX).then_some(*wait)
        }
        Error::Unavailable(Down::Status { .. } | Down::Connection(_)) => {
            Some((FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(8))).min(PAUSE_MAX))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails here has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_an_outage_or_a_rejection() {
        let named = |code: &str| format!(r#"{{"error":{{"message":"m","code":"{code}"}}}}"#);
        let quota = r#"{"error":{"type":"insufficient_quota","code":null}}"#;
        let gemini = r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#;
        let table = [
            (302, "", "rejected"),
            (400, &named("context_length_exceeded"), "rejected: context_length_exceeded"),
            (401, &named("invalid_api_key"), "rejected: invalid_api_key"),
            (404, "not found", "rejected"),
            (408, "", "down"),
            (429, "<html>slow down</html>", "down"),
            (429, quota, "rejected: insufficient_quota"),
            (429, gemini, "down"),
            (500, "", "down"),
        ];
        for (status, body, expected) in table {
            let status = StatusCode::from_u16(status).unwrap();
            let found = match failure(status, None, body.as_bytes()) {
                Error::Unavailable(Down::Status { .. }) => "down".to_owned(),
                Error::Rejected { code: Some(code), .. } => format!("rejected: {code}"),
                Error::Rejected { code: None, .. } => "rejected".to_owned(),
                other => other.to_string(),
            };
            assert_eq!(found, expected, "{status} {body}");
        }
    }

    #[test]
    fn a_code_is_a_name_or_nothing() {
        assert_eq!(error_code(br#"{"error":{"code":"you said: hello"}}"#), None);
        assert_eq!(
            error_code(br#"[{"error":{"code":400,"status":"INVALID_ARGUMENT"}}]"#).as_deref(),
            Some("INVALID_ARGUMENT")
        );
    }

    #[test]
    fn a_pause_grows_obeys_the_server_and_is_bounded() {
        let status = |seconds: Option<u64>| -> Error {
            Down::Status { status: 429, retry_after: seconds.map(Duration::from_secs) }.into()
        };
        let table = [
            (status(None), 0, Some(200)),
            (status(None), 1, Some(400)),
            (status(None), u32::MAX, Some(5_000)),
            (status(Some(5)), 0, Some(5_000)),
            (status(Some(6)), 0, None),
            (Down::TimedOut.into(), 0, None),
            (Error::Refused, 0, None),
        ];
        for (error, attempt, expected) in table {
            assert_eq!(pause(&error, attempt), expected.map(Duration::from_millis), "{error:?}");
        }
    }
}
