//! What must hold after any history: duplicates, disorder, crashes between any two steps, two
//! workers at once, people who interrupt, channels that do not answer, states that are lost.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::message::{Note, ReplyPart, TicketState};
use domain::{Conversation, ConversationId, Outcome, TicketId, Timestamp, TurnId};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::steps::{Pause, Step, Words, histories, quiet_histories};
use crate::world::{DeskStep, Fate, Fault, Grant, Post, World};

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_message_has_one_outcome(history in histories()) {
        let world = World::after(&history);
        for id in world.recorded.keys() {
            let outcomes = world.outcomes.get(id).cloned().unwrap_or_default();
            prop_assert!(!outcomes.is_empty(), "{} has no outcome", id);
            // A conversation that was lost may answer again what it had answered.
            let agree = outcomes.iter().all(|outcome| *outcome == outcomes[0]);
            prop_assert!(agree || world.lost_documents > 0, "{id} has the outcomes {outcomes:?}");
        }
    }

    #[test]
    fn no_turn_is_answered_twice(history in histories()) {
        let world = World::after(&history);
        let mut replies: BTreeMap<(ConversationId, TurnId), ReplyPart> = BTreeMap::new();
        let may_have_spoken = |grant: &&Grant| !grant.is_surely_unsent;
        for grant in world.grants.iter().filter(may_have_spoken) {
            // Who had claimed it is lost with the conversation.
            let is_hasty = grant.is_hasty && world.lost_documents == 0;
            prop_assert!(!is_hasty, "claimed again before its outcome could be known: {grant:?}");
            let Some(turn) = grant.turn else { continue };
            let first = replies.entry((grant.conversation, turn)).or_insert(grant.part);
            prop_assert_eq!(first.reply, grant.part.reply, "two replies to {}", turn);
        }
        for post in &world.posts {
            let same = |other: &&_| is_same(post, other);
            let posted = world.posts.iter().filter(same).count();
            let repeats = world.grants.iter().filter(|grant| grant.turn == post.turn
                && grant.part == post.part && grant.may_repeat).count();
            let failures = world.failures.get(&post.part).copied().unwrap_or_default();
            prop_assert!(posted <= 1 + repeats + failures, "posted {posted} times: {post:?}");
        }
    }

    #[test]
    fn the_bot_is_silent_after_a_person_spoke(history in histories()) {
        let world = World::after(&history);
        for grant in &world.grants {
            prop_assert!(!grant.person_has_the_word, "{grant:?}");
        }
    }

    #[test]
    fn no_text_is_released_twice(history in histories()) {
        let world = World::after(&history);
        let mut texts: BTreeMap<TicketId, BTreeMap<u32, Vec<&str>>> = BTreeMap::new();
        for (id, reply) in &world.released {
            for release in reply.releases.iter().filter(|one| *id == one.ticket.reply(one.number)) {
                let of_ticket = texts.entry(release.ticket).or_default();
                of_ticket.entry(release.number).or_default().push(&reply.text);
            }
        }
        for (ticket, numbers) in &texts {
            prop_assert!(numbers.values().all(|texts| texts.len() == 1), "{numbers:?}");
            // Only a ticket that has waited again meanwhile is answered by the same words.
            let steps = |is: fn(&Note, TicketState) -> bool| -> Vec<u32> {
                let of = world.notes.values().filter(|noted| noted.ticket == *ticket);
                of.filter(|noted| is(&noted.note, noted.state)).map(|noted| noted.step).collect()
            };
            let mut released = steps(|note, _| matches!(note, Note::Released { .. }));
            released.sort_unstable();
            let waited = steps(|_, state| {
                matches!(state, TicketState::Waiting | TicketState::Taken)
            });
            let texts: Vec<&str> = numbers.values().flatten().copied().collect();
            if released.len() == texts.len() {
                let pairs = texts.windows(2).zip(released.windows(2));
                for (text, step) in pairs.filter(|(text, _)| text[0] == text[1]) {
                    let has_waited = waited.iter().any(|one| step[0] < *one && *one < step[1]);
                    prop_assert!(has_waited || world.lost_documents > 0, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn whoever_is_promised_a_person_is_on_a_ticket(mut history in histories()) {
        // What was decided is lost with whoever kept it until it was written down.
        history.retain(|step| {
            use Step::{ForgetEffects, LoseDocument, LoseQueue, LoseTimers};
            !matches!(step, ForgetEffects | LoseDocument | LoseQueue | LoseTimers)
        });
        let world = World::after(&history);
        let opened = world.notes.values().any(|noted| matches!(noted.note, Note::Opened { .. }));
        let promised = world.closed.iter().any(|(closed, _)| closed.outcome == Outcome::HandedOff);
        prop_assert!(opened || !promised);
    }

    #[test]
    fn a_conversation_has_one_open_ticket(history in quiet_histories()) {
        let world = World::after(&history);
        let mut states: BTreeMap<TicketId, (u32, TicketState)> = BTreeMap::new();
        for noted in world.notes.values() {
            let newest = states.entry(noted.ticket).or_insert((noted.step, noted.state));
            if noted.step > newest.0 {
                *newest = (noted.step, noted.state);
            }
        }
        let open = states.values().filter(|(_, state)| *state != TicketState::Closed).count();
        prop_assert!(open <= 1, "{states:?}");
        prop_assert_eq!(open == 1, world.conversation.ticket().is_some());
    }

    #[test]
    fn a_stale_reply_is_never_claimed(history in histories()) {
        let world = World::after(&history);
        for grant in &world.grants {
            prop_assert!(grant.is_of_this_epoch, "{grant:?}");
            prop_assert!(!grant.is_superseded, "{grant:?}");
        }
    }

    #[test]
    fn an_answer_belongs_to_its_question(history in histories()) {
        let world = World::after(&history);
        for grant in &world.grants {
            prop_assert!(grant.answers_its_turn, "{grant:?}");
        }
    }

    #[test]
    fn nothing_is_claimed_outside_the_window(history in histories()) {
        let world = World::after(&history);
        for grant in &world.grants {
            let is_open = grant.since_customer < Duration::from_hours(24);
            prop_assert!(is_open || grant.is_invitation, "{grant:?}");
        }
    }

    #[test]
    fn nothing_is_remembered_of_what_was_deleted(history in histories()) {
        let world = World::after(&history);
        // A message that a lost conversation had heard may come again without its deletion.
        let lines = world.conversation.lines().filter(|_| world.lost_documents == 0);
        for line in lines {
            let id = line.provider_id.clone().unwrap_or_default();
            prop_assert!(!world.deleted.contains(&id), "{} was deleted", id);
        }
    }

    #[test]
    fn turns_are_answered_in_order(history in histories()) {
        let world = World::after(&history);
        let mut turns: BTreeMap<ConversationId, Vec<Option<TurnId>>> = BTreeMap::new();
        for post in world.posts.iter().filter(|post| post.turn_was_open) {
            turns.entry(post.conversation).or_default().push(post.turn);
        }
        for turns in turns.values() {
            prop_assert!(turns.is_sorted(), "{turns:?}");
        }
    }

    #[test]
    fn an_outcome_tells_the_truth(history in histories()) {
        let world = World::after(&history);
        for (closed, at) in &world.closed {
            let Some(turn) = closed.turn else { continue };
            for sent in &closed.sent {
                let part = ReplyPart { reply: sent.reply, part: sent.part };
                let posted = world.posts.iter().find(|post| post.turn == Some(turn) && post.part == part);
                prop_assert_eq!(posted.map(|post| &post.text), Some(&sent.text));
            }
            if matches!(closed.outcome, Outcome::Answered | Outcome::HandedOff) {
                let is_long = closed.sent.iter().any(|sent| sent.text.contains("long"));
                prop_assert_eq!(closed.sent.len(), if is_long { 2 } else { 1 });
            }
            let reply_died = world.grants.iter()
                .any(|grant| grant.turn == Some(turn) && world.died.contains(&grant.part.reply));
            // A turn that superseded another began when that one did, at most eight seconds before.
            let age = at.since(Timestamp::from_millis(i64::try_from(turn.0 / 1024).unwrap()));
            let is_a_day_old = age + world.rules.gather_at_most >= Duration::from_hours(24);
            prop_assert!(closed.outcome != Outcome::Failed || reply_died || is_a_day_old, "{closed:?}");
        }
    }

    #[test]
    fn the_conversation_survives_its_json(history in histories()) {
        let mut world = World::new();
        for (number, step) in history.iter().enumerate() {
            world.step(number, *step);
            let json = serde_json::to_string(&world.conversation).unwrap();
            let again: Conversation = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&again, &world.conversation);
        }
    }

    #[test]
    fn duplicates_change_nothing(history in quiet_histories(), keeps_effects: bool) {
        let lived = |copies, keeps_effects| {
            let mut world = World::new();
            (world.copies, world.keeps_effects) = (copies, keeps_effects);
            for (number, step) in history.iter().enumerate() {
                world.step(number, *step);
            }
            world.drain();
            // Which of two same timers ran decides a reply's id and nothing else.
            let mut document = serde_json::to_string(&world.conversation).unwrap();
            for (number, post) in world.posts.iter().enumerate() {
                document = document.replace(&post.part.reply.to_string(), &number.to_string());
            }
            let said = |post: &Post| (post.turn, post.part.part, post.text.clone());
            (document, world.posts.iter().map(said).collect::<Vec<_>>())
        };
        prop_assert_eq!(lived(1, true), lived(2, keeps_effects));
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, cases: 1_000, ..Config::default() })]

    /// Whatever a worker has in hand, and whether it crashes just then.
    #[test]
    fn a_person_may_act_at_any_step_of_a_turn(
        steps in 0..14usize,
        (question, act) in turns_and_acts(),
        crashes: bool,
    ) {
        let mut world = World::new();
        world.step(0, Step::Write(Words::AskForPerson, 0));
        world.run_for(Duration::from_secs(20));
        world.step(1, Step::Write(question, 0));
        world.step(2, Step::Wait(Pause::Second));
        for number in 0..steps {
            world.step(3 + number, Step::Deliver(0, Fault::None));
            world.step(3 + number, Step::Finish(0, Fate::Accepted, Fault::None));
            world.step(3 + number, Step::Wait(Pause::Blink));
        }
        if crashes {
            world.step(20, Step::Crash(0));
        }
        world.step(21, act);
        world.act_now();
        let silent_from = world.grants.len();
        world.drain();
        let bots: Vec<_> = world.grants[silent_from..].iter().filter(|grant| grant.is_bots).collect();
        prop_assert!(bots.is_empty(), "{bots:?}");
    }
}

fn turns_and_acts() -> impl Strategy<Value = (Words, Step)> {
    let questions = vec![
        Words::Greeting,
        Words::Question,
        Words::UnknownQuestion,
        Words::LongQuestion,
        Words::AskForPerson,
    ];
    let acts = vec![
        Step::Desk(DeskStep::Take),
        Step::Desk(DeskStep::Answer(0, false)),
        Step::PersonSpeaks { minutes_ago: 1 },
    ];
    (prop::sample::select(questions), prop::sample::select(acts))
}

fn is_same(one: &Post, other: &Post) -> bool {
    one.turn == other.turn && one.part == other.part
}
