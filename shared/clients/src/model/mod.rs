//! A language model behind any endpoint that speaks OpenAI's chat completions: OpenAI, Gemini's
//! compatible endpoint, Ollama, vLLM. Some of them also look at images, write down speech, and make
//! vectors of texts.
//!
//! A model's outage must not become the customer's: every call ends within its time-out, and an
//! endpoint that keeps failing is left alone by a circuit breaker, so that finding out costs
//! nothing. Each use has its own breaker: what can't hear may still answer.

mod answer;
mod breaker;
mod embedding;
mod error;
mod guard;
mod image;
mod transcription;
mod transport;
mod vector_store;

use std::fmt;
use std::time::Duration;

use async_openai::Client;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::answer::Completion;
pub use self::breaker::{Breaker, State};
pub use self::error::{Down, Error, Unusable};
use self::guard::Guard;
pub use self::image::Describe;
pub use self::transcription::Transcript;
use self::transport::{Endpoint, Transport};
pub use self::vector_store::{Attributes, FileStatus, Near, StoredFile};
use crate::http;

/// What only helps to find an answer is waited for no longer: whoever asks gives up after three
/// seconds, and a call that is given up says nothing to its breaker.
const HELP: Duration = Duration::from_millis(2_500);

/// How to reach the model.
#[derive(Debug)]
pub struct Options {
    /// With the version, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// None for an endpoint that wants no key, such as Ollama.
    pub api_key: Option<SecretString>,
    pub chat_model: String,
    /// The model that writes down what is said.
    pub transcription_model: String,
    /// The model that makes vectors of texts, if there is one.
    pub embedding_model: Option<String>,
    /// The most one call of [`Model::structured`] takes, all its requests and pauses included: the
    /// test `retries_and_pauses_fit_into_the_time_out` holds that.
    pub timeout: Duration,
    /// The same for one call of [`Model::transcribe`] or [`Model::describe`].
    pub media_timeout: Duration,
    /// How often one request is repeated after a failure that may pass; a time-out is final.
    pub retries: u32,
}

/// A client for one endpoint. Cloning shares the connections and the breakers.
#[derive(Clone)]
pub struct Model {
    client: Client<Endpoint>,
    transport: Transport,
    chat_model: String,
    transcription_model: String,
    embedding_model: Option<String>,
    chat: Guard,
    seeing: Guard,
    hearing: Guard,
    embedding: Guard,
    indexing: Guard,
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
        // Each call has its own limit; the pool's only ends what nobody waits for any more.
        let transport =
            Transport::new(options.timeout.max(options.media_timeout), options.retries)?;
        Ok(Self {
            client: transport.clone().client(endpoint),
            transport,
            chat_model: options.chat_model,
            transcription_model: options.transcription_model,
            embedding_model: options.embedding_model,
            chat: Guard::new("chat", options.timeout),
            seeing: Guard::new("image", options.media_timeout),
            hearing: Guard::new("transcription", options.media_timeout),
            embedding: Guard::new("embedding", options.timeout.min(HELP)),
            indexing: Guard::new("indexing", options.media_timeout),
        })
    }

    /// Replaces each of the breakers, which by default open after three failures for fifteen
    /// seconds.
    #[must_use]
    pub fn with_breaker(self, breaker: Breaker) -> Self {
        Self {
            chat: self.chat.with_breaker(breaker.clone()),
            seeing: self.seeing.with_breaker(breaker.clone()),
            hearing: self.hearing.with_breaker(breaker.clone()),
            embedding: self.embedding.with_breaker(breaker.clone()),
            indexing: self.indexing.with_breaker(breaker),
            ..self
        }
    }

    /// Asks for an answer that follows the schema and reads it as `T`. An answer that is not a `T`
    /// is asked for once more, with the model told what was wrong with it.
    pub async fn structured<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<Answer<T>, Error> {
        self.chat.run(self.ask_twice(ask)).await
    }

    /// What the breaker of [`Model::structured`] thinks of the endpoint.
    pub fn state(&self) -> State {
        self.chat.state()
    }

    /// Each use of the endpoint, and whether it is left alone: it failed again and again, and no
    /// call has worked since.
    pub fn left_alone(&self) -> [(&'static str, bool); 5] {
        let Self { chat, seeing, hearing, embedding, indexing, .. } = self;
        [chat, seeing, hearing, embedding, indexing].map(Guard::left_alone)
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
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("endpoint", self.client.config())
            .field("chat_model", &self.chat_model)
            .field("transcription_model", &self.transcription_model)
            .field("embedding_model", &self.embedding_model)
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
