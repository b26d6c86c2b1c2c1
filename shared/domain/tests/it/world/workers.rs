//! What the workers do to the conversation.

use std::time::Duration;

use domain::conversation::{Claim, Decision, Owner};
use domain::message::{
    Delivery as Status, HandoffReason, HandoffRequested, Inbound, MessageDied, MessageReceived,
    ReplyPart, ReplyReady,
};
use domain::{Body, Effect, Envelope, Kind, Language, MessageId, Outcome, TurnId};

use super::{Busy, Delivery, Fate, Fault, Grant, Post, Work, World, answer_to};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worker {
    Triage,
    Knowledge,
    Handoff,
    Outbound,
    Ledger,
}

impl Worker {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Knowledge => "knowledge",
            Self::Handoff => "handoff",
            Self::Outbound => "outbound",
            Self::Ledger => "ledger",
        }
    }
}

pub(super) fn takers(kind: Kind) -> &'static [Worker] {
    match kind {
        Kind::MessageReceived | Kind::TurnClosed => &[Worker::Triage, Worker::Ledger],
        Kind::TurnDue | Kind::TurnGathered => &[Worker::Triage],
        Kind::QuestionAsked => &[Worker::Knowledge],
        Kind::HandoffRequested
        | Kind::TurnOverdue
        | Kind::HumanSpoke
        | Kind::TicketChanged
        | Kind::MessageDied => &[Worker::Handoff],
        Kind::ReplyReady | Kind::DeliveryUpdated => &[Worker::Outbound],
        Kind::TurnNoticed | Kind::MediaReceived | Kind::ActionRequested | Kind::AnswerLearned => {
            &[]
        }
    }
}

impl World {
    pub(super) fn begin(&mut self, delivery: Delivery, fault: Fault) {
        if let Some(outgoing) = self.effects.get(&(delivery.worker, delivery.envelope.id)).cloned()
        {
            self.settle(delivery, outgoing, fault);
            return;
        }
        // Whoever gave the message its cause, the customer's message is known by where it began.
        let origin = delivery.envelope.correlation;
        match (delivery.worker, delivery.envelope.body.clone()) {
            (Worker::Ledger, body) => self.write_down(&delivery.envelope, body),
            (Worker::Triage, Body::MessageReceived(MessageReceived(inbound))) => {
                self.note_customer(&inbound);
                self.commit(delivery, fault, |conversation, now, rules| {
                    conversation.receive(origin, &inbound, now, rules)
                });
            }
            (Worker::Triage, Body::TurnDue(due)) => {
                self.commit(delivery, fault, |conversation, now, _| {
                    conversation.due(due.turn, now)
                });
            }
            (Worker::Triage, Body::TurnGathered(gathered)) => {
                let Some(question) = self.conversation.question(gathered.turn) else { return };
                let work = Work::Decide(gathered.turn, decision(&question.words()));
                let done_at = self.now + self.thinking;
                self.busy.push(Busy { delivery, work, began_at: self.now, done_at });
            }
            (Worker::Triage, Body::TurnClosed(_)) => {
                self.commit(delivery, fault, |conversation, now, rules| {
                    conversation.go_on(now, rules)
                });
            }
            (Worker::Knowledge, Body::QuestionAsked(asked)) => {
                let (turn, epoch) = (asked.turn, asked.epoch);
                let said = if asked.question.contains("unknown") {
                    Effect::now(HandoffRequested {
                        turn,
                        epoch,
                        reason: HandoffReason::NoAnswer,
                        language: asked.language,
                        summary: asked.question,
                    })
                } else {
                    let text = answer_to(&asked.question);
                    let closes_as = Outcome::Answered;
                    Effect::now(ReplyReady { turn, epoch, text, closes_as })
                };
                let outgoing = self.outgoing(&delivery, vec![said]);
                self.settle(delivery, outgoing, fault);
            }
            (Worker::Handoff, body) => self.hand_off(delivery, body, origin, fault),
            (Worker::Outbound, Body::ReplyReady(reply)) => self.speak(delivery, &reply, fault),
            (Worker::Outbound, Body::DeliveryUpdated(updated)) => {
                self.commit(delivery, fault, |conversation, now, _| {
                    conversation.part_delivered(&updated, now)
                });
            }
            (worker, body) => panic!("{worker:?} was sent {body:?}"),
        }
    }

