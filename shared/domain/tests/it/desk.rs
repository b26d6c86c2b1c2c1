//! The desk: what waits for a person, what persons do, and what the bot may say meanwhile.
// long: one contract of what a person and the bot may do; split, its parts could disagree.

use std::time::Duration;

use domain::content::{Media, MediaKind, Reading};
use domain::conversation::{Claim, Known, Owner, Stale};
use domain::message::{Act, Note, Speaker, TicketActed, TicketState};
use domain::{Body, Content, Outcome};

use crate::chat::{Chat, template};

const HOUR: u64 = 60 * 60;

fn state(chat: &Chat) -> Option<TicketState> {
    chat.conversation.ticket().map(|ticket| ticket.state)
}

fn texts(chat: &Chat, of: &str) -> Vec<String> {
    let text = |note: &Note| match note {
        Note::Customer { text, .. } => text.clone(),
        Note::Bot { text } | Note::Person { text, .. } | Note::Released { text, .. } => {
            Some(text.clone())
        }
        _ => None,
    };
    let notes = chat.notes.iter().filter(|noted| noted.note.kind() == of);
    notes.filter_map(|noted| text(&noted.note)).collect()
}

fn release(text: &str, after: Option<u32>) -> Act {
    Act::Release { text: text.to_owned(), attachments: Vec::new(), closes: false, after }
}

#[test]
fn a_hand_over_opens_a_ticket_with_what_was_asked_and_what_was_said() {
    let mut chat = Chat::new();
    chat.is_answered("hello");
    chat.is_handed_over("do you mount tiles?");
    assert_eq!(chat.noted(), ["opened", "customer", "bot"]);
    let Note::Opened { before, customer, .. } = &chat.notes[0].note else { panic!() };
    assert_eq!(before.len(), 2);
    assert_eq!(customer.phone.as_deref(), Some("34600000001"));
    assert_eq!(texts(&chat, "customer"), ["do you mount tiles?"]);
    assert_eq!(texts(&chat, "bot"), ["a person will answer 0"]);
    assert_eq!(state(&chat), Some(TicketState::Waiting));
}

#[test]
fn everything_of_one_conversation_is_on_one_ticket() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.is_answered("when do you open?");
    chat.writes("and do you rent ladders?");
    chat.gathers();
    chat.hands_over();
    let word = chat.takes_the_reply();
    assert_eq!(word.1.text, "it joins the rest");
    chat.says(&word);
    assert!(chat.notes.iter().all(|noted| noted.ticket == ticket));
    assert_eq!(chat.noted().iter().filter(|kind| **kind == "opened").count(), 1);
    assert_eq!(
        texts(&chat, "customer"),
        [
            "do you mount tiles?",
            "when do you open?",
            "and do you rent ladders?",
            "and do you rent ladders?"
        ]
    );
    // The last is told twice, under one key.
    assert_eq!(chat.notes[chat.notes.len() - 2].key, chat.notes[chat.notes.len() - 4].key);
    assert!(texts(&chat, "bot").contains(&"answer to when do you open? 0".to_owned()));
}

#[test]
fn a_released_text_goes_out_as_a_persons_and_the_bot_is_silent_until_it_is_handed_back() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    let late = chat.asks("and ladders?");
    chat.releases(ticket, "We do", false);
    let reply = chat.takes_the_reply();
    assert_eq!((reply.0, reply.1.by), (ticket.reply(1), Speaker::Person));
    assert_eq!(chat.claim(&late, 0, 1), Claim::Stale(Stale::Turn));
    assert_eq!(chat.claim(&reply, 0, 1), Claim::Granted);
    chat.accepts(&reply, 0);
    assert_eq!(state(&chat), Some(TicketState::Answered));
    let said = chat.notes.last().unwrap();
    assert!(
        matches!(&said.note, Note::Said { number: 1, outcome: Outcome::Answered, provider_ids, .. } if provider_ids.len() == 1)
    );

    let message = chat.writes("how much is it?");
    assert_eq!(chat.outcomes_of(&message), [Outcome::WithPerson]);
    assert_eq!(state(&chat), Some(TicketState::Taken), "the customer waits again");
    assert!(chat.conversation.turn().is_none());

    chat.acts(Some(ticket), Act::Close);
    assert_eq!(chat.conversation.owner(), &Owner::Bot);
    assert_eq!(state(&chat), None);
    chat.is_answered("thanks");
}

