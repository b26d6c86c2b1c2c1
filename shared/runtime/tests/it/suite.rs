//! What the worker loop guarantees, on every implementation of the ports.
// long: one suite, run on every implementation of the ports; split, they could not be compared.

use std::sync::Arc;
use std::time::Duration;

use broker::Reason;
use domain::message::{
    AnswerLearned, MessageDied, MessageReceived, QuestionAsked, TurnDue, TurnGathered,
};
use domain::{Body, BusinessId, Effect, Kind, Language, Rules, TurnId};
use runtime::{Context, Effects, Failure, Handler, Lane};
use store::State;
use store::state::{Commit, Committed};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::stand::{
    LANE, NOTICES, Stand, Told, about, conversation, effect, failure, ids, inbound, message,
    message_in, until,
};

macro_rules! on_every_port {
    ($($test:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $test() {
                super::$test(crate::stand::Stand::embedded).await;
            })+
        }
        mod servers {
            $(#[tokio::test] async fn $test() {
                super::$test(crate::stand::Stand::servers).await;
            })+
        }
    };
}

on_every_port! {
    a_message_that_comes_twice_is_handled_once,
    what_was_decided_and_not_published_is_published_and_not_decided_again,
    a_lost_race_repeats_the_change_and_not_the_handler,
    a_change_that_does_nothing_is_believed_only_of_the_newest,
    of_handlers_at_once_on_one_conversation_every_change_counts,
    a_panic_is_retried_and_then_dead,
    a_rejected_message_is_dead_at_once,
    what_does_not_decode_is_dead_at_once_and_blocks_nobody,
    a_message_of_an_unknown_business_is_tried_again_and_then_dead,
    a_death_notice_that_dies_tells_nobody,
    retries_come_as_the_schedule_says,
    a_handler_that_hangs_is_given_up_and_tried_again,
    what_of_ours_is_away_kills_no_message,
    what_no_queue_takes_is_dead_and_holds_up_nobody,
    a_delay_that_has_run_is_not_begun_again,
    a_clock_set_back_makes_no_delay_longer,
    a_worker_without_the_conversation_may_not_change_it,
}

async fn a_message_that_comes_twice_is_handled_once(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| Ok(effect()));
    stand.work(&told, Lane { at_once: 1, ..LANE });
    let message = message();
    stand.publish(&message).await;
    stand.publish(&message).await;
    let seen = [stand.seen().await, stand.seen().await];
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].cause, Some(message.id));
    stand.ends_clean().await;
    assert_eq!(told.calls(), 1);
}

async fn what_was_decided_and_not_published_is_published_and_not_decided_again(
    stand: impl AsyncFn() -> Stand,
) {
    let mut first = stand().await;
    let told = Told::to(async |_| {
        Ok(Effects::publish(vec![
            Effect::now(TurnGathered { turn: TurnId(1) }),
            Effect::now(TurnDue { turn: TurnId(2) }),
        ]))
    });
    let message = message();
    first.work(&told, LANE);
    first.publish(&message).await;
    let lost = [first.seen().await, first.seen().await];
    first.stop(Duration::from_secs(5)).await;

    // To this broker nothing was published before the process died.
    let second = first.with_broker_of(stand().await).await;
    second.work(&told, LANE);
    second.publish(&message).await;
    let mut seen = [second.seen().await, second.seen().await];
    seen.sort_by_key(|envelope| envelope.id != lost[0].id);
    assert_eq!(seen, lost);
    assert_eq!(told.calls(), 1);
}

/// Has the conversation changed by another while it decides.
struct Raced(Arc<Told>, State);

impl Handler for Raced {
    const WORKER: &'static str = "raced";

    async fn handle(
        &self,
        envelope: &domain::Envelope,
        context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        self.0.handle(envelope, context).await?;
        written_elsewhere(&self.1, envelope, context.now()).await;
        let (envelope, now) = (envelope.clone(), context.now());
        Ok(Effects::change(move |conversation| hear(conversation, &envelope, now)))
    }
}

