//! Why the model gave no answer.

use std::time::Duration;

use async_openai::error::OpenAIError;
use serde_json::error::Category;

/// No answer. Holds nothing of what was asked or answered; the test
/// `an_error_repeats_nothing_of_the_answer` holds that.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint does not work at the moment.
    #[error("the model is unavailable")]
    Unavailable(#[from] Down),
    /// The model, or the filter before it, would not answer this.
    #[error("the model declined to answer")]
    Refused,
    #[error("the model's answer is unusable")]
    Unusable(#[from] Unusable),
    /// Wrong until somebody changes the configuration: key, quota, model, address, schema.
    #[error("the model's endpoint rejected the request with {status} ({})", code.as_deref().unwrap_or("no code"))]
    Rejected { status: u16, code: Option<String> },
}

#[derive(Debug, thiserror::Error)]
pub enum Down {
    /// The breaker is open: nothing was asked.
    #[error("it failed too often and is left alone for now")]
    Resting,
    #[error("no answer within the time-out")]
    TimedOut,
    #[error("the endpoint answered {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("the connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("it is no chat completion")]
    NoCompletion,
    #[error("it is no transcript")]
    NoTranscript,
    #[error("it is no list of vectors, one of each text")]
    NoVectors,
    #[error("it is nothing that a vector store says")]
    NoStore,
    #[error("it says nothing")]
    Empty,
    #[error("it was cut off at the limit of its length")]
    CutOff,
    /// Twice not what the schema says, the second time for this kind of reason.
    #[error("it does not have the shape that was asked for ({0:?})")]
    Shape(Category),
}

impl Error {
    /// Whether asking again later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// A label for metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Refused => "refused",
            Self::Unusable(_) => "unusable",
            Self::Rejected { .. } => "rejected",
        }
    }

    pub(super) fn unbuilt(error: reqwest::Error) -> Self {
        Down::Connection(error.without_url().into()).into()
    }

    /// Takes our own error out of the client's. What else the client may fail with comes from
    /// building the request; its display is safe, since no body ever reaches it that it could not
    /// read.
    pub(super) fn from_client(error: OpenAIError) -> Self {
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(error) => Down::Connection(error).into(),
            },
            other => Down::Connection(other.into()).into(),
        }
    }
}
