//! Who speaks: the bot or a person. After a person has spoken the bot says nothing until the
//! conversation is handed back.

use serde::{Deserialize, Serialize};

use super::sending::Sending;
use super::{Conversation, Effect, Rules};
use crate::message::{HumanSpoke, Speaker};
use crate::{MessageId, Outcome, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Bot,
    Person { since: Timestamp, spoke_at: Timestamp },
}

impl Conversation {
    /// A person answered from the business's own phone, perhaps a while ago. They own the
    /// conversation from now on, and whatever the bot was about to say is stale.
    pub fn person_spoke(
        &mut self,
        id: MessageId,
        spoke: &HumanSpoke,
        now: Timestamp,
    ) -> Vec<Effect> {
        let is_our_own =
            self.memory.sent_by_us(&spoke.provider_id) || self.is_saying(&spoke.content);
        if self.seen.contains(id) || is_our_own {
            return Vec::new();
        }
        // A thumb on the customer's message is no word that the bot could talk over.
        if !spoke.content.wants_an_answer() {
            return Vec::new();
        }
        self.seen.add(id, now);
        self.seen.settle(&[id], Outcome::WithPerson);
        if self.customer.phone.is_none() && self.customer.user_id.is_none() {
            self.customer.learn(&spoke.customer);
        }
        if self.address.is_empty() {
            self.address.clone_from(&spoke.address);
        }
        let mut effects = self.take_over(now);
        if let Some(words) = spoke.content.words() {
            self.memory.remember_person(&spoke.provider_id, words, spoke.at);
        }
        effects.extend(self.note_person(id, spoke, now));
        effects
    }

    /// A person takes the conversation, and with it the ticket that is open.
    pub fn take_over(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.own(now);
        effects.extend(self.take_what_is_open(now));
        effects
    }

    /// A person has the word.
    pub(super) fn own(&mut self, now: Timestamp) -> Vec<Effect> {
        match &mut self.owner {
            Owner::Person { spoke_at, .. } => *spoke_at = now,
            Owner::Bot => {
                self.owner = Owner::Person { since: now, spoke_at: now };
                self.owner_changed();
            }
        }
        // What the bot had begun to say outside of a turn is over too, or waited to say.
        self.forget_the_bots_postponed();
        let (persons, bots): (Vec<Sending>, Vec<Sending>) = std::mem::take(&mut self.letters)
            .into_iter()
            .partition(|letter| letter.by == Speaker::Person);
        self.letters = persons;
        bots.iter().for_each(|letter| self.memory.remember_sent(&letter.sent));
        self.leave_to_the_person()
    }

    pub(super) fn owner_changed(&mut self) {
        self.epoch += 1;
        self.owned_since = self.epoch;
        // The bot's invitation may be stale before it was said.
        self.invited_at = None;
    }

    /// What the bot had to answer is the person's now.
    pub(super) fn leave_to_the_person(&mut self) -> Vec<Effect> {
        let mut effects = self.close(Outcome::WithPerson, None);
        let waiting = std::mem::take(&mut self.waiting);
        effects.extend(self.settle(&waiting, Outcome::WithPerson));
        effects
    }

    /// The conversation is handed back to the bot.
    pub fn release(&mut self) {
        if matches!(self.owner, Owner::Person { .. }) {
            self.owner = Owner::Bot;
            self.owner_changed();
        }
    }

    /// A person who has been silent for long, or has said what there was to say, has handed the
    /// conversation back.
    pub(super) fn release_when_quiet(&mut self, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        let is_quiet = matches!(self.owner, Owner::Person { spoke_at, .. } if now >= spoke_at + rules.release_after);
        if is_quiet || self.is_done_with(now, rules) { self.hand_back(now) } else { Vec::new() }
    }
}
