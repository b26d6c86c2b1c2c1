//! Hearing the customer: messages become turns, turns become questions.

use std::time::Duration;

use super::turn::{Heard, Phase, Turn};
use super::{Conversation, Effect, Owner, Rules, WINDOW};
use crate::message::{
    HandoffReason, HandoffRequested, Inbound, QuestionAsked, ReplyReady, TurnDue, TurnGathered,
    TurnNoticed, TurnOverdue,
};
use crate::{Content, Language, MessageId, Outcome, Timestamp, TurnId};

/// In bytes, more than a person writes while a turn gathers or an answer is made; another machine
/// may, for as long as the channel is away.
const WEIGHT_AT_MOST: usize = 64 * 1024;

/// What triage decides about a turn.
#[derive(Clone, PartialEq, Eq)]
pub enum Decision {
    Reply { text: String, language: Option<Language> },
    AskKnowledge { question: String, language: Language },
    HandOff { reason: HandoffReason, summary: String, language: Language },
}

impl Decision {
    fn language(&self) -> Option<Language> {
        match self {
            Self::Reply { language, .. } => *language,
            Self::AskKnowledge { language, .. } | Self::HandOff { language, .. } => Some(*language),
        }
    }
}

impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Reply { .. } => "Reply",
            Self::AskKnowledge { .. } => "AskKnowledge",
            Self::HandOff { .. } => "HandOff",
        })
    }
}

/// A turn that waits for a decision.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub messages: &'a [Heard],
}

impl Question<'_> {
    /// The customer's words, a line for each message that has any.
    pub fn words(&self) -> String {
        let words: Vec<&str> =
            self.messages.iter().filter_map(|heard| heard.content.words()).collect();
        words.join("\n")
    }

    /// Whether the customer sent something whose meaning is not in its words.
    pub fn has_unreadable(&self) -> bool {
        self.messages.iter().any(|heard| !heard.content.is_readable())
    }
}

impl Conversation {
    /// A customer wrote. The same message again changes nothing, but mends what a lost timer or a
    /// lost outcome has left behind. `id` is the customer's message, the same however often and in
    /// whatever envelope it comes: an envelope's correlation.
    pub fn receive(
        &mut self,
        id: MessageId,
        inbound: &Inbound,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        if self.seen.contains(id) {
            return self.received_again(id, now, rules);
        }
        self.seen.add(id, now);
        self.hear(inbound, now, rules);
        let heard = Heard::new(id, inbound);
        if !inbound.content.wants_an_answer() {
            return self.settle(&[heard], Outcome::Noted);
        }
        if matches!(self.owner, Owner::Person { .. }) {
            return self.settle(&[heard], Outcome::WithPerson);
        }
        match &mut self.turn {
            None => {
                self.waiting.push(heard);
                self.open_turn(now, rules)
            }
            Some(turn) if turn.weight() + heard.weight() > WEIGHT_AT_MOST => self.wait(heard),
            Some(turn) => match turn.phase {
                Phase::Gathering { .. } => {
                    turn.add(heard, now, rules);
                    Vec::new()
                }
                // The customer was still writing: what is being decided is already out of date.
                Phase::Deciding if turn.still_gathers(now, rules) => {
                    self.supersede(heard, now, rules)
                }
                Phase::Deciding | Phase::Answering | Phase::Sending(_) => self.wait(heard),
            },
        }
    }

    /// Keeps a message for the next turn. Of a flood the oldest give way.
    fn wait(&mut self, heard: Heard) -> Vec<Effect> {
        self.waiting.push(heard);
        let mut weight = 0;
        let kept = self.waiting.iter().rev().take_while(|heard| {
            weight += heard.weight();
            weight <= WEIGHT_AT_MOST
        });
        let excess = self.waiting.len() - kept.count();
        let oldest: Vec<Heard> = self.waiting.drain(..excess).collect();
        self.settle(&oldest, Outcome::Noted)
    }

    fn hear(&mut self, inbound: &Inbound, now: Timestamp, rules: &Rules) {
        self.customer.learn(&inbound.customer);
        self.address.clone_from(&inbound.address);
        // A notice about an account is not the customer's writing.
        if !matches!(inbound.content, Content::System { .. }) {
            // A provider's clock that runs ahead must not hold the window open.
            self.heard_at = self.heard_at.max(Some(inbound.sent_at.min(now)));
        }
        self.release_when_quiet(now, rules);
    }

    /// Opens a turn with everything that waits.
    fn open_turn(&mut self, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        let waiting = std::mem::take(&mut self.waiting);
        let Some(last) = waiting.last() else { return Vec::new() };
        let provider_id = last.provider_id.clone();
        let mut turn = self.next_turn(now, rules);
        let opened = TurnNoticed { turn: turn.id, address: self.address.clone(), provider_id };
        let mut effects = vec![Effect::now(opened)];
        for heard in waiting {
            turn.add(heard, now, rules);
        }
        effects.extend(self.begin(turn, now, rules));
        effects
    }

    /// Replaces the open turn, about which nothing has been said yet, by one that has `heard` too.
    fn supersede(&mut self, heard: Heard, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        let Some(old) = self.turn.take() else { return Vec::new() };
        let mut turn = Turn {
            opened_at: old.opened_at,
            overdue_at: old.overdue_at,
            messages: old.messages,
            ..self.next_turn(now, rules)
        };
        turn.add(heard, now, rules);
        self.begin(turn, now, rules)
    }

