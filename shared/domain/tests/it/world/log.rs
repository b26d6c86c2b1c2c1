//! What a world remembers for the tests to judge.

use std::time::Duration;

use domain::message::ReplyPart;
use domain::{ConversationId, Timestamp, TurnId};

/// A granted claim, with what was true when it was granted.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) conversation: ConversationId,
    pub(crate) turn: Option<TurnId>,
    pub(crate) part: ReplyPart,
    pub(super) at: Timestamp,
    pub(crate) is_surely_unsent: bool,
    /// The same part had been granted before and may have been sent, or is being sent.
    pub(crate) may_repeat: bool,
    /// It may repeat, and the time to wait for a sign of it was not over.
    pub(crate) is_hasty: bool,
    pub(crate) is_bots: bool,
    pub(crate) person_has_the_word: bool,
    pub(crate) is_of_this_epoch: bool,
    pub(crate) is_superseded: bool,
    pub(crate) answers_its_turn: bool,
    pub(crate) since_customer: Duration,
    pub(crate) is_invitation: bool,
}

/// A message that the channel took for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) conversation: ConversationId,
    pub(crate) turn: Option<TurnId>,
    pub(crate) part: ReplyPart,
    pub(crate) text: String,
    pub(crate) turn_was_open: bool,
}
