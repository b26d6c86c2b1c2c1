//! Turns that end otherwise than by their answer: handed over, overdue, or with something of ours
//! that died.

use std::time::Duration;

use super::desk::{Case, Words};
use super::turn::Phase;
use super::{Conversation, Effect, Owner, Question, Rules, WINDOW};
use crate::message::{HandoffReason, HandoffRequested, Inbound, ReplyReady, Speaker, TurnOverdue};
use crate::{MessageId, Outcome, Timestamp, TurnId};

/// An answer that is ready waits so many windows for a channel that refuses us; then nobody wants
/// it any more.
const HELD_WINDOWS: u32 = 7;

impl Conversation {
    /// A turn was closed: what waits makes the next one, or is for the person who has the
    /// conversation.
    pub fn go_on(&mut self, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        self.take_up(now, rules)
    }

    /// Hands a turn over with a word to the customer, if it is still the desk's to hand over: it
    /// opens a ticket, or joins the one that is open.
    pub fn hand_over(
        &mut self,
        asked: &HandoffRequested,
        words: &Words,
        now: Timestamp,
    ) -> Vec<Effect> {
        let (id, epoch) = (asked.turn, asked.epoch);
        let current = self.epoch == epoch
            && self.open_turn_mut(id).is_some_and(|turn| matches!(turn.phase, Phase::Answering));
        if !current {
            return Vec::new();
        }
        let word = if self.ticket().is_some() { &words.joined } else { &words.opened };
        let text = match &asked.partial {
            Some(partial) => format!("{partial}\n\n{word}"),
            None => word.clone(),
        };
        let case = Case {
            reason: asked.reason,
            summary: &asked.summary,
            language: Some(asked.language),
            turn: Some(id),
        };
        let mut effects = self.hand_to_the_desk(&case, now);
        let word = ReplyReady::answer(id, epoch, text, Outcome::HandedOff);
        effects.push(Effect::now(ReplyReady { sources: asked.sources.clone(), ..word }));
        effects
    }

    /// The turn has had its time. Whoever was answering has lost it, and the customer gets `text`;
    /// a reply that is already being sent, or only waits for the channel, is let finish. A turn that
    /// has been overdue again and again for as long as the window lasts ends as failed.
    pub fn overdue(
        &mut self,
        id: TurnId,
        text: String,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        self.overdue_because(HandoffReason::Overdue, id, text, now, rules)
    }

    fn overdue_because(
        &mut self,
        reason: HandoffReason,
        id: TurnId,
        text: String,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let epoch = self.epoch + 1;
        let Some(turn) = self.open_turn_mut(id) else { return Vec::new() };
        if now < turn.overdue_at {
            return vec![Effect::after(turn.time_left(now), TurnOverdue { turn: id })];
        }
        // Such as one that another conversation of the customer's brought along.
        if matches!(self.owner, Owner::Person { .. }) {
            return self.leave_to_the_person();
        }
        let Some(turn) = self.open_turn_mut(id) else { return Vec::new() };
        let is_held = matches!(&turn.phase, Phase::Sending(sending) if !sending.may_have_spoken());
        let longest = if is_held { WINDOW * HELD_WINDOWS } else { WINDOW };
        if turn.overdue_at >= turn.opened_at + longest {
            return self.close(Outcome::Failed, None);
        }
        // Each time later, so that a long outage does not heap up apologies.
        turn.overdue_at = now + rules.overdue.max(now.since(turn.opened_at));
        let again = Effect::after(turn.time_left(now), TurnOverdue { turn: id });
        if matches!(turn.phase, Phase::Sending(_)) {
            return vec![again];
        }
        turn.phase = Phase::Answering;
        let summary = Question { messages: &turn.messages }.meaning();
        self.epoch = epoch;
        let case = Case { reason, summary: &summary, language: None, turn: Some(id) };
        let mut effects = self.hand_to_the_desk(&case, now);
        effects.push(Effect::now(ReplyReady::answer(id, epoch, text, Outcome::HandedOff)));
        effects.push(again);
        effects
    }

    /// A message of this turn could not be handled: the customer gets `text`, unless a reply is
    /// already being sent. Of a dead reply [`Self::reply_died`] knows more.
    pub fn message_died(
        &mut self,
        id: TurnId,
        text: String,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let Some(turn) = self.open_turn_mut(id) else { return Vec::new() };
        if matches!(turn.phase, Phase::Sending(_)) {
            return Vec::new();
        }
        turn.overdue_at = turn.overdue_at.min(now);
        self.overdue_because(HandoffReason::Failed, id, text, now, rules)
    }

    /// A reply could not be handled. If nothing of it can have reached the customer, they get
    /// `text` in its place; when that is what died, or a part was said, the turn ends as failed.
    /// A reply that nobody had begun to send may be stale: the turn goes on, and when its time is
    /// over the customer gets another.
    pub fn reply_died(
        &mut self,
        id: TurnId,
        reply: MessageId,
        text: String,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let Some(turn) = self.open_turn_mut(id) else { return Vec::new() };
        let Phase::Sending(sending) = &turn.phase else { return Vec::new() };
        if sending.reply != reply {
            return Vec::new();
        }
        if sending.may_have_spoken() || sending.closes_as == Outcome::HandedOff {
            return self.close(Outcome::Failed, None);
        }
        turn.phase = Phase::Answering;
        self.message_died(id, text, now, rules)
    }

    /// What answers no turn could not be said. If it was the bot's to say, and none of it can
    /// have reached the customer, they get `text` in its place: they may have been promised it.
    pub fn letter_died(&mut self, id: MessageId, text: String, now: Timestamp) -> Vec<Effect> {
        if self.seen.contains(id) {
            return Vec::new();
        }
        let letter = self.letters.iter().find(|letter| letter.reply == id);
        let may_be_replaced = letter.is_none_or(|letter| {
            letter.by == Speaker::Bot
                && letter.closes_as != Outcome::HandedOff
                && letter.is_text
                && !letter.may_have_spoken()
        });
        let mut effects = self.refused(id, None, Outcome::Failed, None, now);
        if may_be_replaced && matches!(self.owner, Owner::Bot) {
            let reason = HandoffReason::Failed;
            let case = Case { reason, summary: "", language: None, turn: None };
            effects.extend(self.hand_to_the_desk(&case, now));
            let word = ReplyReady::outside(self.epoch, text, Outcome::HandedOff);
            effects.push(Effect::now(word));
        }
        effects
    }

    /// A customer's message could not be handled at all: it is heard now, and answered by `text`.
    /// One that was heard before is only received again.
    pub fn receive_dead(
        &mut self,
        id: MessageId,
        inbound: &Inbound,
        text: String,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        if self.seen.contains(id) {
            return self.received_again(id, now, rules);
        }
        let gather_nothing = Rules { pause: Duration::ZERO, ..rules.clone() };
        let mut effects = self.receive(id, inbound, now, &gather_nothing);
        if let Some(turn) = self.turn.as_ref().filter(|turn| turn.has(id)).map(|turn| turn.id) {
            effects.retain(|effect| !matches!(effect.body, crate::Body::TurnGathered(_)));
            effects.extend(self.message_died(turn, text, now, rules));
        }
        effects
    }
}
