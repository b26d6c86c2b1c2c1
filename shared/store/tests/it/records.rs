//! The suite of the records, on PostgreSQL and SQLite.
// long: one suite, run on both databases; split, the two could not be compared.

use std::collections::BTreeMap;

use store::Records;
use store::records::{
    Author, Claim, Counts, Delivery, DeliveryState, DeliveryStatus, Entry, Error, Inbound,
    Outbound, Outcome,
};
use uuid::Uuid;

use crate::migration::execute;
use crate::servers::{Pair, Postgres, fresh};

on_both_databases! { migrated =>
    what_was_recorded_first_stays_but_for_what_was_said,
    any_text_can_be_recorded,
    the_first_outcome_stays_in_whatever_order_things_arrive,
    a_status_never_goes_back_in_whatever_order_they_arrive,
    a_reply_is_recorded_as_it_became_known_last,
    a_history_is_in_order_and_has_the_last_messages,
    sweepers_that_race_claim_each_message_once,
    only_what_is_old_enough_and_unsettled_is_claimed,
    what_is_claimed_in_vain_waits_longer_each_time_and_is_left_in_the_end,
    what_has_an_outcome_is_not_kept_twice,
    a_message_is_in_the_conversation_that_its_turn_was_in,
    what_an_operator_can_mend_is_worth_trying_again,
    what_the_data_causes_is_not_worth_trying_again,
    it_counts_messages_by_outcome,
    it_answers_a_ping,
}

pub(crate) async fn migrated(records: &Records) {
    records.migrate().await.unwrap();
}

pub(crate) fn inbound(conversation: Uuid, received_ms: i64) -> Inbound {
    Inbound {
        id: fresh(),
        business: "ferretería".into(),
        conversation,
        channel: "whatsapp".into(),
        provider_id: "wamid.A1".into(),
        customer: "34600000001".into(),
        kind: "text".into(),
        text: Some("¿Tienen martillos? 🔨".into()),
        envelope: "{\"text\":\"¿Tienen martillos? 🔨\"}".into(),
        received_ms,
    }
}

pub(crate) fn outbound(conversation: Uuid, at_ms: i64) -> Outbound {
    let reply = fresh();
    Outbound {
        reply,
        part: 0,
        business: "ferretería".into(),
        conversation,
        provider_id: Some(format!("wamid.{reply}")),
        author: Author::Bot,
        text: "Sí 👍".into(),
        turn: Some(1),
        status: "accepted".into(),
        at_ms,
    }
}

fn outcome(messages: &[Uuid], outcome: &str) -> Outcome {
    in_conversation(fresh(), messages, outcome)
}

pub(crate) fn in_conversation(conversation: Uuid, messages: &[Uuid], outcome: &str) -> Outcome {
    let (messages, outcome) = (messages.to_vec(), outcome.into());
    Outcome { messages, conversation, outcome, turn: 1, at_ms: 2_000 }
}

/// Whatever is old enough.
pub(crate) fn claim(before_ms: i64, now_ms: i64) -> Claim {
    Claim {
        received_before_ms: before_ms,
        swept_before_ms: before_ms,
        longer_ms: 0,
        sweeps_at_most: i64::MAX,
        limit: 10,
        now_ms,
    }
}

async fn what_was_recorded_first_stays_but_for_what_was_said(Pair { one, other }: Pair) {
    let first = inbound(fresh(), 1_000);
    let second = Inbound { text: Some("otra cosa".into()), received_ms: 5, ..first.clone() };
    let third = Inbound { text: None, envelope: "{}".into(), ..second.clone() };
    one.record_inbound(&first).await.unwrap();
    other.record_inbound(&second).await.unwrap();
    one.record_inbound(&third).await.unwrap();
    let history = other.history(first.conversation, 10).await.unwrap();
    let [Entry::Inbound { text, received_ms, outcome, .. }] = &history[..] else {
        panic!("{history:?}")
    };
    assert_eq!((text, *received_ms, outcome), (&second.text, 1_000, &None));
    let claimed = one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap();
    assert_eq!(claimed[0].envelope, first.envelope);
}

async fn any_text_can_be_recorded(Pair { one, .. }: Pair) {
    let odd = "👩‍👩‍👧 a\0b '\"\\ \u{202e}";
    let conversation = fresh();
    let question = Inbound { text: Some(odd.into()), ..inbound(conversation, 1) };
    let answer = Outbound { text: odd.into(), ..outbound(conversation, 2) };
    one.record_inbound(&question).await.unwrap();
    one.record_outbound(&answer).await.unwrap();
    let history = one.history(conversation, 10).await.unwrap();
    let [Entry::Inbound { text: Some(asked), .. }, Entry::Outbound { text: answered, .. }] =
        &history[..]
    else {
        panic!("{history:?}")
    };
    assert_eq!(asked, &odd.replace('\0', "\u{fffd}"));
    assert_eq!(asked, answered);
    for shown in [format!("{question:?}"), format!("{answer:?}"), format!("{history:?}")] {
        assert!(!shown.contains("👩"), "{shown}");
        assert!(!shown.contains("346"), "{shown}");
    }
}

