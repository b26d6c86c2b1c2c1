//! The loop: take a message, have it handled, settle it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backoff::ExponentialBackoffBuilder;
use backoff::backoff::Backoff as _;
use broker::{Consumer, Delivery, Publication, Reason};
use bytes::Bytes;
use domain::message::MessageDied;
use domain::{Body, Envelope, Timestamp};
use futures::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, warn};

use crate::commit::{self, Loaded, Outgoing};
use crate::handler::chain;
use crate::{
    Context, Failure, Handler, Lane, Lifecycle, Ports, Verdict, identity, judge, metrics,
    telemetry, topology,
};

/// How soon it is looked again whether sending goes on. Longer than what waited takes to be said.
const PAUSED_FOR: Duration = Duration::from_secs(10);
const UNSETTLED_PAUSE: Duration = Duration::from_secs(1);

/// Takes from the lane until the lifecycle says to stop; returns when nothing is in hand. While the
/// lane is paused nothing is taken from it, not even in advance: what waits is anybody's. What it
/// guarantees is held on every implementation of the ports by `tests/it/suite.rs`, and when
/// servers go away by `tests/it/outage.rs`.
pub async fn run<H: Handler>(
    handler: Arc<H>,
    lane: Lane,
    ports: Ports,
    lifecycle: Lifecycle,
) -> Result<(), broker::Error> {
    loop {
        tokio::select! {
            biased;
            () = lifecycle.stopping() => return Ok(()),
            () = ports.pauses.end(lane.queue) => {}
        }
        match take_all(&handler, lane, &ports, &lifecycle).await? {
            Until::Paused => info!(queue = lane.queue, "paused"),
            Until::Ended => return Ok(()),
        }
    }
}

/// Why nothing more is taken.
enum Until {
    Paused,
    /// The process stops, or the broker was closed in it.
    Ended,
}

/// Takes until the lane is paused or the process stops; returns when nothing is in hand.
async fn take_all<H: Handler>(
    handler: &Arc<H>,
    lane: Lane,
    ports: &Ports,
    lifecycle: &Lifecycle,
) -> Result<Until, broker::Error> {
    let mut consumer = ports.broker.consume(lane.queue, lane.at_once).await?;
    let mut paused = pin!(ports.pauses.begin(lane.queue));
    // The broker bounds what is unsettled; this bounds it again where a broker is generous.
    let places = Arc::new(Semaphore::new(usize::from(lane.at_once)));
    let until = loop {
        let taken = tokio::select! {
            biased;
            () = lifecycle.stopping() => break Until::Ended,
            () = &mut paused => break Until::Paused,
            taken = take(&places, &mut consumer) => taken,
        };
        let Some((place, delivery)) = taken else { break Until::Ended };
        let (handler, ports, hard) = (Arc::clone(handler), ports.clone(), lifecycle.clone());
        lifecycle.spawn(async move {
            let worker = Worker { handler: &*handler, lane: &lane, ports: &ports };
            tokio::select! {
                // What is dropped here comes back to another process, or to the next start.
                () = hard.aborting() => {}
                () = worker.settle(delivery) => {}
            }
            drop(place);
        });
    };
    consumer.stop().await;
    let _all = places.acquire_many(u32::from(lane.at_once)).await;
    Ok(until)
}

/// First a place, then a delivery: one that nobody works on should be with another process.
async fn take(
    places: &Arc<Semaphore>,
    consumer: &mut Consumer,
) -> Option<(OwnedSemaphorePermit, Delivery)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    Some((place, consumer.next().await?))
}

struct Worker<'a, H> {
    handler: &'a H,
    lane: &'a Lane,
    ports: &'a Ports,
}

