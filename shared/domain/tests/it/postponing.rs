//! What can't be said now, and what came back.
// long: the window and what came back share their stories; split, each would repeat the other.

use domain::content::{MediaKind, OrderItem};
use domain::conversation::{Back, Claim, Stale};
use domain::message::{Attachment, Inbound, Origin, ReplyPart, ReplyReady, Speaker};
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
        arrived_at: None,
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
        Content::text("quiero una persona"),
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
fn a_tap_on_what_we_said_before_the_invitation_does_not_accept_it() {
    for (is_on_the_invitation, outcomes) in [(false, &[][..]), (true, &[Outcome::Answered])] {
        let mut chat = Chat::new();
        let offer = chat.is_answered("a colour?");
        let answer = chat.asks("hello");
        chat.wait(DAY);
        assert_eq!(chat.claim(&answer, 0, 1), Claim::WindowClosed);
        chat.postpones(&answer, Some(template()));
        let invitation = chat.takes_the_reply();
        assert_eq!(chat.claim(&invitation, 0, 1), Claim::Granted);
        let invitation = chat.accepts(&invitation, 0);
        let quoted = if is_on_the_invitation { invitation } else { offer };
        chat.receives(&Inbound {
            provider_id: "wamid.tap".to_owned(),
            sent_at: chat.now,
            arrived_at: None,
            customer: Customer::with_phone("34600000001"),
            address: "1".to_owned(),
            content: Content::Choice { id: "1".to_owned(), title: "Red".to_owned() },
            context: Some(serde_json::json!({ "context": { "id": quoted } })),
        });
        assert_eq!(texts(&chat), ["answer to hello"]);
        assert_eq!(chat.outcomes_of("wamid.tap"), outcomes);
        assert_eq!(chat.conversation.turn().is_some(), !is_on_the_invitation);
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
    chat.conversation.shut_window(chat.now);
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
            chat.conversation.shut_window(chat.now);
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

fn picture(caption: String) -> Attachment {
    let from = Origin::Stored("shop/plan".to_owned());
    Attachment::File { media: MediaKind::Image, from, caption: Some(caption), filename: None }
}

/// A chat in which the answer has something attached, and its id at the channel.
fn attached(attachment: Attachment) -> (Chat, String) {
    let mut chat = Chat::new();
    let mut answer = chat.asks("hello");
    answer.1.attachments = vec![attachment];
    assert_eq!(chat.claim(&answer, 0, 2), Claim::Granted);
    chat.accepts(&answer, 0);
    assert_eq!(chat.claim(&answer, 1, 2), Claim::Granted);
    let sent = chat.accepts(&answer, 1);
    (chat, sent)
}

#[test]
fn what_was_attached_and_came_back_is_said_again_once() {
    let place = Attachment::Location { latitude: 1.5, longitude: 2.0, name: None, address: None };
    for attachment in [picture("caption".to_owned()), place] {
        let (mut chat, sent) = attached(attachment.clone());
        assert_eq!(chat.conversation.attached_to(&sent), Some(&attachment));
        chat.comes_back(&sent, None, Back::Again);
        let again = chat.takes_the_reply();
        assert_eq!((&*again.1.text, &again.1.attachments), ("", &vec![attachment]));
        chat.comes_back(&sent, None, Back::Again);
        let sent = chat.says(&again);
        chat.comes_back(&sent, None, Back::Again);
        assert_eq!(chat.replies, [], "not a third time");
    }
    let (mut chat, sent) = attached(picture("caption".to_owned()));
    chat.comes_back(&sent, None, Back::NeedsTemplate(None));
    chat.writes("ok");
    assert_eq!(chat.takes_the_reply().1.attachments, [picture("caption".to_owned())]);
}

#[test]
fn what_is_too_large_to_keep_or_too_little_to_miss_is_not_said_again() {
    let reaction = Attachment::Reaction { to: "wamid".to_owned(), emoji: None };
    for attachment in [reaction, picture("c".repeat(5000))] {
        let (mut chat, sent) = attached(attachment);
        chat.comes_back(&sent, None, Back::Again);
        assert_eq!(texts(&chat), [""; 0], "its label would tell nothing");
    }
}

/// A chat in which the channel has taken the invitation, and the invitation's id there.
fn invitation_is_taken() -> (Chat, String) {
    let (mut chat, answer) = too_late();
    chat.postpones(&answer, Some(template()));
    let invitation = chat.takes_the_reply();
    let sent = chat.says(&invitation);
    (chat, sent)
}

/// What is postponed now invites the customer.
fn invites_anew(chat: &mut Chat) {
    assert_eq!(texts(chat), [""; 0], "not before something new is postponed");
    let more = chat.person_answers("and more");
    chat.postpones(&more, Some(template()));
    assert!(is_invitation(&chat.takes_the_reply().1));
    chat.writes("ok");
    assert_eq!(texts(chat), ["answer to hello", "and more"], "nothing is lost");
}

#[test]
fn an_invitation_that_is_refused_counts_as_none() {
    let (mut chat, answer) = too_late();
    chat.postpones(&answer, Some(template()));
    let invitation = chat.takes_the_reply();
    assert_eq!(chat.claim(&invitation, 0, 1), Claim::Granted);
    let (id, code) = (invitation.0, Some(132_015));
    let effects = chat.conversation.refused(id, None, Outcome::Undeliverable, code, chat.now);
    chat.note(effects);
    invites_anew(&mut chat);
}

#[test]
fn an_invitation_that_failed_for_good_counts_as_none() {
    for back in [Back::Lost, Back::NeedsTemplate(Some(template()))] {
        let (mut chat, sent) = invitation_is_taken();
        chat.comes_back(&sent, None, back.clone());
        chat.comes_back(&sent, None, back);
        invites_anew(&mut chat);
    }
}

#[test]
fn an_invitation_that_failed_for_now_is_said_once_more_and_then_counts_as_none() {
    let (mut chat, sent) = invitation_is_taken();
    chat.comes_back(&sent, None, Back::Again);
    let again = chat.takes_the_reply();
    assert!(is_invitation(&again.1));
    let sent_again = chat.says(&again);
    chat.comes_back(&sent, None, Back::Again);
    assert_eq!(texts(&chat), [""; 0], "the same status again");
    chat.comes_back(&sent_again, None, Back::Again);
    invites_anew(&mut chat);
}

#[test]
fn an_invitation_that_failed_after_the_customer_wrote_is_not_said_again() {
    let (mut chat, sent) = invitation_is_taken();
    chat.writes("ok");
    chat.replies.clear();
    chat.comes_back(&sent, None, Back::Again);
    assert_eq!(texts(&chat), [""; 0]);
}

#[test]
fn what_a_blocked_account_does_not_deliver_is_said_again_however_often_that_was_tried() {
    let mut chat = Chat::new();
    let mut sent = chat.is_answered("hello");
    for _ in 0..5 {
        chat.comes_back(&sent, None, Back::Blocked);
        let again = chat.takes_the_reply();
        assert!(again.1.text.starts_with("answer to hello 0"), "{}", again.1.text);
        sent = chat.says(&again);
    }
    // It has lost none of its attempts.
    chat.comes_back(&sent, None, Back::Again);
    let again = chat.takes_the_reply();
    let sent = chat.says(&again);
    chat.comes_back(&sent, None, Back::Again);
    assert_eq!(texts(&chat), [""; 0]);
}
