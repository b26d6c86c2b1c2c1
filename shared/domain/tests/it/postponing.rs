//! What can't be said now, and what came back.

use domain::content::OrderItem;
use domain::conversation::{Back, Claim, Stale};
use domain::message::{Attachment, Inbound, ReplyPart, ReplyReady, Speaker};
use domain::{Content, Customer, Outcome, Timestamp};

use crate::chat::{Chat, Reply, template};

const DAY: u64 = 86_400;

/// A chat in which an answer was made too late to be sent.
fn too_late() -> (Chat, Reply) {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    chat.wait(DAY);
    assert_eq!(chat.claim(&answer, 0, 1), Claim::WindowClosed);
    (chat, answer)
}

/// A chat in which the answer waits for the customer, who was invited.
fn invited() -> Chat {
    let (mut chat, answer) = too_late();
    chat.postpones(&answer, Some(template()));
    let invitation = chat.takes_the_reply();
    assert!(is_invitation(&invitation.1));
    assert_eq!(chat.claim(&invitation, 0, 1), Claim::Granted, "a template opens the window");
    chat.accepts(&invitation, 0);
    chat
}

fn is_invitation(reply: &ReplyReady) -> bool {
    reply.turn.is_none() && reply.attachments == [Attachment::Template(template())]
}

fn texts(chat: &Chat) -> Vec<&str> {
    chat.replies.iter().map(|(_, reply)| reply.text.as_str()).collect()
}

#[test]
fn an_answer_outside_the_window_waits_for_the_customer_who_is_invited_once() {
    let (mut chat, answer) = too_late();
    chat.postpones(&answer, Some(template()));
    assert_eq!(chat.closed.last().unwrap().turn, answer.1.turn);
    assert_eq!(
        (chat.last_outcome(), chat.closed.last().unwrap().error_code),
        (Outcome::Postponed, Some(131_047))
    );
    assert!(is_invitation(&chat.takes_the_reply().1));
    assert_eq!(chat.claim(&answer, 0, 1), Claim::Stale(Stale::Turn));
    chat.postpones(&answer, Some(template()));
    let more = chat.person_answers("and more");
    assert_eq!(chat.claim(&more, 0, 1), Claim::WindowClosed);
    chat.postpones(&more, Some(template()));
    assert_eq!(chat.last_outcome(), Outcome::Postponed);
    chat.postpones(&more, Some(template()));
    assert_eq!(texts(&chat), [""; 0], "no second invitation");
    chat.writes("ok");
    assert_eq!(texts(&chat), ["answer to hello", "and more"], "each once, in order");
}

#[test]
fn a_short_yes_or_a_tap_is_answered_by_what_waited() {
    for yes in [
        Content::text("Sí, gracias"),
        Content::Choice {
            id: "yes".to_owned(),
            title: "Would you like to read your answer now?".to_owned(),
        },
    ] {
        let mut chat = invited();
        let said = chat.hears(yes);
        assert_eq!(chat.outcomes_of(&said), [Outcome::Answered]);
        assert!(chat.conversation.turn().is_none());
        let answer = chat.takes_the_reply();
        assert_eq!((answer.1.text.as_str(), answer.1.turn), ("answer to hello", None));
        chat.says(&answer);
        assert_eq!(chat.last_outcome(), Outcome::Answered);
        let again = chat.writes("yes");
        assert_eq!(chat.outcomes_of(&again), [], "nothing waits any more: it is a question");
        assert_eq!(texts(&chat), [""; 0]);
    }
}

#[test]
fn what_was_written_before_the_invitation_and_comes_after_it_does_not_accept_it() {
    let mut chat = invited();
    let held_up = Inbound {
        provider_id: "wamid.held-up".to_owned(),
        sent_at: Timestamp::from_millis(chat.now.as_millis() - 25 * 60 * 60 * 1000),
        customer: Customer::with_phone("34600000001"),
        address: "1".to_owned(),
        content: Content::text("ok"),
        context: None,
    };
    chat.receives(&held_up);
    assert_eq!(texts(&chat), [""; 0], "the window is still closed");
    chat.gathers();
    let answer = chat.decides("answer to ok");
    assert_eq!(chat.claim(&answer, 0, 1), Claim::WindowClosed);
    chat.postpones(&answer, Some(template()));
    assert_eq!(texts(&chat), [""; 0], "no second invitation");
    chat.writes("yes");
    assert_eq!(texts(&chat), ["answer to hello\n\nanswer to ok"], "in one message");
}