#[test]
fn the_same_text_is_released_once_and_another_one_is_a_correction() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("how much is it?");
    chat.releases(ticket, "10 €", false);
    chat.releases(ticket, "10 € ", false);
    assert_eq!(chat.notes.last().unwrap().note.kind(), "kept");
    chat.takes_the_reply();
    chat.releases(ticket, "12 €", false);
    assert_eq!(chat.takes_the_reply().0, ticket.reply(2));
    chat.acts(Some(ticket), Act::Close);
    // A correction after all opens it again.
    chat.releases(ticket, "11 €", true);
    assert_eq!(chat.takes_the_reply().0, ticket.reply(3));
    assert_eq!(state(&chat), None);
    assert_eq!(chat.conversation.owner(), &Owner::Bot);
}

#[test]
fn a_text_that_comes_late_is_not_said_after_its_correction() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("how much is it?");
    chat.acts(Some(ticket), release("10 €", Some(0)));
    chat.takes_the_reply();
    chat.acts(Some(ticket), release("12 €", Some(1)));
    chat.takes_the_reply();
    assert!(chat.acts(Some(ticket), release("10 €", Some(0))).is_empty());
    assert!(chat.acts(Some(ticket), release("10 €", Some(1))).is_empty());
    chat.acts(Some(ticket), release("11 €", Some(2)));
    assert_eq!(chat.takes_the_reply().0, ticket.reply(3));
    // The last text again is not said again, and the desk shows that it was; it may also close.
    assert_eq!(chat.acts(Some(ticket), release("11 €", Some(2))).len(), 1);
    let Act::Release { text, attachments, after, .. } = release("11 €", Some(2)) else {
        panic!()
    };
    chat.acts(Some(ticket), Act::Release { text, attachments, after, closes: true });
    assert!(chat.replies.is_empty());
    assert!(chat.conversation.ticket().is_none());
}

#[test]
fn the_same_text_answers_another_question_too() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you have nails?");
    chat.releases(ticket, "We do", false);
    let reply = chat.takes_the_reply();
    chat.says(&reply);
    chat.writes("and screws?");
    chat.releases(ticket, "We do", false);
    assert_eq!(chat.takes_the_reply().0, ticket.reply(2));
    chat.releases(ticket, "We do", false);
    assert!(chat.replies.is_empty());
}

#[test]
fn whom_an_answer_can_not_reach_waits_again_and_somebody_is_told() {
    for (closes, state_after) in [(false, TicketState::Taken), (true, TicketState::Waiting)] {
        let mut chat = Chat::new();
        let ticket = chat.is_handed_over("do you have nails?");
        chat.releases(ticket, "We do", closes);
        let (reply, _) = chat.takes_the_reply();
        let refused = |chat: &mut Chat, reply| {
            let (outcome, now) = (Outcome::Undeliverable, chat.now);
            let effects = chat.conversation.refused(reply, None, outcome, Some(131_026), now);
            chat.note(effects)
        };
        let effects = refused(&mut chat, reply);
        let alert = effects.iter().find_map(|effect| match &effect.body {
            Body::AlertRaised(alert) => Some(alert.kind.as_str()),
            _ => None,
        });
        assert_eq!(alert, Some("answer_undelivered"));
        assert_eq!(state(&chat), Some(state_after));
        assert!(refused(&mut chat, reply).is_empty(), "once");
        chat.wait(HOUR);
        chat.is_due(ticket);
        assert!(chat.noted().contains(&"reminded"));
        // Nothing speaks against the same words.
        chat.releases(ticket, "We do", false);
        assert_eq!(chat.takes_the_reply().0, ticket.reply(2));
    }
}

#[test]
fn answering_and_closing_at_once_says_it_and_hands_back() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.releases(ticket, "We do", true);
    let reply = chat.takes_the_reply();
    assert_eq!(chat.claim(&reply, 0, 1), Claim::Granted, "a person's word is said all the same");
    chat.accepts(&reply, 0);
    assert_eq!(chat.conversation.owner(), &Owner::Bot);
    let line = chat.conversation.lines().last().unwrap();
    assert_eq!(line.author, domain::conversation::Author::Person);
}

#[test]
fn a_ticket_that_is_taken_and_put_back_waits_again_and_the_bot_speaks() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.acts(Some(ticket), Act::Take);
    let step = chat.notes.last().unwrap().step;
    assert!(chat.acts(Some(ticket), Act::Take).is_empty(), "twice changes nothing");
    let message = chat.writes("hello?");
    assert_eq!(chat.outcomes_of(&message), [Outcome::WithPerson]);
    chat.acts(Some(ticket), Act::PutBack);
    assert_eq!(state(&chat), Some(TicketState::Waiting));
    assert!(chat.notes.last().unwrap().step > step);
    chat.is_answered("when do you open?");
}

