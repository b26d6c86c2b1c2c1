//! The rules of a conversation, one at a time.
// long: the rules in the order in which a conversation meets them.

use std::time::Duration;

use domain::conversation::{Claim, Decision, Owner, Phase, Stale};
use domain::message::{Delivery, DeliveryUpdated, HumanSpoke, Inbound, ReplyPart, ReplyReady};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, Effect, MessageId,
    Outcome, Rules, Timestamp, TurnId,
};

const BEGIN: Timestamp = Timestamp::from_secs(1_795_000_000);

fn after(seconds: u64) -> Timestamp {
    BEGIN + Duration::from_secs(seconds)
}

fn id(number: u128) -> MessageId {
    MessageId::from_uuid(uuid::Uuid::from_u128(number))
}

fn inbound(content: Content, sent_at: Timestamp) -> Inbound {
    Inbound {
        provider_id: "wamid.1".to_owned(),
        sent_at,
        arrived_at: None,
        customer: Customer::with_phone("34600000001"),
        address: "1".to_owned(),
        content,
        context: None,
    }
}

/// A conversation in which the first turn waits for a decision.
fn deciding() -> (Conversation, TurnId) {
    let business = BusinessId::new("shop");
    let customer = Customer::with_phone("34600000001");
    let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer);
    let mut conversation = Conversation::new(conversation, business);
    let rules = Rules { pause: Duration::ZERO, ..Rules::default() };
    conversation.receive(id(1), &inbound(Content::text("hello"), BEGIN), BEGIN, &rules);
    let turn = conversation.turn().unwrap().id;
    (conversation, turn)
}

/// A conversation in which the first turn has an answer on its way.
fn answering() -> (Conversation, ReplyReady) {
    let (mut conversation, turn) = deciding();
    let effects =
        conversation.decide(turn, Decision::Reply { text: "welcome".to_owned(), language: None });
    (conversation, reply(&effects))
}

fn reply(effects: &[Effect]) -> ReplyReady {
    let reply = effects.iter().find_map(|effect| match &effect.body {
        Body::ReplyReady(reply) => Some(reply.clone()),
        _ => None,
    });
    reply.expect("a reply")
}

fn turn_of(reply: &ReplyReady) -> TurnId {
    reply.turn.expect("it answers a turn")
}

fn outcomes(effects: &[Effect]) -> Vec<Outcome> {
    let outcome = |effect: &Effect| match &effect.body {
        Body::TurnClosed(closed) => Some(closed.outcome),
        _ => None,
    };
    effects.iter().filter_map(outcome).collect()
}

fn claim(
    conversation: &mut Conversation,
    reply: &ReplyReady,
    part: (u16, u16),
    at: Timestamp,
) -> Claim {
    conversation.claim(id(10), reply, part, &reply.text, at, &Rules::default())
}

#[test]
fn an_overdue_turn_is_taken_from_whoever_was_answering_it() {
    let (mut conversation, late) = answering();
    let early =
        conversation.overdue(turn_of(&late), "a person".to_owned(), after(89), &Rules::default());
    assert_eq!(early[0].delay, Duration::from_secs(1), "not yet: ask again");

    let effects =
        conversation.overdue(turn_of(&late), "a person".to_owned(), after(90), &Rules::default());
    assert_eq!(claim(&mut conversation, &late, (0, 1), after(91)), Claim::Stale(Stale::Epoch));
    assert_eq!(claim(&mut conversation, &reply(&effects), (0, 1), after(91)), Claim::Granted);
}

#[test]
fn an_overdue_turn_whose_answer_is_being_sent_is_let_finish() {
    let (mut conversation, reply) = answering();
    claim(&mut conversation, &reply, (0, 1), after(89));
    let text = "a person".to_owned();
    let effects = conversation.overdue(turn_of(&reply), text, after(90), &Rules::default());
    assert!(matches!(effects[..], [Effect { body: Body::TurnOverdue(_), .. }]));
    let part = ReplyPart { reply: id(10), part: 0 };
    assert_eq!(
        outcomes(&conversation.part_sent(part, "wamid.out", ("", None), after(91))),
        [Outcome::Answered]
    );
}

use crate::chat::{wish_for_a_person, words};

#[test]
fn a_turn_that_was_overdue_is_no_longer_the_desks_to_hand_over() {
    let (mut conversation, late) = answering();
    let asked = wish_for_a_person(turn_of(&late), late.epoch);
    let effects = conversation.hand_over(&asked, &words(), after(1));
    assert_eq!(effects.iter().filter(|one| matches!(one.body, Body::ReplyReady(_))).count(), 1);
    let text = "a person".to_owned();
    conversation.overdue(turn_of(&late), text, after(90), &Rules::default());
    assert!(conversation.hand_over(&asked, &words(), after(91)).is_empty());
}

