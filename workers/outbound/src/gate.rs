//! How fast one may speak, and when not at all. All outbound processes share it.
//!
//! A message passes four gates before it is claimed, because a claim must be followed by its call
//! at once. Who finds a gate shut goes away and comes back: one customer who has been written to
//! too often, or an account that is refused, holds up nobody else's place in the lane.

mod kind;

use std::time::Duration;

use clients::whatsapp::{Class, Recipient};
use domain::message::Speaker;
use domain::{BusinessId, MessageId};
use runtime::business::Rates;
use runtime::{Failure, metrics};
use store::State;
use store::state::{Blocked, Limit, Pass};
use tracing::warn;

pub(crate) use kind::{Gate, ToldBy};

/// Accounts have no rate of their own.
const UNLIMITED: Limit = Limit { every: Duration::from_micros(100), burst: 10_000 };

/// The gates between one number and one customer.
pub(crate) struct Gates<'a> {
    state: &'a State,
    rates: Rates,
    business: &'a BusinessId,
    number: &'a str,
    customer: &'a str,
    /// From 0 to 1, as if by chance, so that not everybody comes back at once.
    spread: f64,
}

/// What a message that has passed must show at each gate afterwards.
#[derive(Debug, Default)]
pub(crate) struct Passed(Vec<(Gate, u64)>);

impl Passed {
    fn ticket(&self, gate: Gate) -> Option<u64> {
        self.0.iter().find(|(passed, _)| *passed == gate).map(|(_, ticket)| *ticket)
    }
}

/// A gate that was shut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shut {
    pub(crate) gate: Gate,
    /// It was open until now.
    pub(crate) newly: bool,
    pub(crate) after: Duration,
}