#[test]
fn an_answer_from_the_phone_is_on_the_ticket() {
    let mut chat = Chat::new();
    chat.is_handed_over("do you mount tiles?");
    chat.echo_of("wamid.phone", "yes, on Mondays");
    assert_eq!(texts(&chat, "person"), ["yes, on Mondays"]);
    assert_eq!(state(&chat), Some(TicketState::Answered));
}

#[test]
fn an_answer_says_since_when_it_was_waited_for_and_a_correction_does_not() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    let handed_at = chat.now;
    chat.wait(HOUR);
    chat.releases(ticket, "We do", false);
    let waited = |chat: &Chat| {
        let answers =
            chat.notes.iter().filter(|one| ["released", "person"].contains(&one.note.kind()));
        answers.map(|one| one.note.waited_since()).collect::<Vec<_>>()
    };
    assert_eq!(waited(&chat), [Some(handed_at)]);
    chat.releases(ticket, "We do not", false);
    assert_eq!(waited(&chat), [Some(handed_at), None]);
    chat.wait(60);
    let again_at = chat.now;
    chat.writes("and ladders?");
    chat.wait(60);
    chat.echo_of("wamid.phone", "yes");
    assert_eq!(waited(&chat), [Some(handed_at), None, Some(again_at)]);
}

#[test]
fn an_answered_ticket_is_closed_by_time_and_thanks_do_not_open_it() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.releases(ticket, "We do", false);
    let reply = chat.takes_the_reply();
    chat.says(&reply);
    chat.wait(60);
    chat.writes("gracias 👍");
    assert_eq!(state(&chat), Some(TicketState::Answered));
    chat.wait(HOUR);
    assert!(chat.is_due(ticket).is_empty());
    chat.wait(HOUR);
    chat.is_due(ticket);
    assert_eq!(chat.notes.last().unwrap().note.kind(), "closed");
    chat.is_answered("another thing");
}

#[test]
fn whom_nobody_answered_for_half_a_day_waits_again_and_is_not_forgotten() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.acts(Some(ticket), Act::Take);
    chat.wait(12 * HOUR);
    chat.is_answered("when do you open?");
    assert_eq!(state(&chat), Some(TicketState::Waiting));
}

#[test]
fn nobody_waits_in_silence() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    let due = |chat: &mut Chat| {
        let effects = chat.is_due(ticket);
        let kind = |body: &Body| match body {
            Body::TicketNoted(noted) => Some(noted.note.kind()),
            Body::AlertRaised(_) => Some("alert"),
            Body::ReplyReady(_) => Some("word"),
            _ => None,
        };
        effects.iter().filter_map(|effect| kind(&effect.body)).collect::<Vec<_>>()
    };
    chat.wait(29 * 60);
    assert!(due(&mut chat).is_empty());
    chat.wait(60);
    assert_eq!(due(&mut chat), ["reminded", "alert"]);
    assert!(due(&mut chat).is_empty(), "once");
    chat.wait(2 * HOUR);
    assert_eq!(due(&mut chat), ["escalated", "alert"]);
    chat.wait(19 * HOUR + 1800);
    assert_eq!(due(&mut chat), ["word"], "before the window closes");
    let word = chat.takes_the_reply();
    chat.says(&word);
    assert!(due(&mut chat).is_empty());
    chat.releases(ticket, "We do", false);
    chat.wait(20 * HOUR);
    assert!(!due(&mut chat).contains(&"reminded"), "an answer ends it");
}

#[test]
fn whoever_has_taken_the_ticket_is_reminded_and_the_bot_says_nothing() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.acts(Some(ticket), Act::Take);
    chat.wait(3 * HOUR);
    chat.is_due(ticket);
    assert!(chat.noted().ends_with(&["reminded", "escalated"]));
    assert!(chat.replies.is_empty());
}

#[test]
fn an_answer_outside_the_window_is_told_to_be_waiting_and_then_to_be_said() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.wait(25 * HOUR);
    chat.releases(ticket, "We do", true);
    let reply = chat.takes_the_reply();
    assert_eq!(chat.claim(&reply, 0, 1), Claim::WindowClosed);
    chat.postpones(&reply, Some(template()));
    let outcome = |chat: &Chat| match &chat.notes.last().unwrap().note {
        Note::Said { outcome, .. } => *outcome,
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome(&chat), Outcome::Postponed);
    let invitation = chat.takes_the_reply();
    assert!(invitation.1.may_open_the_window());
    chat.writes("sí");
    let reply = chat.takes_the_reply();
    assert_eq!(reply.1.text, "We do");
    chat.says(&reply);
    assert_eq!(outcome(&chat), Outcome::Answered);
}