#[test]
fn a_turn_is_decided_once() {
    let (mut conversation, reply) = answering();
    let again = Decision::Reply { text: "again".to_owned(), language: None };
    assert!(conversation.question(turn_of(&reply)).is_none());
    assert!(conversation.decide(turn_of(&reply), again.clone()).is_empty());
    claim(&mut conversation, &reply, (0, 1), after(1));
    assert!(conversation.decide(turn_of(&reply), again).is_empty());
    assert!(matches!(conversation.turn().unwrap().phase, Phase::Sending(_)));
}

#[test]
fn a_turn_is_not_overdue_for_ever_and_apologies_grow_rare() {
    let (mut conversation, first) = answering();
    let (mut now, mut apologies) = (after(90), 0);
    loop {
        let text = "a person".to_owned();
        let effects = conversation.overdue(turn_of(&first), text, now, &Rules::default());
        if conversation.turn().is_none() {
            assert_eq!(outcomes(&effects), [Outcome::Failed]);
            break;
        }
        apologies += 1;
        now = now + effects.last().unwrap().delay;
    }
    assert_eq!(apologies, 10);
    assert!(now >= after(86_400));
}

#[test]
fn a_reply_that_nothing_is_heard_of_is_sent_three_times_at_most() {
    let (mut conversation, reply) = answering();
    let mut claim = |at| claim(&mut conversation, &reply, (0, 1), after(at));
    assert_eq!(claim(1), Claim::Granted);
    assert_eq!(claim(2), Claim::Unknown { until: after(21) });
    assert_eq!(claim(21), Claim::Granted);
    assert_eq!(claim(22), Claim::Unknown { until: after(61) });
    assert_eq!(claim(61), Claim::Granted);
    assert_eq!(claim(62), Claim::Unknown { until: after(141) });
    assert_eq!(claim(141), Claim::GivenUp);
}

#[test]
fn after_an_outage_of_ours_a_sign_is_waited_for_before_anything_is_sent_again() {
    let (mut conversation, reply) = answering();
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(1)), Claim::Granted);
    let until = after(320);
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(300)), Claim::Unknown { until });
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(320)), Claim::Granted);
}

#[test]
fn what_was_on_its_way_when_a_person_took_over_is_remembered() {
    let (mut conversation, reply) = answering();
    claim(&mut conversation, &reply, (0, 1), after(1));
    conversation.take_over(after(2));
    let part = ReplyPart { reply: id(10), part: 0 };
    let effects = conversation.part_sent(part, "wamid.out", ("welcome", None), after(3));
    let [Body::TurnClosed(closed)] =
        effects.iter().map(|effect| &effect.body).collect::<Vec<_>>()[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((closed.turn, closed.messages.len(), closed.sent.len()), (None, 0, 1));
    assert!(conversation.lines().any(|line| line.text == "welcome"));
    assert!(
        conversation.part_sent(part, "wamid.out", ("welcome", None), after(4)).is_empty(),
        "once"
    );
}

#[test]
fn after_an_outage_of_two_days_the_customer_still_gets_a_word() {
    let (mut conversation, first) = answering();
    let now = after(2 * 86_400);
    let effects =
        conversation.overdue(turn_of(&first), "a person".to_owned(), now, &Rules::default());
    assert_eq!(reply(&effects).text, "a person");
}

#[test]
fn a_part_is_not_claimed_while_one_before_it_may_still_be_on_its_way() {
    let (mut conversation, reply) = answering();
    assert_eq!(claim(&mut conversation, &reply, (0, 2), after(1)), Claim::Granted);
    let until = after(21);
    assert_eq!(claim(&mut conversation, &reply, (0, 2), after(2)), Claim::Unknown { until });
    assert_eq!(claim(&mut conversation, &reply, (1, 2), after(2)), Claim::Unknown { until });
    conversation.part_sent(ReplyPart { reply: id(10), part: 0 }, "wamid.out", ("", None), after(3));
    assert_eq!(claim(&mut conversation, &reply, (0, 2), after(4)), Claim::Done);
    assert_eq!(claim(&mut conversation, &reply, (1, 2), after(4)), Claim::Granted);
}

#[test]
fn a_part_that_was_surely_not_sent_may_be_claimed_at_once() {
    let (mut conversation, reply) = answering();
    claim(&mut conversation, &reply, (0, 1), after(1));
    conversation.unclaim(ReplyPart { reply: id(11), part: 0 });
    let until = after(21);
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(2)), Claim::Unknown { until });
    conversation.unclaim(ReplyPart { reply: id(10), part: 0 });
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(2)), Claim::Granted);
}

