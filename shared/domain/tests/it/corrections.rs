//! Customers edit and delete what they wrote.

use domain::content::{Media, MediaKind, Reading};
use domain::conversation::{Claim, Stale};
use domain::{Content, Outcome};

use crate::chat::Chat;

#[track_caller]
fn is_nowhere(chat: &Chat, words: &str) {
    let document = chat.document();
    assert!(!document.contains(words), "{words:?} is still in {document}");
}

#[test]
fn an_edit_while_the_turn_gathers_changes_the_question() {
    let mut chat = Chat::new();
    let first = chat.writes("purple shoes?");
    chat.edits(&first, "blue shoes?");
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "blue shoes?");
    assert_eq!(chat.document().matches("blue").count(), 1, "the words are kept once");
    let reply = chat.decides("yes");
    chat.says(&reply);
    assert_eq!(chat.outcomes_of(&first), [Outcome::Answered]);
    assert_eq!(chat.lines(), ["blue shoes?", "yes 0"]);
    is_nowhere(&chat, "purple");
}

#[test]
fn an_edit_before_the_answer_is_sent_makes_what_was_decided_stale() {
    let mut chat = Chat::new();
    let first = chat.writes("purple shoes?");
    chat.gathers();
    let old = chat.turn();
    chat.edits(&first, "blue shoes?");
    assert!(chat.turn() > old, "it is decided anew");
    chat.gathers();
    let stale = chat.decides("yes, blue");
    chat.edits(&first, "green shoes?");
    assert_eq!(chat.claim(&stale, 0, 1), Claim::Stale(Stale::Turn));
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "green shoes?");
    let reply = chat.decides("yes, green");
    chat.says(&reply);
    assert_eq!(chat.outcomes_of(&first), [Outcome::Answered], "one outcome, whatever it became");
    assert_eq!(chat.lines(), ["green shoes?", "yes, green 0"]);
}

#[test]
fn an_edit_gives_whoever_answers_the_whole_time_again() {
    let mut chat = Chat::new();
    let first = chat.writes("purple shoes?");
    chat.gathers();
    chat.wait(80);
    chat.edits(&first, "blue shoes?");
    let turn = chat.conversation.turn().unwrap();
    assert_eq!(turn.overdue_at, chat.now + chat.rules.overdue);
}

#[test]
fn an_edit_that_the_answer_crosses_changes_only_what_is_remembered() {
    let mut chat = Chat::new();
    let first = chat.writes("purple shoes?");
    chat.gathers();
    let reply = chat.decides("yes");
    assert_eq!(chat.claim(&reply, 0, 2), Claim::Granted);
    chat.accepts(&reply, 0);
    chat.edits(&first, "blue shoes?");
    assert_eq!(chat.claim(&reply, 1, 2), Claim::Granted);
    chat.accepts(&reply, 1);
    assert_eq!(chat.outcomes_of(&first), [Outcome::Answered]);
    assert_eq!(chat.lines(), ["blue shoes?", "yes 0", "yes 1"]);
    chat.wait(60);
    chat.edits(&first, "green shoes?");
    assert!(chat.conversation.turn().is_none());
    assert_eq!(chat.lines(), ["green shoes?", "yes 0", "yes 1"]);
    is_nowhere(&chat, "blue");
}

#[test]
fn an_edit_of_a_message_that_waits_changes_the_next_question() {
    let mut chat = Chat::new();
    let reply = chat.asks("hello");
    let second = chat.writes("purple shoes?");
    chat.edits(&second, "blue shoes?");
    chat.says(&reply);
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "blue shoes?");
    is_nowhere(&chat, "purple");
}

#[test]
fn an_edit_that_comes_before_its_message_is_what_is_asked() {
    let mut chat = Chat::new();
    chat.edits("wamid.late", "blue shoes?");
    assert!(chat.conversation.turn().is_none());
    chat.hears_as("wamid.late", Content::text("purple shoes?"));
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "blue shoes?");
    is_nowhere(&chat, "purple");
    let reply = chat.decides("yes");
    chat.says(&reply);
    assert_eq!(chat.lines(), ["blue shoes?", "yes 0"]);
}

#[test]
fn of_two_edits_that_come_in_the_wrong_order_the_later_holds() {
    for has_come in [true, false] {
        let mut chat = Chat::new();
        if has_come {
            chat.hears_as("wamid.1", Content::text("purple?"));
        }
        let begun = chat.now;
        chat.wait(1);
        chat.edits("wamid.1", "green?");
        chat.now = begun;
        chat.edits("wamid.1", "blue?");
        chat.wait(1);
        if !has_come {
            chat.hears_as("wamid.1", Content::text("purple?"));
        }
        chat.gathers();
        assert_eq!(chat.question().unwrap(), "green?");
    }
}

#[test]
fn a_message_that_was_deleted_is_not_answered_and_the_rest_is() {
    let mut chat = Chat::new();
    let secret = chat.writes("secret");
    let first = chat.writes("shoes?");
    chat.deletes(&secret);
    assert_eq!(chat.outcomes_of(&secret), [Outcome::Noted]);
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "shoes?");
    is_nowhere(&chat, "secret");
    let reply = chat.decides("yes");
    chat.says(&reply);
    assert_eq!(chat.outcomes_of(&first), [Outcome::Answered]);
    assert_eq!(chat.outcomes_of(&secret), [Outcome::Noted], "and no other");
}

