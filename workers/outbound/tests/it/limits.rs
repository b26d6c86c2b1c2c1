//! Whatever a reply holds, the channel's limits are kept.

use clients::whatsapp::{Recipient, Send};
use domain::Language;
use domain::content::MediaKind;
use domain::message::{Attachment, Choice, Origin};
use outbound::{Part, Wire, compose};
use proptest::prelude::*;

use crate::arbitrary::whatever;
use crate::compose::reply;

/// Markdown with all that a model may write, from nothing to several messages.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~ñé¿👍\n*_`#>|<]{0,60}",
        "([a-zñ]{1,9}[ ,.]{1,2}){0,40}\n\n",
        "[a-z]{900,1200}",
        "```\n([a-z]{1,9} ){0,200}\n```\n",
        "- [a-z]{1,9}\n",
    ];
    (prop::collection::vec(piece, 0..8), 1..4_usize)
        .prop_map(|(pieces, times)| pieces.concat().repeat(times))
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let text = || prop_oneof!["[a-zñ👍 ]{0,12}", "[a-z ]{18,26}", "[a-z]{70,75}"];
    let id = prop_oneof!["[a-z]{0,3}", "[a-z]{199,201}", "[a-z]{255,257}"];
    let choice = (id, text(), prop::option::of(text()))
        .prop_map(|(id, title, description)| Choice { id, title, description });
    prop::collection::vec(choice, 0..13)
}

fn files() -> impl Strategy<Value = Vec<Attachment>> {
    let media = prop::sample::select(vec![
        MediaKind::Image,
        MediaKind::Audio,
        MediaKind::Video,
        MediaKind::Document,
        MediaKind::Sticker,
    ]);
    let from = prop::sample::select(vec![
        Origin::Link("https://x.pe/f".to_owned()),
        Origin::Id("1".to_owned()),
        Origin::Stored("a/b".to_owned()),
    ]);
    let file = (media, from, prop::option::of(markdown()), prop::option::of("[a-z]{0,5}"));
    let file = file.prop_map(|(media, from, caption, filename)| Attachment::File {
        media,
        from,
        caption,
        filename,
    });
    prop::collection::vec(file, 0..3)
}

fn check(part: &Part) -> Result<(), clients::whatsapp::SendError> {
    let wire = Wire::new(&part.form, Some("1"));
    let to = Recipient::Phone("1".to_owned());
    let content = wire.content();
    Send { phone_number_id: "1", to: &to, content, reply_to: None, callback_data: "" }.check()
}

/// The letters and digits that a customer must be able to read, in whatever order.
fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    letters.sort_unstable();
    letters
}

#[test]
fn no_part_exceeds_a_limit() {
    let language = prop::sample::select(Language::ALL.to_vec());
    whatever(&(markdown(), choices(), files(), language), |(text, choices, files, language)| {
        let says_something = !outbound::render(&text).is_empty() || !files.is_empty();
        let reply = reply(&text, choices, files);
        let parts = compose(&reply, language, &[]);
        for part in &parts {
            prop_assert!(check(part).is_ok(), "{part:?}: {:?}", check(part));
            prop_assert!(!part.text.is_empty());
        }
        prop_assert!(!says_something || !parts.is_empty());
        prop_assert_eq!(compose(&reply, language, &[]), parts);
        Ok(())
    });
}

#[test]
fn nothing_of_the_text_and_the_choices_is_lost() {
    whatever(&("([a-zñ]{1,9}[ .\n]{1,2}){1,600}", choices()), |(text, choices)| {
        let parts = compose(&reply(&text, choices.clone(), vec![]), Language::Es, &[]);
        let read: String = parts.iter().map(|part| part.text.as_str()).collect();
        let tappable = choices.iter().filter(|choice| !choice.title.trim().is_empty());
        let offered: String = tappable
            .flat_map(|choice| [Some(choice.title.as_str()), choice.description.as_deref()])
            .flatten()
            .collect();
        prop_assert_eq!(letters(&read), letters(&format!("{text}{offered}")));
        Ok(())
    });
}