#[test]
fn a_refusal_ends_the_turn_of_the_reply_that_was_refused() {
    let (mut conversation, reply) = answering();
    claim(&mut conversation, &reply, (0, 1), after(1));
    let mut refused = |number| {
        let code = Some(131_026);
        outcomes(&conversation.refused(
            id(number),
            reply.turn,
            Outcome::Undeliverable,
            code,
            after(2),
        ))
    };
    assert_eq!(refused(11), [], "another reply");
    assert_eq!(refused(10), [Outcome::Undeliverable]);
}

#[test]
fn of_two_replies_to_a_turn_the_first_claim_wins() {
    let (mut conversation, reply) = answering();
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(1)), Claim::Granted);
    let other = conversation.claim(id(11), &reply, (0, 1), "other", after(30), &Rules::default());
    assert_eq!(other, Claim::Stale(Stale::Other));
}

#[test]
fn the_window_closes_a_day_after_the_customer_last_wrote() {
    let (mut conversation, reply) = answering();
    let at = |seconds| claim(&mut conversation.clone(), &reply, (0, 1), after(seconds));
    assert_eq!(at(86_399), Claim::Granted);
    assert_eq!(at(86_400), Claim::WindowClosed);

    let notice = Content::System { event: "number".to_owned(), details: serde_json::Value::Null };
    let rules = Rules::default();
    conversation.receive(id(2), &inbound(notice, after(80_000)), after(80_000), &rules);
    assert!(!conversation.window_is_open(after(86_400)), "a notice does not hold it open");
    let ahead = inbound(Content::text("hi"), after(200_000));
    conversation.receive(id(3), &ahead, after(86_400), &rules);
    assert!(conversation.window_is_open(after(2 * 86_400 - 1)));
    assert!(!conversation.window_is_open(after(2 * 86_400)), "nor does a clock that runs ahead");
}

#[test]
fn only_the_death_of_the_reply_being_sent_ends_a_turn() {
    let (mut conversation, reply) = answering();
    let died = |conversation: &mut Conversation, number| {
        let text = "a person".to_owned();
        conversation.reply_died(turn_of(&reply), id(number), text, after(2), &Rules::default())
    };
    assert!(died(&mut conversation, 10).is_empty(), "nobody had claimed it");
    claim(&mut conversation, &reply, (0, 1), after(1));
    assert!(died(&mut conversation, 11).is_empty(), "another reply");
    let (text, rules) = ("a person".to_owned(), Rules::default());
    assert!(conversation.message_died(turn_of(&reply), text, after(2), &rules).is_empty());
    assert_eq!(outcomes(&died(&mut conversation, 10)), [Outcome::Failed], "it may be with them");
}

#[test]
fn a_reply_that_died_unsaid_is_replaced_by_an_honest_word_once() {
    let (mut conversation, reply) = answering();
    let died = |conversation: &mut Conversation, number| {
        let text = "a person".to_owned();
        conversation.reply_died(turn_of(&reply), id(number), text, after(2), &Rules::default())
    };
    let unclaim = |conversation: &mut Conversation, number| {
        conversation.unclaim(ReplyPart { reply: id(number), part: 0 });
    };
    claim(&mut conversation, &reply, (0, 1), after(1));
    unclaim(&mut conversation, 10);
    let effects = died(&mut conversation, 10);
    let word = self::reply(&effects);
    assert_eq!((word.text.as_str(), word.closes_as), ("a person", Outcome::HandedOff));
    assert_eq!(claim(&mut conversation, &reply, (0, 1), after(3)), Claim::Stale(Stale::Epoch));
    let granted =
        conversation.claim(id(12), &word, (0, 1), "a person", after(3), &Rules::default());
    assert_eq!(granted, Claim::Granted);
    unclaim(&mut conversation, 12);
    assert_eq!(outcomes(&died(&mut conversation, 12)), [Outcome::Failed], "and not again");
}

#[test]
fn a_dead_message_is_answered_unless_it_had_been_heard() {
    let (mut conversation, turn) = deciding();
    let message = inbound(Content::text("hello"), BEGIN);
    let mut dies = |number, at| {
        let text = "a person".to_owned();
        conversation.receive_dead(id(number), &message, text, at, &Rules::default())
    };
    assert!(dies(1, after(1)).is_empty(), "its turn goes on");
    let effects = dies(2, after(1));
    assert_eq!(reply(&effects).text, "a person");
    assert_ne!(reply(&effects).turn, Some(turn), "the turn that did not have it was superseded");
    assert!(!effects.iter().any(|effect| matches!(effect.body, Body::TurnGathered(_))));
}