    /// Turns are numbered upwards from the time they open, so that what is still on its way about
    /// a turn of a state that was lost fits no turn of the new one.
    fn next_turn(&mut self, now: Timestamp, rules: &Rules) -> Turn {
        self.last_turn = u64::try_from(now.as_millis()).unwrap_or(0).max(self.last_turn + 1);
        Turn::open(TurnId(self.last_turn), now, rules)
    }

    fn begin(&mut self, mut turn: Turn, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        let id = turn.id;
        let gathered = if rules.pause.is_zero() {
            turn.phase = Phase::Deciding;
            Effect::now(TurnGathered { turn: id })
        } else {
            Effect::after(rules.pause, TurnDue { turn: id })
        };
        let overdue = Effect::after(turn.time_left(now), TurnOverdue { turn: id });
        self.turn = Some(turn);
        vec![gathered, overdue]
    }

    fn received_again(&mut self, id: MessageId, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        if let Some(outcome) = self.seen.outcome(id) {
            let again = crate::message::TurnClosed {
                turn: None,
                outcome,
                messages: vec![id],
                sent: Vec::new(),
                error_code: None,
            };
            return vec![Effect::now(again)];
        }
        match &self.turn {
            None => self.open_turn(now, rules),
            Some(turn) if now >= turn.overdue_at => {
                vec![Effect::now(TurnOverdue { turn: turn.id })]
            }
            Some(Turn { id: turn, phase: Phase::Gathering { due_at }, .. }) if now >= *due_at => {
                vec![Effect::now(TurnDue { turn: *turn })]
            }
            Some(_) => Vec::new(),
        }
    }

    /// The time that the turn gathers may be over.
    pub fn due(&mut self, id: TurnId, now: Timestamp) -> Vec<Effect> {
        let Some(turn) = self.open_turn_mut(id) else { return Vec::new() };
        let Phase::Gathering { due_at } = turn.phase else { return Vec::new() };
        if now < due_at {
            return vec![Effect::after(due_at.since(now), TurnDue { turn: id })];
        }
        turn.phase = Phase::Deciding;
        let read_since = turn.messages.len() > 1;
        let last = turn.messages.last().map(|heard| heard.provider_id.clone());
        let mut effects = vec![Effect::now(TurnGathered { turn: id })];
        if let Some(provider_id) = last.filter(|_| read_since) {
            effects.push(Effect::now(TurnNoticed {
                turn: id,
                address: self.address.clone(),
                provider_id,
            }));
        }
        effects
    }

    /// What the turn asks, while it waits for a decision.
    pub fn question(&self, id: TurnId) -> Option<Question<'_>> {
        let turn = self.turn.as_ref().filter(|turn| turn.id == id)?;
        matches!(turn.phase, Phase::Deciding).then_some(Question { messages: &turn.messages })
    }

    /// Triage has decided. A decision about a turn that has moved on is dropped.
    pub fn decide(&mut self, id: TurnId, decision: Decision) -> Vec<Effect> {
        let epoch = self.epoch;
        let Some(turn) = self.open_turn_mut(id) else { return Vec::new() };
        if !matches!(turn.phase, Phase::Deciding) {
            return Vec::new();
        }
        turn.phase = Phase::Answering;
        self.language = decision.language().or(self.language);
        vec![match decision {
            Decision::Reply { text, .. } => {
                Effect::now(ReplyReady { turn: id, epoch, text, closes_as: Outcome::Answered })
            }
            Decision::AskKnowledge { question, language } => {
                Effect::now(QuestionAsked { turn: id, epoch, question, language })
            }
            Decision::HandOff { reason, summary, language } => {
                Effect::now(HandoffRequested { turn: id, epoch, reason, summary, language })
            }
        }]
    }

    /// A turn was closed: what waits makes the next one.
    pub fn go_on(&mut self, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        if self.turn.is_some() { Vec::new() } else { self.open_turn(now, rules) }
    }

    /// Hands a turn over with a word to the customer, if it is still the desk's to hand over.
    pub fn hand_over(&mut self, id: TurnId, epoch: u32, text: String) -> Vec<Effect> {
        let current = self.epoch == epoch
            && self.open_turn_mut(id).is_some_and(|turn| matches!(turn.phase, Phase::Answering));
        if !current {
            return Vec::new();
        }
        vec![Effect::now(ReplyReady { turn: id, epoch, text, closes_as: Outcome::HandedOff })]
    }

    /// The turn has had its time. Whoever was answering has lost it, and the customer gets `text`;
    /// a reply that is already being sent is let finish. A turn that has been overdue again and
    /// again for as long as the window lasts ends as failed.
    pub fn overdue(
        &mut self,
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
        if turn.overdue_at >= turn.opened_at + WINDOW {
            return self.close(Outcome::Failed, None);
        }
        // Each time later, so that a long outage does not heap up apologies.
        turn.overdue_at = now + rules.overdue.max(now.since(turn.opened_at));
        let again = Effect::after(turn.time_left(now), TurnOverdue { turn: id });
        if matches!(turn.phase, Phase::Sending(_)) {
            return vec![again];
        }
        turn.phase = Phase::Answering;
        self.epoch = epoch;
        vec![
            Effect::now(ReplyReady { turn: id, epoch, text, closes_as: Outcome::HandedOff }),
            again,
        ]
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
        self.overdue(id, text, now, rules)
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

    pub(super) fn open_turn_mut(&mut self, id: TurnId) -> Option<&mut Turn> {
        self.turn.as_mut().filter(|turn| turn.id == id)
    }
}
