//! A circuit breaker, so that a dead endpoint costs a customer nothing instead of a time-out.

use std::time::Duration;

use tokio::time::Instant;

/// Closed, it admits every call. After some failures in a row it opens and admits none for a while;
/// then it is half open and admits one call, whose outcome closes it or opens it again.
///
/// It has no clock: whoever asks says what time it is.
#[derive(Clone, Debug)]
pub struct Breaker {
    limit: u32,
    rest: Duration,
    circuit: Circuit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed,
    Open,
    HalfOpen,
}

#[derive(Clone, Debug)]
enum Circuit {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// A probe that is never heard of again (its caller gave up) must not block the next.
    HalfOpen {
        probe_until: Instant,
    },
}

impl Breaker {
    /// Opens after `limit` failures in a row, and rests that long before each probe.
    pub fn new(limit: u32, rest: Duration) -> Self {
        Self { limit, rest, circuit: Circuit::Closed { failures: 0 } }
    }

    /// Whether a call may go out. Its outcome must be reported by `succeeded` or `failed`.
    pub fn admit(&mut self, now: Instant) -> bool {
        match self.circuit {
            Circuit::Closed { .. } => true,
            Circuit::Open { until } | Circuit::HalfOpen { probe_until: until } => {
                let due = now >= until;
                if due {
                    self.circuit = Circuit::HalfOpen { probe_until: now + self.rest };
                }
                due
            }
        }
    }

    pub fn succeeded(&mut self) {
        self.circuit = Circuit::Closed { failures: 0 };
    }

    pub fn failed(&mut self, now: Instant) {
        self.circuit = match self.circuit {
            Circuit::Closed { failures } if failures + 1 < self.limit => {
                Circuit::Closed { failures: failures + 1 }
            }
            // A call from before it opened says nothing new and does not prolong the rest.
            Circuit::Open { until } => Circuit::Open { until },
            _ => Circuit::Open { until: now + self.rest },
        };
    }

    pub fn state(&self) -> State {
        match self.circuit {
            Circuit::Closed { .. } => State::Closed,
            Circuit::Open { .. } => State::Open,
            Circuit::HalfOpen { .. } => State::HalfOpen,
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new(3, Duration::from_secs(15))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Event {
        Admitted,
        Denied,
        Succeeded,
        Failed,
    }
    use Event::{Admitted, Denied, Failed, Succeeded};

    /// Plays events at second `.0` on a breaker that opens after two failures for ten seconds.
    fn check(story: &[(u64, Event, State)]) {
        let start = Instant::now();
        let mut breaker = Breaker::new(2, Duration::from_secs(10));
        for (step, (second, event, state)) in story.iter().enumerate() {
            let now = start + Duration::from_secs(*second);
            match event {
                Admitted => assert!(breaker.admit(now), "step {step}"),
                Denied => assert!(!breaker.admit(now), "step {step}"),
                Succeeded => breaker.succeeded(),
                Failed => breaker.failed(now),
            }
            assert_eq!(breaker.state(), *state, "step {step}");
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        check(&[
            (0, Admitted, State::Closed),
            (0, Failed, State::Closed),
            (1, Succeeded, State::Closed),
            (2, Failed, State::Closed),
            (3, Failed, State::Open),
            (4, Denied, State::Open),
        ]);
    }

    #[test]
    fn after_its_rest_it_admits_one_probe_and_closes_when_that_succeeds() {
        check(&[
            (0, Failed, State::Closed),
            (0, Failed, State::Open),
            (9, Denied, State::Open),
            (10, Admitted, State::HalfOpen),
            (11, Denied, State::HalfOpen),
            (12, Succeeded, State::Closed),
            (12, Admitted, State::Closed),
        ]);
    }

    #[test]
    fn a_failed_probe_opens_it_for_another_rest() {
        check(&[
            (0, Failed, State::Closed),
            (0, Failed, State::Open),
            (10, Admitted, State::HalfOpen),
            (12, Failed, State::Open),
            (21, Denied, State::Open),
            (22, Admitted, State::HalfOpen),
        ]);
    }

    #[test]
    fn a_probe_that_is_never_heard_of_again_is_replaced() {
        check(&[
            (0, Failed, State::Closed),
            (0, Failed, State::Open),
            (10, Admitted, State::HalfOpen),
            (19, Denied, State::HalfOpen),
            (20, Admitted, State::HalfOpen),
        ]);
    }

    #[test]
    fn a_late_failure_does_not_prolong_the_rest() {
        check(&[
            (0, Failed, State::Closed),
            (0, Failed, State::Open),
            (9, Failed, State::Open),
            (10, Admitted, State::HalfOpen),
        ]);
    }
}
