//! A small pure world around one conversation: a queue, stored effects, a channel, a ledger and a
//! clock, with workers that do what the real ones do to the conversation. It keeps a log of what
//! was claimed, sent and recorded; what must hold of the log is for the tests to say.
// long: the world and the steps that change it; apart, each would be read with the other open.

mod desk;
mod faults;
mod log;
mod other;
mod workers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use domain::content::{Media, Reading};
use domain::conversation::Decision;
use domain::message::{
    Delivery as Status, DeliveryUpdated, HumanSpoke, Inbound, MessageReceived, ReplyPart,
    ReplyReady, TicketChanged, TicketNoted, TurnClosed,
};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, Effect, Envelope,
    MessageId, Outcome, Rules, Timestamp, TurnId,
};

pub(crate) use desk::DeskStep;
pub(crate) use faults::{Failure, Fate, Fault};
pub(crate) use log::{Grant, Post};
use other::Other;
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
    Send(ReplyPart, String, String),
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
    heard_at: Option<Timestamp>,
    person_spoke_at: Option<Timestamp>,
    /// Whether somebody is about to hand the conversation back.
    hands_back: bool,
    /// The same customer under another name.
    other: Other,
    /// Whether the business has a template that invites a customer to write.
    pub(crate) has_template: bool,
    /// The provider ids of the messages that their customer has deleted.
    pub(crate) deleted: BTreeSet<String>,
    asked: BTreeMap<(ConversationId, TurnId), String>,
    read_late: BTreeSet<(ConversationId, TurnId)>,
    pub(crate) failures: HashMap<ReplyPart, usize>,
    pub(crate) lost_documents: usize,
    queue: Vec<Delivery>,
    busy: Vec<Busy>,
    /// A worker of which no process runs; only what a step names reaches it.
    pub(crate) stopped: Option<Worker>,
    effects: BTreeMap<(Worker, MessageId), Vec<Effectuated>>,
    webhooks: Vec<Envelope>,
    echoes_heard: BTreeSet<MessageId>,
    superseded: BTreeSet<(ConversationId, TurnId)>,
    serial: u32,
    pub(crate) grants: Vec<Grant>,
    pub(crate) posts: Vec<Post>,
    pub(crate) died: BTreeSet<MessageId>,
    pub(crate) recorded: BTreeMap<MessageId, Inbound>,
    pub(crate) outcomes: BTreeMap<MessageId, Vec<Outcome>>,
    pub(crate) closed: Vec<(TurnClosed, Timestamp)>,
    /// What the desk was told, each once.
    pub(crate) notes: BTreeMap<MessageId, TicketNoted>,
    /// What was asked to be said for persons, by the reply's id.
    pub(crate) released: BTreeMap<MessageId, ReplyReady>,
}

type Effectuated = (Envelope, Timestamp);

fn business() -> BusinessId {
    BusinessId::new("shop")
}

fn customer() -> Customer {
    Customer::with_phone("34600000001")
}

fn other_customer() -> Customer {
    Customer { user_id: Some("ES.1".to_owned()), ..Customer::default() }
}