#[test]
fn what_is_read_in_a_file_joins_the_ticket_also_with_a_person() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("do you mount tiles?");
    chat.acts(Some(ticket), Act::Take);
    let voice = |reading| {
        Content::Media(Media {
            kind: MediaKind::Audio,
            id: "media".to_owned(),
            mime_type: None,
            sha256: None,
            caption: None,
            filename: None,
            voice: true,
            file: Some("shop/voice".to_owned()),
            reading,
        })
    };
    let id = chat.hears(voice(None));
    chat.hears_as(&id, voice(Some(Reading::Transcript("on Monday".to_owned()))));
    let Note::Customer { text, file, .. } = &chat.notes.last().unwrap().note else { panic!() };
    assert_eq!(text.as_deref(), Some("on Monday"));
    assert_eq!(file.as_deref(), Some("shop/voice"));
    let keys: Vec<_> = chat.notes.iter().rev().take(2).map(|noted| noted.key).collect();
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn what_a_customer_deletes_is_withdrawn_from_the_ticket() {
    let mut chat = Chat::new();
    chat.is_handed_over("do you mount tiles?");
    let message = chat.writes("my number is 1");
    chat.deletes(&message);
    let noted = chat.notes.last().unwrap();
    assert_eq!((noted.note.kind(), noted.key), ("withdrawn", crate::chat::id_of(&message)));
}

#[test]
fn a_ticket_that_the_state_has_lost_is_taken_up_as_the_records_know_it() {
    let mut chat = Chat::new();
    let ticket = chat.is_handed_over("how much is it?");
    chat.releases(ticket, "10 €", false);
    let mut lost = Chat::new();
    let known = Known {
        id: ticket,
        state: TicketState::Answered,
        step: 2,
        released: 1,
        last: Some(("10 €".to_owned(), Vec::new())),
        customer: domain::Customer::with_phone("34600000001"),
        address: "1".to_owned(),
        heard_at: Some(chat.now),
    };
    let released =
        |text: &str| TicketActed { ticket: Some(ticket), by: None, act: release(text, None) };
    let rules = lost.rules.clone();
    let now = lost.now + Duration::from_secs(60);
    let again = lost.conversation.act(&released("10 €"), Some(&known), now, &rules);
    assert!(!again.iter().any(|effect| matches!(effect.body, Body::ReplyReady(_))), "once");
    let other = lost.conversation.act(&released("12 €"), Some(&known), now, &rules);
    let reply = other.iter().find(|effect| matches!(effect.body, Body::ReplyReady(_))).unwrap();
    assert_eq!(reply.id, Some(ticket.reply(2)));
    // And the customer is reached, although nothing else is left of them.
    assert_eq!(lost.conversation.customer().phone.as_deref(), Some("34600000001"));
    assert_eq!(lost.conversation.address(), "1");
    assert!(lost.conversation.window_is_open(now));
    assert!(lost.acts(None, Act::HandBack).iter().any(
        |one| matches!(&one.body, Body::TicketNoted(noted) if noted.state == TicketState::Closed)
    ));
}

#[test]
fn a_person_who_has_a_lost_ticket_has_the_conversation_again() {
    let known = |chat: &Chat, state| Known {
        id: domain::TicketId::from_uuid(uuid::Uuid::from_u128(1)),
        state,
        step: 2,
        released: 1,
        last: None,
        customer: domain::Customer::with_phone("34600000001"),
        address: "1".to_owned(),
        heard_at: Some(chat.now),
    };
    for state_before in [TicketState::Taken, TicketState::Answered] {
        let mut chat = Chat::new();
        let message = chat.writes("and how much is it?");
        chat.gathers();
        let (known, now) = (known(&chat, state_before), chat.now);
        let effects = chat.conversation.adopt(&known, now);
        chat.note(effects);
        assert!(matches!(chat.conversation.owner(), Owner::Person { .. }));
        assert_eq!(state(&chat), Some(TicketState::Taken), "the customer waits");
        assert_eq!(texts(&chat, "customer"), ["and how much is it?"]);
        assert_eq!(chat.outcomes_of(&message), [Outcome::WithPerson]);
        assert!(chat.conversation.adopt(&known, now).is_empty(), "once");
    }
    let mut chat = Chat::new();
    let (known, now) = (known(&chat, TicketState::Waiting), chat.now);
    assert!(chat.conversation.adopt(&known, now).is_empty());
    assert_eq!(chat.conversation.owner(), &Owner::Bot);
}

#[test]
fn of_a_ticket_that_nobody_knows_nothing_is_believed() {
    let mut chat = Chat::new();
    chat.writes("hello");
    let unknown = domain::TicketId::from_uuid(uuid::Uuid::from_u128(1));
    assert!(chat.acts(Some(unknown), Act::Take).is_empty());
    assert_eq!(chat.conversation.owner(), &Owner::Bot);
}