#[test]
fn a_question_is_answered_besides() {
    let order = Content::Order {
        catalog_id: None,
        text: None,
        items: vec![OrderItem {
            product_id: "sku".to_owned(),
            quantity: 1.0,
            price: None,
            currency: None,
        }],
    };
    for question in [
        Content::text("open now?"),
        Content::text("I would rather know about the blue ones"),
        order,
    ] {
        let mut chat = invited();
        chat.hears(question);
        assert_eq!(texts(&chat), ["answer to hello"]);
        chat.gathers();
        assert!(chat.question().is_some());
    }
}

#[test]
fn a_yes_that_was_deleted_or_edited_before_it_came_is_what_it_is_now() {
    let mut chat = invited();
    chat.deletes("wamid.late");
    chat.hears_as("wamid.late", Content::text("secret"));
    assert_eq!(chat.outcomes_of("wamid.late"), [Outcome::Noted]);
    assert!(!chat.document().contains("secret"));
    let mut chat = invited();
    chat.edits("wamid.late", "and the blue ones?");
    chat.hears_as("wamid.late", Content::text("ok"));
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "and the blue ones?");
}

#[test]
fn a_reaction_does_not_fetch_what_waits() {
    let mut chat = invited();
    chat.hears(Content::Reaction { to: "out".to_owned(), emoji: None });
    assert_eq!(texts(&chat), [""; 0]);
    chat.writes("ok");
    assert_eq!(texts(&chat), ["answer to hello"]);
}

#[test]
fn when_a_person_took_over_meanwhile_only_what_people_said_follows() {
    let mut chat = invited();
    chat.person_takes_over();
    let answer = chat.person_answers("from a person");
    assert_eq!(chat.claim(&answer, 0, 1), Claim::WindowClosed);
    chat.postpones(&answer, Some(template()));
    let invitation = chat.takes_the_reply();
    assert_eq!(invitation.1.by, Speaker::Person, "the bot's may never have been said");
    assert_eq!(chat.claim(&invitation, 0, 1), Claim::Granted);
    chat.accepts(&invitation, 0);
    let yes = chat.writes("ok");
    assert_eq!(texts(&chat), ["from a person"]);
    assert_eq!(chat.outcomes_of(&yes), [Outcome::Answered]);
    let answer = chat.takes_the_reply();
    chat.says(&answer);
    let more = chat.writes("ok");
    assert_eq!(chat.outcomes_of(&more), [Outcome::WithPerson]);
    chat.conversation.release();
    chat.writes("ok then");
    assert_eq!(texts(&chat), [""; 0], "what was dropped stays dropped");
}

#[test]
fn the_bots_answer_to_a_yes_is_the_persons_when_nothing_of_theirs_waits() {
    let mut chat = invited();
    chat.person_takes_over();
    let yes = chat.writes("ok");
    assert_eq!(chat.outcomes_of(&yes), [Outcome::WithPerson]);
    assert_eq!(texts(&chat), [""; 0]);
}

#[test]
fn without_a_template_the_answer_is_undeliverable() {
    let (mut chat, answer) = too_late();
    chat.postpones(&answer, None);
    assert_eq!(chat.closed.last().unwrap().turn, answer.1.turn);
    assert_eq!(chat.last_outcome(), Outcome::Undeliverable);
    let word = chat.person_answers("from a person");
    chat.postpones(&word, None);
    assert_eq!(
        (chat.last_outcome(), chat.closed.last().unwrap().error_code),
        (Outcome::Undeliverable, Some(131_047))
    );
    assert_eq!(chat.claim(&word, 0, 1), Claim::Done);
    chat.writes("ok");
    assert_eq!(texts(&chat), [""; 0]);
}

#[test]
fn what_meets_a_window_that_opened_in_this_moment_is_said_now_and_once() {
    let (mut chat, answer) = too_late();
    chat.writes("are you there?");
    chat.postpones(&answer, Some(template()));
    let again = chat.takes_the_reply();
    assert_eq!(again.1, answer.1);
    chat.says(&again);
    assert_eq!(chat.claim(&answer, 0, 1), Claim::Stale(Stale::Turn));

    let (mut chat, _) = too_late();
    let word = chat.person_answers("from a person");
    assert_eq!(chat.claim(&word, 0, 1), Claim::WindowClosed);
    chat.writes("are you there?");
    chat.postpones(&word, Some(template()));
    let again = chat.takes_the_reply();
    assert_eq!(chat.claim(&word, 0, 1), Claim::Done, "the other goes on for it");
    chat.says(&again);
}

