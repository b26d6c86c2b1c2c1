//! What customers were sent, counted from the sandbox's side.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::Sandbox;

use crate::bench::sending::{Repeats, reply};

#[derive(Default)]
pub(super) struct Said {
    /// Customers who were sent nothing.
    pub(super) unheard: usize,
    /// Customers with more than one reply to what they wrote once.
    pub(super) answered_twice: usize,
    /// Sent again because nobody could know that it had been sent.
    pub(super) again: usize,
    /// Sent again although an answer or a status had told of it.
    pub(super) needlessly: usize,
    /// When each customer was first answered, sorted.
    at_ms: Vec<i64>,
}

impl Said {
    pub(super) fn to(sandbox: &Sandbox, phones: &BTreeSet<String>) -> Self {
        let mut sends = sandbox.accepted_sends();
        sends.retain(|send| phones.contains(&send.phone));
        let mut replies: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
        let mut first: BTreeMap<&str, i64> = BTreeMap::new();
        for send in &sends {
            replies.entry(&send.phone).or_default().insert(reply(send.mark.as_deref()));
            first.entry(&send.phone).or_insert(send.at_ms);
        }
        let Repeats { all, needlessly } = Repeats::among(&sends);
        let mut at_ms: Vec<i64> = first.into_values().collect();
        at_ms.sort_unstable();
        Self {
            unheard: phones.len() - replies.len(),
            answered_twice: replies.values().filter(|replies| replies.len() > 1).count(),
            again: all - needlessly,
            needlessly,
            at_ms,
        }
    }

    /// Answers a second, without the first and the last tenth.
    pub(super) fn per_second(&self) -> f64 {
        let tenth = self.at_ms.len() / 10;
        let middle = &self.at_ms[tenth..self.at_ms.len() - tenth];
        let (Some(first), Some(last)) = (middle.first(), middle.last()) else { return f64::NAN };
        (middle.len() - 1) as f64 * 1e3 / (last - first) as f64
    }
}
