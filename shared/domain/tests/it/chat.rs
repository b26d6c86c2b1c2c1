//! One conversation and whoever talks in it, a step at a time, with everything that came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::conversation::{Back, Claim, Decision, Words};
use domain::message::{
    Act, Delivery, DeliveryUpdated, HandoffReason, HandoffRequested, HumanSpoke, Inbound,
    ReplyPart, ReplyReady, Speaker, Template, TicketActed, TicketNoted, TurnClosed,
};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, Effect, Language,
    MessageId, Outcome, Rules, TicketId, Timestamp, TurnId,
};

pub(crate) struct Chat {
    pub(crate) conversation: Conversation,
    pub(crate) rules: Rules,
    pub(crate) now: Timestamp,
    pub(crate) outcomes: BTreeMap<MessageId, Vec<Outcome>>,
    pub(crate) closed: Vec<TurnClosed>,
    /// What was asked to be said, oldest first, until somebody takes it.
    pub(crate) replies: Vec<Reply>,
    /// What the desk was told, oldest first.
    pub(crate) notes: Vec<TicketNoted>,
    name: &'static str,
    serial: usize,
}

pub(crate) type Reply = (MessageId, ReplyReady);

/// The id under which a customer's message is known everywhere.
pub(crate) fn id_of(provider_id: &str) -> MessageId {
    MessageId::of_provider(&BusinessId::new("shop"), Channel::Whatsapp, "message", provider_id)
}

pub(crate) fn template() -> Template {
    let (name, language) = ("reopen".to_owned(), "es".to_owned());
    Template { name, language, parameters: Vec::new() }
}

pub(crate) fn words() -> Words {
    Words { opened: "a person will answer".to_owned(), joined: "it joins the rest".to_owned() }
}

pub(crate) fn wish_for_a_person(turn: TurnId, epoch: u32) -> HandoffRequested {
    HandoffRequested {
        turn,
        epoch,
        reason: HandoffReason::Wished,
        language: Language::Es,
        summary: "the customer's question".to_owned(),
        partial: None,
        sources: Vec::new(),
    }
}

/// A status that says that a message of ours failed.
pub(crate) fn failed(provider_id: &str, part: Option<ReplyPart>) -> DeliveryUpdated {
    DeliveryUpdated {
        provider_id: provider_id.to_owned(),
        status: Delivery::Failed,
        at: Timestamp::from_secs(1_795_000_000),
        reply: part,
        error_code: Some(131_000),
        error: None,
        billable: None,
        category: None,
        pricing: None,
    }
}

impl Chat {
    pub(crate) fn new() -> Self {
        Self::of("a", &Customer::with_phone("34600000001"))
    }

