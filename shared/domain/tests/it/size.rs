//! A conversation stays one small document, however long it lasts.

use std::time::Duration;

use domain::conversation::{Claim, Decision};
use domain::message::{Inbound, ReplyPart, ReplyReady};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, MessageId, Rules,
    Timestamp,
};

const AT_MOST: usize = 100_000;

struct Chat {
    conversation: Conversation,
    rules: Rules,
    now: Timestamp,
    settled: usize,
}

impl Chat {
    fn new() -> Self {
        let (business, customer) = (BusinessId::new("shop"), Customer::with_phone("34600000001"));
        let id = ConversationId::of(&business, Channel::Whatsapp, &customer);
        Self {
            conversation: Conversation::new(id, business),
            rules: Rules::default(),
            now: Timestamp::from_secs(1_795_000_000),
            settled: 0,
        }
    }

    fn hear(&mut self, number: usize, words: &str) -> MessageId {
        let business = BusinessId::new("shop");
        let provider_id = format!("wamid.{number}");
        let id = MessageId::of_provider(&business, Channel::Whatsapp, "message", &provider_id);
        let inbound = Inbound {
            provider_id,
            sent_at: self.now,
            customer: Customer::with_phone("34600000001"),
            address: "1".to_owned(),
            content: Content::text(words),
            context: None,
        };
        for effect in self.conversation.receive(id, &inbound, self.now, &self.rules) {
            if let Body::TurnClosed(closed) = effect.body {
                self.settled += closed.messages.len();
            }
        }
        id
    }

    fn answer(&mut self, words: &str) {
        self.now = self.now + Duration::from_secs(2);
        let turn = self.conversation.turn().unwrap().id;
        self.conversation.due(turn, self.now);
        let mut effects = self
            .conversation
            .decide(turn, Decision::Reply { text: words.to_owned(), language: None });
        let Body::ReplyReady(reply) = effects.remove(0).body else { panic!("no reply") };
        self.send(&reply);
    }

    fn send(&mut self, reply: &ReplyReady) {
        let id = MessageId::from_uuid(uuid::Uuid::from_u128(reply.turn.0.into()));
        let Self { conversation, rules, now, .. } = self;
        let claim = conversation.claim(id, reply, (0, 1), &reply.text, *now, rules);
        assert_eq!(claim, Claim::Granted);
        let part = ReplyPart { reply: id, part: 0 };
        for effect in conversation.part_sent(part, &format!("wamid.{id}"), "", *now) {
            if let Body::TurnClosed(closed) = effect.body {
                self.settled += closed.messages.len();
            }
        }
    }

    fn bytes(&self) -> usize {
        serde_json::to_string(&self.conversation).unwrap().len()
    }
}

#[test]
fn the_document_stays_small() {
    let mut chat = Chat::new();
    for number in 0..5_000 {
        chat.hear(number, &"ñ".repeat(4096));
        chat.answer(&"answer ".repeat(600));
        if number % 500 == 499 {
            assert!(chat.bytes() < AT_MOST, "{} bytes after {number}", chat.bytes());
        }
    }
    assert_eq!(chat.settled, 5_000);
}

#[test]
fn a_flood_that_waits_is_bounded_and_each_message_has_its_outcome() {
    let mut chat = Chat::new();
    chat.hear(0, "first");
    chat.now = chat.now + Duration::from_secs(2);
    let turn = chat.conversation.turn().unwrap().id;
    chat.conversation.due(turn, chat.now);
    chat.conversation.decide(turn, Decision::Reply { text: "answer".to_owned(), language: None });
    for number in 1..5_000 {
        chat.now = chat.now + Duration::from_millis(200);
        chat.hear(number, "again and again");
    }
    assert!(chat.bytes() < AT_MOST, "{} bytes", chat.bytes());
    assert_eq!(chat.settled + 1 + chat.conversation.waiting(), 5_000);
}

#[test]
fn a_message_seen_within_a_week_is_known_again() {
    let mut chat = Chat::new();
    let id = chat.hear(0, "hello");
    chat.answer("answer");
    for number in 1..450 {
        chat.now = chat.now + Duration::from_mins(20);
        chat.hear(number, "hello again");
        chat.answer("answer");
    }
    let settled = chat.settled;
    assert_eq!(chat.hear(0, "hello"), id);
    assert_eq!(chat.settled, settled + 1, "its outcome is told again");
    assert!(chat.conversation.turn().is_none(), "and nothing else happens");
}
