//! Nobody waits in silence: what is done when a person does not answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conversation::{Conversation, Effect, Owner, Rules, WINDOW};
use crate::message::{AlertRaised, Note, ReplyReady, Severity, TicketState};
use crate::{Outcome, TicketId, Timestamp};

/// So long before the channel's window closes a customer who has heard nothing is told that they
/// are not forgotten.
const BEFORE_THE_WINDOW_CLOSES: Duration = Duration::from_hours(2);
const UNANSWERED: &str = "ticket_unanswered";

/// What has been done about a customer's waiting; each once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    reminded: bool,
    escalated: bool,
    reassured: bool,
}

impl Done {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Conversation {
    /// A time has come at which something may be due. `word` is for a customer who has heard
    /// nothing for so long that the channel's window is about to close.
    pub fn ticket_due(
        &mut self,
        id: TicketId,
        word: &str,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let mut effects = self.release_when_quiet(now, rules);
        let window_closes = self.heard_at.map(|heard| heard + WINDOW);
        let bot_may_speak = matches!(self.owner, Owner::Bot) && self.turn.is_none();
        let epoch = self.epoch;
        let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.id == id) else {
            return effects;
        };
        let Some(since) = ticket.waits_since else { return effects };
        if !ticket.done.reminded && now >= since + rules.remind_after {
            ticket.done.reminded = true;
            effects.push(ticket.note(ticket.once("reminded", since), Note::Reminded, now));
            effects.push(Effect::now(alert(id, Severity::Warning, now)));
        }
        if !ticket.done.escalated && now >= since + rules.escalate_after {
            ticket.done.escalated = true;
            effects.push(ticket.note(ticket.once("escalated", since), Note::Escalated, now));
            effects.push(Effect::now(alert(id, Severity::Critical, now)));
        }
        let is_closing = window_closes
            .is_some_and(|closes| now < closes && now + BEFORE_THE_WINDOW_CLOSES >= closes);
        let waits = ticket.state == TicketState::Waiting && bot_may_speak;
        if !ticket.done.reassured && waits && is_closing {
            ticket.done.reassured = true;
            effects.push(Effect::now(ReplyReady::outside(epoch, word, Outcome::Noted)));
        }
        effects
    }
}

impl super::Ticket {
    fn once(&self, what: &str, since: Timestamp) -> crate::MessageId {
        self.id.derive(&format!("{what}\0{}", since.as_millis()))
    }
}

fn alert(id: TicketId, severity: Severity, at: Timestamp) -> AlertRaised {
    AlertRaised {
        kind: UNANSWERED.to_owned(),
        severity,
        subject: id.to_string(),
        details: "A customer waits for a person and nobody has answered: see `relevo tickets \
                  list`, or the ticket at the desk."
            .to_owned(),
        at,
        over: false,
    }
}
