//! What came of an answer, judged from what the conversation did afterwards.
//!
//! Pure, and of all that is known at once: in whatever order it was learned, the same comes out.
//! What is unclear has no outcome.

use store::records::{Facts, KnowledgeEntry, Sign, SignKind, Use, UseKind, UseOutcome};
use uuid::Uuid;

use super::alike::{contradicts, same_question, unrelated};

/// What happens later than this has nothing to do with it.
pub(crate) const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;
/// The same question after this was not answered badly, but forgotten.
const AGAIN_MS: i64 = 60 * 60 * 1000;
/// A wish for a person in so many turns after an answer tells of it.
const NEXT_TURNS: usize = 2;

/// An outcome with the reason for it.
pub(crate) type Judged = Option<(UseOutcome, &'static str)>;

/// The outcome of each use that lies at most [`WINDOW_MS`] before `at_ms`, and from how many facts
/// it was judged. The facts must reach as far beyond `at_ms` on both sides.
pub(crate) fn judge(
    facts: &Facts,
    at_ms: i64,
    entry: &dyn Fn(Uuid) -> Option<KnowledgeEntry>,
) -> Vec<(Uuid, Judged, i64)> {
    let is_concerned = |one: &&Use| (at_ms - WINDOW_MS..=at_ms).contains(&one.at_ms);
    facts
        .uses
        .iter()
        .filter(is_concerned)
        .map(|one| {
            let reach = one.at_ms..=one.at_ms + WINDOW_MS;
            let uses = facts.uses.iter().filter(|other| reach.contains(&other.at_ms));
            let signs: Vec<&Sign> =
                facts.signs.iter().filter(|sign| reach.contains(&sign.at_ms)).collect();
            let uses: Vec<&Use> = uses.collect();
            let count = i64::try_from(uses.len() + signs.len()).unwrap_or(i64::MAX);
            (one.id, After::of(one, &uses, &signs).and_then(|after| after.judge(one, entry)), count)
        })
        .collect()
}

/// What came after an answer was said.
struct After<'a> {
    signs: Vec<&'a Sign>,
    /// When the next answer was said, if there was one.
    next_said_ms: i64,
    /// The turns that asked for something, in order.
    turns: Vec<i64>,
    /// The first later turn in which something else was told or offered.
    next_use: i64,
    /// What was offered together with it.
    offered: Vec<Uuid>,
}

impl<'a> After<'a> {
    /// Nothing that the customer never saw: the turn was superseded, or a person was faster.
    fn of(one: &Use, uses: &[&'a Use], signs: &[&'a Sign]) -> Option<Self> {
        let said = |sign: &&&Sign| sign.kind == SignKind::Said;
        let said_ms = signs.iter().filter(said).find(|sign| sign.turn == Some(one.turn))?.at_ms;
        let later = |turn: Option<i64>| turn.is_some_and(|turn| turn > one.turn);
        let next_said_ms = signs.iter().filter(said).filter(|sign| later(sign.turn));
        let next_said_ms = next_said_ms.map(|sign| sign.at_ms).min().unwrap_or(i64::MAX);
        let signs: Vec<&Sign> = signs
            .iter()
            .copied()
            .filter(|sign| match sign.turn {
                Some(turn) => turn > one.turn,
                None => sign.at_ms >= said_ms,
            })
            .collect();
        let mut turns: Vec<i64> = signs.iter().filter_map(|sign| sign.turn).collect();
        turns.sort_unstable();
        turns.dedup();
        let next_use = uses.iter().map(|other| other.turn).filter(|turn| *turn > one.turn).min();
        let offered = uses.iter().filter(|other| other.turn == one.turn).map(|other| other.entry);
        Some(Self {
            signs,
            next_said_ms,
            turns,
            next_use: next_use.unwrap_or(i64::MAX),
            offered: offered.collect(),
        })
    }