async fn the_first_outcome_stays_in_whatever_order_things_arrive(Pair { one, other }: Pair) {
    for order in permutations(&[0, 1, 2]) {
        let message = inbound(fresh(), 1_000);
        let mut first = None;
        for step in order {
            match step {
                0 => one.record_inbound(&message).await.unwrap(),
                step => {
                    let name = ["answered", "handed_off"][step - 1];
                    first.get_or_insert(name);
                    let closed = in_conversation(message.conversation, &[message.id], name);
                    other.record_outcome(&closed).await.unwrap();
                }
            }
            let history = other.history(message.conversation, 10).await.unwrap();
            assert!(history.len() <= 1, "an outcome alone is no message");
        }
        let history = one.history(message.conversation, 10).await.unwrap();
        let [Entry::Inbound { outcome, text, .. }] = &history[..] else { panic!("{history:?}") };
        assert_eq!(outcome.as_deref(), first);
        assert_eq!(text, &message.text);
    }
    assert_eq!(one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap(), []);
}

async fn a_status_never_goes_back_in_whatever_order_they_arrive(Pair { one, other }: Pair) {
    use DeliveryStatus::{Delivered, Failed, Played, Read, Sent};
    for order in permutations(&[Sent, Failed, Delivered, Read, Played]) {
        let reply = outbound(fresh(), 1);
        // Somewhere among them the reply is recorded.
        let recorded = order.iter().position(|status| *status == Read).unwrap();
        let mut arrived = Vec::new();
        for (at, status) in order.into_iter().enumerate() {
            let records = if at % 2 == 0 { &one } else { &other };
            if at == recorded {
                one.record_outbound(&reply).await.unwrap();
            }
            records.record_delivery(&delivery(&reply, status)).await.unwrap();
            arrived.push(status);
            if at < recorded {
                continue;
            }
            let history = one.history(reply.conversation, 10).await.unwrap();
            let [Entry::Outbound { delivery: Some(state), .. }] = &history[..] else {
                panic!("{history:?}")
            };
            let failed = arrived.contains(&Failed);
            let expected = DeliveryState {
                status: arrived.iter().copied().max().unwrap(),
                error_code: failed.then_some(131_047),
                error: failed.then(|| "Re-engagement message".into()),
            };
            assert_eq!(state, &expected, "{arrived:?}");
        }
    }
}

pub(crate) fn delivery(reply: &Outbound, status: DeliveryStatus) -> Delivery {
    let failed = status == DeliveryStatus::Failed;
    Delivery {
        business: reply.business.clone(),
        provider_id: reply.provider_id.clone().unwrap(),
        reply: Some(reply.reply),
        status,
        error_code: failed.then_some(131_047),
        error: failed.then(|| "Re-engagement message".into()),
        pricing: None,
        at_ms: 3_000,
    }
}

async fn a_reply_is_recorded_as_it_became_known_last(Pair { one, other }: Pair) {
    let conversation = fresh();
    let known = Outbound { status: "accepted".into(), ..outbound(conversation, 20) };
    let before =
        Outbound { provider_id: None, status: "unknown".into(), at_ms: 10, ..known.clone() };
    for order in [[&before, &known], [&known, &before]] {
        for reply in order {
            one.record_outbound(reply).await.unwrap();
        }
    }
    other.record_delivery(&delivery(&known, DeliveryStatus::Read)).await.unwrap();
    let history = other.history(conversation, 10).await.unwrap();
    let [Entry::Outbound { status, delivery: Some(state), at_ms, .. }] = &history[..] else {
        panic!("{history:?}")
    };
    assert_eq!((status.as_str(), *at_ms), ("accepted", 20));
    assert_eq!(state.status, DeliveryStatus::Read);
}

async fn a_history_is_in_order_and_has_the_last_messages(Pair { one, .. }: Pair) {
    let conversation = fresh();
    one.record_inbound(&inbound(fresh(), 1)).await.unwrap();
    let long = outbound(conversation, 30);
    let second_part = Outbound { part: 1, author: Author::Person, ..long.clone() };
    one.record_outbound(&second_part).await.unwrap();
    one.record_outbound(&long).await.unwrap();
    for at in [30, 40, 10, 20] {
        one.record_inbound(&inbound(conversation, at)).await.unwrap();
    }
    let seen = |entries: Vec<Entry>| -> Vec<(i64, Option<i32>)> {
        let part = |entry: &Entry| match entry {
            Entry::Inbound { .. } => None,
            Entry::Outbound { part, .. } => Some(*part),
        };
        entries.iter().map(|entry| (entry.at_ms(), part(entry))).collect()
    };
    let all = [(10, None), (20, None), (30, None), (30, Some(0)), (30, Some(1)), (40, None)];
    assert_eq!(seen(one.history(conversation, 100).await.unwrap()), all);
    assert_eq!(seen(one.history(conversation, 3).await.unwrap()), all[3..]);
    let last = one.history(conversation, 2).await.unwrap();
    assert!(matches!(last[0], Entry::Outbound { author: Author::Person, .. }), "{last:?}");
}

