//! A small pure world around one conversation: a queue, stored effects, a channel, a ledger and a
//! clock, with workers that do what the real ones do to the conversation. It keeps a log of what
//! was claimed, sent and recorded; what must hold of the log is for the tests to say.

mod faults;
mod log;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::conversation::Decision;
use domain::message::{
    Delivery as Status, DeliveryUpdated, HumanSpoke, Inbound, MessageReceived, ReplyPart,
    TicketChanged, TurnClosed,
};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, Effect, Envelope,
    MessageId, Outcome, Rules, Timestamp, TurnId,
};

pub(crate) use faults::{Fate, Fault};
pub(crate) use log::{Grant, Post};
pub(crate) use workers::Worker;
use workers::takers;

#[derive(Debug, Clone)]
struct Delivery {
    worker: Worker,
    envelope: Envelope,
    not_before: Timestamp,
}

/// A worker in the middle of a message: it waits for a model or for the channel.
#[derive(Debug, Clone)]
struct Busy {
    delivery: Delivery,
    work: Work,
    began_at: Timestamp,
    done_at: Timestamp,
}

#[derive(Debug, Clone)]
enum Work {
    Decide(TurnId, Decision),
    Send(ReplyPart, String),
}

pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) now: Timestamp,
    /// How long a decision takes when workers work on by themselves.
    pub(crate) thinking: Duration,
    /// How often everything is delivered.
    pub(crate) copies: usize,
    pub(crate) keeps_effects: bool,
    pub(crate) conversation: Conversation,
    pub(crate) lost_documents: usize,
    queue: Vec<Delivery>,
    busy: Vec<Busy>,
    /// A worker of which no process runs; only what a step names reaches it.
    pub(crate) stopped: Option<Worker>,
    effects: BTreeMap<(Worker, MessageId), Vec<Effectuated>>,
    webhooks: Vec<Envelope>,
    echoes_heard: BTreeSet<MessageId>,
    person_spoke_at: Option<Timestamp>,
    superseded: BTreeSet<TurnId>,
    heard_at: Option<Timestamp>,
    serial: u32,
    pub(crate) grants: Vec<Grant>,
    pub(crate) posts: Vec<Post>,
    pub(crate) died: BTreeSet<MessageId>,
    pub(crate) recorded: BTreeMap<MessageId, Inbound>,
    pub(crate) outcomes: BTreeMap<MessageId, Vec<Outcome>>,
    pub(crate) closed: Vec<(TurnClosed, Timestamp)>,
}

type Effectuated = (Envelope, Timestamp);

fn business() -> BusinessId {
    BusinessId::new("shop")
}

fn customer() -> Customer {
    Customer::with_phone("34600000001")
}

fn empty_conversation() -> Conversation {
    let id = ConversationId::of(&business(), Channel::Whatsapp, &customer());
    Conversation::new(id, business())
}