#[test]
fn a_message_that_comes_while_the_answer_is_made_waits_for_the_next_turn() {
    let (mut conversation, first) = answering();
    let more = inbound(Content::text("and?"), after(1));
    assert!(conversation.receive(id(2), &more, after(1), &Rules::default()).is_empty());
    assert!(conversation.go_on(after(2), &Rules::default()).is_empty(), "the turn is still open");
    claim(&mut conversation, &first, (0, 1), after(2));
    conversation.part_sent(ReplyPart { reply: id(10), part: 0 }, "wamid.out", ("", None), after(3));
    conversation.go_on(after(3), &Rules::default());
    let turn = conversation.turn().unwrap();
    assert!(turn.id > turn_of(&first) && matches!(turn.phase, Phase::Gathering { .. }));
    assert_eq!(turn.messages[0].id, id(2));
}

#[test]
fn a_message_that_waits_is_taken_up_when_it_comes_again() {
    let (mut conversation, first) = answering();
    let more = inbound(Content::text("and?"), after(1));
    conversation.receive(id(2), &more, after(1), &Rules::default());
    claim(&mut conversation, &first, (0, 1), after(2));
    conversation.part_sent(ReplyPart { reply: id(10), part: 0 }, "wamid.out", ("", None), after(3));
    assert!(conversation.turn().is_none(), "nobody heard that the turn closed");
    conversation.receive(id(2), &more, after(240), &Rules::default());
    assert_eq!(conversation.turn().unwrap().messages.len(), 1);
}

#[test]
fn a_status_is_the_outcome_of_a_part_whose_sending_had_none() {
    let status = |status, error_code| DeliveryUpdated {
        provider_id: "wamid.out".to_owned(),
        status,
        at: after(5),
        reply: Some(ReplyPart { reply: id(10), part: 0 }),
        error_code,
        error: None,
        billable: None,
        category: None,
        pricing: None,
    };
    for (update, outcome) in [
        (status(Delivery::Delivered, None), Outcome::Answered),
        (status(Delivery::Failed, Some(131_026)), Outcome::Undeliverable),
    ] {
        let (mut conversation, reply) = answering();
        assert!(conversation.part_delivered(&update, after(1)).is_empty(), "not ours yet");
        claim(&mut conversation, &reply, (0, 1), after(2));
        assert_eq!(outcomes(&conversation.part_delivered(&update, after(5))), [outcome]);
        assert!(conversation.part_delivered(&update, after(6)).is_empty());
    }
}

#[test]
fn the_echo_of_our_own_message_is_not_a_person() {
    let (mut conversation, reply) = answering();
    claim(&mut conversation, &reply, (0, 2), after(1));
    conversation.part_sent(ReplyPart { reply: id(10), part: 0 }, "wamid.out", ("", None), after(2));
    let echo = HumanSpoke {
        provider_id: "wamid.out".to_owned(),
        at: after(2),
        customer: Customer::with_phone("34600000001"),
        address: "1".to_owned(),
        content: Content::text("welcome"),
    };
    assert!(conversation.person_spoke(id(20), &echo, after(3)).is_empty());
    assert_eq!(*conversation.owner(), Owner::Bot);
}

#[test]
fn a_person_who_falls_silent_has_handed_the_conversation_back() {
    let (mut conversation, _) = answering();
    assert_eq!(outcomes(&conversation.take_over(after(1))), [Outcome::WithPerson]);
    let mut writes = |number, at| {
        let message = inbound(Content::text("hello?"), at);
        outcomes(&conversation.receive(id(number), &message, at, &Rules::default()))
    };
    assert_eq!(writes(2, after(12 * 3600)), [Outcome::WithPerson]);
    assert_eq!(writes(3, after(12 * 3600 + 1)), [], "the bot takes it up");
    assert_eq!(conversation.epoch(), 2, "each change of owner raises it");
}

#[test]
fn a_reply_of_a_lost_state_fits_no_turn_of_the_new_one() {
    let (before, stale) = answering();
    let mut lost = Conversation::new(before.id(), BusinessId::new("shop"));
    let rules = Rules { pause: Duration::ZERO, ..Rules::default() };
    lost.receive(id(2), &inbound(Content::text("other"), after(1)), after(1), &rules);
    let turn = lost.turn().unwrap().id;
    lost.decide(turn, Decision::Reply { text: "other".to_owned(), language: None });
    assert_eq!(claim(&mut lost, &stale, (0, 1), after(2)), Claim::Stale(Stale::Turn));
}