    /// Chats of different names have different messages.
    pub(crate) fn of(name: &'static str, customer: &Customer) -> Self {
        let business = BusinessId::new("shop");
        let id = ConversationId::of(&business, Channel::Whatsapp, customer);
        Self {
            conversation: Conversation::new(id, business),
            rules: Rules::default(),
            now: Timestamp::from_secs(1_795_000_000),
            outcomes: BTreeMap::new(),
            closed: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
            name,
            serial: 0,
        }
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    // The customer.

    /// A message with a name of its own; gives its provider id.
    pub(crate) fn hears(&mut self, content: Content) -> String {
        self.serial += 1;
        let provider_id = format!("wamid.{}.{}", self.name, self.serial);
        self.hears_as(&provider_id, content);
        provider_id
    }

    pub(crate) fn hears_as(&mut self, provider_id: &str, content: Content) -> Vec<Effect> {
        let inbound = Inbound {
            provider_id: provider_id.to_owned(),
            sent_at: self.now,
            arrived_at: None,
            customer: Customer::with_phone("34600000001"),
            address: "1".to_owned(),
            content,
            context: None,
        };
        self.receives(&inbound)
    }

    pub(crate) fn receives(&mut self, inbound: &Inbound) -> Vec<Effect> {
        let id = id_of(&inbound.provider_id);
        let effects = self.conversation.receive(id, inbound, self.now, &self.rules);
        self.note(effects)
    }

    pub(crate) fn writes(&mut self, words: &str) -> String {
        self.hears(Content::text(words))
    }

    pub(crate) fn edits(&mut self, original: &str, words: &str) {
        let (original, body) = (original.to_owned(), Some(words.to_owned()));
        self.hears(Content::Edit { original, body });
    }

    pub(crate) fn deletes(&mut self, original: &str) {
        self.hears(Content::Revoke { original: original.to_owned() });
    }

    // The workers.

    /// Writes down what effects say; what triage does when a turn closes is done at once.
    pub(crate) fn note(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        for effect in &effects {
            match &effect.body {
                Body::TurnClosed(closed) => {
                    for message in &closed.messages {
                        self.outcomes.entry(*message).or_default().push(closed.outcome);
                    }
                    self.closed.push(closed.clone());
                }
                Body::ReplyReady(reply) => {
                    self.serial += 1;
                    let number = u128::try_from(self.serial).unwrap();
                    let id = MessageId::from_uuid(uuid::Uuid::from_u128(number));
                    self.replies.push((effect.id.unwrap_or(id), reply.clone()));
                }
                Body::TicketNoted(noted) => self.notes.push(noted.clone()),
                _ => {}
            }
        }
        if effects.iter().any(|effect| matches!(effect.body, Body::TurnClosed(_))) {
            let next = self.conversation.go_on(self.now, &self.rules);
            self.note(next);
        }
        effects
    }

    pub(crate) fn turn(&self) -> TurnId {
        self.conversation.turn().expect("a turn is open").id
    }

    /// The open turn gathers until it may be decided.
    pub(crate) fn gathers(&mut self) {
        self.wait(2);
        let effects = self.conversation.due(self.turn(), self.now);
        self.note(effects);
    }

    /// What is to be decided, if something is.
    pub(crate) fn question(&self) -> Option<String> {
        let turn = self.conversation.turn()?.id;
        Some(self.conversation.question(turn)?.meaning())
    }

    /// The open turn is decided; gives the reply.
    pub(crate) fn decides(&mut self, text: &str) -> Reply {
        let decision = Decision::Reply { text: text.to_owned(), language: None };
        let effects = self.conversation.decide(self.turn(), decision);
        self.note(effects);
        self.replies.pop().expect("a reply")
    }

    /// The customer writes and an answer is made.
    pub(crate) fn asks(&mut self, words: &str) -> Reply {
        self.writes(words);
        self.gathers();
        self.decides(&format!("answer to {words}"))
    }

    pub(crate) fn claim(&mut self, (id, reply): &Reply, part: u16, parts: u16) -> Claim {
        let text = format!("{} {part}", reply.text);
        self.conversation.claim(*id, reply, (part, parts), &text, self.now, &self.rules)
    }

    /// The channel takes a part that was claimed; gives its id there.
    pub(crate) fn accepts(&mut self, (id, reply): &Reply, part: u16) -> String {
        let provider_id = format!("out.{}.{id}.{part}", self.name);
        let text = format!("{} {part}", reply.text);
        // What is attached is the last part.
        let attachment = reply.attachments.first().filter(|_| part > 0 || reply.text.is_empty());
        let part = ReplyPart { reply: *id, part };
        let said = (text.as_str(), attachment);
        let effects = self.conversation.part_sent(part, &provider_id, said, self.now);
        self.note(effects);
        provider_id
    }

    /// A reply of one part is sent; gives its id at the channel.
    pub(crate) fn says(&mut self, reply: &Reply) -> String {
        assert_eq!(self.claim(reply, 0, 1), Claim::Granted);
        self.accepts(reply, 0)
    }

    /// The customer asks and has the answer; gives its id at the channel.
    pub(crate) fn is_answered(&mut self, words: &str) -> String {
        let reply = self.asks(words);
        self.says(&reply)
    }

    pub(crate) fn postpones(&mut self, (id, reply): &Reply, template: Option<Template>) {
        let effects = self.conversation.postpone(*id, reply, template, self.now);
        self.note(effects);
    }

    pub(crate) fn comes_back(&mut self, provider_id: &str, part: Option<ReplyPart>, back: Back) {
        let effects = self.conversation.came_back(&failed(provider_id, part), back, self.now);
        self.note(effects);
    }

    pub(crate) fn takes_the_reply(&mut self) -> Reply {
        assert_eq!(self.replies.len(), 1, "one reply is asked for");
        self.replies.remove(0)
    }

    /// What a person asks to be said.
    pub(crate) fn person_answers(&mut self, text: &str) -> Reply {
        let reply = ReplyReady::outside(self.conversation.epoch(), text, Outcome::Answered);
        self.note(vec![Effect::now(ReplyReady { by: Speaker::Person, ..reply })]);
        self.replies.pop().expect("a reply")
    }

    /// The customer asks something that goes to a person; gives the ticket.
    pub(crate) fn is_handed_over(&mut self, words: &str) -> TicketId {
        self.writes(words);
        self.gathers();
        self.hands_over();
        let word = self.takes_the_reply();
        self.says(&word);
        self.conversation.ticket().expect("a ticket is open").id
    }

    /// The open turn goes to a person.
    pub(crate) fn hands_over(&mut self) {
        let turn = self.turn();
        let decision = Decision::HandOff {
            reason: HandoffReason::Wished,
            summary: String::new(),
            language: Language::Es,
        };
        self.conversation.decide(turn, decision);
        let asked = wish_for_a_person(turn, self.conversation.epoch());
        let effects = self.conversation.hand_over(&asked, &self::words(), self.now);
        self.note(effects);
    }

    pub(crate) fn acts(&mut self, ticket: Option<TicketId>, act: Act) -> Vec<Effect> {
        let acted = TicketActed { ticket, by: None, act };
        let effects = self.conversation.act(&acted, None, self.now, &self.rules);
        self.note(effects)
    }

    /// A person releases a text; what is to be said is among the replies.
    pub(crate) fn releases(&mut self, ticket: TicketId, text: &str, closes: bool) {
        let (text, attachments) = (text.to_owned(), Vec::new());
        self.acts(Some(ticket), Act::Release { text, attachments, closes, after: None });
    }

    pub(crate) fn is_due(&mut self, ticket: TicketId) -> Vec<Effect> {
        let effects = self.conversation.ticket_due(ticket, "not forgotten", self.now, &self.rules);
        self.note(effects)
    }

    pub(crate) fn noted(&self) -> Vec<&str> {
        self.notes.iter().map(|noted| noted.note.kind()).collect()
    }

    pub(crate) fn person_takes_over(&mut self) {
        let effects = self.conversation.take_over(self.now);
        self.note(effects);
    }

    /// The echo of a message that was sent to the customer.
    pub(crate) fn echo(&mut self, provider_id: &str) {
        self.echo_of(provider_id, "an echo");
    }

    pub(crate) fn echo_of(&mut self, provider_id: &str, words: &str) {
        let spoke = HumanSpoke {
            provider_id: provider_id.to_owned(),
            at: self.now,
            customer: Customer::with_phone("34600000001"),
            address: "1".to_owned(),
            content: Content::text(words),
        };
        let effects = self.conversation.person_spoke(id_of(provider_id), &spoke, self.now);
        self.note(effects);
    }

    // What is to be seen.

    pub(crate) fn outcomes_of(&self, provider_id: &str) -> Vec<Outcome> {
        self.outcomes.get(&id_of(provider_id)).cloned().unwrap_or_default()
    }

    pub(crate) fn last_outcome(&self) -> Outcome {
        self.closed.last().expect("something was closed").outcome
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.conversation.lines().map(|line| line.text.as_str()).collect()
    }

    pub(crate) fn document(&self) -> String {
        serde_json::to_string(&self.conversation).unwrap()
    }
}
