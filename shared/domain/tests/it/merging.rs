//! Two conversations turn out to be one customer's.

use domain::conversation::{Back, Claim, Owner};
use domain::{Content, Conversation, Customer, Outcome, Timestamp};

use crate::chat::{Chat, template};

fn by_phone() -> Chat {
    Chat::of("phone", &Customer::with_phone("34600000001"))
}

fn by_user_id() -> Chat {
    Chat::of("user", &Customer { user_id: Some("ES.1".to_owned()), ..Customer::default() })
}

/// The first takes over the second, as the runtime does it.
fn join(home: &mut Chat, gone: &mut Chat) {
    gone.conversation.move_to(home.conversation.id());
    assert_eq!(gone.conversation.moved_to(), Some(home.conversation.id()));
    home.now = home.now.max(gone.now);
    home.conversation.absorb(&gone.conversation);
    let effects = home.conversation.go_on(home.now, &home.rules);
    home.note(effects);
}

#[test]
fn what_is_absorbed_twice_is_there_once() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    home.is_answered("hello");
    gone.wait(1);
    gone.is_answered("hi");
    gone.writes("red shoes?");
    gone.deletes("wamid.never");
    home.conversation.absorb(&gone.conversation);
    let once: Conversation = home.conversation.clone();
    home.conversation.absorb(&gone.conversation);
    assert_eq!(home.conversation, once);
}

#[test]
fn what_was_said_in_both_is_remembered_in_the_order_of_time() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    home.is_answered("one");
    gone.now = home.now;
    gone.wait(10);
    gone.is_answered("two");
    home.now = gone.now;
    home.wait(10);
    home.is_answered("three");
    join(&mut home, &mut gone);
    let (asked, answered) = ("answer to one 0", "answer to two 0");
    assert_eq!(home.lines(), ["one", asked, "two", answered, "three", "answer to three 0"]);
}

#[test]
fn what_nobody_had_answered_is_answered_once() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    let answer = home.asks("one");
    let waiting = home.writes("two");
    gone.asks("three");
    let unanswered = gone.writes("four");
    join(&mut home, &mut gone);
    home.says(&answer);
    home.gathers();
    assert_eq!(home.question().unwrap().lines().count(), 3);
    let answer = home.decides("answer");
    home.says(&answer);
    for message in ["wamid.phone.1", &waiting, "wamid.user.1", &unanswered] {
        assert_eq!(home.outcomes_of(message), [Outcome::Answered], "{message}");
    }
    home.hears_as("wamid.user.1", Content::text("three"));
    assert!(home.conversation.turn().is_none(), "it was seen");
}

#[test]
fn a_message_that_both_had_heard_is_answered_once() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    for chat in [&mut home, &mut gone] {
        chat.hears_as("wamid.both", Content::text("hello"));
    }
    join(&mut home, &mut gone);
    home.gathers();
    assert_eq!(home.question().unwrap(), "hello");
    let answer = home.decides("answer");
    home.says(&answer);
    assert_eq!(home.outcomes_of("wamid.both"), [Outcome::Answered]);
    assert!(home.conversation.turn().is_none());
}

#[test]
fn a_person_who_has_either_has_both() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    let answer = home.asks("one");
    gone.person_takes_over();
    join(&mut home, &mut gone);
    assert!(matches!(home.conversation.owner(), Owner::Person { .. }));
    assert_eq!(home.outcomes_of("wamid.phone.1"), [Outcome::WithPerson]);
    assert!(matches!(home.claim(&answer, 0, 1), Claim::Stale(_)));

    let (mut home, mut gone) = (by_phone(), by_user_id());
    home.person_takes_over();
    gone.asks("one");
    join(&mut home, &mut gone);
    assert_eq!(home.outcomes_of("wamid.user.1"), [Outcome::WithPerson]);
    assert!(home.conversation.turn().is_none());
}

#[test]
fn of_two_people_the_one_who_spoke_last_holds_it() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    home.person_takes_over();
    gone.wait(3600);
    gone.person_takes_over();
    let spoke = gone.now;
    join(&mut home, &mut gone);
    let Owner::Person { spoke_at, .. } = home.conversation.owner() else { panic!("a person") };
    assert_eq!(*spoke_at, spoke);
}

#[test]
fn a_message_that_comes_again_after_the_join_without_word_of_it_opens_the_turn() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    gone.asks("one");
    home.conversation.absorb(&gone.conversation);
    assert!(home.conversation.turn().is_none(), "nobody has gone on");
    home.hears_as("wamid.user.1", Content::text("one"));
    assert!(home.conversation.turn().is_some());
}

#[test]
fn what_waited_in_either_follows_and_the_invitation_holds_for_both() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    let sent = gone.is_answered("one");
    gone.comes_back(&sent, None, Back::NeedsTemplate(Some(template())));
    gone.replies.clear();
    join(&mut home, &mut gone);
    let word = home.person_answers("from a person");
    home.conversation.shut_window(home.now);
    home.postpones(&word, Some(template()));
    assert!(home.replies.is_empty(), "they were invited");
    home.writes("ok");
    let texts: Vec<&str> = home.replies.iter().map(|(_, reply)| reply.text.as_str()).collect();
    assert_eq!(texts, ["answer to one 0", "from a person"]);
}

#[test]
fn corrections_are_known_in_both() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    gone.edits("wamid.late", "blue?");
    gone.deletes("wamid.secret");
    join(&mut home, &mut gone);
    home.hears_as("wamid.late", Content::text("red?"));
    home.hears_as("wamid.secret", Content::text("secret"));
    home.gathers();
    assert_eq!(home.question().unwrap(), "blue?");
}

#[test]
fn the_customer_keeps_all_names_and_writes_to_the_address_they_last_wrote_to() {
    let (mut home, mut gone) = (by_phone(), by_user_id());
    home.is_answered("one");
    let of = |provider_id: &str, sent_at: Timestamp| domain::message::Inbound {
        provider_id: provider_id.to_owned(),
        sent_at,
        arrived_at: None,
        customer: Customer { user_id: Some("ES.1".to_owned()), ..Customer::default() },
        address: "2".to_owned(),
        content: Content::text("hi"),
        context: None,
    };
    gone.wait(60);
    gone.receives(&of("wamid.2", gone.now));
    join(&mut home, &mut gone);
    let customer = home.conversation.customer();
    assert_eq!(customer.user_id.as_deref(), Some("ES.1"));
    assert_eq!(customer.phone.as_deref(), Some("34600000001"));
    assert_eq!(home.conversation.address(), "2");
    assert!(home.conversation.window_is_open(gone.now));
}

#[test]
fn a_conversation_that_is_speaking_says_so() {
    let mut chat = by_phone();
    let answer = chat.asks("one");
    assert!(!chat.conversation.is_speaking());
    chat.claim(&answer, 0, 1);
    assert!(chat.conversation.is_speaking());
    chat.accepts(&answer, 0);
    assert!(!chat.conversation.is_speaking());
    let word = chat.person_answers("a word");
    chat.claim(&word, 0, 1);
    assert!(chat.conversation.is_speaking());
}
