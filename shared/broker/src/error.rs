use std::sync::Arc;
use std::time::Duration;

use crate::rabbitmq;

/// Shared: whoever asks while the broker is away is told the same.
pub(crate) type Source = Arc<dyn std::error::Error + Send + Sync>;

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
    /// For a while: nothing is lost, and what waits is taken on.
    #[error("the broker holds back who publishes, because it is short of memory or disk")]
    HeldBack,
    #[error("use the embedded broker")]
    Embedded(#[from] ::embedded::Error),
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Refused { .. } | Self::HeldBack => true,
            Self::Embedded(source) => source.is_transient(),
            Self::Address
            | Self::Unroutable { .. }
            | Self::UnknownQueue { .. }
            | Self::DelayTooLong { .. } => false,
        }
    }

    /// What RabbitMQ refuses to whoever connects, where that is the cause
    /// (test `whoever_is_refused_is_told_what`).
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Unavailable { source: Some(source), .. }
            | Self::Refused { source: Some(source), .. } => rabbitmq::refusal(source),
            _ => None,
        }
    }

    pub(crate) fn into_source(self) -> Option<Source> {
        match self {
            Self::Unavailable { source, .. } | Self::Refused { source, .. } => source,
            error => Some(Arc::new(error)),
        }
    }

    pub(crate) fn unavailable(operation: &'static str) -> Self {
        Self::Unavailable { operation, source: None }
    }
}

/// Why RabbitMQ lets somebody not in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user or the password.
    Login,
    /// There is no such virtual host, or not for this user.
    VirtualHost,
}
