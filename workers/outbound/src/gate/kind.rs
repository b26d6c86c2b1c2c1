//! Which gates there are, what shuts each and for how long.

use std::time::Duration;

use clients::whatsapp::{Class, Scope};
use domain::message::Speaker;
use store::state::Block;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Shut while the account's requests are refused.
    Account,
    /// Shut while the account's messages are accepted and then not delivered, as when a payment
    /// failed. Only a status says so, so that an accepted request does not open it again.
    Delivery,
    /// From one number to one customer.
    Pair,
    /// From one number to everybody. The throttling of a whole app is kept here too: each of its
    /// numbers finds out for itself, at the price of a request.
    Number,
}

impl Gate {
    /// From the narrowest to the widest of the rates, since what was reserved at a narrow one is
    /// the easier to give back; and nothing is reserved while everything is shut.
    pub(super) const ALL: [Self; 4] = [Self::Account, Self::Delivery, Self::Pair, Self::Number];

    /// The gate that a refusal shuts, if it does: of a request, or of what had been accepted.
    pub(super) fn shut_by(class: Class, told_by: ToldBy) -> Option<Self> {
        match (class, told_by) {
            (Class::Throttled { scope: Scope::Pair, .. }, _) => Some(Self::Pair),
            (Class::Throttled { scope: Scope::Number | Scope::App, .. }, _) => Some(Self::Number),
            (Class::Account, ToldBy::Answer) => Some(Self::Account),
            (Class::Account, ToldBy::Status) => Some(Self::Delivery),
            (Class::Transient | Class::NeedsTemplate | Class::Recipient | Class::Ours, _) => None,
        }
    }

    /// Whether nobody of the business is answered while it is shut.
    pub(crate) fn stops_everything(self) -> bool {
        matches!(self, Self::Account | Self::Delivery)
    }

    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::Account | Self::Delivery => "account",
            Self::Pair => "pair",
            Self::Number => "number",
        }
    }

    /// How long one waits in the lane for a place. People go first: when the number is at its
    /// limit they queue for it, and the bot comes back when there is room.
    pub(super) fn patience(self, by: Speaker) -> Duration {
        match (self, by) {
            (Self::Account | Self::Delivery, _) => Duration::ZERO,
            (Self::Pair, _) => Duration::from_secs(1),
            (Self::Number, Speaker::Person) => Duration::from_secs(5),
            (Self::Number, Speaker::Bot) => Duration::from_millis(200),
        }
    }

    /// Meta recommends 4^X seconds after throttling. An account is mended by a person: one message
    /// asks from time to time, the others wait for what comes of it.
    pub(super) fn block(self, at_least: Duration, spread: f64, ticket: Option<u64>) -> Block {
        let (base, factor, longest) = match self {
            Self::Account | Self::Delivery => (15, 2, 300),
            Self::Pair => (1, 4, 600),
            Self::Number => (1, 4, 300),
        };
        Block {
            base: Duration::from_secs(base),
            factor,
            longest: Duration::from_secs(longest),
            at_least,
            spread,
            probe: self.stops_everything(),
            ticket,
        }
    }
}

/// How the platform told of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToldBy {
    Answer,
    Status,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shuts_the_gate_that_it_is_about_and_no_other() {
        let throttled = |scope| Class::Throttled { scope, retry_after: None };
        for (class, answer, status) in [
            (throttled(Scope::Pair), Some(Gate::Pair), Some(Gate::Pair)),
            (throttled(Scope::Number), Some(Gate::Number), Some(Gate::Number)),
            (throttled(Scope::App), Some(Gate::Number), Some(Gate::Number)),
            (Class::Account, Some(Gate::Account), Some(Gate::Delivery)),
            (Class::Transient, None, None),
            (Class::NeedsTemplate, None, None),
            (Class::Recipient, None, None),
            (Class::Ours, None, None),
        ] {
            assert_eq!(Gate::shut_by(class, ToldBy::Answer), answer, "{class:?}");
            assert_eq!(Gate::shut_by(class, ToldBy::Status), status, "{class:?}");
        }
    }
}