/// Another process hears a message in the conversation of this one.
async fn written_elsewhere(state: &State, envelope: &domain::Envelope, now: domain::Timestamp) {
    let other = message_in(envelope.conversation);
    let mut conversation =
        domain::Conversation::new(envelope.conversation, envelope.business.clone());
    hear(&mut conversation, &other, now);
    let document = serde_json::to_string(&conversation).unwrap();
    let commit = Commit {
        conversation: envelope.conversation.as_uuid(),
        expected: 0,
        document: Some(&document),
        effects: None,
    };
    assert!(matches!(state.commit(commit).await.unwrap(), Committed::Stored { .. }));
}

/// Publishes if there is a turn, and changes nothing.
struct Looks(State);

impl Handler for Looks {
    const WORKER: &'static str = "looks";

    async fn handle(
        &self,
        envelope: &domain::Envelope,
        context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        written_elsewhere(&self.0, envelope, context.now()).await;
        Ok(Effects::change(|conversation| {
            let turn = conversation.turn().map(|turn| turn.id);
            turn.map(|turn| Effect::now(TurnDue { turn })).into_iter().collect()
        }))
    }
}

async fn a_change_that_does_nothing_is_believed_only_of_the_newest(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    stand.work(&Arc::new(Looks(stand.ports.state.clone())), LANE);
    stand.publish(&message()).await;
    assert_eq!(stand.seen().await.kind(), Kind::TurnDue);
}

fn hear(
    conversation: &mut domain::Conversation,
    envelope: &domain::Envelope,
    now: domain::Timestamp,
) -> Vec<Effect> {
    let Body::MessageReceived(received) = &envelope.body else { panic!("not a message") };
    conversation.receive(envelope.id, &received.0, now, &Rules::default())
}

async fn heard(stand: &Stand, conversation: domain::ConversationId) -> usize {
    let loaded = stand.ports.state.load(conversation.as_uuid(), None).await.unwrap();
    let Some(document) = loaded.document else { return 0 };
    let conversation: domain::Conversation = serde_json::from_str(&document).unwrap();
    conversation.turn().map_or(0, |turn| turn.messages.len()) + conversation.waiting()
}

async fn a_lost_race_repeats_the_change_and_not_the_handler(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| Ok(Effects::none()));
    stand.work(&Arc::new(Raced(Arc::clone(&told), stand.ports.state.clone())), LANE);
    let message = message();
    stand.publish(&message).await;
    until(|| async { heard(&stand, message.conversation).await == 2 }).await;
    stand.ends_clean().await;
    assert_eq!(told.calls(), 1);
}

/// Hears the customer, together with others.
struct Together(Barrier, Arc<Told>);

impl Handler for Together {
    const WORKER: &'static str = "together";

    async fn handle(
        &self,
        envelope: &domain::Envelope,
        context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        self.1.handle(envelope, context).await?;
        self.0.wait().await;
        let (envelope, now) = (envelope.clone(), context.now());
        Ok(Effects::change(move |conversation| hear(conversation, &envelope, now)))
    }
}

async fn of_handlers_at_once_on_one_conversation_every_change_counts(
    stand: impl AsyncFn() -> Stand,
) {
    let stand = stand().await;
    let told = Told::to(async |_| Ok(Effects::none()));
    let at_once = LANE.at_once;
    let barrier = Barrier::new(usize::from(at_once));
    stand.work(&Arc::new(Together(barrier, Arc::clone(&told))), LANE);
    let conversation = conversation();
    for _ in 0..at_once {
        stand.publish(&message_in(conversation)).await;
    }
    let all = usize::from(at_once);
    until(|| async { heard(&stand, conversation).await == all }).await;
    assert_eq!(told.calls(), u32::from(at_once));
    // The turn opened once, whoever it was that won.
    assert_eq!(stand.seen().await.kind(), Kind::TurnNoticed);
    assert_eq!(stand.seen().await.kind(), Kind::TurnDue);
    stand.ends_clean().await;
}

