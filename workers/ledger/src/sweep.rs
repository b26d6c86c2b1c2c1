//! The sweep: a customer's message that has no outcome after a while is published again, so that
//! even a lost conversation state loses no message.
//!
//! A message that never gets one must not be fed to the workers for ever: each time it waits
//! longer, then a person takes it with an honest word to the customer, and when not even that
//! helps it is left to an operator (test
//! `a_message_that_never_settles_goes_to_a_person_and_then_to_an_operator`).

use std::time::Duration;

use broker::Publication;
use bytes::Bytes;
use domain::message::MessageDied;
use domain::{Body, Envelope, Timestamp};
use runtime::{Businesses, Failure, Lifecycle, Ports, metrics};
use store::records::{Claim, Unsettled};
use tracing::{error, warn};

/// In whose name the sweep publishes a message again.
const SWEEP: &str = "ledger.sweep";
/// In whose name it says that a message died.
const DIED: &str = "ledger.sweep.died";
/// After its n-th sweep a message waits n² times this longer for the next, or n² quarters of
/// [`SweepRules::older_than`] if that is less.
const LONGER: Duration = Duration::from_secs(60);
/// From this sweep on a person is asked to take the message. By default five hours have gone by.
const PERSON_FROM: i64 = 10;
/// At this sweep nothing is published but a line in the log, and it is the last.
const LAST: i64 = 13;
/// What a turn may take beyond the time in which it must have an answer: to gather, and to send.
const BEYOND_OVERDUE: Duration = Duration::from_secs(150);

/// When the sweep looks, and what it takes for forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRules {
    pub every: Duration,
    /// Longer than a turn may take, so that what is in hand is left alone.
    pub older_than: Duration,
    /// At most this many at once; the rest is found the next time.
    pub at_most: i64,
}

impl SweepRules {
    /// Rules for the most patient of these businesses, and never less than the default.
    pub fn for_businesses(businesses: &Businesses) -> Self {
        let overdue = businesses.iter().map(|business| business.rules.overdue).max();
        let default = Self::default();
        let older_than = overdue.unwrap_or_default() + BEYOND_OVERDUE;
        Self { older_than: older_than.max(default.older_than), ..default }
    }
}

/// For the default rules of a business.
impl Default for SweepRules {
    fn default() -> Self {
        Self { every: Duration::from_secs(30), older_than: Duration::from_secs(240), at_most: 500 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was claimed, so that an outage counts as no sweep.
    #[error("sweep what has no outcome: the broker is away")]
    Away,
    #[error("claim what has no outcome")]
    Claim(#[from] store::records::Error),
    #[error("publish what has no outcome")]
    Publish(#[from] broker::Error),
}

/// Publishes again what has had no outcome for too long; returns how many that were. One that
/// can't be published holds up no other (test `a_broken_message_does_not_hold_up_the_others`).
pub async fn sweep(ports: &Ports, rules: &SweepRules) -> Result<usize, Error> {
    if !ports.broker.is_connected() {
        return Err(Error::Away);
    }
    let now = ports.clock.now();
    let before_ms = (now - rules.older_than).as_millis();
    let claim = Claim {
        received_before_ms: before_ms,
        swept_before_ms: before_ms,
        longer_ms: millis(LONGER.min(rules.older_than / 4)),
        sweeps_at_most: LAST,
        limit: rules.at_most,
        now_ms: now.as_millis(),
    };
    let mut published = 0;
    for message in ports.records.claim_unsettled(claim).await? {
        if message.sweeps >= LAST {
            error!(message.id = %message.id, sweeps = message.sweeps, "given up: it never had an outcome");
            continue;
        }
        let publication = match again(&message, now) {
            Ok(publication) => publication,
            Err(error) => {
                warn!(message.id = %message.id, %error, "left out: it can't be published again");
                continue;
            }
        };
        match ports.broker.publish(publication).await {
            Ok(()) => published += 1,
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => warn!(message.id = %message.id, %error, "left out: it is refused"),
        }
    }
    if published > 0 {
        warn!(messages = published, "published again: they had no outcome");
        metrics::swept(u64::try_from(published).unwrap_or(u64::MAX));
    }
    Ok(published)
}

/// The message, or the word that it died, under an id of its own: under the old one its workers
/// would find what they decided before, and would not look at the conversation again. Its
/// correlation still says what it is.
fn again(message: &Unsettled, now: Timestamp) -> Result<Publication, domain::Error> {
    let original = Envelope::decode(message.envelope.as_bytes())?;
    let index = usize::try_from(message.sweeps).unwrap_or(usize::MAX);
    let envelope = if message.sweeps < PERSON_FROM {
        original.cause_of(SWEEP, index, now, original.body.clone())
    } else {
        original.cause_of(DIED, index, now, died(&original, message.sweeps).into())
    };
    Ok(Publication {
        id: envelope.id.as_uuid(),
        topic: envelope.kind().as_str().to_owned(),
        body: Bytes::from(envelope.encode()?),
        traceparent: None,
        delay: None,
    })
}

fn died(original: &Envelope, sweeps: i64) -> MessageDied {
    let customer_message = match &original.body {
        Body::MessageReceived(received) => Some(Box::new(received.0.clone())),
        Body::MediaReceived(received) => Some(Box::new(received.0.clone())),
        _ => None,
    };
    MessageDied {
        worker: SWEEP.to_owned(),
        message: original.id,
        kind: original.kind().as_str().to_owned(),
        turn: None,
        cause: format!("no outcome after {sweeps} sweeps"),
        customer_message,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Sweeps until the process stops.
pub async fn sweep_for_ever(ports: Ports, rules: SweepRules, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(rules.every) => {}
        }
        if let Err(error) = sweep(&ports, &rules).await {
            // With its sources on one line.
            let cause = Failure::retry(&error);
            warn!(%cause, "the sweep will try again");
        }
    }
}
