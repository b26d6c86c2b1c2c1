//! One customer, one conversation: names change, and two conversations turn out to be one.
//!
//! The runtime finds out which conversations are one person's and in which order they are written;
//! here is what that means for them. First the one that goes is [closed](Conversation::move_to),
//! then the one that stays [takes it over](Conversation::absorb); until the second step is
//! stored the first can be repeated.

use super::sending::Sending;
use super::turn::{Heard, Phase};
use super::{Conversation, Owner};
use crate::{ConversationId, Customer};

impl Conversation {
    /// Where this conversation goes on, if it was joined with another.
    pub fn moved_to(&self) -> Option<ConversationId> {
        self.moved_to
    }

    /// The conversations that this one has taken over.
    pub fn absorbed(&self) -> &[ConversationId] {
        &self.absorbed
    }

    /// Whether something is on its way to the customer: until it is there, the conversation must
    /// not be joined with another, or its outcome would find nobody.
    pub fn is_speaking(&self) -> bool {
        let in_turn = self.turn.as_ref().and_then(|turn| match &turn.phase {
            Phase::Sending(sending) => Some(sending),
            _ => None,
        });
        // What only waits for the channel is claimed anew, or made anew.
        in_turn.into_iter().chain(&self.letters).any(Sending::may_have_spoken)
    }

    /// From now on this conversation is a part of `other`; nothing is decided here any more.
    pub fn move_to(&mut self, other: ConversationId) {
        self.moved_to = Some(other);
    }

    /// Takes over what another conversation of the same customer knows: what was said, what was
    /// seen, and what waits for an answer. Doing it twice changes nothing (test
    /// `what_is_absorbed_twice_is_there_once`).
    pub fn absorb(&mut self, other: &Self) {
        if self.absorbed.contains(&other.id) {
            return;
        }
        self.absorbed.push(other.id);
        let mine = std::mem::take(&mut self.customer);
        self.customer = other.customer.clone();
        self.customer.learn(&mine);
        if self.address.is_empty() || other.heard_at > self.heard_at {
            self.address.clone_from(&other.address);
        }
        let unanswered = other.turn.iter().flat_map(|turn| &turn.messages).chain(&other.waiting);
        let unheard = unanswered.filter(|heard| !self.seen.contains(heard.id)).cloned();
        self.waiting.extend(unheard.collect::<Vec<_>>());
        self.waiting.sort_by_key(Heard::order);
        self.seen.absorb(&other.seen);
        self.memory.absorb(&other.memory);
        self.heard_at = self.heard_at.max(other.heard_at);
        self.language = self.language.or(other.language);
        other.postponed.iter().for_each(|one| self.keep_for_later(one.clone()));
        self.invited_at = self.invited_at.max(other.invited_at);
        self.absorb_corrections(&other.corrections);
        match (&mut self.owner, &other.owner) {
            (Owner::Person { spoke_at: mine, .. }, Owner::Person { spoke_at: theirs, .. }) => {
                *mine = (*mine).max(*theirs);
            }
            (Owner::Bot, Owner::Person { .. }) => {
                self.owner = other.owner.clone();
                self.owner_changed();
            }
            (_, Owner::Bot) => {}
        }
        if matches!(self.owner, Owner::Person { .. }) {
            self.forget_the_bots_postponed();
        }
        self.last_turn = self.last_turn.max(other.last_turn);
    }

    /// The customer goes by other names now. A new number comes with a new user id, so an old one
    /// that is not replaced is forgotten.
    pub(super) fn rename(&mut self, names: &Customer) {
        if names.phone.is_some() && names.phone != self.customer.phone {
            self.customer.user_id = None;
        }
        self.customer.learn(names);
    }
}