    fn note_customer(&mut self, inbound: &Inbound) {
        self.heard_at = self.heard_at.max(Some(inbound.sent_at.min(self.now)));
        let release_after = self.rules.release_after;
        if self.person_spoke_at.is_some_and(|at| self.now >= at + release_after) {
            self.person_spoke_at = None;
        }
    }

    fn hand_off(&mut self, delivery: Delivery, body: Body, origin: MessageId, fault: Fault) {
        let text = "a person will answer".to_owned();
        match &body {
            _ if fault == Fault::BeforeCommit => {}
            Body::HumanSpoke(_) if !self.echoes_heard.insert(origin) => {}
            Body::HumanSpoke(_) | Body::TicketChanged(_) => self.person_spoke_at = Some(self.now),
            Body::MessageDied(MessageDied { customer_message: Some(inbound), .. }) => {
                self.note_customer(inbound);
            }
            _ => {}
        }
        self.commit(delivery, fault, |conversation, now, rules| match body {
            Body::HandoffRequested(asked) => conversation.hand_over(asked.turn, asked.epoch, text),
            Body::TurnOverdue(overdue) => conversation.overdue(overdue.turn, text, now, rules),
            Body::HumanSpoke(spoke) => conversation.person_spoke(origin, &spoke, now),
            Body::TicketChanged(_) => conversation.take_over(now),
            Body::MessageDied(MessageDied { customer_message: Some(inbound), .. }) => {
                conversation.receive_dead(origin, &inbound, text, now, rules)
            }
            Body::MessageDied(MessageDied { turn: Some(turn), message, kind, .. }) => {
                match Kind::parse(&kind) {
                    Some(Kind::ReplyReady) => {
                        conversation.reply_died(turn, message, text, now, rules)
                    }
                    Some(Kind::TurnClosed) => Vec::new(),
                    _ => conversation.message_died(turn, text, now, rules),
                }
            }
            _ => Vec::new(),
        });
    }

    /// Outbound claims the next part of a reply, in a write of its own, and calls the channel.
    fn speak(&mut self, delivery: Delivery, reply: &ReplyReady, fault: Fault) {
        let id = delivery.envelope.id;
        let parts = if reply.text.contains("long") { 2 } else { 1 };
        for part in 0..parts {
            let text = format!("{} ({part})", reply.text);
            let before = self.conversation.clone();
            let claim =
                self.conversation.claim(id, reply, (part, parts), &text, self.now, &self.rules);
            if !matches!(claim, Claim::Granted | Claim::Unknown { .. }) {
                assert_eq!(before, self.conversation, "what is not granted changes nothing");
            }
            match claim {
                Claim::Granted => {
                    let part = ReplyPart { reply: id, part };
                    self.note_grant(reply, part);
                    let work = Work::Send(part, text);
                    self.busy.push(Busy { delivery, work, began_at: self.now, done_at: self.now });
                    return;
                }
                Claim::Done => {}
                Claim::Unknown { until } => {
                    self.queue.push(Delivery { not_before: until, ..delivery });
                    return;
                }
                Claim::WindowClosed => return self.refuse(delivery, reply.turn, 131_047, fault),
                Claim::GivenUp => {
                    self.died.insert(id);
                    return self.commit(delivery, fault, |conversation, _, _| {
                        conversation.refused(id, reply.turn, Outcome::Failed, None)
                    });
                }
                Claim::Stale(_) => return,
            }
        }
    }

    fn refuse(&mut self, delivery: Delivery, turn: TurnId, code: i64, fault: Fault) {
        let id = delivery.envelope.id;
        self.commit(delivery, fault, |conversation, _, _| {
            conversation.refused(id, turn, Outcome::Undeliverable, Some(code))
        });
    }

