//! What the workers do to the conversation.
// long: one match over all workers and their messages.

use std::time::Duration;

use domain::conversation::{Back, Claim, Decision, Owner, Phase};
use domain::message::{
    Delivery as Status, DeliveryUpdated, HandoffReason, HandoffRequested, Inbound, MessageDied,
    MessageReceived, ReplyPart, ReplyReady, Speaker,
};
use domain::{
    Body, Content, Conversation, Effect, Envelope, Kind, Language, MessageId, Outcome, TurnId,
};

use crate::chat::template;

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
        Kind::TurnNoticed
        | Kind::MediaReceived
        | Kind::ActionRequested
        | Kind::AnswerLearned
        | Kind::AnswerReviewed
        | Kind::LearningChanged
        | Kind::HistoryReceived
        | Kind::AlertRaised => &[],
    }
}

impl World {
    pub(super) fn begin(&mut self, delivery: Delivery, fault: Fault) {
        let conversation = delivery.envelope.conversation;
        self.within(conversation, |world| world.handle(delivery, fault));
    }

    fn handle(&mut self, delivery: Delivery, fault: Fault) {
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
                self.note_reading(origin, &inbound);
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
                        partial: None,
                        sources: Vec::new(),
                    })
                } else {
                    let text = answer_to(&asked.question);
                    let closes_as = Outcome::Answered;
                    Effect::now(ReplyReady::answer(turn, epoch, text, closes_as))
                };
                let outgoing = self.outgoing(&delivery, vec![said]);
                self.settle(delivery, outgoing, fault);
            }
            (Worker::Handoff, body) => self.hand_off(delivery, body, origin, fault),
            (Worker::Outbound, Body::ReplyReady(reply)) => self.speak(delivery, &reply, fault),
            (Worker::Outbound, Body::DeliveryUpdated(updated))
                if updated.status == Status::Failed =>
            {
                self.comes_back(delivery, &updated, fault);
            }
            (Worker::Outbound, Body::DeliveryUpdated(updated)) => {
                self.commit(delivery, fault, |conversation, now, _| {
                    conversation.part_delivered(&updated, now)
                });
            }
            (worker, body) => panic!("{worker:?} was sent {body:?}"),
        }
    }

    fn comes_back(&mut self, delivery: Delivery, updated: &DeliveryUpdated, fault: Fault) {
        let back = match updated.error_code {
            Some(131_000) => Back::Again,
            Some(131_047) => Back::NeedsTemplate(self.has_template.then(template)),
            _ => Back::Lost,
        };
        if let Some(part) = updated.reply {
            *self.failures.entry(part).or_default() += 1;
            self.note_unsent(part);
        }
        self.commit(delivery, fault, |conversation, now, _| {
            conversation.came_back(updated, back, now)
        });
    }

    fn note_unsent(&mut self, part: ReplyPart) {
        if let Some(grant) = self.grants.iter_mut().rev().find(|one| one.part == part) {
            grant.is_surely_unsent = true;
        }
    }

    /// A file that is read after its turn was decided does not change what was asked.
    fn note_reading(&mut self, id: MessageId, inbound: &Inbound) {
        let is_read = matches!(&inbound.content, Content::Media(media) if media.reading.is_some());
        if let Some(turn) = self.conversation.turn()
            && is_read
            && matches!(turn.phase, Phase::Answering)
            && turn.messages.iter().any(|one| one.id == id)
        {
            self.read_late.insert((self.conversation.id(), turn.id));
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
                    let provider_id = self.note_grant(&before, reply, part);
                    let work = Work::Send(part, text, provider_id);
                    self.busy.push(Busy { delivery, work, began_at: self.now, done_at: self.now });
                    return;
                }
                Claim::Done => {}
                Claim::Unknown { until } => {
                    self.queue.push(Delivery { not_before: until, ..delivery });
                    return;
                }
                Claim::WindowClosed => return self.postpone(delivery, reply, fault),
                Claim::GivenUp => {
                    self.died.insert(id);
                    return self.commit(delivery, fault, |conversation, now, _| {
                        conversation.refused(id, reply.turn, Outcome::Failed, None, now)
                    });
                }
                Claim::Stale(_) => return,
            }
        }
    }

    fn refuse(&mut self, delivery: Delivery, turn: Option<TurnId>, code: i64, fault: Fault) {
        let id = delivery.envelope.id;
        self.commit(delivery, fault, |conversation, now, _| {
            conversation.refused(id, turn, Outcome::Undeliverable, Some(code), now)
        });
    }

    fn postpone(&mut self, delivery: Delivery, reply: &ReplyReady, fault: Fault) {
        let (id, template) = (delivery.envelope.id, self.has_template.then(template));
        self.commit(delivery, fault, |conversation, now, _| {
            conversation.postpone(id, reply, template, now)
        });
    }

    /// Whether the reply is to what the customer asks now, when its first part is claimed.
    fn answers_its_turn(&self, before: &Conversation, reply: &ReplyReady) -> bool {
        let turn = before
            .turn()
            .filter(|turn| Some(turn.id) == reply.turn && matches!(turn.phase, Phase::Answering));
        let Some(turn) = turn.filter(|_| reply.closes_as == Outcome::Answered) else { return true };
        let words: Vec<&str> = turn.messages.iter().filter_map(|one| one.content.words()).collect();
        let turn_id = (self.conversation.id(), turn.id);
        let asked = self.asked.get(&turn_id).cloned().unwrap_or_default();
        reply.text == answer_to(&asked)
            && (asked == words.join("\n") || self.read_late.contains(&turn_id))
    }

    /// Gives the id that the channel will give the part.
    fn note_grant(&mut self, before: &Conversation, reply: &ReplyReady, part: ReplyPart) -> String {
        let turn = self.conversation.turn().map(|turn| turn.id);
        assert!(reply.turn.is_none() || reply.turn == turn, "claimed in another turn");
        let by_bot = reply.by == Speaker::Bot;
        let is_same = |one: &&Grant| one.part == part && one.turn == reply.turn;
        let earlier = self.grants.iter().filter(is_same).filter(|one| !one.is_surely_unsent);
        let earlier: Vec<&Grant> = earlier.collect();
        let grant = Grant {
            conversation: self.conversation.id(),
            turn: reply.turn,
            part,
            at: self.now,
            is_surely_unsent: false,
            may_repeat: !earlier.is_empty(),
            // A status that says that it failed allows another attempt at once.
            is_hasty: earlier.iter().any(|one| self.now < one.at + self.rules.unknown_outcome)
                && !self.failures.contains_key(&part),
            person_has_the_word: by_bot
                && (self.person_spoke_at.is_some()
                    || matches!(self.conversation.owner(), Owner::Person { .. })),
            is_of_this_epoch: !by_bot
                || match reply.turn {
                    Some(_) => reply.epoch == self.conversation.epoch(),
                    None => reply.epoch >= self.conversation.owned_since(),
                },
            is_superseded: reply
                .turn
                .is_some_and(|turn| self.superseded.contains(&(self.conversation.id(), turn))),
            answers_its_turn: self.answers_its_turn(before, reply),
            since_customer: self.heard_at.map_or(Duration::MAX, |at| self.now.since(at)),
            is_invitation: reply.may_open_the_window(),
        };
        let attempt = self.grants.iter().filter(|one| one.part == part).count();
        self.grants.push(grant);
        format!("out.{}.{}.{attempt}", part.reply, part.part)
    }

    pub(super) fn end(&mut self, busy: Busy, fate: Fate, fault: Fault) {
        let conversation = busy.delivery.envelope.conversation;
        self.within(conversation, |world| world.go_on(busy, fate, fault));
    }

    fn go_on(&mut self, Busy { delivery, work, began_at, .. }: Busy, fate: Fate, fault: Fault) {
        let conversation = self.conversation.id();
        let (part, text, provider_id) = match work {
            Work::Decide(turn, decision) => {
                if let Some(question) = self.conversation.question(turn) {
                    self.asked.insert((conversation, turn), question.words());
                }
                return self.commit(delivery, fault, |conversation, _, _| {
                    conversation.decide(turn, decision)
                });
            }
            Work::Send(part, text, provider_id) => (part, text, provider_id),
        };
        let Body::ReplyReady(reply) = delivery.envelope.body.clone() else { return };
        let has_timed_out = self.now >= began_at + self.rules.unknown_outcome;
        let fate = fate.after_a_time_out(has_timed_out);
        match fate {
            Fate::Accepted | Fate::ComesBack(_) => {
                self.post(reply.turn, part, text.clone());
                let status = match fate {
                    Fate::ComesBack(failure) => (Status::Failed, Some(failure.code())),
                    _ => (Status::Sent, None),
                };
                self.status_comes(conversation, (part, &provider_id), status);
                // The answer to a part before the last is stored at once and the reply goes on.
                let mut after = self.conversation.clone();
                if !after.part_sent(part, &provider_id, (&text, None), self.now).is_empty() {
                    return self.commit(delivery, fault, |conversation, now, _| {
                        conversation.part_sent(part, &provider_id, (&text, None), now)
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
            Fate::Undelivered(failure) => {
                let status = (Status::Failed, Some(failure.code()));
                self.status_comes(conversation, (part, &provider_id), status);
                let not_before = self.now + Duration::from_secs(1);
                self.queue.push(Delivery { not_before, ..delivery });
            }
            Fate::Lost { delivered, status } => {
                if delivered {
                    self.post(reply.turn, part, text);
                }
                if delivered && status {
                    self.status_comes(conversation, (part, &provider_id), (Status::Sent, None));
                }
                let not_before = self.now + Duration::from_secs(1);
                self.queue.push(Delivery { not_before, ..delivery });
            }
            Fate::Throttled => {
                self.conversation.unclaim(part);
                self.note_unsent(part);
                let not_before = self.now + Duration::from_secs(4);
                self.queue.push(Delivery { not_before, ..delivery });
            }
            Fate::ShutsTheWindow => {
                self.note_unsent(part);
                self.conversation.unclaim(part);
                self.conversation.shut_window(self.now);
                self.postpone(delivery, &reply, fault);
            }
            Fate::Refused => self.refuse(delivery, reply.turn, 131_026, fault),
        }
    }

    fn post(&mut self, turn: Option<TurnId>, part: ReplyPart, text: String) {
        let open = self.conversation.turn().map(|turn| turn.id);
        let turn_was_open = turn.is_some() && open == turn;
        let conversation = self.conversation.id();
        self.posts.push(Post { conversation, turn, part, text, turn_was_open });
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
