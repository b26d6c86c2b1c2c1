//! `Debug` is what ends up in a log: it never shows who the customer is or what was said.

use std::time::Duration;

use domain::conversation::{Decision, Question};
use domain::message::{Delivery, HandoffReason, Inbound, ReplyPart};
use domain::{Body, Conversation, Effect, Language, MessageId, Rules, Timestamp};

use crate::messages::{NAME, PHONE, USER, WORDS, bodies, contents, envelope, full_bodies};

#[track_caller]
fn check(shown: &str) {
    for secret in [NAME, PHONE, USER, WORDS, "👍", "41.5"] {
        assert!(!shown.contains(secret), "shows {secret:?}: {shown}");
    }
}

#[test]
fn no_message_shows_what_a_customer_wrote_or_who_wrote_it() {
    for body in bodies().into_iter().chain(full_bodies()) {
        check(&format!("{body:?}"));
        check(&format!("{:#?}", envelope(body.clone())));
        check(&format!("{:?}", Effect::now(body)));
    }
    for body in full_bodies() {
        if let Body::ReplyReady(reply) = body {
            check(&format!("{:?} {:?}", reply.choices, reply.attachments));
        }
    }
    for content in contents() {
        check(&format!("{content:?}"));
    }
    let error: Result<Delivery, _> = serde_json::from_str("\"lost\"");
    assert!(error.is_err());
}

#[test]
fn no_conversation_shows_what_was_said_in_it() {
    let received = |body: Body| match body {
        Body::MessageReceived(received) => received.0,
        other => panic!("{other:?}"),
    };
    let inbound: Inbound = received(bodies().remove(0));
    let message = envelope(bodies().remove(0));
    let mut conversation = Conversation::new(message.conversation, message.business.clone());
    let (rules, mut now) = (Rules::default(), Timestamp::from_secs(1_795_000_000));

    for (number, content) in contents().into_iter().enumerate() {
        let id = message.id.derive("test", number);
        let provider_id = format!("wamid.{number}");
        let inbound = Inbound { provider_id, content, ..inbound.clone() };
        check(&format!("{:?}", conversation.receive(id, &inbound, now, &rules)));
        check(&format!("{conversation:?}"));
    }
    now = now + Duration::from_secs(60);
    let turn = conversation.turn().unwrap().id;
    check(&format!("{:?}", conversation.due(turn, now)));
    let question: Question<'_> = conversation.question(turn).unwrap();
    assert!(question.words().contains(WORDS));
    check(&format!("{question:?}"));
    for decision in [
        Decision::Reply { text: WORDS.to_owned(), language: None },
        Decision::AskKnowledge { question: WORDS.to_owned(), language: Language::Es },
        Decision::HandOff {
            reason: HandoffReason::Wished,
            summary: WORDS.to_owned(),
            language: Language::Es,
        },
    ] {
        check(&format!("{decision:?}"));
    }
    let effects =
        conversation.decide(turn, Decision::Reply { text: WORDS.to_owned(), language: None });
    let Body::ReplyReady(reply) = &effects[0].body else { panic!("no reply") };
    let reply_id: MessageId = message.id.derive("reply", 0);
    let claim = conversation.claim(reply_id, reply, (0, 1), WORDS, now, &rules);
    check(&format!("{claim:?} {conversation:?}"));
    let part = ReplyPart { reply: reply_id, part: 0 };
    check(&format!("{:?}", conversation.part_sent(part, "wamid.out", ("", None), now)));
    assert!(conversation.lines().any(|line| line.text.contains(WORDS)));
    check(&format!("{conversation:?} {:?}", conversation.lines().collect::<Vec<_>>()));
}
