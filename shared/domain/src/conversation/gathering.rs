//! Hearing the customer: messages become turns, turns become questions.

use super::turn::{Heard, Phase, Turn};
use super::{Conversation, Effect, Owner, Rules};
use crate::content::Reference;
use crate::id::TURNS_IN_A_MILLISECOND;
use crate::message::{
    HandoffReason, HandoffRequested, Inbound, QuestionAsked, ReplyReady, TurnDue, TurnGathered,
    TurnNoticed, TurnOverdue,
};
use crate::{Content, Language, MessageId, Outcome, Timestamp, TurnId};

/// In bytes, more than a person writes while a turn gathers or an answer is made; another machine
/// may, for as long as the channel is away.
pub(super) const WEIGHT_AT_MOST: usize = 64 * 1024;

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

    /// The words with everything else that is known of them: what they refer to, what an order
    /// lists, what a picture shows.
    pub fn meaning(&self) -> String {
        let all: Vec<String> = self.messages.iter().filter_map(Heard::meaning).collect();
        all.join("\n")
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
            let effects = self.read(id, &inbound.content, now, rules);
            return if effects.is_empty() { self.received_again(id, now, rules) } else { effects };
        }
        self.seen.add(id, now);
        let reference = Reference::read(inbound.context.as_ref());
        self.hear(inbound, &reference, now, rules);
        let quoted = reference.quotes.as_deref().and_then(|quoted| self.memory.said(quoted));
        let mut heard = Heard::new(id, inbound, reference.gloss(quoted), now, rules);
        if !inbound.content.wants_an_answer() || reference.in_group {
            // A correction's words are those of the message that it corrects, or nobody's.
            let mut effects = match &inbound.content {
                Content::Edit { .. } | Content::Revoke { .. } => self.forget(&heard),
                _ => self.settle(&[heard], Outcome::Noted),
            };
            effects.extend(self.correct(inbound, now, rules));
            effects.extend(self.take_up(now, rules));
            return effects;
        }
        let mut effects = self.follow_up(now);
        if !self.apply_early(&mut heard) {
            effects.extend(self.forget(&heard));
        } else if !effects.is_empty()
            && self.accepts_an_invitation(&heard.content, reference.quotes.as_deref())
        {
            effects.extend(self.settle(&[heard], Outcome::Answered));
        } else {
            effects.extend(self.take_in(heard, now, rules));
            return effects;
        }
        effects.extend(self.take_up(now, rules));
        effects
    }

    /// A message that wants an answer opens a turn, joins the one that gathers, or waits.
    fn take_in(&mut self, heard: Heard, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        if matches!(self.owner, Owner::Person { .. }) {
            self.waiting.push(heard);
            return self.take_up(now, rules);
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
                    self.supersede(Some(heard), now, rules)
                }
                Phase::Deciding | Phase::Answering | Phase::Sending(_) => self.wait(heard),
            },
        }
    }

    /// What waits although nothing is being answered, such as what another conversation left: it
    /// opens a turn, or is for the person who has the conversation.
    pub(super) fn take_up(&mut self, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        match self.owner {
            Owner::Person { .. } => self.leave_to_the_person(),
            Owner::Bot if self.turn.is_none() => self.open_turn(now, rules),
            Owner::Bot => Vec::new(),
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

    fn hear(&mut self, inbound: &Inbound, reference: &Reference, now: Timestamp, rules: &Rules) {
        self.customer.learn(&inbound.customer);
        self.address.clone_from(&inbound.address);
        // A notice about an account is not the customer's writing, and what is written to a group
        // opens no window between the customer and the business.
        if let Content::System { .. } = inbound.content {
            inbound.content.new_names().inspect(|names| self.rename(names));
        } else if !reference.in_group {
            // A provider's clock that runs ahead must not hold the window open.
            self.heard_at = self.heard_at.max(Some(inbound.sent_at.min(now)));
        }
        self.release_when_quiet(now, rules);
    }

    /// Opens a turn with everything that waits.
    pub(super) fn open_turn(&mut self, now: Timestamp, rules: &Rules) -> Vec<Effect> {
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

    /// Replaces the open turn, about which nothing has been said yet, by one that has `heard` too,
    /// or that has the same messages with other words.
    pub(super) fn supersede(
        &mut self,
        heard: Option<Heard>,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let Some(old) = self.turn.take() else { return Vec::new() };
        let mut turn = Turn {
            opened_at: old.opened_at,
            overdue_at: old.overdue_at,
            messages: old.messages,
            ..self.next_turn(now, rules)
        };
        if let Some(heard) = heard {
            turn.add(heard, now, rules);
        }
        self.begin(turn, now, rules)
    }

    /// Turns are numbered upwards from the time they open, so that what is still on its way about
    /// a turn of a state that was lost fits no turn of the new one.
    fn next_turn(&mut self, now: Timestamp, rules: &Rules) -> Turn {
        // Two conversations that turn out to be one must not have numbered theirs alike.
        let [.., high, low] = *self.id.as_uuid().as_bytes();
        let own = u64::from(u16::from_be_bytes([high, low])) % TURNS_IN_A_MILLISECOND;
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        self.last_turn = (millis * TURNS_IN_A_MILLISECOND + own).max(self.last_turn + 1);
        Turn::open(TurnId(self.last_turn), now, rules)
    }

    fn begin(&mut self, mut turn: Turn, now: Timestamp, rules: &Rules) -> Vec<Effect> {
        let id = turn.id;
        let is_awaited = turn.messages.iter().any(|heard| heard.awaited(now).is_some());
        let gathered = if rules.pause.is_zero() && !is_awaited {
            turn.phase = Phase::Deciding;
            Effect::now(TurnGathered { turn: id })
        } else {
            Effect::after(rules.pause, TurnDue { turn: id })
        };
        let overdue = Effect::after(turn.time_left(now), TurnOverdue { turn: id });
        self.turn = Some(turn);
        vec![gathered, overdue]
    }

    pub(super) fn received_again(
        &mut self,
        id: MessageId,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
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
            None => self.take_up(now, rules),
            Some(_) if matches!(self.owner, Owner::Person { .. }) => self.leave_to_the_person(),
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
        if let Some(until) = turn.messages.iter().filter_map(|heard| heard.awaited(now)).max() {
            return vec![Effect::after(until.since(now), TurnDue { turn: id })];
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
                Effect::now(ReplyReady::answer(id, epoch, text, Outcome::Answered))
            }
            Decision::AskKnowledge { question, language } => {
                Effect::now(QuestionAsked { turn: id, epoch, question, language })
            }
            Decision::HandOff { reason, summary, language } => Effect::now(HandoffRequested {
                turn: id,
                epoch,
                reason,
                summary,
                language,
                partial: None,
                sources: Vec::new(),
            }),
        }]
    }

    pub(super) fn open_turn_mut(&mut self, id: TurnId) -> Option<&mut Turn> {
        self.turn.as_mut().filter(|turn| turn.id == id)
    }
}
