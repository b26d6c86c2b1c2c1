use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::clock::now_ms;
use crate::message::shorten;
use crate::{Error, Reason, delay, embedded, rabbitmq};

/// A message in hand. Settle it once, with [`ack`](Self::ack), [`retry`](Self::retry) or
/// [`dead`](Self::dead). Dropped unsettled it comes back at once; when settling fails it comes
/// back too, so that a message may be handled twice and is never lost.
pub struct Delivery {
    pub id: Uuid,
    pub topic: String,
    pub body: Bytes,
    pub traceparent: Option<String>,
    /// 1 at first, and one more after each [`retry`](Self::retry). Coming back for any other
    /// reason does not count.
    pub attempt: u32,
    /// When a worker first asked for a retry, in milliseconds since the Unix epoch.
    pub first_failed_ms: Option<i64>,
    pub(crate) receipt: Receipt,
}

pub(crate) enum Receipt {
    RabbitMq(rabbitmq::Receipt),
    Embedded(embedded::Receipt),
}

/// What went wrong with a message so far.
pub(crate) struct Failure<'a> {
    pub(crate) attempt: u32,
    pub(crate) first_failed_ms: i64,
    pub(crate) cause: &'a str,
}

impl Delivery {
    /// Handled: the message is gone.
    pub async fn ack(self) -> Result<(), Error> {
        match &self.receipt {
            Receipt::RabbitMq(receipt) => receipt.ack().await,
            Receipt::Embedded(receipt) => receipt.ack().await,
        }
    }

    /// To this queue again after a while, with the next attempt number. `cause` is kept with the
    /// message (its first kilobyte), so it should hold nothing private.
    pub async fn retry(self, after: Duration, cause: &str) -> Result<(), Error> {
        let after = delay::check(after)?;
        let failure = Failure {
            attempt: self.attempt + 1,
            first_failed_ms: self.first_failed_ms.unwrap_or_else(now_ms),
            cause: shorten(cause),
        };
        match &self.receipt {
            Receipt::RabbitMq(receipt) => receipt.retry(&self, after, &failure).await,
            Receipt::Embedded(receipt) => receipt.retry(after, &failure).await,
        }
    }

    /// To the dead letters of this queue, with its reason and history.
    pub async fn dead(self, reason: Reason, cause: &str) -> Result<(), Error> {
        let failure = Failure {
            attempt: self.attempt,
            first_failed_ms: self.first_failed_ms.unwrap_or_else(now_ms),
            cause: shorten(cause),
        };
        match &self.receipt {
            Receipt::RabbitMq(receipt) => receipt.dead(&self, reason, &failure).await,
            Receipt::Embedded(receipt) => receipt.dead(reason, &failure).await,
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("topic", &self.topic)
            .field("bytes", &self.body.len())
            .field("attempt", &self.attempt)
            .field("first_failed_ms", &self.first_failed_ms)
            .finish_non_exhaustive()
    }
}