impl<H: Handler> Worker<'_, H> {
    async fn settle(&self, delivery: Delivery) {
        let mut envelope = match Envelope::decode(&delivery.body) {
            Ok(envelope) => envelope,
            Err(error) => return self.bury_undecodable(delivery, &error).await,
        };
        let span =
            telemetry::process_span(H::WORKER, self.lane, &self.ports.broker, &envelope, &delivery);
        async {
            let began = Instant::now();
            if is_first(&delivery) && !is_delayed(&envelope) {
                let lag = self.ports.clock.now().since(envelope.time);
                metrics::lagged(H::WORKER, self.lane.queue, lag);
                self.ports.lags.note(H::WORKER, lag);
            }
            let outcome = self.attempt(&mut envelope, delivery.traceparent.as_deref()).await;
            let outcome = self.conclude(outcome, &envelope, delivery).await;
            metrics::handled(H::WORKER, envelope.kind(), outcome, began.elapsed());
            if let (metrics::Handled::Done, Some(turn)) = (outcome, envelope.body.turn()) {
                let age = self.ports.clock.now().since(turn.numbered_at());
                metrics::turn_came_to(envelope.kind(), age);
            }
        }
        .instrument(span)
        .await;
    }

    /// One attempt: what was decided about this message, now or before.
    async fn attempt(
        &self,
        envelope: &mut Envelope,
        traceparent: Option<&str>,
    ) -> Result<Vec<Outgoing>, Failure> {
        let decided = AssertUnwindSafe(self.decide(envelope, traceparent)).catch_unwind();
        match tokio::time::timeout(self.lane.time_out, decided).await {
            Ok(Ok(decided)) => decided,
            Ok(Err(_panic)) => {
                Err(Failure::Retry { cause: "the handler panicked".into(), after: None })
            }
            Err(_elapsed) => {
                Err(Failure::Retry { cause: "the handler took too long".into(), after: None })
            }
        }
    }

    async fn decide(
        &self,
        envelope: &mut Envelope,
        traceparent: Option<&str>,
    ) -> Result<Vec<Outgoing>, Failure> {
        let Some(business) = self.ports.businesses.get(&envelope.business) else {
            // During a deploy its folder may have reached another process first.
            let cause = format!("no business {} is configured", envelope.business);
            return Err(Failure::Retry { cause, after: None });
        };
        // An answer that an operator holds back is not late (test
        // `what_is_paused_for_long_is_not_overdue`).
        if matches!(envelope.body, Body::TurnOverdue(_))
            && self.ports.pauses.holds(topology::OUTBOUND.queue)
        {
            let cause = "sending is paused".to_owned();
            return Err(Failure::Later { cause, after: PAUSED_FOR });
        }
        let now = self.ports.clock.now();
        let snapshot = if H::USES_CONVERSATION {
            match self.load(envelope).await? {
                Loaded::Open(snapshot) => snapshot,
                Loaded::Decided(outgoing) => return Ok(outgoing),
            }
        } else {
            commit::Snapshot::empty(envelope)
        };
        let conversation = snapshot.conversation.clone();
        let latest = Mutex::new(snapshot);
        let context = Context {
            ports: self.ports,
            envelope,
            business,
            conversation,
            latest,
            now,
            traceparent,
        };
        let effects = self.handler.handle(envelope, &context).await?;
        if H::USES_CONVERSATION {
            let latest = context.latest.into_inner().unwrap_or_else(PoisonError::into_inner);
            commit::store(self.ports, envelope, H::WORKER, effects, latest).await
        } else {
            commit::stateless(self.ports, envelope, H::WORKER, effects)
        }
    }

    /// The conversation that the message belongs to, whatever name it came under; from here on
    /// the envelope names that one.
    async fn load(&self, envelope: &mut Envelope) -> Result<Loaded, Failure> {
        let loaded = commit::load(self.ports, envelope, H::WORKER).await?;
        let Loaded::Open(snapshot) = &loaded else { return Ok(loaded) };
        match identity::resolve(self.ports, envelope, snapshot).await? {
            Some(conversation) => {
                envelope.conversation = conversation;
                commit::load(self.ports, envelope, H::WORKER).await
            }
            None => Ok(loaded),
        }
    }

    async fn conclude(
        &self,
        outcome: Result<Vec<Outgoing>, Failure>,
        envelope: &Envelope,
        mut delivery: Delivery,
    ) -> metrics::Handled {
        let published = match outcome {
            Ok(outgoing) => self.publish(outgoing, &delivery).await,
            Err(failure) => Err(failure),
        };
        let Err(failure) = published else {
            settled(delivery.ack().await).await;
            info!("done");
            return metrics::Handled::Done;
        };
        let first_failed = delivery.first_failed_ms.map(Timestamp::from_millis);
        let failing_for =
            first_failed.map_or(Duration::ZERO, |first| self.ports.clock.now().since(first));
        match judge(failure, delivery.attempt, failing_for, &self.lane.schedule) {
            Verdict::Retry { after, cause } => {
                warn!(cause, after.ms = after.as_millis(), "will retry");
                settled(delivery.retry(after, &cause).await).await;
                metrics::Handled::Retried
            }
            Verdict::Wait { after, cause } => {
                info!(cause, after.ms = after.as_millis(), "will wait");
                // A retry counts one up from here.
                delivery.attempt = delivery.attempt.saturating_sub(1);
                settled(delivery.retry(after, &cause).await).await;
                metrics::Handled::Waiting
            }
            Verdict::Dead { reason, cause } => {
                error!(cause, reason = reason.as_str(), "dead");
                if let Some(died) = self.died(envelope, &cause)
                    && let Err(failure) = self.publish(vec![died], &delivery).await
                {
                    error!(%failure, "could not tell that a message died");
                }
                settled(delivery.dead(reason, &cause).await).await;
                metrics::Handled::Dead
            }
        }
    }

    /// The word that a message died. A death notice that dies has nobody left to tell.
    fn died(&self, envelope: &Envelope, cause: &str) -> Option<Outgoing> {
        let customer_message = match &envelope.body {
            Body::MessageDied(_) => return None,
            // One that only records has kept nobody from answering.
            _ if !H::USES_CONVERSATION => None,
            Body::MessageReceived(received) => Some(Box::new(received.0.clone())),
            Body::MediaReceived(received) => Some(Box::new(received.0.clone())),
            _ => None,
        };
        let died = MessageDied {
            worker: H::WORKER.to_owned(),
            message: envelope.id,
            kind: envelope.kind().as_str().to_owned(),
            turn: envelope.body.turn(),
            cause: cause.to_owned(),
            customer_message,
        };
        let effects = vec![domain::Effect::now(died)];
        let worker = format!("{}.died", H::WORKER);
        commit::outgoing(envelope, &worker, effects, self.ports.clock.now())
            .inspect_err(|error| error!(%error, "could not tell that a message died"))
            .ok()?
            .pop()
    }

    /// Publishes until the broker has confirmed everything: what was decided is stored, so nothing
    /// else is left to do with this message. The ids make a repetition harmless. Fails only when
    /// the broker would never take it.
    async fn publish(&self, outgoing: Vec<Outgoing>, because: &Delivery) -> Result<(), Failure> {
        if outgoing.is_empty() {
            return Ok(());
        }
        let traceparent = telemetry::passed_on(because.traceparent.as_deref());
        let mut pause = ExponentialBackoffBuilder::new()
            .with_initial_interval(Duration::from_millis(100))
            .with_max_interval(Duration::from_secs(5))
            .with_max_elapsed_time(None)
            .build();
        loop {
            let now = self.ports.clock.now();
            let batch =
                outgoing.iter().map(|one| publication(one, now, traceparent.as_deref())).collect();
            match self.ports.broker.publish_all(batch).await {
                Ok(()) => return Ok(()),
                Err(error) if !error.is_transient() => return Err(Failure::retry(&error)),
                Err(error) => warn!(error = chain(&error), "publish again"),
            }
            tokio::time::sleep(pause.next_backoff().unwrap_or(Duration::from_secs(5))).await;
        }
    }

    async fn bury_undecodable(&self, delivery: Delivery, error: &domain::Error) {
        let cause = chain(error);
        error!(worker = H::WORKER, message.id = %delivery.id, cause, "dead: undecodable");
        metrics::undecodable(H::WORKER);
        settled(delivery.dead(Reason::Undecodable, &cause).await).await;
    }
}