async fn sweepers_that_race_claim_each_message_once(Pair { one, other }: Pair) {
    const MESSAGES: usize = 200;
    for at in 0..MESSAGES {
        one.record_inbound(&inbound(fresh(), i64::try_from(at).unwrap())).await.unwrap();
    }
    let sweeper = |records: Records| async move {
        let mut claimed = Vec::new();
        loop {
            let seven = Claim { limit: 7, swept_before_ms: 5_000, ..claim(1_000, 6_000) };
            let some = records.claim_unsettled(seven).await.unwrap();
            assert!(some.is_sorted_by_key(|message| message.received_ms));
            if some.is_empty() {
                return claimed;
            }
            claimed.extend(some);
        }
    };
    let sweepers =
        [&one, &other, &one, &other].map(|records| tokio::spawn(sweeper(records.clone())));
    let mut times: BTreeMap<Uuid, usize> = BTreeMap::new();
    for swept in sweepers {
        for message in swept.await.unwrap() {
            assert_eq!(message.sweeps, 1);
            assert_eq!(message.envelope, inbound(message.id, 0).envelope);
            *times.entry(message.id).or_default() += 1;
        }
    }
    // One that finds the rest locked by another leaves early: what it left, others claimed.
    assert_eq!(times.len(), MESSAGES);
    assert!(times.values().all(|times| *times == 1));
}

async fn only_what_is_old_enough_and_unsettled_is_claimed(Pair { one, .. }: Pair) {
    let conversation = fresh();
    let [settled, old, older, recent] = [100, 200, 150, 900].map(|at| inbound(conversation, at));
    for message in [&settled, &old, &older, &recent] {
        one.record_inbound(message).await.unwrap();
    }
    one.record_outcome(&outcome(&[settled.id], "answered")).await.unwrap();

    let claim = async |swept_before_ms, now| {
        let claim = Claim { swept_before_ms, ..claim(500, now) };
        let claimed = one.claim_unsettled(claim).await.unwrap();
        claimed.into_iter().map(|message| (message.id, message.sweeps)).collect::<Vec<_>>()
    };
    assert_eq!(claim(1_000, 1_000).await, [(older.id, 1), (old.id, 1)]);
    assert_eq!(claim(1_000, 1_500).await, []);
    assert_eq!(claim(1_001, 2_000).await, [(older.id, 2), (old.id, 2)]);
    one.record_outcome(&outcome(&[old.id, older.id], "answered")).await.unwrap();
    assert_eq!(claim(9_000, 9_000).await, []);
}

async fn what_is_claimed_in_vain_waits_longer_each_time_and_is_left_in_the_end(
    Pair { one, .. }: Pair,
) {
    one.record_inbound(&inbound(fresh(), 1)).await.unwrap();
    let claimed = async |now: i64| {
        let claim = Claim { longer_ms: 100, sweeps_at_most: 3, ..claim(now - 1_000, now) };
        !one.claim_unsettled(claim).await.unwrap().is_empty()
    };
    // A thousand after the claim before it, and a hundred, four hundred more.
    let mut swept = 5_000;
    assert!(claimed(swept).await);
    for sweeps in 1..3 {
        let pause = 1_000 + sweeps * sweeps * 100;
        assert!(!claimed(swept + pause).await, "{sweeps}");
        swept += pause + 1;
        assert!(claimed(swept).await, "{sweeps}");
    }
    assert!(!claimed(1_000_000).await);
    assert_eq!(one.counts().await.unwrap().unsettled, 1);
}

async fn what_has_an_outcome_is_not_kept_twice(Pair { one, .. }: Pair) {
    for outcome_first in [false, true] {
        let message = inbound(fresh(), 1);
        if !outcome_first {
            one.record_inbound(&message).await.unwrap();
        }
        let closed = in_conversation(message.conversation, &[message.id], "answered");
        assert_eq!(one.record_outcome(&closed).await.unwrap(), 1);
        assert_eq!(one.record_outcome(&closed).await.unwrap(), 0);
        one.record_inbound(&message).await.unwrap();
        let history = one.history(message.conversation, 10).await.unwrap();
        assert!(matches!(&history[..], [Entry::Inbound { text, .. }] if *text == message.text));
    }
    let kept = "SELECT COUNT(envelope) FROM inbound_message";
    let kept: i64 = match &one {
        Records::Postgres(pool) => sqlx::query_scalar(kept).fetch_one(pool).await.unwrap(),
        Records::Sqlite(file) => sqlx::query_scalar(kept).fetch_one(file.readers()).await.unwrap(),
    };
    assert_eq!(kept, 0);
}

