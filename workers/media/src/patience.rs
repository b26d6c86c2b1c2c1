//! How long a file is tried for: as long as its turn waits for it, and once in any case. What can't
//! be had by then is tried now and then for a day.

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
/// Between attempts that no turn waits for.
const LONG_PAUSE: Duration = Duration::from_mins(15);
/// The platform keeps a file for seven days, but who is to see it will not wait that long.
const LATEST: Duration = Duration::from_hours(24);

#[derive(Debug)]
pub(crate) struct Patience {
    age: Duration,
    left: Duration,
    began: Instant,
}

impl Patience {
    /// For a message of this age, in a turn that waits for `reading_at_most`.
    pub(crate) fn new(reading_at_most: Duration, age: Duration) -> Self {
        let left = reading_at_most.min(MOST).saturating_sub(ON_THE_WAY + age);
        Self { age, left, began: Instant::now() }
    }

    /// How long this attempt may take.
    pub(crate) fn attempt(&self) -> Duration {
        self.left.max(LEAST)
    }

    /// After how long to try again, if there is time for it.
    pub(crate) fn again(&self) -> Option<Duration> {
        (self.began.elapsed() + PAUSE + LEAST <= self.left).then_some(PAUSE)
    }

    /// How much of this attempt is left.
    pub(crate) fn rest(&self) -> Duration {
        self.attempt().saturating_sub(self.began.elapsed())
    }

    /// After how long to try for a file that no turn waits for any more.
    pub(crate) fn late(&self) -> Option<Duration> {
        (self.age + LONG_PAUSE <= LATEST).then_some(LONG_PAUSE)
    }

    /// Whether its turn may not know yet that it is not to wait.
    pub(crate) fn is_first_late(&self) -> bool {
        self.age < LONG_PAUSE
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

    #[test]
    fn a_file_that_can_not_be_had_is_tried_for_a_day() {
        let mins = Duration::from_mins;
        for (age, late, first) in [
            (0, true, true),
            (14, true, true),
            (15, true, false),
            (23 * 60 + 45, true, false),
            (23 * 60 + 46, false, false),
            (7 * 24 * 60, false, false),
        ] {
            let patience = Patience::new(mins(1), mins(age));
            assert_eq!(patience.late().is_some(), late, "{age}");
            assert_eq!(patience.is_first_late(), first, "{age}");
        }
    }
}
