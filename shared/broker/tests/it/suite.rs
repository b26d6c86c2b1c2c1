//! What every implementation of the broker does alike.
// long: one list of what every implementation does alike; split, it could not be compared.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use broker::{DELIVERY_LIMIT, Error, MAX_DELAY, Publication, Reason};
use bytes::Bytes;
use tokio::time::timeout;
use uuid::Uuid;

use crate::stand::{ALPHA, BOTH, Stand, next, nothing_comes, publication, until};

macro_rules! conformance {
    ($($name:ident)*) => {
        mod on_rabbitmq {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::Stand::rabbitmq().await).await })*
        }
        mod on_the_embedded_file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::Stand::embedded().await).await })*
        }
    };
}

conformance! {
    what_is_published_arrives_whole
    a_topic_reaches_every_queue_that_takes_it
    a_topic_that_no_queue_takes_is_an_error
    a_batch_arrives_whole
    a_dropped_delivery_comes_back
    what_was_not_settled_comes_back_after_a_crash
    a_retry_comes_back_when_asked
    a_retry_reaches_its_own_queue_alone
    a_delayed_publication_comes_when_it_is_due
    a_delay_beyond_the_limit_is_refused
    a_dead_letter_keeps_its_reason_and_history
    a_redriven_letter_starts_afresh_in_its_own_queue
    a_letter_is_redriven_with_another_body
    dead_letters_are_chosen_by_id
    no_more_than_the_prefetch_is_in_hand
    an_undecodable_body_blocks_nobody
    a_message_that_kills_its_worker_dies
    giving_up_waiting_loses_nothing
    what_is_in_hand_can_be_settled_after_the_consumer_stopped
    two_consumers_share_a_queue
    an_undeclared_queue_is_unknown
}

async fn what_is_published_arrives_whole(stand: Stand) {
    let mut consumer = stand.consume("left", 5).await;
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let large = Bytes::from(vec![7; 300_000]);
    for body in [Bytes::new(), Bytes::from_static(b"\0\xff"), large] {
        let sent = Publication {
            id: Uuid::new_v4(),
            topic: ALPHA.to_owned(),
            body: body.clone(),
            traceparent: Some(traceparent.to_owned()),
            delay: None,
        };
        let id = sent.id;
        stand.broker.publish(sent).await.unwrap();
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.id, id);
        assert_eq!(delivery.topic, ALPHA);
        assert!(delivery.body == body);
        assert_eq!(delivery.traceparent.as_deref(), Some(traceparent));
        assert_eq!(delivery.attempt, 1);
        assert_eq!(delivery.first_failed_ms, None);
        delivery.ack().await.unwrap();
    }
    nothing_comes(&mut consumer).await;
}

async fn a_topic_reaches_every_queue_that_takes_it(stand: Stand) {
    let mut left = stand.consume("left", 5).await;
    let mut right = stand.consume("right", 5).await;
    let both = stand.publish(BOTH, "both").await;
    let alpha = stand.publish(ALPHA, "alpha").await;
    let seen = [next(&mut right).await, next(&mut left).await, next(&mut left).await];
    for (delivery, sent) in seen.into_iter().zip([both, both, alpha]) {
        assert_eq!(delivery.id, sent);
        delivery.ack().await.unwrap();
    }
    nothing_comes(&mut right).await;
    nothing_comes(&mut left).await;
}

async fn a_topic_that_no_queue_takes_is_an_error(stand: Stand) {
    let mut sent = publication("nobody.listens.v1", "");
    let error = stand.broker.publish(sent.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Unroutable { .. }), "{error:?}");
    assert!(!error.is_transient());
    sent.delay = Some(Duration::from_secs(1));
    let error = stand.broker.publish(sent.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Unroutable { .. }), "{error:?}");
    let batch = vec![publication(ALPHA, ""), sent];
    let error = stand.broker.publish_all(batch).await.unwrap_err();
    assert!(matches!(error, Error::Unroutable { .. }), "{error:?}");
}

