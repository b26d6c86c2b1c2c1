//! A language model behind any endpoint that speaks OpenAI's chat completions: OpenAI, Gemini's
//! compatible endpoint, Ollama, vLLM.
//!
//! A model's outage must not become the customer's: every call ends within its time-out, and an
//! endpoint that keeps failing is left alone by a circuit breaker, so that finding out costs
//! nothing.

mod answer;
mod breaker;
mod error;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_openai::Client;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{self, Instant};

use self::answer::Completion;
pub use self::breaker::{Breaker, State};
pub use self::error::{Down, Error, Unusable};
use self::transport::{Endpoint, Transport};
use crate::http;

/// How to reach the model.
#[derive(Debug)]
pub struct Options {
    /// With the version, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// None for an endpoint that wants no key, such as Ollama.
    pub api_key: Option<SecretString>,
    pub chat_model: String,
    /// The most one call of [`Model::structured`] takes, all its requests and pauses included: the
    /// test `retries_and_pauses_fit_into_the_time_out` holds that.
    pub timeout: Duration,
    /// How often one request is repeated after a failure that may pass; a time-out is final.
    pub retries: u32,
}

/// A client for one model. Cloning shares the connections and the breaker.
#[derive(Clone)]
pub struct Model {
    client: Client<Endpoint>,
    chat_model: String,
    timeout: Duration,
    breaker: Arc<Mutex<Breaker>>,
}

/// What the model is asked.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub system: &'a str,
    pub messages: &'a [Utterance<'a>],
    /// At most 64 of `A-Z a-z 0-9 _ -`.
    pub schema_name: &'a str,
    /// A JSON schema in the strict form: every property required, none additional.
    pub schema: &'a Value,
    /// Ollama ignores it; there the time-out alone bounds an answer.
    pub max_output_tokens: u32,
}

/// Something that was said in the conversation.
#[derive(Clone, Copy)]
pub struct Utterance<'a> {
    pub role: Role,
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Customer,
    Business,
}

/// An answer that has the shape that was asked for, and what it cost, repeated questions included.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer<T> {
    pub value: T,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

impl Model {
    pub fn new(options: Options) -> Result<Self, http::Error> {
        let endpoint = Endpoint::new(&options.base_url, options.api_key)?;
        let transport = Transport::new(options.timeout, options.retries)?;
        Ok(Self {
            client: transport.client(endpoint),
            chat_model: options.chat_model,
            timeout: options.timeout,
            breaker: Arc::default(),
        })
    }

    /// Replaces the breaker, which by default opens after three failures for fifteen seconds.
    #[must_use]
    pub fn with_breaker(self, breaker: Breaker) -> Self {
        Self { breaker: Arc::new(Mutex::new(breaker)), ..self }
    }

    /// Asks for an answer that follows the schema and reads it as `T`. An answer that is not a `T`
    /// is asked for once more, with the model told what was wrong with it.
    pub async fn structured<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<Answer<T>, Error> {
        if !self.breaker().admit(Instant::now()) {
            return Err(Down::Resting.into());
        }
        let result = time::timeout(self.timeout, self.ask_twice(ask))
            .await
            .unwrap_or_else(|_| Err(Down::TimedOut.into()));
        self.record(result.as_ref().err());
        result
    }

    /// What the breaker thinks of the endpoint, for metrics.
    pub fn state(&self) -> State {
        self.breaker().state()
    }

    async fn ask_twice<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<Answer<T>, Error> {
        let mut request = self.request(ask);
        let first = self.complete(&request).await?;
        let problem = match first.read() {
            Ok(value) => return Ok(first.answer(value)),
            Err(problem) => problem,
        };
        request["messages"]
            .as_array_mut()
            .expect("a request has a list of messages")
            .extend(first.objection(&problem));
        let mut second = self.complete(&request).await?;
        second.add_cost_of(&first);
        match second.read() {
            Ok(value) => Ok(second.answer(value)),
            Err(problem) => Err(Unusable::Shape(problem.classify()).into()),
        }
    }

    async fn complete(&self, request: &Value) -> Result<Completion, Error> {
        let answer = self.client.chat().create_byot(request).await.map_err(Error::from_client)?;
        Completion::parse(answer)
    }

    fn request(&self, ask: &Ask<'_>) -> Value {
        let system = json!({ "role": "system", "content": ask.system });
        let said = ask.messages.iter().map(|Utterance { role, text }| {
            let role = match role {
                Role::Customer => "user",
                Role::Business => "assistant",
            };
            json!({ "role": role, "content": text })
        });
        json!({
            "model": self.chat_model,
            "messages": std::iter::once(system).chain(said).collect::<Vec<_>>(),
            "max_completion_tokens": ask.max_output_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": ask.schema_name, "strict": true, "schema": ask.schema },
            },
        })
    }

    /// Only an endpoint that does not work counts against it: one that refuses a question, or a
    /// key, does so at once and costs nobody a wait.
    fn record(&self, error: Option<&Error>) {
        let mut breaker = self.breaker();
        let before = breaker.state();
        match error {
            Some(Error::Unavailable(_)) => breaker.failed(Instant::now()),
            _ => breaker.succeeded(),
        }
        let after = breaker.state();
        drop(breaker);
        match (before, after) {
            (State::Closed, State::Open) => tracing::warn!("model is failing, left alone for now"),
            (State::Open | State::HalfOpen, State::Closed) => tracing::info!("model is back"),
            _ => {}
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // No code panics while it holds the lock, and a breaker is never half changed.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("endpoint", self.client.config())
            .field("chat_model", &self.chat_model)
            .field("timeout", &self.timeout)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("messages", &self.messages)
            .field("schema_name", &self.schema_name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Utterance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(…)", self.role)
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("prompt_tokens", &self.prompt_tokens)
            .field("completion_tokens", &self.completion_tokens)
            .finish_non_exhaustive()
    }
}
