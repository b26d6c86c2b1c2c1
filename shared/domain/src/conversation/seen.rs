//! Which messages have been seen, and what became of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{MessageId, Outcome, Timestamp};

/// Meta repeats a webhook for seven days; a day more for a slow queue.
const KEEP: Duration = Duration::from_hours(8 * 24);
/// A conversation stays one small document, whatever a customer does.
const AT_MOST: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Seen(Vec<Mark>);

/// Names are short because there are many of them in a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Mark {
    #[serde(rename = "i")]
    id: MessageId,
    #[serde(rename = "a")]
    at: Timestamp,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

impl Seen {
    pub(super) fn contains(&self, id: MessageId) -> bool {
        self.0.iter().rev().any(|mark| mark.id == id)
    }

    pub(super) fn outcome(&self, id: MessageId) -> Option<Outcome> {
        self.0.iter().rev().find(|mark| mark.id == id)?.outcome
    }

    pub(super) fn add(&mut self, id: MessageId, now: Timestamp) {
        let oldest = now - KEEP;
        // What has no outcome yet is still in a turn or waits for one, and is kept.
        let excess = (self.0.len() + 1).saturating_sub(AT_MOST);
        let mut index = 0;
        self.0.retain(|mark| {
            index += 1;
            mark.outcome.is_none() || (mark.at > oldest && index > excess)
        });
        self.0.push(Mark { id, at: now, outcome: None });
    }

    /// Adds what another conversation of the same customer has seen.
    pub(super) fn absorb(&mut self, other: &Self) {
        let new: Vec<Mark> =
            other.0.iter().filter(|mark| !self.contains(mark.id)).cloned().collect();
        self.0.extend(new);
        self.0.sort_by_key(|mark| mark.at);
        let excess = self.0.len().saturating_sub(AT_MOST);
        let mut index = 0;
        self.0.retain(|mark| {
            index += 1;
            mark.outcome.is_none() || index > excess
        });
    }

    /// The first outcome of a message stays.
    pub(super) fn settle(&mut self, ids: &[MessageId], outcome: Outcome) {
        for mark in self.0.iter_mut().rev().filter(|mark| ids.contains(&mark.id)) {
            mark.outcome.get_or_insert(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn id(number: usize) -> MessageId {
        MessageId::from_uuid(uuid::Uuid::from_u128(u128::try_from(number).unwrap_or(0)))
    }

    fn at(days: u32) -> Timestamp {
        Timestamp::from_secs(1_795_000_000) + DAY * days
    }

    #[test]
    fn what_is_settled_is_forgotten_after_eight_days_and_the_rest_is_kept() {
        let mut seen = Seen::default();
        seen.add(id(1), at(0));
        seen.add(id(2), at(0));
        seen.settle(&[id(1)], Outcome::Answered);
        seen.add(id(3), at(7));
        assert_eq!([1, 2, 3].map(|number| seen.contains(id(number))), [true, true, true]);
        seen.add(id(4), at(8));
        assert_eq!([1, 2, 3].map(|number| seen.contains(id(number))), [false, true, true]);
    }

    #[test]
    fn of_too_many_the_oldest_settled_are_forgotten() {
        let mut seen = Seen::default();
        for number in 0..AT_MOST + 10 {
            seen.add(id(number), at(0));
            if number != 5 {
                seen.settle(&[id(number)], Outcome::Answered);
            }
        }
        assert_eq!(seen.0.len(), AT_MOST + 1);
        assert!(seen.contains(id(5)), "what has no outcome is kept");
        assert!(!seen.contains(id(9)) && seen.contains(id(11)));
    }

    #[test]
    fn the_first_outcome_stays() {
        let mut seen = Seen::default();
        seen.add(id(1), at(0));
        assert_eq!(seen.outcome(id(1)), None);
        seen.settle(&[id(1)], Outcome::WithPerson);
        seen.settle(&[id(1)], Outcome::Answered);
        assert_eq!(seen.outcome(id(1)), Some(Outcome::WithPerson));
    }
}