/// Whether nobody has sent it back to wait, which need not count as an attempt.
fn is_first(delivery: &Delivery) -> bool {
    delivery.attempt == 1 && delivery.first_failed_ms.is_none()
}

/// Whether it waits on purpose between when it is made and when it is taken.
fn is_delayed(envelope: &Envelope) -> bool {
    matches!(envelope.body, Body::TurnDue(_) | Body::TurnOverdue(_))
}

pub(crate) fn publication(
    outgoing: &Outgoing,
    now: Timestamp,
    traceparent: Option<&str>,
) -> Publication {
    let delay = outgoing.delay(now);
    Publication {
        id: outgoing.id,
        topic: outgoing.topic.clone(),
        body: Bytes::copy_from_slice(outgoing.body.get().as_bytes()),
        traceparent: traceparent.map(str::to_owned),
        delay: (!delay.is_zero()).then_some(delay),
    }
}

/// A message that could not be settled comes back, and is then found decided. It comes back at
/// once, so its place stays taken for a while: a broker that refuses retries must not make
/// handlers call the outside in a tight loop.
async fn settled(result: Result<(), broker::Error>) {
    if let Err(error) = result {
        warn!(error = chain(&error), "could not settle; the message will come back");
        tokio::time::sleep(UNSETTLED_PAUSE).await;
    }
}
