//! A conversation stays one small document, however long it lasts.

use std::time::Duration;

use domain::content::{Media, MediaKind, Reading};
use domain::{Content, Outcome};

use crate::chat::{Chat, template};

/// In bytes, of an ordinary conversation.
const AT_MOST: usize = 150_000;
/// And of one in which everything happens at once.
const AT_MOST_EVER: usize = 500_000;

fn long(words: &str) -> String {
    words.repeat(4096 / words.chars().count())
}

fn answer(chat: &mut Chat, text: &str) {
    chat.gathers();
    let reply = chat.decides(text);
    chat.says(&reply);
}

fn settled(chat: &Chat) -> usize {
    chat.outcomes.values().map(Vec::len).sum()
}

#[test]
fn the_document_stays_small() {
    let mut chat = Chat::new();
    let mut largest = 0;
    for number in 0..5_000 {
        let message = chat.writes(&long("ñ"));
        answer(&mut chat, &long("answer "));
        if number % 3 == 0 {
            chat.edits(&message, &long("é"));
        }
        largest = if number % 500 == 499 { largest.max(chat.document().len()) } else { largest };
    }
    assert!(largest < AT_MOST, "{largest} bytes");
    assert!(chat.outcomes.values().all(|outcomes| outcomes.len() == 1));
}

#[test]
fn corrections_of_messages_that_never_come_are_bounded() {
    let mut chat = Chat::new();
    for number in 0..500 {
        chat.edits(&format!("wamid.never.{number}"), &long("ñ"));
        chat.deletes(&format!("wamid.gone.{number}"));
    }
    assert!(chat.document().len() < 64_000, "{} bytes", chat.document().len());
    chat.edits("wamid.late", "blue?");
    chat.hears_as("wamid.late", Content::text("red?"));
    chat.gathers();
    assert_eq!(chat.question().unwrap(), "blue?", "the newest is there");
}

#[test]
fn words_outside_of_turns_are_bounded() {
    let mut chat = Chat::new();
    chat.writes("hello");
    answer(&mut chat, "welcome");
    for _ in 0..200 {
        // Begun, and nothing is ever heard of it.
        let word = chat.person_answers(&long("word "));
        chat.claim(&word, 0, 2);
        chat.accepts(&word, 0);
        chat.claim(&word, 1, 2);
    }
    chat.conversation.shut_window(chat.now);
    for number in 0..200 {
        let late = chat.person_answers(&format!("{number} {}", long("late ")));
        chat.postpones(&late, Some(template()));
    }
    assert_eq!(chat.replies.len(), 1, "one invitation");
    assert!(chat.document().len() < AT_MOST_EVER, "{} bytes", chat.document().len());
}

#[test]
fn what_is_read_in_files_is_bounded() {
    let mut chat = Chat::new();
    let document = |reading| {
        Content::Media(Media {
            kind: MediaKind::Document,
            id: "media".to_owned(),
            mime_type: None,
            sha256: None,
            caption: None,
            filename: None,
            voice: false,
            file: None,
            reading,
        })
    };
    let files: Vec<String> = (0..100).map(|_| chat.hears(document(None))).collect();
    for file in &files {
        chat.hears_as(file, document(Some(Reading::Text("ñ".repeat(50_000)))));
    }
    assert!(chat.document().len() < AT_MOST_EVER, "{} bytes", chat.document().len());
    let turn = chat.conversation.turn().unwrap();
    let read = |heard: &domain::conversation::Heard| heard.meaning().unwrap().chars().count();
    assert!(turn.messages.iter().all(|heard| read(heard) >= 100), "something is known of each");
    assert!(read(&turn.messages[0]) > 6_000);
}

#[test]
fn a_flood_that_waits_is_bounded_and_each_message_has_its_outcome() {
    let mut chat = Chat::new();
    chat.writes("first");
    chat.gathers();
    chat.decides("answer");
    for _ in 1..5_000 {
        chat.now = chat.now + Duration::from_millis(200);
        chat.writes("again and again");
    }
    assert!(chat.document().len() < AT_MOST, "{} bytes", chat.document().len());
    assert_eq!(settled(&chat) + 1 + chat.conversation.waiting(), 5_000);
}

#[test]
fn a_message_seen_within_a_week_is_known_again() {
    let mut chat = Chat::new();
    let first = chat.writes("hello");
    answer(&mut chat, "answer");
    for _ in 1..450 {
        chat.now = chat.now + Duration::from_mins(20);
        chat.writes("hello again");
        answer(&mut chat, "answer");
    }
    chat.hears_as(&first, Content::text("hello"));
    assert_eq!(chat.outcomes_of(&first), [Outcome::Answered; 2], "its outcome is told again");
    assert!(chat.conversation.turn().is_none(), "and nothing else happens");
}
