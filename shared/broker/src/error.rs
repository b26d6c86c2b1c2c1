use std::time::Duration;

pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is malformed; it is not repeated because it holds a password.
    #[error("the broker's address is not of the form amqp://user:password@host:port/vhost")]
    Address,
    #[error("no queue takes messages of the topic {topic}")]
    Unroutable { topic: String },
    #[error("there is no queue {queue}")]
    UnknownQueue { queue: String },
    #[error("a delay of {delay:?} is longer than a week")]
    DelayTooLong { delay: Duration },
    /// Not connected, no answer in time, or the connection broke. Whether the operation took
    /// effect is unknown.
    #[error("{operation}: the broker is unavailable")]
    Unavailable { operation: &'static str, source: Option<Source> },
    /// The broker said no.
    #[error("{operation}: the broker refused")]
    Refused { operation: &'static str, source: Option<Source> },
    #[error("use the embedded broker")]
    Embedded(#[from] ::embedded::Error),
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Refused { .. } => true,
            Self::Embedded(source) => source.is_transient(),
            Self::Address
            | Self::Unroutable { .. }
            | Self::UnknownQueue { .. }
            | Self::DelayTooLong { .. } => false,
        }
    }

    pub(crate) fn unavailable(operation: &'static str) -> Self {
        Self::Unavailable { operation, source: None }
    }
}
