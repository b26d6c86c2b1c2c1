//! What goes in and out. Bodies are opaque to this crate and never shown.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

/// A work queue and the topics (message types) it takes. Its dead letters have a queue beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    pub name: &'static str,
    pub topics: &'static [&'static str],
}

/// What a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub name: String,
    pub version: String,
}

/// A message to publish.
#[derive(Clone)]
pub struct Publication {
    pub id: Uuid,
    pub topic: String,
    pub body: Bytes,
    pub traceparent: Option<String>,
    /// Not delivered before this has passed; at most [`MAX_DELAY`](crate::MAX_DELAY).
    pub delay: Option<Duration>,
}

/// A message that could not be handled, as it rests in the dead letters of its queue.
#[derive(Clone)]
pub struct DeadLetter {
    pub id: Uuid,
    pub topic: String,
    pub queue: String,
    pub body: Bytes,
    pub traceparent: Option<String>,
    pub reason: Reason,
    /// What the worker said when it failed last.
    pub cause: String,
    /// How often it was tried, not counting deliveries that ended with the process.
    pub attempts: u32,
    pub first_failed_ms: i64,
    pub died_ms: i64,
}

/// Why a message is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its body could not be understood.
    Undecodable,
    /// The worker will not handle it, however often it is asked.
    Rejected,
    /// It failed too often.
    Exhausted,
    /// Its process died with it [too often](crate::DELIVERY_LIMIT); no worker could say so.
    Crashed,
}

impl Reason {
    pub const ALL: [Self; 4] = [Self::Undecodable, Self::Rejected, Self::Exhausted, Self::Crashed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Rejected => "rejected",
            Self::Exhausted => "exhausted",
            Self::Crashed => "crashed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// How much waits in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Due and not in anybody's hands.
    pub ready: u64,
    pub dead: u64,
}

impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("id", &self.id)
            .field("topic", &self.topic)
            .field("bytes", &self.body.len())
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("topic", &self.topic)
            .field("queue", &self.queue)
            .field("bytes", &self.body.len())
            .field("reason", &self.reason)
            .field("attempts", &self.attempts)
            .field("first_failed_ms", &self.first_failed_ms)
            .field("died_ms", &self.died_ms)
            .finish_non_exhaustive()
    }
}

/// A cause is for people; the longest we keep, in bytes.
const LONGEST_CAUSE: usize = 1024;

pub(crate) fn shorten(cause: &str) -> &str {
    &cause[..cause.floor_char_boundary(LONGEST_CAUSE)]
}