async fn a_batch_arrives_whole(stand: Stand) {
    let mut consumer = stand.consume("left", 20).await;
    let batch: Vec<_> = (0..200).map(|_| publication(ALPHA, "one of many")).collect();
    let mut sent: Vec<_> = batch.iter().map(|one| one.id).collect();
    stand.broker.publish_all(batch).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..sent.len() {
        let delivery = next(&mut consumer).await;
        seen.push(delivery.id);
        delivery.ack().await.unwrap();
    }
    seen.sort();
    sent.sort();
    assert_eq!(seen, sent);
    nothing_comes(&mut consumer).await;
}

async fn a_dropped_delivery_comes_back(stand: Stand) {
    let mut consumer = stand.consume("left", 1).await;
    let id = stand.publish(ALPHA, "").await;
    for _ in 0..3 {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.id, id);
        assert_eq!(delivery.attempt, 1, "only a retry counts");
    }
    next(&mut consumer).await.ack().await.unwrap();
    nothing_comes(&mut consumer).await;
}

async fn what_was_not_settled_comes_back_after_a_crash(mut stand: Stand) {
    let mut consumer = stand.consume("left", 10).await;
    let mut sent = Vec::new();
    for _ in 0..4 {
        sent.push(stand.publish(ALPHA, "").await);
    }
    next(&mut consumer).await.ack().await.unwrap();
    let in_hand = vec![next(&mut consumer).await, next(&mut consumer).await];
    stand.crash(in_hand).await;
    let mut consumer = stand.consume("left", 10).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let delivery = next(&mut consumer).await;
        seen.push(delivery.id);
        delivery.ack().await.unwrap();
    }
    seen.sort();
    sent.remove(0);
    sent.sort();
    assert_eq!(seen, sent);
    nothing_comes(&mut consumer).await;
}

async fn a_retry_comes_back_when_asked(stand: Stand) {
    let mut consumer = stand.consume("left", 20).await;
    let asked = [0, 1, 250, 930, 1_500, 2_340, 4_000, 10_001, 30_001, 59_801];
    let asked = asked.map(Duration::from_millis);
    let mut in_hand = Vec::new();
    for _ in asked {
        stand.publish(ALPHA, "").await;
        in_hand.push(next(&mut consumer).await);
    }
    let mut due = HashMap::new();
    for (delivery, after) in in_hand.into_iter().zip(asked) {
        let id = delivery.id;
        delivery.retry(after, "not yet").await.unwrap();
        due.insert(id, (Instant::now(), after));
    }
    for _ in asked {
        let delivery = timeout(Duration::from_secs(70), consumer.next()).await.unwrap().unwrap();
        let (since, after) = due.remove(&delivery.id).unwrap();
        let passed = since.elapsed();
        let late = passed.as_millis().cast_signed() - after.as_millis().cast_signed();
        // The message waits from the broker's confirm, a moment before `since`.
        // How late is the machine's: others may be at work on it.
        assert!((-50..=5_000).contains(&late), "{after:?} is {late} ms late");
        assert_eq!(delivery.attempt, 2);
        assert!(delivery.first_failed_ms.is_some());
        delivery.ack().await.unwrap();
    }
}

async fn a_retry_reaches_its_own_queue_alone(stand: Stand) {
    let mut left = stand.consume("left", 5).await;
    let mut right = stand.consume("right", 5).await;
    let id = stand.publish(BOTH, "").await;
    next(&mut right).await.ack().await.unwrap();
    let mut first_failed = None;
    for (attempt, after) in [(1, 0), (2, 100), (3, 100)] {
        let delivery = next(&mut left).await;
        assert_eq!((delivery.id, delivery.attempt), (id, attempt));
        assert_eq!(delivery.topic, BOTH);
        if attempt == 3 {
            assert_eq!(delivery.first_failed_ms, first_failed, "the first stays");
        }
        first_failed = delivery.first_failed_ms;
        let after = Duration::from_millis(after);
        delivery.retry(after, "again").await.unwrap();
    }
    let delivery = next(&mut left).await;
    assert_eq!((delivery.id, delivery.attempt), (id, 4));
    nothing_comes(&mut right).await;
}