impl<'a> Gates<'a> {
    pub(crate) fn new(
        (state, rates): (&'a State, Rates),
        (business, number, customer): (&'a BusinessId, &'a str, &'a Recipient),
        message: MessageId,
    ) -> Self {
        let (Recipient::Phone(customer) | Recipient::UserId(customer)) = customer;
        // Ids are hashes.
        let chance = message.as_uuid().as_bytes()[15];
        Self { state, rates, business, number, customer, spread: f64::from(chance) / 255.0 }
    }

    /// Waits for a place at each gate, for a moment only.
    pub(crate) async fn pass(&self, by: Speaker) -> Result<Passed, Failure> {
        let mut passed = Passed::default();
        let mut wait = Duration::ZERO;
        for gate in Gate::ALL {
            let pass = self.state.pass(&self.name(gate), self.limit(gate), gate.patience(by)).await;
            match pass {
                Ok(Pass::Granted { after, ticket }) => {
                    wait = wait.max(after);
                    passed.0.push((gate, ticket));
                }
                Ok(Pass::Wait { until_free, .. }) => {
                    self.give_back(&passed).await;
                    return Err(self.later(gate, until_free));
                }
                Err(error) => {
                    self.give_back(&passed).await;
                    return Err(error.into());
                }
            }
        }
        tokio::time::sleep(wait).await;
        Ok(passed)
    }

    /// Fails while the account is refused; for what costs much and comes before the gates.
    pub(crate) async fn pass_the_account(&self) -> Result<(), Failure> {
        for gate in [Gate::Account, Gate::Delivery] {
            if let Some(until_free) = self.state.blocked(&self.name(gate)).await? {
                return Err(self.later(gate, until_free));
            }
        }
        Ok(())
    }

    /// Nothing was sent. What can't be given back is lost, which only makes others wait a little.
    pub(crate) async fn give_back(&self, passed: &Passed) {
        for (gate, ticket) in &passed.0 {
            if let Err(error) = self.state.give_back(&self.name(*gate), *ticket).await {
                warn!(%error, "a place at a gate was not given back");
            }
        }
    }

    /// The platform has accepted it. Gives back whether the account was refused until now.
    pub(crate) async fn accepted(&self, passed: &Passed) -> bool {
        let (account, _, _) = tokio::join!(
            self.open(Gate::Account, passed.ticket(Gate::Account)),
            self.open(Gate::Pair, passed.ticket(Gate::Pair)),
            self.open(Gate::Number, passed.ticket(Gate::Number)),
        );
        metrics::sending_stopped(self.business, false);
        account
    }

    /// The platform has refused this message and not the account, which therefore is in order.
    /// Gives back whether it was refused until now.
    pub(crate) async fn account_works(&self, passed: &Passed) -> bool {
        self.open(Gate::Account, passed.ticket(Gate::Account)).await
    }

    /// A message has been delivered. Gives back whether none was until now.
    pub(crate) async fn delivered(&self) -> bool {
        self.open(Gate::Delivery, Some(u64::MAX)).await
    }

    async fn open(&self, gate: Gate, ticket: Option<u64>) -> bool {
        let Some(ticket) = ticket else { return false };
        let opened = self.state.unblock(&self.name(gate), ticket).await;
        // The next message that gets through opens it.
        opened.inspect_err(|error| warn!(%error, "a gate was not opened")).unwrap_or(false)
    }

    /// Shuts the gate that this refusal is about; none if it is about this message alone.
    pub(crate) async fn refused(
        &self,
        class: Class,
        told_by: ToldBy,
        passed: Option<&Passed>,
    ) -> Result<Option<Shut>, Failure> {
        let Some(gate) = Gate::shut_by(class, told_by) else { return Ok(None) };
        let at_least = match class {
            Class::Throttled { retry_after, .. } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let ticket = passed.and_then(|passed| passed.ticket(gate));
        let block = gate.block(at_least, self.spread, ticket);
        let Blocked { for_, newly, .. } = self.state.block(&self.name(gate), block).await?;
        warn!(gate = gate.scope(), for.ms = for_.as_millis(), "refused: nobody passes for a while");
        Ok(Some(Shut { gate, newly, after: for_ }))
    }

    /// Comes back when there may be room.
    pub(crate) fn later(&self, gate: Gate, until_free: Duration) -> Failure {
        metrics::throttled(gate.scope());
        if gate.stops_everything() {
            metrics::sending_stopped(self.business, true);
        }
        let spread = match gate {
            // Nobody else waits for it.
            Gate::Pair => Duration::ZERO,
            _ => Duration::from_secs(2).mul_f64(self.spread),
        };
        let cause = match gate {
            Gate::Account => "the account is refused",
            Gate::Delivery => "the account's messages are not delivered",
            Gate::Pair => "this customer was written to too often just now",
            Gate::Number => "the number is at its limit",
        };
        let cause = cause.to_owned();
        Failure::Later { cause, after: whole_seconds(until_free + spread) }
    }

    fn limit(&self, gate: Gate) -> Limit {
        match gate {
            Gate::Account | Gate::Delivery => UNLIMITED,
            Gate::Pair => self.rates.pair,
            Gate::Number => self.rates.number,
        }
    }

    fn name(&self, gate: Gate) -> String {
        let Self { business, number, customer, .. } = self;
        match gate {
            Gate::Account => account(business),
            Gate::Delivery => format!("wa:delivery:{business}"),
            Gate::Pair => format!("wa:pair:{business}:{number}:{customer}"),
            Gate::Number => Rates::number_gate(number),
        }
    }
}

fn account(business: &BusinessId) -> String {
    format!("wa:account:{business}")
}

/// Whether the account's requests are refused, as far as anybody knows.
pub(crate) async fn account_is_refused(state: &State, business: &BusinessId) -> bool {
    matches!(state.blocked(&account(business)).await, Ok(Some(_)))
}

/// A template that the platform does not take is told of once; it has a gate that nobody passes.
/// Another is for one that is taken and not delivered, which an accepted request does not open.
pub(crate) async fn template_is_refused(
    state: &State,
    business: &BusinessId,
    told: (&str, ToldBy),
) -> Result<bool, Failure> {
    let block = Gate::Account.block(Duration::ZERO, 1.0, None);
    Ok(state.block(&template(business, told), block).await?.newly)
}

/// Whether it was refused until now.
pub(crate) async fn template_works(
    state: &State,
    business: &BusinessId,
    told: (&str, ToldBy),
) -> bool {
    state.unblock(&template(business, told), u64::MAX).await.unwrap_or(false)
}

fn template(business: &BusinessId, (name, told_by): (&str, ToldBy)) -> String {
    match told_by {
        ToldBy::Answer => format!("wa:template:{business}:{name}"),
        ToldBy::Status => format!("wa:template-delivery:{business}:{name}"),
    }
}

/// The broker has a queue for each delay, so that few of them are better.
fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(
        u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_whole_number_of_seconds_and_never_none() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            let waited = whole_seconds(Duration::from_millis(millis));
            assert_eq!(waited, Duration::from_secs(seconds), "{millis}");
        }
    }
}
