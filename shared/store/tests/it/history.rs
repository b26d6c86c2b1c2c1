//! The suite of what is recorded of a message later: its words, its import, its conversation, on
//! PostgreSQL and SQLite.

use std::time::Duration;

use store::records::{Author, CustomerOrder, Entry, HistoryAuthor, HistoryMessage, Inbound};
use tokio::time::Instant;
use uuid::Uuid;

use crate::records::{claim, in_conversation, inbound, migrated, outbound};
use crate::servers::{Pair, fresh};

on_both_databases! { migrated =>
    a_transcript_joins_its_message,
    a_history_is_recorded_once_and_changes_nothing,
    histories_that_race_are_recorded_once,
    a_history_of_thousands_is_recorded_in_a_moment,
    what_comes_after_its_import_waits_for_an_outcome,
    what_was_settled_after_its_import_stays_settled,
    a_merged_conversation_has_the_whole_history,
}

async fn a_transcript_joins_its_message(Pair { one, other }: Pair) {
    for settled_before in [false, true] {
        let voice = Inbound { kind: "audio".into(), text: None, ..inbound(fresh(), 1_000) };
        let words = Inbound {
            kind: "transcript".into(),
            text: Some("¿Abren mañana?".into()),
            envelope: "{}".into(),
            received_ms: 4_000,
            ..voice.clone()
        };
        let closed = in_conversation(voice.conversation, &[voice.id], "answered");
        one.record_inbound(&voice).await.unwrap();
        if settled_before {
            one.record_outcome(&closed).await.unwrap();
        }
        other.record_inbound(&words).await.unwrap();
        one.record_outcome(&closed).await.unwrap();
        let expected = [Entry::Inbound {
            id: voice.id,
            kind: words.kind.clone(),
            text: words.text.clone(),
            outcome: Some("answered".into()),
            received_ms: 1_000,
        }];
        assert_eq!(one.history(voice.conversation, 10).await.unwrap(), expected);
    }
    assert_eq!(one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap(), []);
}

fn said(conversation: Uuid, author: HistoryAuthor, at_ms: i64) -> HistoryMessage {
    let id = fresh();
    HistoryMessage {
        id,
        business: "ferretería".into(),
        conversation,
        channel: "whatsapp".into(),
        provider_id: format!("wamid.{id}"),
        author,
        customer: (author == HistoryAuthor::Customer).then(|| "34600000001".into()),
        kind: "text".into(),
        text: (at_ms % 2 == 0).then(|| "hace un mes \0".into()),
        at_ms,
    }
}

async fn a_history_is_recorded_once_and_changes_nothing(Pair { one, other }: Pair) {
    let conversation = fresh();
    let live = inbound(conversation, 30);
    let ours = outbound(conversation, 40);
    one.record_inbound(&live).await.unwrap();
    one.record_outbound(&ours).await.unwrap();
    let before = one.history(conversation, 10).await.unwrap();
    let again = [
        HistoryMessage { id: live.id, ..said(conversation, HistoryAuthor::Customer, 31) },
        HistoryMessage {
            provider_id: ours.provider_id.clone().unwrap(),
            ..said(conversation, HistoryAuthor::Business, 41)
        },
    ];
    let older = [
        said(conversation, HistoryAuthor::Customer, 10),
        said(conversation, HistoryAuthor::Business, 20),
    ];
    let all: Vec<HistoryMessage> = older.iter().chain(&again).cloned().collect();
    assert!(!format!("{all:?}").contains("mes"));
    for records in [&one, &other, &one] {
        records.record_history(all.clone()).await.unwrap();
    }
    other.record_history(Vec::new()).await.unwrap();

    let history = one.history(conversation, 10).await.unwrap();
    let text = "hace un mes \u{fffd}".to_owned();
    let imported = [
        Entry::Inbound {
            id: older[0].id,
            kind: "text".into(),
            text: Some(text.clone()),
            outcome: Some("noted".into()),
            received_ms: 10,
        },
        Entry::Outbound {
            reply: older[1].id,
            part: 0,
            author: Author::Person,
            text,
            status: "accepted".into(),
            delivery: None,
            at_ms: 20,
        },
    ];
    assert_eq!(history[..2], imported);
    assert_eq!(history[2..], before);
    let claimed = one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap();
    assert_eq!(claimed.into_iter().map(|message| message.id).collect::<Vec<_>>(), [live.id]);
}