#[test]
fn when_the_only_message_of_a_turn_is_deleted_nothing_is_said() {
    for phase in ["gathering", "deciding", "answering"] {
        let mut chat = Chat::new();
        let only = chat.writes("secret");
        if phase != "gathering" {
            chat.gathers();
        }
        let reply = (phase == "answering").then(|| chat.decides("answer"));
        chat.deletes(&only);
        assert!(chat.conversation.turn().is_none(), "{phase}");
        assert_eq!(chat.outcomes_of(&only), [Outcome::Noted], "{phase}");
        if let Some(reply) = reply {
            assert_eq!(chat.claim(&reply, 0, 1), Claim::Stale(Stale::Turn));
        }
        is_nowhere(&chat, "secret");
        chat.hears_as(&only, Content::text("secret"));
        assert!(chat.conversation.turn().is_none(), "{phase}: nor when it comes again");
        is_nowhere(&chat, "secret");
    }
}

#[test]
fn what_waits_is_answered_when_the_turn_before_it_is_deleted() {
    let mut chat = Chat::new();
    let only = chat.writes("secret");
    chat.gathers();
    chat.decides("answer");
    let next = chat.writes("shoes?");
    chat.deletes(&only);
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "shoes?");
    chat.deletes(&next);
    assert_eq!(chat.outcomes_of(&next), [Outcome::Noted]);
    assert!(chat.conversation.turn().is_none());
}

#[test]
fn a_message_that_waits_and_is_deleted_is_not_answered() {
    let mut chat = Chat::new();
    let reply = chat.asks("hello");
    let second = chat.writes("secret");
    chat.deletes(&second);
    chat.says(&reply);
    assert_eq!(chat.outcomes_of(&second), [Outcome::Noted]);
    assert!(chat.conversation.turn().is_none());
    is_nowhere(&chat, "secret");
}

#[test]
fn a_deletion_that_the_answer_crosses_leaves_no_words() {
    let mut chat = Chat::new();
    let first = chat.writes("secret");
    chat.gathers();
    let reply = chat.decides("answer");
    assert_eq!(chat.claim(&reply, 0, 1), Claim::Granted);
    chat.deletes(&first);
    is_nowhere(&chat, "secret");
    chat.accepts(&reply, 0);
    assert_eq!(chat.outcomes_of(&first), [Outcome::Answered]);
    assert_eq!(chat.lines(), ["answer 0"]);
}

#[test]
fn a_message_that_is_deleted_after_its_answer_is_forgotten() {
    let mut chat = Chat::new();
    let first = chat.writes("shoes");
    chat.edits(&first, "secret");
    chat.gathers();
    let reply = chat.decides("answer");
    chat.says(&reply);
    chat.wait(3600);
    chat.edits(&first, "secret too");
    chat.deletes(&first);
    is_nowhere(&chat, "secret");
    assert!(chat.conversation.turn().is_none());
    chat.edits(&first, "secret again");
    is_nowhere(&chat, "secret");
}

#[test]
fn a_deletion_that_comes_before_its_message_holds_whatever_comes_between() {
    let mut chat = Chat::new();
    chat.edits("wamid.late", "secret edit");
    chat.deletes("wamid.late");
    is_nowhere(&chat, "secret");
    chat.edits("wamid.late", "secret again");
    chat.hears_as("wamid.late", Content::text("secret"));
    assert!(chat.conversation.turn().is_none());
    assert_eq!(chat.outcomes_of("wamid.late"), [Outcome::Noted]);
    is_nowhere(&chat, "secret");
}

#[test]
fn corrections_of_what_a_person_answers_are_remembered() {
    let mut chat = Chat::new();
    chat.person_takes_over();
    let (first, second) = (chat.writes("purple"), chat.writes("secret"));
    chat.edits(&first, "blue");
    chat.deletes(&second);
    assert_eq!(chat.lines(), ["blue"]);
    assert_eq!(chat.outcomes_of(&first), [Outcome::WithPerson]);
    is_nowhere(&chat, "secret");
}

#[test]
fn an_edited_caption_holds_when_its_picture_is_read_later() {
    let picture = |reading| {
        Content::Media(Media {
            kind: MediaKind::Image,
            id: "media".to_owned(),
            mime_type: None,
            sha256: None,
            caption: Some("purple?".to_owned()),
            filename: None,
            voice: false,
            file: None,
            reading,
        })
    };
    let mut chat = Chat::new();
    let first = chat.hears(picture(None));
    chat.edits(&first, "blue?");
    chat.hears_as(&first, picture(Some(Reading::Description("a shoe".to_owned()))));
    chat.gathers();
    let question = chat.question().unwrap();
    assert!(question.contains("blue?") && question.contains("a shoe"), "{question}");
    is_nowhere(&chat, "purple");
}