#[test]
fn the_channel_knows_better_whether_the_window_is_open() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    assert_eq!(chat.claim(&answer, 0, 1), Claim::Granted);
    chat.conversation.shut_window();
    chat.postpones(&answer, Some(template()));
    assert_eq!(chat.last_outcome(), Outcome::Postponed);
    chat.replies.clear();
    chat.writes("ok");
    assert!(chat.conversation.window_is_open(chat.now));
    assert_eq!(texts(&chat), ["answer to hello"]);
}

#[test]
fn of_too_much_that_waits_the_newest_is_said() {
    let mut chat = invited();
    for number in 0..20 {
        let word = chat.person_answers(&format!("word {number}"));
        chat.postpones(&word, Some(template()));
    }
    chat.writes("ok");
    let newest: Vec<String> = (12..20).map(|number| format!("word {number}")).collect();
    assert_eq!(texts(&chat), [newest.join("\n\n")], "in one message");
}

#[test]
fn what_came_back_while_it_was_being_sent_may_be_claimed_again() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    chat.claim(&answer, 0, 1);
    let part = Some(ReplyPart { reply: answer.0, part: 0 });
    chat.comes_back("out.1", part, Back::Again);
    assert_eq!(chat.claim(&answer, 0, 1), Claim::Granted);
    chat.comes_back("out.2", part, Back::NeedsTemplate(Some(template())));
    assert_eq!(chat.claim(&answer, 0, 1), Claim::WindowClosed);
    assert!(chat.conversation.turn().is_some() && chat.replies.is_empty());
}

#[test]
fn what_came_back_before_its_acceptance_was_told_is_said_again() {
    for back in [Back::Again, Back::NeedsTemplate(Some(template()))] {
        let mut chat = Chat::new();
        let answer = chat.asks("hello");
        chat.claim(&answer, 0, 1);
        let part = Some(ReplyPart { reply: answer.0, part: 0 });
        let sent = format!("out.a.{}.0", answer.0);
        chat.comes_back(&sent, part, back.clone());
        assert_eq!(chat.accepts(&answer, 0), sent);
        assert_eq!(chat.last_outcome(), Outcome::Answered);
        let again = chat.takes_the_reply();
        assert_eq!((again.1.text.as_str(), again.1.turn), ("answer to hello 0", None));
        chat.comes_back(&sent, part, back.clone());
        assert_eq!(texts(&chat), [""; 0], "once");
        let is_open = chat.conversation.window_is_open(chat.now);
        assert_eq!(is_open, back == Back::Again);
    }
}

#[test]
fn the_same_failure_again_takes_nothing_back_from_a_later_attempt() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    let part = Some(ReplyPart { reply: answer.0, part: 0 });
    chat.claim(&answer, 0, 1);
    chat.comes_back("out.1", part, Back::Again);
    assert_eq!(chat.claim(&answer, 0, 1), Claim::Granted);
    chat.comes_back("out.1", part, Back::Again);
    assert!(matches!(chat.claim(&answer, 0, 1), Claim::Unknown { .. }));
}

#[test]
fn what_came_back_of_several_parts_is_said_again_and_the_rest_goes_on() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    chat.claim(&answer, 0, 2);
    let first = chat.accepts(&answer, 0);
    chat.claim(&answer, 1, 2);
    let part = Some(ReplyPart { reply: answer.0, part: 0 });
    chat.comes_back(&first, part, Back::Again);
    let again = chat.takes_the_reply();
    assert_eq!((again.1.text.as_str(), again.1.turn), ("answer to hello 0", None));
    chat.comes_back(&first, part, Back::Again);
    assert_eq!(texts(&chat), [""; 0], "once");
    chat.accepts(&answer, 1);
    assert_eq!(chat.last_outcome(), Outcome::Answered);
    chat.says(&again);
}