async fn a_panic_is_retried_and_then_dead(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| panic!("a mistake"));
    stand.work(&told, LANE);
    let message = message();
    stand.publish(&message).await;
    let died = stand.seen().await;
    let Body::MessageReceived(MessageReceived(received)) = message.body.clone() else { panic!() };
    assert_eq!(
        died.body,
        Body::MessageDied(MessageDied {
            worker: "told".to_owned(),
            message: message.id,
            kind: "message.received.v1".to_owned(),
            turn: None,
            cause: "the handler panicked".to_owned(),
            customer_message: Some(Box::new(received)),
        })
    );
    assert_eq!((died.cause, died.correlation), (Some(message.id), message.id));
    let dead = stand.dead(1).await.remove(0);
    assert_eq!((dead.reason, dead.attempts), (Reason::Exhausted, 3));
    assert_eq!(told.calls(), 3);
}

async fn a_rejected_message_is_dead_at_once(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| Err(Failure::Reject { cause: "never".to_owned() }));
    stand.work(&told, LANE);
    let (question, language) = ("What?".to_owned(), Language::En);
    let asked = QuestionAsked { turn: TurnId(9), epoch: 0, question, language };
    stand.publish(&about(conversation(), asked)).await;
    let Body::MessageDied(died) = stand.seen().await.body else { panic!() };
    assert_eq!((died.kind.as_str(), died.turn), ("question.asked.v1", Some(TurnId(9))));
    assert_eq!((died.cause.as_str(), died.customer_message), ("never", None));
    let dead = stand.dead(1).await.remove(0);
    assert_eq!((dead.reason, dead.attempts), (Reason::Rejected, 1));
    assert_eq!(told.calls(), 1);
}

async fn what_does_not_decode_is_dead_at_once_and_blocks_nobody(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| Ok(effect()));
    stand.work(&told, Lane { at_once: 1, ..LANE });
    for nonsense in ["", "{}", "no JSON", r#"{"type":"message.received.v9"}"#] {
        let body = nonsense.as_bytes().to_vec();
        stand.publish_raw(Kind::MessageReceived, Uuid::new_v4(), body).await;
    }
    stand.publish(&message()).await;
    assert_eq!(stand.seen().await.kind(), Kind::TurnGathered);
    assert!(stand.dead(4).await.iter().all(|dead| dead.reason == Reason::Undecodable));
    assert_eq!(told.calls(), 1);
}

async fn a_message_of_an_unknown_business_is_tried_again_and_then_dead(
    stand: impl AsyncFn() -> Stand,
) {
    let stand = stand().await;
    let told = Told::to(async |_| Ok(effect()));
    stand.work(&told, LANE);
    let mut message = message();
    message.business = BusinessId::new("closed");
    stand.publish(&message).await;
    assert_eq!(stand.seen().await.kind(), Kind::MessageDied);
    assert_eq!(stand.dead(1).await[0].reason, Reason::Exhausted);
    assert_eq!(told.calls(), 0);
}

async fn a_death_notice_that_dies_tells_nobody(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| Err(Failure::Reject { cause: "never".to_owned() }));
    stand.work(&told, NOTICES);
    let notice = MessageDied {
        worker: "another".to_owned(),
        message: message().id,
        kind: "turn.due.v1".to_owned(),
        turn: None,
        cause: "c".to_owned(),
        customer_message: None,
    };
    let notice = about(conversation(), notice);
    stand.publish(&notice).await;
    assert_eq!(stand.seen().await, notice);
    stand.dead_of(NOTICES, 1).await;
    stand.nothing_is_seen().await;
}

async fn retries_come_as_the_schedule_says(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |call| if call < 2 { Err(failure("not yet")) } else { Ok(effect()) });
    stand.work(&told, LANE);
    stand.publish(&message()).await;
    stand.seen().await;
    stand.ends_clean().await;
    assert_eq!(told.calls(), 3);
    for (gap, delay) in told.gaps().iter().zip(LANE.schedule.delays) {
        assert!(gap >= delay && *gap < *delay + Duration::from_secs(2), "{gap:?} for {delay:?}");
    }
}