async fn a_delayed_publication_comes_when_it_is_due(stand: Stand) {
    let mut left = stand.consume("left", 5).await;
    let mut right = stand.consume("right", 5).await;
    // Both are consuming before it counts.
    stand.publish(BOTH, "now").await;
    next(&mut left).await.ack().await.unwrap();
    next(&mut right).await.ack().await.unwrap();
    let mut sent = publication(BOTH, "later");
    sent.delay = Some(Duration::from_millis(700));
    let since = Instant::now();
    stand.broker.publish(sent.clone()).await.unwrap();
    let confirmed = Instant::now();
    let came = tokio::join!(next(&mut left), next(&mut right));
    assert!(since.elapsed() >= Duration::from_millis(700), "early: {:?}", since.elapsed());
    let passed = confirmed.elapsed();
    assert!(passed <= Duration::from_millis(950), "late: {passed:?}");
    for delivery in [came.0, came.1] {
        assert_eq!((delivery.id, delivery.attempt), (sent.id, 1));
        assert_eq!(delivery.topic, BOTH);
        delivery.ack().await.unwrap();
    }
}

async fn a_delay_beyond_the_limit_is_refused(stand: Stand) {
    let mut sent = publication(ALPHA, "");
    sent.delay = Some(MAX_DELAY + Duration::from_millis(1));
    let error = stand.broker.publish(sent.clone()).await.unwrap_err();
    assert!(matches!(error, Error::DelayTooLong { .. }), "{error:?}");
    sent.delay = Some(MAX_DELAY);
    stand.broker.publish(sent).await.unwrap();
}

async fn a_dead_letter_keeps_its_reason_and_history(stand: Stand) {
    let mut consumer = stand.consume("left", 5).await;
    let mut sent = publication(ALPHA, "body");
    sent.traceparent = Some("00-trace-01".to_owned());
    stand.broker.publish(sent.clone()).await.unwrap();
    let first = next(&mut consumer).await;
    first.retry(Duration::ZERO, "first cause").await.unwrap();
    let second = next(&mut consumer).await;
    let first_failed_ms = second.first_failed_ms.unwrap();
    let long = "no ñ ".repeat(1_000);
    second.dead(Reason::Exhausted, &long).await.unwrap();

    // Looking takes nothing away.
    for _ in 0..3 {
        let letters = stand.broker.dead("left", 10).await.unwrap();
        let [letter] = &letters[..] else { panic!("one letter, not {letters:?}") };
        assert_eq!(letter.id, sent.id);
        assert_eq!(letter.topic, ALPHA);
        assert_eq!(letter.queue, "left");
        assert_eq!(letter.body, sent.body);
        assert_eq!(letter.traceparent, sent.traceparent);
        assert_eq!(letter.reason, Reason::Exhausted);
        assert!(letter.cause.len() > 1_000 && long.starts_with(&letter.cause));
        assert_eq!(letter.attempts, 2);
        assert_eq!(letter.first_failed_ms, first_failed_ms);
        assert!(letter.died_ms >= first_failed_ms);
        let shown = format!("{letter:?}");
        assert!(!shown.contains("body\""), "a body is never shown: {shown}");
    }
    nothing_comes(&mut consumer).await;
    assert!(stand.broker.dead("right", 10).await.unwrap().is_empty());
}

async fn a_redriven_letter_starts_afresh_in_its_own_queue(stand: Stand) {
    let mut left = stand.consume("left", 5).await;
    let mut right = stand.consume("right", 5).await;
    let id = stand.publish(BOTH, "").await;
    next(&mut right).await.ack().await.unwrap();
    let first = next(&mut left).await;
    first.retry(Duration::ZERO, "once").await.unwrap();
    let second = next(&mut left).await;
    second.dead(Reason::Rejected, "no").await.unwrap();
    assert_eq!(stand.broker.redrive("left", None).await.unwrap(), 1);
    let again = next(&mut left).await;
    assert_eq!((again.id, again.attempt), (id, 1));
    assert_eq!(again.topic, BOTH);
    assert_eq!(again.first_failed_ms, None);
    again.ack().await.unwrap();
    nothing_comes(&mut right).await;
    assert_eq!(stand.broker.depth("left").await.unwrap().dead, 0);
    assert_eq!(stand.broker.redrive("left", None).await.unwrap(), 0);
}

