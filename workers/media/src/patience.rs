//! How long a file is tried for: as long as its turn waits for it, and once in any case.

use std::time::Duration;

use tokio::time::Instant;

/// What the words need to reach their turn once they are there.
const ON_THE_WAY: Duration = Duration::from_secs(2);
/// An attempt is given this much even when it comes late: a person still wants to read it.
const LEAST: Duration = Duration::from_secs(10);
/// Less than the lane allows, so that an attempt ends with a word and not with being cut.
const MOST: Duration = Duration::from_secs(100);
/// Between attempts. Few enough in the time of a turn that the lane never gives up first.
const PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Patience {
    left: Duration,
    began: Instant,
}

impl Patience {
    /// For a message of this age, in a turn that waits for `reading_at_most`.
    pub(crate) fn new(reading_at_most: Duration, age: Duration) -> Self {
        let left = reading_at_most.min(MOST).saturating_sub(ON_THE_WAY + age);
        Self { left, began: Instant::now() }
    }

    /// How long this attempt may take.
    pub(crate) fn attempt(&self) -> Duration {
        self.left.max(LEAST)
    }

    /// After how long to try again, if there is time for it.
    pub(crate) fn again(&self) -> Option<Duration> {
        (self.began.elapsed() + PAUSE + LEAST <= self.left).then_some(PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_is_tried_while_its_turn_waits_and_once_in_any_case() {
        let secs = Duration::from_secs;
        for (waits, age, spent, attempt, again) in [
            (40, 0, 0, 38, true),
            (40, 0, 23, 38, true),
            (40, 0, 24, 38, false),
            (40, 20, 3, 18, true),
            (40, 25, 0, 13, false),
            (40, 39, 0, 10, false),
            (40, 900, 0, 10, false),
            (0, 0, 0, 10, false),
            (600, 0, 0, 98, true),
        ] {
            let patience = Patience::new(secs(waits), secs(age));
            tokio::time::advance(secs(spent)).await;
            let case = (waits, age, spent);
            assert_eq!(patience.attempt(), secs(attempt), "{case:?}");
            assert_eq!(patience.again().is_some(), again, "{case:?}");
        }
    }
}