async fn a_handler_that_hangs_is_given_up_and_tried_again(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |call| match call {
        0 => std::future::pending().await,
        _ => Ok(effect()),
    });
    stand.work(&told, Lane { time_out: Duration::from_millis(200), ..LANE });
    stand.publish(&message()).await;
    stand.seen().await;
    stand.ends_clean().await;
    assert_eq!(told.calls(), 2);
}

async fn what_of_ours_is_away_kills_no_message(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    // More often than there are attempts; and of these none is used up.
    let told = Told::to(async |call| match call {
        0..5 => Err(Failure::Unavailable { cause: "away".to_owned() }),
        5..7 => Err(failure("not yet")),
        _ => Ok(effect()),
    });
    stand.work(&told, LANE);
    stand.publish(&message()).await;
    assert_eq!(stand.seen().await.kind(), Kind::TurnGathered);
    stand.ends_clean().await;
    assert_eq!(told.calls(), 8);
}

async fn what_no_queue_takes_is_dead_and_holds_up_nobody(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |call| {
        let (ticket, question, answer) = (String::new(), String::new(), String::new());
        let learned = AnswerLearned { ticket, question, answer, language: Language::Es };
        Ok(if call == 0 { Effects::publish(vec![Effect::now(learned)]) } else { effect() })
    });
    stand.work(&told, Lane { at_once: 1, ..LANE });
    stand.publish(&message()).await;
    until(|| async { told.calls() == 1 }).await;
    stand.publish(&message()).await;
    let mut seen = [stand.seen().await.kind(), stand.seen().await.kind()];
    seen.sort_by_key(|kind| *kind == Kind::MessageDied);
    assert_eq!(seen, [Kind::TurnGathered, Kind::MessageDied]);
    assert_eq!(stand.dead(1).await[0].reason, Reason::Exhausted);
}

async fn a_delay_that_has_run_is_not_begun_again(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| {
        let hour = Duration::from_secs(60 * 60);
        Ok(Effects::publish(vec![Effect::after(hour, TurnDue { turn: TurnId(1) })]))
    });
    stand.work(&told, LANE);
    let message = message();
    stand.publish(&message).await;
    until(|| async { told.calls() == 1 }).await;
    stand.nothing_is_seen().await;
    stand.set_clock(60 * 60 * 1000);
    stand.publish(&message).await;
    assert_eq!(stand.seen().await.id, message.id.derive("told", 0));
    assert_eq!(told.calls(), 1);
}

async fn a_clock_set_back_makes_no_delay_longer(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    let told = Told::to(async |_| {
        let short = Duration::from_millis(300);
        Ok(Effects::publish(vec![Effect::after(short, TurnDue { turn: TurnId(1) })]))
    });
    stand.work(&told, LANE);
    let message = message();
    stand.publish(&message).await;
    let first = stand.seen().await;
    stand.set_clock(-30 * 24 * 60 * 60 * 1000);
    stand.publish(&message).await;
    assert_eq!(ids(&[stand.seen().await]), ids(&[first]));
}

/// One that only records.
struct Recorder;

impl Handler for Recorder {
    const WORKER: &'static str = "recorder";
    const USES_CONVERSATION: bool = false;

    async fn handle(
        &self,
        envelope: &domain::Envelope,
        context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        let (envelope, now) = (envelope.clone(), context.now());
        Ok(match &envelope.body {
            Body::MessageReceived(received) if received.0.content.words() == Some("change") => {
                Effects::change(move |conversation| hear(conversation, &envelope, now))
            }
            _ => effect(),
        })
    }
}

async fn a_worker_without_the_conversation_may_not_change_it(stand: impl AsyncFn() -> Stand) {
    let stand = stand().await;
    stand.work(&Arc::new(Recorder), LANE);
    stand.publish(&message()).await;
    assert_eq!(stand.seen().await.kind(), Kind::TurnGathered);
    let changing = about(conversation(), MessageReceived(inbound("change")));
    stand.publish(&changing).await;
    assert_eq!(stand.seen().await.kind(), Kind::MessageDied);
}