fn answer_to(words: &str) -> String {
    format!("answer to {words}")
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            rules: Rules::default(),
            now: Timestamp::from_secs(1_795_000_000),
            thinking: Duration::ZERO,
            copies: 1,
            keeps_effects: true,
            conversation: empty_conversation(),
            lost_documents: 0,
            queue: Vec::new(),
            busy: Vec::new(),
            stopped: None,
            effects: BTreeMap::new(),
            webhooks: Vec::new(),
            echoes_heard: BTreeSet::new(),
            person_spoke_at: None,
            superseded: BTreeSet::new(),
            heard_at: None,
            serial: 0,
            grants: Vec::new(),
            posts: Vec::new(),
            died: BTreeSet::new(),
            recorded: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            closed: Vec::new(),
        }
    }

    // What comes from outside.

    pub(crate) fn customer_writes(&mut self, content: Content, sent_at: Timestamp) -> MessageId {
        let provider_id = self.provider_id("in");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "message", &provider_id);
        let inbound = Inbound {
            provider_id,
            sent_at,
            customer: customer(),
            address: "1".to_owned(),
            content,
            context: None,
        };
        let webhook = self.outside(id, MessageReceived(inbound));
        self.webhooks.push(webhook.clone());
        self.publish(&webhook, self.now);
        id
    }

    pub(crate) fn webhook_again(&mut self, pick: u8) {
        if let Some(webhook) = picked(&self.webhooks, pick).cloned() {
            self.publish(&webhook, self.now);
        }
    }

    pub(crate) fn person_speaks(&mut self, ago: Duration) {
        let provider_id = self.provider_id("echo");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "echo", &provider_id);
        let spoke = HumanSpoke {
            provider_id,
            at: self.now - ago,
            customer: customer(),
            address: "1".to_owned(),
            content: Content::text("a person's words"),
        };
        let echo = self.outside(id, spoke);
        self.publish(&echo, self.now);
    }

    pub(crate) fn person_takes_the_ticket(&mut self) {
        let ticket = self.provider_id("ticket");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "ticket", &ticket);
        let changed = self.outside(id, TicketChanged { ticket, event: None });
        self.publish(&changed, self.now);
    }

    pub(crate) fn release(&mut self) {
        self.conversation.release();
        self.person_spoke_at = None;
    }

    fn status_comes(&mut self, part: ReplyPart, status: Status) {
        let provider_id = format!("out.{}.{}", part.reply, part.part);
        let event = self.provider_id("status");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "status", &event);
        let updated = DeliveryUpdated {
            provider_id,
            status,
            at: self.now,
            reply: Some(part),
            error_code: None,
            error: None,
            billable: None,
        };
        let update = self.outside(id, updated);
        self.publish(&update, self.now + Duration::from_millis(500));
    }

    fn provider_id(&mut self, what: &str) -> String {
        self.serial += 1;
        format!("{what}.{}", self.serial)
    }

    fn outside(&self, id: MessageId, body: impl Into<Body>) -> Envelope {
        Envelope::from_outside(id, business(), self.conversation.id(), self.now, body)
    }

    // How work goes on.

    fn publish(&mut self, envelope: &Envelope, not_before: Timestamp) {
        for &worker in takers(envelope.kind()) {
            for _ in 0..self.copies {
                self.queue.push(Delivery { worker, envelope: envelope.clone(), not_before });
            }
        }
    }

    fn pick_due(&self, pick: u8) -> Option<usize> {
        let due = |&index: &usize| self.queue[index].not_before <= self.now;
        let due: Vec<usize> = (0..self.queue.len()).filter(due).collect();
        picked(&due, pick).copied()
    }

    /// A worker takes one of the messages that are due, in any order.
    pub(crate) fn deliver(&mut self, pick: u8, fault: Fault) {
        if let Some(index) = self.pick_due(pick) {
            let delivery = self.queue.remove(index);
            self.begin(delivery, fault);
        }
    }

    /// The broker delivers a message once more although nobody lost it.
    pub(crate) fn double(&mut self, pick: u8) {
        if let Some(index) = self.pick_due(pick) {
            self.queue.push(self.queue[index].clone());
        }
    }

    /// A busy worker goes on.
    pub(crate) fn finish(&mut self, pick: u8, fate: Fate, fault: Fault) {
        if let Some(index) = picked(&(0..self.busy.len()).collect::<Vec<_>>(), pick).copied() {
            let busy = self.busy.remove(index);
            self.end(busy, fate, fault);
        }
    }

    /// A busy worker dies and its message comes back.
    pub(crate) fn crash(&mut self, pick: u8) {
        if let Some(index) = picked(&(0..self.busy.len()).collect::<Vec<_>>(), pick).copied() {
            self.queue.push(self.busy.remove(index).delivery);
        }
    }

    /// Everything goes its way, in order and without faults, for this long.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.work_once(end) {}
        self.now = end;
    }

    /// Everything goes its way until nothing is left to do, with the sweep that finds what was
    /// forgotten.
    pub(crate) fn drain(&mut self) {
        self.stopped = None;
        for _ in 0..20_000 {
            if self.work_once(Timestamp::from_millis(i64::MAX)) {
                continue;
            }
            if self.recorded.keys().all(|id| self.outcomes.contains_key(id)) {
                return;
            }
            self.now = self.now + Duration::from_secs(300);
            self.sweep();
        }
        panic!("this history never comes to rest");
    }

    fn work_once(&mut self, end: Timestamp) -> bool {
        let busy = (0..self.busy.len()).min_by_key(|&index| self.busy[index].done_at);
        let runs = |&index: &usize| Some(self.queue[index].worker) != self.stopped;
        let next = (0..self.queue.len()).filter(runs);
        let next = next.min_by_key(|&index| self.queue[index].not_before);
        let busy_at = busy.map(|index| self.busy[index].done_at);
        let next_at = next.map(|index| self.queue[index].not_before);
        match (busy, next) {
            (Some(index), _)
                if busy_at <= Some(end) && next_at.is_none_or(|at| busy_at <= Some(at)) =>
            {
                let busy = self.busy.remove(index);
                self.now = self.now.max(busy.done_at);
                self.end(busy, Fate::Accepted, Fault::None);
                true
            }
            (_, Some(index)) if next_at <= Some(end) => {
                let delivery = self.queue.remove(index);
                self.now = self.now.max(delivery.not_before);
                self.begin(delivery, Fault::None);
                true
            }
            _ => false,
        }
    }

    /// The runtime's commit: what was decided about a message is decided once.
    fn commit(
        &mut self,
        delivery: Delivery,
        fault: Fault,
        change: impl FnOnce(&mut Conversation, Timestamp, &Rules) -> Vec<Effect>,
    ) {
        if fault == Fault::BeforeCommit {
            self.queue.push(delivery);
            return;
        }
        let key = (delivery.worker, delivery.envelope.id);
        let outgoing = self.effects.get(&key).cloned().unwrap_or_else(|| {
            let before = self.conversation.clone();
            let effects = change(&mut self.conversation, self.now, &self.rules);
            self.note_superseded(&before);
            self.outgoing(&delivery, effects)
        });
        if self.keeps_effects {
            self.effects.insert(key, outgoing.clone());
        }
        self.settle(delivery, outgoing, fault);
    }

    fn note_superseded(&mut self, before: &Conversation) {
        if let (Some(old), Some(new)) = (before.turn(), self.conversation.turn())
            && old.id != new.id
        {
            self.superseded.insert(old.id);
        }
    }

    fn outgoing(&self, delivery: &Delivery, effects: Vec<Effect>) -> Vec<Effectuated> {
        let worker = delivery.worker.name();
        let envelope = |(index, effect): (usize, Effect)| {
            let not_before = self.now + effect.delay;
            (delivery.envelope.cause_of(worker, index, self.now, effect.body), not_before)
        };
        effects.into_iter().enumerate().map(envelope).collect()
    }

    fn settle(&mut self, delivery: Delivery, outgoing: Vec<Effectuated>, fault: Fault) {
        let published = match fault {
            Fault::AfterCommit => 0,
            Fault::WhilePublishing => outgoing.len() / 2,
            Fault::None | Fault::BeforeCommit | Fault::BeforeAck => outgoing.len(),
        };
        for (envelope, not_before) in outgoing.into_iter().take(published) {
            self.publish(&envelope, not_before);
        }
        if fault != Fault::None {
            self.queue.push(delivery);
        }
    }
}

fn picked<T>(from: &[T], pick: u8) -> Option<&T> {
    if from.is_empty() { None } else { from.get(usize::from(pick) % from.len()) }
}
