//! What asks for no answer, and what is said although no turn asks for it.

use domain::conversation::{Claim, Owner, Stale};
use domain::message::{Inbound, ReplyPart, ReplyReady};
use domain::{Content, Customer, Effect, Outcome};
use serde_json::json;

use crate::chat::Chat;

fn notice() -> Content {
    Content::System {
        event: "user_changed_number".to_owned(),
        details: json!({ "wa_id": "34600000002" }),
    }
}

/// The bot's own word to the customer, such as a reminder.
fn word(chat: &mut Chat) -> (domain::MessageId, ReplyReady) {
    let reply = ReplyReady::outside(chat.conversation.epoch(), "a word", Outcome::Answered);
    chat.note(vec![Effect::now(reply)]);
    chat.takes_the_reply()
}

#[test]
fn a_reaction_its_removal_and_a_notice_open_no_turn() {
    let mut chat = Chat::new();
    let sent = chat.is_answered("hello");
    let reaction = |emoji| Content::Reaction { to: sent.clone(), emoji };
    for content in [reaction(Some("👍".to_owned())), reaction(None), notice()] {
        let provider_id = chat.hears(content);
        assert_eq!(chat.outcomes_of(&provider_id), [Outcome::Noted]);
        assert!(chat.conversation.turn().is_none());
    }
    assert_eq!(chat.lines(), ["hello", "answer to hello 0"]);
}

#[test]
fn what_is_written_to_a_group_opens_neither_a_turn_nor_the_window() {
    let mut chat = Chat::new();
    let inbound = Inbound {
        provider_id: "wamid.group".to_owned(),
        sent_at: chat.now,
        arrived_at: None,
        customer: Customer::with_phone("34600000001"),
        address: "1".to_owned(),
        content: Content::text("hello all"),
        context: Some(json!({ "group_id": "group" })),
    };
    chat.receives(&inbound);
    assert_eq!(chat.outcomes_of("wamid.group"), [Outcome::Noted]);
    assert!(chat.conversation.turn().is_none());
    assert!(!chat.conversation.window_is_open(chat.now));
}

#[test]
fn a_word_outside_of_a_turn_is_said_once() {
    let mut chat = Chat::new();
    chat.is_answered("hello");
    let word = word(&mut chat);
    assert_eq!(chat.claim(&word, 0, 1), Claim::Granted);
    assert!(chat.conversation.is_speaking());
    assert!(matches!(chat.claim(&word, 0, 1), Claim::Unknown { .. }), "it may be on its way");
    let sent = chat.accepts(&word, 0);
    assert!(!chat.conversation.is_speaking());
    let closed = chat.closed.last().unwrap().clone();
    assert_eq!((closed.turn, closed.outcome), (None, Outcome::Answered));
    assert_eq!((closed.messages.len(), closed.sent.len()), (0, 1));
    assert_eq!(chat.claim(&word, 0, 1), Claim::Done);
    let before = chat.closed.len();
    chat.accepts(&word, 0);
    assert_eq!(chat.closed.len(), before, "the same sign again changes nothing");
    assert_eq!(chat.lines(), ["hello", "answer to hello 0", "a word 0"]);
    chat.echo(&sent);
    assert_eq!(*chat.conversation.owner(), Owner::Bot);
}

#[test]
fn a_word_of_two_parts_ends_with_its_last_and_its_echo_is_no_person() {
    let mut chat = Chat::new();
    chat.is_answered("hello");
    let word = word(&mut chat);
    assert_eq!(chat.claim(&word, 0, 2), Claim::Granted);
    let first = chat.accepts(&word, 0);
    assert!(chat.conversation.is_speaking());
    chat.echo(&first);
    assert_eq!(*chat.conversation.owner(), Owner::Bot, "the rest is still on its way");
    assert_eq!(chat.claim(&word, 0, 2), Claim::Done);
    assert_eq!(chat.claim(&word, 1, 2), Claim::Granted);
    chat.accepts(&word, 1);
    assert_eq!(chat.closed.last().unwrap().sent.len(), 2);
    assert!(!chat.conversation.is_speaking());
}

#[test]
fn an_echo_that_comes_before_its_message_is_known_to_be_sent_is_no_person() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    chat.claim(&answer, 0, 1);
    chat.echo_of("out.unknown", "answer to hello 0");
    assert_eq!(*chat.conversation.owner(), Owner::Bot);
    chat.accepts(&answer, 0);
    chat.echo_of("a person", "answer to hello 0");
    assert!(matches!(chat.conversation.owner(), Owner::Person { .. }), "somebody repeats it");
}

