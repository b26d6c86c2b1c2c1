//! Second thoughts: a customer edits or deletes what they wrote, perhaps before it has arrived.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::turn::{Heard, Phase, Turn};
use super::{Conversation, Effect, Rules};
use crate::message::{Inbound, TurnDue};
use crate::{Content, Outcome, Timestamp};

/// How many messages' corrections are remembered.
const CORRECTIONS_AT_MOST: usize = 16;
/// In bytes, of the words that wait for their messages.
const WORDS_AT_MOST: usize = 16 * 1024;

/// The last correction of a message: one from before it, or of a message that was deleted, must
/// not undo it when it comes late.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Correction {
    original: String,
    at: Timestamp,
    deleted: bool,
    /// The new words, until their message has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl fmt::Debug for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Correction").field("deleted", &self.deleted).finish_non_exhaustive()
    }
}

impl Conversation {
    /// Applies an edit or a deletion. What has not been answered yet is answered as it now stands,
    /// or not at all; what has been answered is only remembered otherwise.
    pub(super) fn correct(
        &mut self,
        inbound: &Inbound,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let (original, words) = match &inbound.content {
            Content::Edit { original, body: Some(body) } => (original, Some(body.as_str())),
            Content::Revoke { original } => (original, None),
            _ => return Vec::new(),
        };
        let (at, deleted) = (inbound.sent_at, words.is_none());
        let earlier = self.corrections.iter().find(|one| one.original == *original);
        if earlier.is_some_and(|one| one.deleted || (!deleted && at < one.at)) {
            return Vec::new();
        }
        let is_of = |heard: &Heard| heard.provider_id == *original;
        let in_turn = self.turn.as_ref().is_some_and(|turn| turn.messages.iter().any(is_of));
        let waits = self.waiting.iter().position(is_of);
        let has_come = in_turn || waits.is_some() || self.memory.knows(original);
        let pending = words.filter(|_| !has_come).map(str::to_owned);
        self.remember(Correction { original: original.clone(), at, deleted, words: pending });
        self.memory.correct(original, words);
        match (waits, words) {
            (Some(place), Some(words)) => {
                self.waiting[place].content.reword(words);
                Vec::new()
            }
            (Some(place), None) => {
                let withdrawn = self.waiting.remove(place);
                self.forget(&withdrawn)
            }
            (None, _) => self.correct_turn(original, words, now, rules),
        }
    }

    /// Adds a correction to those that are known. Of too many the oldest are forgotten.
    fn remember(&mut self, correction: Correction) {
        self.corrections.retain(|one| one.original != correction.original);
        self.corrections.push(correction);
        let mut weight = 0;
        let kept = self.corrections.iter().rev().take(CORRECTIONS_AT_MOST).take_while(|one| {
            weight += one.words.as_ref().map_or(0, String::len);
            weight <= WORDS_AT_MOST
        });
        let excess = self.corrections.len() - kept.count().max(1);
        self.corrections.drain(..excess);
    }

    /// Adds the corrections that another conversation of the same customer knows.
    pub(super) fn absorb_corrections(&mut self, other: &[Correction]) {
        for correction in other {
            if !self.corrections.iter().any(|one| one.original == correction.original) {
                self.remember(correction.clone());
            }
        }
    }

    fn correct_turn(
        &mut self,
        original: &str,
        words: Option<&str>,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let Some(turn) = &mut self.turn else { return Vec::new() };
        let Some(place) = turn.messages.iter().position(|one| one.provider_id == original) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        match (&turn.phase, words) {
            (_, Some(words)) => turn.messages[place].content.reword(words),
            // Something of the answer may be with the customer: it stays the answer.
            (Phase::Sending(sending), None) if sending.may_have_spoken() => {
                turn.messages[place].withdraw();
            }
            (_, None) => {
                let withdrawn = turn.messages.remove(place);
                effects = self.forget(&withdrawn);
            }
        }
        match &mut self.turn {
            Some(Turn { messages, .. }) if messages.is_empty() => {
                self.turn = None;
            }
            Some(turn) if turn.may_be_decided_again() => {
                // The customer is here now, and whoever answers begins again.
                (turn.opened_at, turn.overdue_at) = (now, now + rules.overdue);
                effects.extend(self.supersede(None, now, rules));
            }
            // It may have waited for nothing but the file that was deleted.
            Some(Turn { id, phase: Phase::Gathering { due_at }, .. }) if words.is_none() => {
                effects.push(Effect::after(due_at.since(now), TurnDue { turn: *id }));
            }
            _ => {}
        }
        effects
    }

    /// What had been said about a message before it came: whether it is still to be answered.
    pub(super) fn apply_early(&mut self, heard: &mut Heard) -> bool {
        let is_of = |one: &&mut Correction| one.original == heard.provider_id;
        let Some(correction) = self.corrections.iter_mut().find(is_of) else { return true };
        if let Some(words) = correction.words.take() {
            heard.content.reword(&words);
        }
        !correction.deleted
    }

    /// A message that its customer has deleted has its outcome, and its words are not remembered.
    pub(super) fn forget(&mut self, withdrawn: &Heard) -> Vec<Effect> {
        let closed = self.settled(std::slice::from_ref(withdrawn), Outcome::Noted);
        vec![Effect::now(closed)]
    }
}