async fn histories_that_race_are_recorded_once(Pair { one, other }: Pair) {
    let conversation = fresh();
    let messages: Vec<HistoryMessage> = (0..1_200)
        .map(|at| {
            let author =
                if at % 2 == 0 { HistoryAuthor::Customer } else { HistoryAuthor::Business };
            said(conversation, author, at)
        })
        .collect();
    let backwards: Vec<HistoryMessage> = messages.iter().rev().cloned().collect();
    let both = [(one.clone(), messages), (other, backwards)].map(|(records, messages)| {
        tokio::spawn(async move { records.record_history(messages).await })
    });
    for recorded in both {
        recorded.await.unwrap().unwrap();
    }
    assert_eq!(one.history(conversation, 10_000).await.unwrap().len(), 1_200);
}

async fn a_history_of_thousands_is_recorded_in_a_moment(Pair { one, .. }: Pair) {
    let conversations = [fresh(), fresh(), fresh()];
    let messages: Vec<HistoryMessage> = (0..5_000_i64)
        .zip(conversations.into_iter().cycle())
        .map(|(at, conversation)| {
            let author = if at % 7 < 4 { HistoryAuthor::Customer } else { HistoryAuthor::Business };
            said(conversation, author, at)
        })
        .collect();
    let start = Instant::now();
    one.record_history(messages).await.unwrap();
    let took = start.elapsed();
    eprintln!("5,000 messages of a history were recorded in {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    let mut recorded = 0;
    for conversation in conversations {
        recorded += one.history(conversation, 10_000).await.unwrap().len();
    }
    assert_eq!(recorded, 5_000);
}

async fn what_comes_after_its_import_waits_for_an_outcome(Pair { one, .. }: Pair) {
    let conversation = fresh();
    let live = inbound(conversation, 30);
    let imported =
        HistoryMessage { id: live.id, ..said(conversation, HistoryAuthor::Customer, 28) };
    one.record_history(vec![imported.clone()]).await.unwrap();
    for _ in 0..2 {
        one.record_inbound(&live).await.unwrap();
        one.record_history(vec![imported.clone()]).await.unwrap();
    }
    let claimed = one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!((&claimed[0].envelope, claimed[0].received_ms), (&live.envelope, 30));
    let closed = in_conversation(conversation, &[live.id], "answered");
    assert_eq!(one.record_outcome(&closed).await.unwrap(), 1);
}

async fn what_was_settled_after_its_import_stays_settled(Pair { one, .. }: Pair) {
    let conversation = fresh();
    let live = inbound(conversation, 30);
    let imported =
        HistoryMessage { id: live.id, ..said(conversation, HistoryAuthor::Customer, 28) };
    one.record_history(vec![imported]).await.unwrap();
    let closed = in_conversation(conversation, &[live.id], "answered");
    assert_eq!(one.record_outcome(&closed).await.unwrap(), 1);
    assert_eq!(one.record_outcome(&closed).await.unwrap(), 0);
    one.record_inbound(&live).await.unwrap();
    assert_eq!(one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap(), []);
    let history = one.history(conversation, 10).await.unwrap();
    let [Entry::Inbound { outcome, text, .. }] = &history[..] else { panic!("{history:?}") };
    assert_eq!((outcome.as_deref(), text), (Some("answered"), &live.text));
}

async fn a_merged_conversation_has_the_whole_history(Pair { one, other }: Pair) {
    let [from, to, stranger] = [fresh(), fresh(), fresh()];
    for (conversation, at) in [(from, 10), (to, 20), (stranger, 30)] {
        one.record_inbound(&inbound(conversation, at)).await.unwrap();
        one.record_outbound(&outbound(conversation, at + 1)).await.unwrap();
    }
    let order = CustomerOrder {
        id: fresh(),
        business: "ferretería".into(),
        conversation: from,
        catalog_id: None,
        text: None,
        received_ms: 10,
        items: Vec::new(),
    };
    one.record_order(&order).await.unwrap();
    for records in [&one, &other] {
        records.reassign(from, to).await.unwrap();
    }
    let times = |entries: Vec<Entry>| entries.iter().map(Entry::at_ms).collect::<Vec<_>>();
    assert_eq!(times(one.history(to, 10).await.unwrap()), [10, 11, 20, 21]);
    assert_eq!(times(one.history(from, 10).await.unwrap()), []);
    assert_eq!(times(one.history(stranger, 10).await.unwrap()), [30, 31]);
    assert_eq!(one.orders("ferretería", 1).await.unwrap()[0].conversation, to);
}