    fn judge(&self, one: &Use, entry: &dyn Fn(Uuid) -> Option<KnowledgeEntry>) -> Judged {
        match one.kind {
            UseKind::Offered => self.judge_offer(one),
            UseKind::Answered | UseKind::Tapped => self.judge_answer(one, entry),
        }
    }

    /// Whatever speaks against it counts more than what speaks for it.
    fn judge_answer(&self, one: &Use, entry: &dyn Fn(Uuid) -> Option<KnowledgeEntry>) -> Judged {
        use UseOutcome::{Bad, Good};
        if self.spoken(SignKind::Corrected) {
            return Some((Bad, "corrected"));
        }
        if self.soon(SignKind::WishedPerson) {
            return Some((Bad, "wished_person"));
        }
        if self.asks_again(one) {
            return Some((Bad, "asked_again"));
        }
        if self.person_answered_otherwise(one, entry) {
            return Some((Bad, "person_answered_otherwise"));
        }
        if self.spoken(SignKind::Thanked) {
            return Some((Good, "thanked"));
        }
        self.goes_on(one).then_some((Good, "went_on"))
    }

    fn judge_offer(&self, one: &Use) -> Judged {
        let tapped = |id: Uuid| {
            let id = id.to_string();
            self.of_kind(SignKind::Tapped).any(|sign| sign.question.as_deref() == Some(&*id))
        };
        if tapped(one.entry) {
            return Some((UseOutcome::Good, "tapped"));
        }
        if self.offered.iter().any(|other| tapped(*other)) {
            return Some((UseOutcome::Bad, "another_was_tapped"));
        }
        if self.spoken(SignKind::Corrected) {
            return Some((UseOutcome::Bad, "corrected"));
        }
        let to_a_person = self.soon(SignKind::WishedPerson) || self.soon(SignKind::HandedOff);
        to_a_person.then_some((UseOutcome::Bad, "handed_off"))
    }

    fn of_kind(&self, kind: SignKind) -> impl Iterator<Item = &&'a Sign> {
        self.signs.iter().filter(move |sign| sign.kind == kind)
    }

    /// Whether the customer wrote so before anything else was said.
    fn spoken(&self, kind: SignKind) -> bool {
        self.of_kind(kind).any(|sign| sign.at_ms < self.next_said_ms)
    }

    /// Whether it happened in one of the next turns, while nothing else had been told.
    fn soon(&self, kind: SignKind) -> bool {
        let is_next = |turn: i64| self.turns.iter().take(NEXT_TURNS).any(|next| *next == turn);
        let is_soon = |turn: i64| is_next(turn) && turn <= self.next_use;
        self.of_kind(kind).any(|sign| sign.turn.is_some_and(is_soon))
    }

    fn asks_again(&self, one: &Use) -> bool {
        let is_soon = |sign: &&&Sign| sign.at_ms - one.at_ms <= AGAIN_MS;
        self.of_kind(SignKind::Asked).filter(is_soon).any(|sign| {
            sign.question.as_deref().is_some_and(|asked| same_question(&one.question, asked))
        })
    }

    /// Whether the next thing that the customer asked has nothing to do with it.
    fn goes_on(&self, one: &Use) -> bool {
        let next = self.of_kind(SignKind::Asked).min_by_key(|sign| sign.turn);
        let Some(next) = next.filter(|next| next.turn == self.turns.first().copied()) else {
            return false;
        };
        next.question.as_deref().is_some_and(|asked| unrelated(&one.question, asked))
    }

    fn person_answered_otherwise(
        &self,
        one: &Use,
        entry: &dyn Fn(Uuid) -> Option<KnowledgeEntry>,
    ) -> bool {
        self.of_kind(SignKind::PersonAnswered).any(|sign| {
            let (Some(question), Some(answer)) = (&sign.question, &sign.answer) else {
                return false;
            };
            same_question(&one.question, question)
                && entry(one.entry).is_some_and(|entry| contradicts(&entry.text, answer))
        })
    }
}

#[cfg(test)]
mod tests;