#[test]
fn parts_that_met_a_closed_window_follow_once_when_the_customer_writes() {
    // The first part comes back while the second is being sent, or before it is.
    for second_is_claimed in [true, false] {
        let mut chat = Chat::new();
        let answer = chat.asks("hello");
        chat.claim(&answer, 0, 2);
        let first = chat.accepts(&answer, 0);
        if second_is_claimed {
            chat.claim(&answer, 1, 2);
        }
        let part = |part| Some(ReplyPart { reply: answer.0, part });
        chat.comes_back(&first, part(0), Back::NeedsTemplate(Some(template())));
        assert!(is_invitation(&chat.takes_the_reply().1));
        if second_is_claimed {
            let second = chat.accepts(&answer, 1);
            assert_eq!(chat.last_outcome(), Outcome::Answered);
            chat.comes_back(&second, part(1), Back::NeedsTemplate(Some(template())));
            assert_eq!(texts(&chat), [""; 0]);
            chat.writes("ok");
            assert_eq!(texts(&chat), ["answer to hello 0\n\nanswer to hello 1"]);
        } else {
            assert_eq!(chat.claim(&answer, 1, 2), Claim::WindowClosed);
            chat.conversation.shut_window();
            let mut whole = answer.clone();
            whole.1.text = "answer to hello 0".to_owned();
            chat.postpones(&whole, Some(template()));
            chat.writes("ok");
            assert_eq!(texts(&chat), ["answer to hello 0"], "the whole in the place of its part");
        }
    }
}

#[test]
fn an_answer_that_the_customer_does_not_get_ends_its_turn() {
    let mut chat = Chat::new();
    let answer = chat.asks("hello");
    chat.claim(&answer, 0, 2);
    let first = chat.accepts(&answer, 0);
    chat.comes_back(&first, Some(ReplyPart { reply: answer.0, part: 0 }), Back::Lost);
    assert_eq!(chat.last_outcome(), Outcome::Undeliverable);
    assert_eq!(chat.closed.last().unwrap().error_code, Some(131_000));
}

#[test]
fn a_word_that_the_customer_does_not_get_leaves_the_turn_alone() {
    let mut chat = Chat::new();
    chat.asks("hello");
    let word = chat.person_answers("from a person");
    chat.claim(&word, 0, 1);
    chat.comes_back("out.1", Some(ReplyPart { reply: word.0, part: 0 }), Back::Lost);
    assert_eq!(
        (chat.last_outcome(), chat.closed.last().unwrap().turn),
        (Outcome::Undeliverable, None)
    );
    assert!(chat.conversation.turn().is_some());
    assert!(!chat.conversation.is_speaking());
}

#[test]
fn what_came_back_after_its_turn_is_said_again_at_most_once() {
    let mut chat = Chat::new();
    let sent = chat.is_answered("hello");
    chat.comes_back(&sent, None, Back::Again);
    let again = chat.takes_the_reply();
    assert_eq!(again.1.text, "answer to hello 0");
    chat.comes_back(&sent, None, Back::Again);
    assert_eq!(texts(&chat), [""; 0], "the same status again");
    let sent = chat.says(&again);
    chat.comes_back(&sent, None, Back::Again);
    assert_eq!(texts(&chat), [""; 0], "what was said again is not said a third time");
    chat.comes_back("out.unknown", None, Back::Again);
    assert_eq!(texts(&chat), [""; 0]);
}

#[test]
fn what_met_a_closed_window_after_its_turn_follows_when_the_customer_writes() {
    let mut chat = Chat::new();
    let sent = chat.is_answered("hello");
    chat.comes_back(&sent, None, Back::NeedsTemplate(Some(template())));
    assert!(!chat.conversation.window_is_open(chat.now));
    assert!(is_invitation(&chat.takes_the_reply().1));
    chat.writes("ok");
    assert_eq!(texts(&chat), ["answer to hello 0"]);

    let mut chat = Chat::new();
    let sent = chat.is_answered("hello");
    chat.comes_back(&sent, None, Back::NeedsTemplate(None));
    assert_eq!(texts(&chat), [""; 0]);
    chat.writes("ok");
    assert_eq!(texts(&chat), ["answer to hello 0"], "without a template too");
}

#[test]
fn what_is_lost_after_its_turn_stays_lost() {
    let mut chat = Chat::new();
    let sent = chat.is_answered("hello");
    let closed = chat.closed.len();
    chat.comes_back(&sent, None, Back::Lost);
    assert_eq!((texts(&chat), chat.closed.len()), (vec![], closed));
}

#[test]
fn of_what_is_not_text_alone_nothing_is_said_again() {
    let mut chat = Chat::new();
    let mut answer = chat.asks("hello");
    answer.1.attachments = vec![Attachment::Reaction { to: "wamid".to_owned(), emoji: None }];
    let sent = chat.says(&answer);
    chat.comes_back(&sent, None, Back::Again);
    assert_eq!(texts(&chat), [""; 0], "its label would tell nothing");
}
