//! The customer's second conversation, until it turns out to be the first.

use domain::{Conversation, ConversationId, Timestamp};

use super::{World, empty_conversation, other_customer};

pub(super) struct Other {
    pub(super) conversation: Conversation,
    heard_at: Option<Timestamp>,
    person_spoke_at: Option<Timestamp>,
    is_joined: bool,
}

impl Other {
    pub(super) fn new() -> Self {
        Self {
            conversation: empty_conversation(&other_customer()),
            heard_at: None,
            person_spoke_at: None,
            is_joined: false,
        }
    }
}

impl World {
    /// The first of the two writes that join the conversations.
    pub(crate) fn freeze(&mut self) {
        let other = &mut self.other.conversation;
        if other.moved_to().is_none() && !other.is_speaking() {
            other.move_to(self.conversation.id());
        }
    }

    /// The second. Whoever reads that the other has moved does it before anything else.
    pub(crate) fn join(&mut self) {
        if self.other.conversation.moved_to().is_none() || self.other.is_joined {
            return;
        }
        self.other.is_joined = true;
        self.conversation.absorb(&self.other.conversation);
        self.heard_at = self.heard_at.max(self.other.heard_at);
        self.person_spoke_at = self.person_spoke_at.max(self.other.person_spoke_at);
    }

    /// Does something in the conversation of this name.
    pub(super) fn within<T>(&mut self, id: ConversationId, work: impl FnOnce(&mut Self) -> T) -> T {
        if id != self.other.conversation.id() {
            return work(self);
        }
        if self.other.conversation.moved_to().is_some() {
            self.join();
            return work(self);
        }
        self.swap();
        let done = work(self);
        self.swap();
        done
    }

    fn swap(&mut self) {
        std::mem::swap(&mut self.conversation, &mut self.other.conversation);
        std::mem::swap(&mut self.heard_at, &mut self.other.heard_at);
        std::mem::swap(&mut self.person_spoke_at, &mut self.other.person_spoke_at);
    }
}
