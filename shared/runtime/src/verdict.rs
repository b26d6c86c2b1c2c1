//! What becomes of a message that was not handled: the one place that decides it.

use std::time::Duration;

use crate::Failure;

/// The longest that a message waits for something of ours to be back.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How often and after how long a lane tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The delay after the first failure, the second, …; the last repeats.
    pub delays: &'static [Duration],
    /// How many attempts there are in all.
    pub attempts: u32,
}

impl Schedule {
    fn delay(&self, attempt: u32) -> Duration {
        let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let last = self.delays.last().copied().unwrap_or_default();
        self.delays.get(index).copied().unwrap_or(last)
    }

    /// About as long again as it has been failing. Taken from the delays there are, because each
    /// delay is a queue of its own on RabbitMQ.
    fn wait(&self, failing_for: Duration) -> Duration {
        let longest = failing_for.min(LONGEST_WAIT);
        let passed = self.delays.iter().copied().filter(|delay| *delay <= longest).max();
        passed.or(self.delays.first().copied()).unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Again after a while, with the next attempt number.
    Retry {
        after: Duration,
        cause: String,
    },
    /// Again after a while, and the attempt does not count.
    Wait {
        after: Duration,
        cause: String,
    },
    Dead {
        reason: broker::Reason,
        cause: String,
    },
}

/// Decides what becomes of a message whose `attempt`-th attempt (1 is the first) has failed, and
/// whose first failure was `failing_for` ago. No delay is longer than the broker's longest.
pub fn judge(
    failure: Failure,
    attempt: u32,
    failing_for: Duration,
    schedule: &Schedule,
) -> Verdict {
    match failure {
        Failure::Reject { cause } => Verdict::Dead { reason: broker::Reason::Rejected, cause },
        Failure::Unavailable { cause } => {
            Verdict::Wait { after: schedule.wait(failing_for), cause }
        }
        Failure::Later { cause, after } => {
            Verdict::Wait { after: after.min(broker::MAX_DELAY), cause }
        }
        Failure::Retry { cause, .. } if attempt >= schedule.attempts => {
            Verdict::Dead { reason: broker::Reason::Exhausted, cause }
        }
        Failure::Retry { cause, after } => {
            let after = after.unwrap_or_else(|| schedule.delay(attempt));
            Verdict::Retry { after: after.min(broker::MAX_DELAY), cause }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: &[Duration] = &[secs(1), secs(5), secs(300)];
    const SCHEDULE: Schedule = Schedule { delays: DELAYS, attempts: 5 };
    const YEAR: u64 = 365 * 24 * 60 * 60;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn retry(after: Option<u64>) -> Failure {
        Failure::Retry { cause: "c".into(), after: after.map(secs) }
    }

    #[test]
    fn a_failure_is_retried_as_the_schedule_says_and_then_dead() {
        let again = |after| Verdict::Retry { after, cause: "c".into() };
        let dead = |reason| Verdict::Dead { reason, cause: "c".into() };
        for (failure, attempt, verdict) in [
            (retry(None), 1, again(secs(1))),
            (retry(None), 2, again(secs(5))),
            (retry(None), 3, again(secs(300))),
            (retry(None), 4, again(secs(300))),
            (retry(None), 5, dead(broker::Reason::Exhausted)),
            (retry(None), 99, dead(broker::Reason::Exhausted)),
            (retry(Some(9)), 1, again(secs(9))),
            (retry(Some(9)), 5, dead(broker::Reason::Exhausted)),
            // A provider may ask for any time; the broker can't wait longer than it can.
            (retry(Some(YEAR)), 1, again(broker::MAX_DELAY)),
            (Failure::Reject { cause: "c".into() }, 1, dead(broker::Reason::Rejected)),
        ] {
            assert_eq!(
                judge(failure.clone(), attempt, Duration::ZERO, &SCHEDULE),
                verdict,
                "{failure:?} {attempt}"
            );
        }
    }

    #[test]
    fn what_of_ours_is_away_kills_no_message_however_long() {
        for (failing_for, after) in [(0, 1), (1, 1), (4, 1), (5, 5), (59, 5), (300, 5), (YEAR, 5)] {
            let failure = Failure::Unavailable { cause: "c".into() };
            assert_eq!(
                judge(failure, 99, secs(failing_for), &SCHEDULE),
                Verdict::Wait { after: secs(after), cause: "c".into() },
                "{failing_for}"
            );
        }
    }
}
