//! What a worker is.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use domain::{Conversation, Effect, Envelope};

use crate::Context;

/// One message in, effects out. A handler never sees a queue, an acknowledgement or an attempt
/// count; it may be called again with the same message, and then decides the same.
pub trait Handler: Send + Sync + 'static {
    /// The worker's name: of its folder, in logs, in metrics, and in the ids of what it publishes.
    const WORKER: &'static str;

    /// Whether it decides about the conversation. One that only records does without the state.
    const USES_CONVERSATION: bool = true;

    fn handle(
        &self,
        envelope: &Envelope,
        context: &Context<'_>,
    ) -> impl Future<Output = Result<Effects, Failure>> + Send;
}

type Change = Box<dyn Fn(&mut Conversation) -> Vec<Effect> + Send + Sync>;

/// What a handler wants to happen: a change of the conversation, messages, or nothing.
///
/// The change is a pure function, because it is applied again when another worker has changed the
/// conversation meanwhile; the handler itself, with its I/O, is not repeated.
pub struct Effects {
    pub(crate) change: Option<Change>,
    pub(crate) publish: Vec<Effect>,
}

impl Effects {
    pub fn none() -> Self {
        Self { change: None, publish: Vec::new() }
    }

    pub fn publish(effects: Vec<Effect>) -> Self {
        Self { change: None, publish: effects }
    }

    pub fn change(
        change: impl Fn(&mut Conversation) -> Vec<Effect> + Send + Sync + 'static,
    ) -> Self {
        Self { change: Some(Box::new(change)), publish: Vec::new() }
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects")
            .field("change", &self.change.is_some())
            .field("publish", &self.publish.len())
            .finish()
    }
}

/// Why a handler could not do its work. The causes are for operators: no customer's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may succeed later: after `after`, or as the lane's schedule says.
    #[error("{cause}")]
    Retry { cause: String, after: Option<Duration> },
    /// Something of ours, such as a store, is away: no fault of the message, which waits for as
    /// long as it takes (test `what_of_ours_is_away_kills_no_message`).
    #[error("{cause}")]
    Unavailable { cause: String },
    /// Its time has not come: nothing failed, and the attempt does not count.
    #[error("{cause}")]
    Later { cause: String, after: Duration },
    /// It never will.
    #[error("{cause}")]
    Reject { cause: String },
}

impl Failure {
    pub fn retry(cause: &(impl std::error::Error + ?Sized)) -> Self {
        Self::Retry { cause: chain(cause), after: None }
    }

    pub fn reject(cause: &(impl std::error::Error + ?Sized)) -> Self {
        Self::Reject { cause: chain(cause) }
    }

    fn of_store(cause: &(impl std::error::Error + ?Sized), is_transient: bool) -> Self {
        if is_transient { Self::Unavailable { cause: chain(cause) } } else { Self::reject(cause) }
    }
}

impl From<store::state::Error> for Failure {
    fn from(error: store::state::Error) -> Self {
        Self::of_store(&error, error.is_transient())
    }
}

impl From<store::records::Error> for Failure {
    fn from(error: store::records::Error) -> Self {
        Self::of_store(&error, error.is_transient())
    }
}

/// An error with all its sources on one line.
pub fn chain(error: &(impl std::error::Error + ?Sized)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