async fn a_letter_is_redriven_with_another_body(stand: Stand) {
    let mut consumer = stand.consume("left", 5).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(stand.publish(ALPHA, "wrong").await);
        let delivery = next(&mut consumer).await;
        delivery.dead(Reason::Rejected, "no").await.unwrap();
    }
    let mended = Bytes::from_static(b"right");
    let unknown = Uuid::new_v4();
    assert!(!stand.broker.redrive_as("left", unknown, mended.clone()).await.unwrap());
    assert!(stand.broker.redrive_as("left", ids[1], mended.clone()).await.unwrap());
    let again = next(&mut consumer).await;
    assert_eq!((again.id, again.attempt, &again.body), (ids[1], 1, &mended));
    assert_eq!((again.topic.as_str(), again.first_failed_ms), (ALPHA, None));
    again.ack().await.unwrap();
    let left = stand.broker.dead("left", 10).await.unwrap();
    let left: Vec<_> = left.iter().map(|letter| (letter.id, letter.body.as_ref())).collect();
    assert_eq!(left, [(ids[0], b"wrong".as_slice())]);
}

async fn dead_letters_are_chosen_by_id(stand: Stand) {
    let mut consumer = stand.consume("left", 5).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(stand.publish(ALPHA, "").await);
        let delivery = next(&mut consumer).await;
        delivery.dead(Reason::Rejected, "no").await.unwrap();
    }
    let dead = async || -> Vec<Uuid> {
        let letters = stand.broker.dead("left", 10).await.unwrap();
        letters.iter().map(|letter| letter.id).collect()
    };
    assert_eq!(dead().await, ids, "the oldest first");
    assert_eq!(stand.broker.dead("left", 2).await.unwrap().len(), 2);
    until("the letters that were looked at are back", async || {
        stand.broker.depth("left").await.unwrap().dead == 5
    })
    .await;
    let unknown = Uuid::new_v4();
    let some = [ids[1], unknown, ids[3]];
    assert_eq!(stand.broker.redrive("left", Some(&some)).await.unwrap(), 2);
    for _ in 0..2 {
        let delivery = next(&mut consumer).await;
        assert!(some.contains(&delivery.id));
        delivery.ack().await.unwrap();
    }
    assert_eq!(dead().await, [ids[0], ids[2], ids[4]]);
    let one = [ids[2]];
    assert_eq!(stand.broker.discard("left", Some(&one)).await.unwrap(), 1);
    assert_eq!(dead().await, [ids[0], ids[4]]);
    assert_eq!(stand.broker.discard("left", None).await.unwrap(), 2);
    assert!(dead().await.is_empty());
    nothing_comes(&mut consumer).await;
}

async fn no_more_than_the_prefetch_is_in_hand(stand: Stand) {
    let mut consumer = stand.consume("left", 2).await;
    for _ in 0..5 {
        stand.publish(ALPHA, "").await;
    }
    let first = next(&mut consumer).await;
    let second = next(&mut consumer).await;
    nothing_comes(&mut consumer).await;
    until("three wait", async || stand.broker.depth("left").await.unwrap().ready == 3).await;
    first.ack().await.unwrap();
    let third = next(&mut consumer).await;
    nothing_comes(&mut consumer).await;
    second.retry(Duration::ZERO, "again").await.unwrap();
    drop(third);
    for _ in 0..4 {
        next(&mut consumer).await.ack().await.unwrap();
    }
    nothing_comes(&mut consumer).await;
}

async fn an_undecodable_body_blocks_nobody(stand: Stand) {
    let mut consumer = stand.consume("left", 1).await;
    let bad = stand.publish(ALPHA, "{").await;
    let good = stand.publish(ALPHA, "{}").await;
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.id, bad);
    let dead = delivery.dead(Reason::Undecodable, "expected a key");
    dead.await.unwrap();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.id, good);
    delivery.ack().await.unwrap();
    let letters = stand.broker.dead("left", 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, Reason::Undecodable);
    assert_eq!(letters[0].attempts, 1);
}