fn empty_conversation(customer: &Customer) -> Conversation {
    let id = ConversationId::of(&business(), Channel::Whatsapp, customer);
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
            conversation: empty_conversation(&customer()),
            heard_at: None,
            person_spoke_at: None,
            hands_back: false,
            other: Other::new(),
            has_template: true,
            deleted: BTreeSet::new(),
            asked: BTreeMap::new(),
            read_late: BTreeSet::new(),
            failures: HashMap::new(),
            lost_documents: 0,
            queue: Vec::new(),
            busy: Vec::new(),
            stopped: None,
            effects: BTreeMap::new(),
            webhooks: Vec::new(),
            echoes_heard: BTreeSet::new(),
            superseded: BTreeSet::new(),
            serial: 0,
            grants: Vec::new(),
            posts: Vec::new(),
            died: BTreeSet::new(),
            recorded: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            closed: Vec::new(),
            notes: BTreeMap::new(),
            released: BTreeMap::new(),
        }
    }

    // What comes from outside.

    pub(crate) fn customer_writes(&mut self, content: Content, sent_at: Timestamp) -> MessageId {
        self.somebody_writes(self.conversation.id(), customer(), content, sent_at)
    }

    /// The customer writes under their other name.
    pub(crate) fn other_writes(&mut self, content: Content, sent_at: Timestamp) -> MessageId {
        self.somebody_writes(self.other.conversation.id(), other_customer(), content, sent_at)
    }

    /// The customer edits what they once wrote, or deletes it. Nobody edits what is deleted.
    pub(crate) fn customer_corrects(&mut self, pick: u8, words: Option<String>) {
        let can_be = |envelope: &&Envelope| match &envelope.body {
            Body::MessageReceived(received) => {
                matches!(received.0.content, Content::Text { .. } | Content::Media(_))
                    && !self.deleted.contains(&received.0.provider_id)
            }
            _ => false,
        };
        let originals: Vec<Envelope> = self.webhooks.iter().filter(can_be).cloned().collect();
        let Some(original) = picked(&originals, pick) else { return };
        let Body::MessageReceived(MessageReceived(inbound)) = &original.body else { return };
        let provider_id = inbound.provider_id.clone();
        let content = match words {
            Some(words) => Content::Edit { original: provider_id, body: Some(words) },
            None => {
                self.deleted.insert(provider_id.clone());
                Content::Revoke { original: provider_id }
            }
        };
        let (conversation, customer) = (original.conversation, inbound.customer.clone());
        self.somebody_writes(conversation, customer, content, self.now);
    }

    /// Somebody has read a file of the customer's, or tried to.
    pub(crate) fn file_is_read(&mut self, pick: u8, reading: Reading) {
        let is_file = |envelope: &&Envelope| {
            matches!(&envelope.body, Body::MessageReceived(received)
                if matches!(received.0.content, Content::Media(_)))
        };
        let files: Vec<Envelope> = self.webhooks.iter().filter(is_file).cloned().collect();
        let Some(file) = picked(&files, pick) else { return };
        let Body::MessageReceived(MessageReceived(mut inbound)) = file.body.clone() else { return };
        if let Content::Media(media) = inbound.content {
            inbound.content = Content::Media(Media { reading: Some(reading), ..media });
        }
        let read = file.cause_of("media", 0, self.now, MessageReceived(inbound).into());
        self.publish(&read, self.now);
    }

    fn somebody_writes(
        &mut self,
        conversation: ConversationId,
        customer: Customer,
        content: Content,
        sent_at: Timestamp,
    ) -> MessageId {
        let provider_id = self.provider_id("in");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "message", &provider_id);
        let inbound = Inbound {
            provider_id,
            sent_at,
            arrived_at: None,
            customer,
            address: "1".to_owned(),
            content,
            context: None,
        };
        let body = MessageReceived(inbound);
        let webhook = Envelope::from_outside(id, business(), conversation, self.now, body);
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

    fn status_comes(
        &mut self,
        conversation: ConversationId,
        (part, provider_id): (ReplyPart, &str),
        (status, error_code): (Status, Option<i64>),
    ) {
        let event = self.provider_id("status");
        let id = MessageId::of_provider(&business(), Channel::Whatsapp, "status", &event);
        let updated = DeliveryUpdated {
            provider_id: provider_id.to_owned(),
            status,
            at: self.now,
            reply: Some(part),
            error_code,
            error: None,
            billable: None,
            category: None,
            pricing: None,
        };
        let update = Envelope::from_outside(id, business(), conversation, self.now, updated);
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
        self.note_for_the_desk(envelope);
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
        self.join();
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
            self.note_owner(&before);
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
            self.superseded.insert((before.id(), old.id));
        }
    }

    fn outgoing(&self, delivery: &Delivery, effects: Vec<Effect>) -> Vec<Effectuated> {
        let worker = delivery.worker.name();
        let envelope = |(index, effect): (usize, Effect)| {
            let not_before = self.now + effect.delay;
            let mut caused = delivery.envelope.cause_of(worker, index, self.now, effect.body);
            caused.id = effect.id.unwrap_or(caused.id);
            (caused, not_before)
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