    fn note_grant(&mut self, reply: &ReplyReady, part: ReplyPart) {
        let turn = self.conversation.turn().expect("a claim is granted in an open turn");
        let words: Vec<&str> = turn.messages.iter().filter_map(|one| one.content.words()).collect();
        let is_same = |one: &&Grant| one.part == part && one.turn == reply.turn;
        let earlier = self.grants.iter().filter(is_same).filter(|one| !one.is_surely_unsent);
        let earlier: Vec<&Grant> = earlier.collect();
        let grant = Grant {
            turn: reply.turn,
            part,
            at: self.now,
            is_surely_unsent: false,
            may_repeat: !earlier.is_empty(),
            is_hasty: earlier.iter().any(|one| self.now < one.at + self.rules.unknown_outcome),
            person_has_the_word: self.person_spoke_at.is_some()
                || matches!(self.conversation.owner(), Owner::Person { .. }),
            is_of_this_epoch: reply.epoch == self.conversation.epoch() && reply.turn == turn.id,
            is_superseded: self.superseded.contains(&reply.turn),
            answers_its_turn: reply.closes_as != Outcome::Answered
                || reply.text == answer_to(&words.join("\n")),
            since_customer: self.heard_at.map_or(Duration::MAX, |at| self.now.since(at)),
        };
        self.grants.push(grant);
    }

    pub(super) fn end(
        &mut self,
        Busy { delivery, work, began_at, .. }: Busy,
        fate: Fate,
        fault: Fault,
    ) {
        let (part, text) = match work {
            Work::Decide(turn, decision) => {
                return self.commit(delivery, fault, |conversation, _, _| {
                    conversation.decide(turn, decision)
                });
            }
            Work::Send(part, text) => (part, text),
        };
        let Body::ReplyReady(reply) = delivery.envelope.body.clone() else { return };
        let has_timed_out = self.now >= began_at + self.rules.unknown_outcome;
        match fate.after_a_time_out(has_timed_out) {
            Fate::Accepted => {
                self.post(reply.turn, part, text.clone());
                self.status_comes(part, Status::Sent);
                let provider_id = format!("out.{}.{}", part.reply, part.part);
                // The answer to a part before the last is stored at once and the reply goes on.
                let mut after = self.conversation.clone();
                if !after.part_sent(part, &provider_id, &text, self.now).is_empty() {
                    return self.commit(delivery, fault, |conversation, now, _| {
                        conversation.part_sent(part, &provider_id, &text, now)
                    });
                }
                if fault != Fault::BeforeCommit {
                    self.conversation = after;
                }
                match fault {
                    Fault::None => self.speak(delivery, &reply, fault),
                    _ => self.queue.push(delivery),
                }
            }
            Fate::Undelivered => {
                self.status_comes(part, Status::Failed);
                let not_before = self.now + Duration::from_secs(1);
                self.queue.push(Delivery { not_before, ..delivery });
            }
            Fate::Lost { delivered, status } => {
                if delivered {
                    self.post(reply.turn, part, text);
                }
                if delivered && status {
                    self.status_comes(part, Status::Sent);
                }
                let not_before = self.now + Duration::from_secs(1);
                self.queue.push(Delivery { not_before, ..delivery });
            }
            Fate::Throttled => {
                self.conversation.unclaim(part);
                for grant in self.grants.iter_mut().rev().filter(|one| one.part == part).take(1) {
                    grant.is_surely_unsent = true;
                }
                let not_before = self.now + Duration::from_secs(4);
                self.queue.push(Delivery { not_before, ..delivery });
            }
            Fate::Refused => self.refuse(delivery, reply.turn, 131_026, fault),
        }
    }

    fn post(&mut self, turn: TurnId, part: ReplyPart, text: String) {
        let turn_was_open = self.conversation.turn().is_some_and(|open| open.id == turn);
        self.posts.push(Post { turn, part, text, turn_was_open });
    }

    fn write_down(&mut self, envelope: &Envelope, body: Body) {
        match body {
            Body::MessageReceived(received) => {
                self.recorded.entry(envelope.correlation).or_insert(received.0);
            }
            Body::TurnClosed(closed) => {
                for message in &closed.messages {
                    self.outcomes.entry(*message).or_default().push(closed.outcome);
                }
                self.closed.push((closed, envelope.time));
            }
            _ => {}
        }
    }
}

fn decision(words: &str) -> Decision {
    let (question, language) = (words.to_owned(), Language::Es);
    if words.contains("person") {
        Decision::HandOff { reason: HandoffReason::Wished, summary: question, language }
    } else if words.contains("question") {
        Decision::AskKnowledge { question, language }
    } else {
        Decision::Reply { text: answer_to(words), language: None }
    }
}