async fn a_message_that_kills_its_worker_dies(mut stand: Stand) {
    let killer = stand.publish(ALPHA, "poison").await;
    let mut deaths = 0;
    while stand.broker.depth("left").await.unwrap().dead == 0 {
        let mut consumer = stand.consume("left", 1).await;
        // Its last coming is not to us but to the dead.
        let wait = tokio::time::timeout(Duration::from_secs(1), consumer.next());
        if let Ok(Some(delivery)) = wait.await {
            assert_eq!(delivery.id, killer);
            deaths += 1;
            stand.crash(vec![delivery]).await;
        }
        assert!(deaths <= DELIVERY_LIMIT + 1, "it goes round for ever");
    }
    assert!(deaths >= DELIVERY_LIMIT, "after {deaths} deaths already");
    let letters = stand.broker.dead("left", 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id, killer);
    assert_eq!(letters[0].topic, ALPHA);
    assert_eq!(letters[0].reason, Reason::Crashed);
    assert!(letters[0].died_ms > 1_700_000_000_000);
    let mut consumer = stand.consume("left", 1).await;
    nothing_comes(&mut consumer).await;
    assert_eq!(stand.broker.redrive("left", None).await.unwrap(), 1);
    let again = next(&mut consumer).await;
    assert_eq!((again.id, again.topic.as_str()), (killer, ALPHA));
    again.ack().await.unwrap();
}

async fn giving_up_waiting_loses_nothing(stand: Stand) {
    let mut consumer = stand.consume("left", 3).await;
    let mut waiting = HashMap::new();
    for _ in 0..60 {
        waiting.insert(stand.publish(ALPHA, "").await, ());
    }
    let started = Instant::now();
    for patience_us in (0..400).cycle() {
        let patience = Duration::from_micros(patience_us * 5);
        if let Ok(Some(delivery)) = tokio::time::timeout(patience, consumer.next()).await {
            waiting.remove(&delivery.id);
            delivery.ack().await.unwrap();
        }
        if waiting.is_empty() {
            break;
        }
        assert!(started.elapsed() < crate::stand::SOON, "{} of 60 did not come", waiting.len());
    }
    nothing_comes(&mut consumer).await;
}

async fn what_is_in_hand_can_be_settled_after_the_consumer_stopped(stand: Stand) {
    let mut consumer = stand.consume("left", 10).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(stand.publish(ALPHA, "").await);
    }
    let first = next(&mut consumer).await;
    let second = next(&mut consumer).await;
    consumer.stop().await;
    let mut other = stand.consume("left", 10).await;
    for id in &ids[2..] {
        let delivery = next(&mut other).await;
        assert_eq!(delivery.id, *id);
        delivery.ack().await.unwrap();
    }
    nothing_comes(&mut other).await;
    first.ack().await.unwrap();
    second.retry(Duration::ZERO, "again").await.unwrap();
    let again = next(&mut other).await;
    assert_eq!((again.id, again.attempt), (ids[1], 2));
    again.ack().await.unwrap();
    nothing_comes(&mut other).await;
}

async fn two_consumers_share_a_queue(stand: Stand) {
    let mut one = stand.consume("left", 2).await;
    let mut two = stand.consume("left", 2).await;
    let mut waiting = HashMap::new();
    let mut shares = [0, 0];
    for _ in 0..40 {
        waiting.insert(stand.publish(ALPHA, "").await, ());
    }
    while !waiting.is_empty() {
        let (delivery, share) = tokio::select! {
            delivery = next(&mut one) => (delivery, 0),
            delivery = next(&mut two) => (delivery, 1),
        };
        waiting.remove(&delivery.id).expect("each comes once");
        shares[share] += 1;
        delivery.ack().await.unwrap();
    }
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
}

async fn an_undeclared_queue_is_unknown(stand: Stand) {
    let error = stand.broker.consume("nowhere", 1).await.unwrap_err();
    assert!(matches!(error, Error::UnknownQueue { .. }), "{error:?}");
}