#[test]
fn a_word_of_which_nothing_is_heard_is_given_up() {
    let mut chat = Chat::new();
    chat.is_answered("hello");
    let word = word(&mut chat);
    for _ in 0..3 {
        assert_eq!(chat.claim(&word, 0, 1), Claim::Granted);
        assert!(matches!(chat.claim(&word, 0, 1), Claim::Unknown { .. }));
        chat.wait(100);
    }
    assert_eq!(chat.claim(&word, 0, 1), Claim::GivenUp);
    let effects = chat.conversation.refused(word.0, None, Outcome::Failed, Some(7), chat.now);
    chat.note(effects);
    assert_eq!(
        (chat.last_outcome(), chat.closed.last().unwrap().error_code),
        (Outcome::Failed, Some(7))
    );
    assert_eq!(chat.claim(&word, 0, 1), Claim::Done);
    assert_eq!(chat.conversation.refused(word.0, None, Outcome::Failed, None, chat.now), []);
    assert!(!chat.conversation.is_speaking());
}

#[test]
fn a_sign_is_the_outcome_of_a_word_whose_sending_had_none() {
    let mut chat = Chat::new();
    chat.is_answered("hello");
    let word = word(&mut chat);
    chat.claim(&word, 0, 1);
    let mut sign = crate::chat::failed("out.sign", Some(ReplyPart { reply: word.0, part: 0 }));
    sign.status = domain::message::Delivery::Delivered;
    let effects = chat.conversation.part_delivered(&sign, chat.now);
    chat.note(effects);
    assert_eq!(chat.lines().last(), Some(&"a word 0"));
    assert_eq!(chat.claim(&word, 0, 1), Claim::Done);
}

#[test]
fn when_a_person_has_the_conversation_only_people_say_a_word() {
    let mut chat = Chat::new();
    chat.is_answered("hello");
    let unsaid = word(&mut chat);
    let begun = word(&mut chat);
    chat.claim(&begun, 0, 2);
    let first = chat.accepts(&begun, 0);
    chat.person_takes_over();
    assert_eq!(chat.claim(&unsaid, 0, 1), Claim::Stale(Stale::Epoch));
    assert_eq!(chat.claim(&begun, 1, 2), Claim::Stale(Stale::Epoch));
    assert!(!chat.conversation.is_speaking());
    assert!(chat.lines().contains(&"a word 0"), "what was said of it is remembered");
    chat.echo(&first);
    let answer = chat.person_answers("from a person");
    assert_eq!(chat.claim(&answer, 0, 2), Claim::Granted);
    chat.accepts(&answer, 0);
    chat.person_takes_over();
    chat.conversation.release();
    assert_eq!(chat.claim(&answer, 1, 2), Claim::Granted, "a person's word is never stale");
    chat.accepts(&answer, 1);
    assert_eq!(chat.claim(&unsaid, 0, 1), Claim::Stale(Stale::Epoch), "nor is the bot's new");
    let by: Vec<_> = chat.conversation.lines().map(|line| line.author).collect();
    use domain::conversation::Author::{Bot, Customer, Person};
    assert_eq!(by, [Customer, Bot, Bot, Person, Person]);
}

#[test]
fn a_word_is_said_while_a_turn_is_open_and_leaves_it_alone() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    let word = word(&mut chat);
    assert_eq!(chat.claim(&word, 0, 1), Claim::Granted);
    assert_eq!(chat.claim(&answer, 0, 1), Claim::Granted);
    chat.accepts(&word, 0);
    assert!(chat.conversation.turn().is_some());
    chat.accepts(&answer, 0);
    assert_eq!(chat.last_outcome(), Outcome::Answered);
}

#[test]
fn a_notice_of_new_names_renames_the_customer() {
    let mut chat = Chat::new();
    let names =
        Customer { user_id: Some("ES.1".to_owned()), ..Customer::with_phone("34600000001") };
    let renamed = |chat: &mut Chat, event: &str, details| {
        let content = Content::System { event: event.to_owned(), details };
        let provider_id = format!("wamid.{event}");
        let sent_at = chat.now;
        let (customer, address) = (names.clone(), "1".to_owned());
        chat.receives(&Inbound {
            provider_id,
            sent_at,
            arrived_at: None,
            customer,
            address,
            content,
            context: None,
        });
        let customer = chat.conversation.customer().clone();
        (customer.user_id.unwrap_or_default(), customer.phone.unwrap_or_default())
    };
    let pair = |user_id: &str, phone: &str| (user_id.to_owned(), phone.to_owned());
    let of_number = renamed(&mut chat, "user_changed_number", json!({ "wa_id": "34600000002" }));
    assert_eq!(of_number, pair("", "34600000002"), "a new number comes with a new user id");
    let of_id = renamed(&mut chat, "user_changed_user_id", json!({ "user_id": "ES.2" }));
    assert_eq!(of_id, pair("ES.2", "34600000001"));
    let of_nothing = renamed(&mut chat, "user_changed_hat", json!({ "user_id": "ES.3" }));
    assert_eq!(of_nothing, pair("ES.1", "34600000001"));
    assert!(chat.conversation.turn().is_none());
}