async fn a_message_is_in_the_conversation_that_its_turn_was_in(Pair { one, .. }: Pair) {
    for outcome_first in [false, true] {
        let (named, conversation) = (fresh(), fresh());
        let message = inbound(named, 1);
        let closed = in_conversation(conversation, &[message.id], "answered");
        if outcome_first {
            one.record_outcome(&closed).await.unwrap();
            one.record_inbound(&message).await.unwrap();
        } else {
            one.record_inbound(&message).await.unwrap();
            one.record_outcome(&closed).await.unwrap();
        }
        assert_eq!(one.history(conversation, 10).await.unwrap().len(), 1);
        assert_eq!(one.history(named, 10).await.unwrap(), []);
    }
}

async fn what_an_operator_can_mend_is_worth_trying_again(Pair { one, .. }: Pair) {
    execute(&one, "ALTER TABLE inbound_message RENAME TO elsewhere").await;
    let message = inbound(fresh(), 1);
    let error = one.record_inbound(&message).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(one.counts().await.unwrap_err().is_transient());
    execute(&one, "ALTER TABLE elsewhere RENAME TO inbound_message").await;
    one.record_inbound(&message).await.unwrap();
}

async fn what_the_data_causes_is_not_worth_trying_again(Pair { one, .. }: Pair) {
    execute(&one, "CREATE UNIQUE INDEX one_of_a_kind ON inbound_message (kind)").await;
    one.record_inbound(&inbound(fresh(), 1)).await.unwrap();
    let error = one.record_inbound(&inbound(fresh(), 1)).await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
}

async fn it_counts_messages_by_outcome(Pair { one, .. }: Pair) {
    assert_eq!(one.counts().await.unwrap(), Counts::default());
    let messages: Vec<Inbound> = (0..5).map(|at| inbound(fresh(), at)).collect();
    for message in &messages {
        one.record_inbound(message).await.unwrap();
    }
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
    one.record_outcome(&outcome(&ids[..2], "answered")).await.unwrap();
    one.record_outcome(&outcome(&[ids[2], fresh()], "handed_off")).await.unwrap();
    let counts = Counts {
        inbound: 5,
        unsettled: 2,
        outcomes: vec![("answered".into(), 2), ("handed_off".into(), 1)],
        unreceived: 1,
    };
    assert_eq!(one.counts().await.unwrap(), counts);
}

async fn it_answers_a_ping(Pair { one, other }: Pair) {
    one.ping().await.unwrap();
    other.ping().await.unwrap();
}

#[tokio::test]
async fn an_error_does_not_show_what_a_customer_wrote() {
    let database = Postgres::create().await;
    let records = database.connect().await;
    records.migrate().await.unwrap();
    execute(&records, "ALTER TABLE inbound_message ADD CHECK (length(text) < 5)").await;
    let error = records.record_inbound(&inbound(fresh(), 1)).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    for shown in [format!("{error} {source}"), format!("{error:?} {source:?}")] {
        assert!(shown.contains("check constraint"), "{shown}");
        assert!(!shown.contains("martillos"), "{shown}");
    }
    assert!(!error.is_transient());
    database.remove().await;
}

#[tokio::test]
async fn a_database_that_refuses_is_a_clear_error_at_the_start() {
    let database = Postgres::create().await;
    let (_, place) = database.url.split_once('@').unwrap();
    let stranger = format!("postgres://stranger:wrong@{place}");
    for url in [stranger, database.url.replace("/relevo_", "/nowhere_")] {
        let error = Records::postgres(&url).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error:?}");
        assert!(!error.is_transient());
    }
    database.remove().await;
}

#[tokio::test]
async fn a_database_that_is_gone_while_it_is_used_is_worth_trying_again() {
    let database = Postgres::create().await;
    let records = database.connect().await;
    records.migrate().await.unwrap();
    database.remove().await;
    for _ in 0..3 {
        let error = records.record_inbound(&inbound(fresh(), 1)).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_worth_trying_again() {
    let error = Records::postgres("postgres://ana:secret@127.0.0.1:1/relevo").await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

pub(crate) fn permutations<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else { return vec![vec![]] };
    let mut all = Vec::new();
    for shorter in permutations(rest) {
        for place in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(place, *first);
            all.push(longer);
        }
    }
    all
}
