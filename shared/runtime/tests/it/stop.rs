//! How a process ends, and what it leaves behind.

use std::sync::Arc;
use std::time::Duration;

use runtime::Lane;
use runtime::lifecycle::Ended;
use tokio::sync::Notify;

use crate::stand::{LANE, SOON, Stand, Told, effect, message, until};

#[tokio::test]
async fn embedded_finishes_what_is_in_hand_and_takes_nothing_new() {
    finishes_what_is_in_hand_and_takes_nothing_new(Stand::embedded().await).await;
}

#[tokio::test]
async fn servers_finish_what_is_in_hand_and_take_nothing_new() {
    finishes_what_is_in_hand_and_takes_nothing_new(Stand::servers().await).await;
}

async fn finishes_what_is_in_hand_and_takes_nothing_new(mut stand: Stand) {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let told = Told::to(move |_| {
        let gate = Arc::clone(&opened);
        async move {
            gate.notified().await;
            Ok(effect())
        }
    });
    // One place, so that the second message waits for it within the process when the end begins.
    stand.work(&told, Lane { at_once: 1, ..LANE });
    let messages = [message(), message()];
    stand.publish(&messages[0]).await;
    until(|| async { told.calls() == 1 }).await;
    stand.publish(&messages[1]).await;
    stand.lifecycle.stop();
    gate.notify_one();
    assert_eq!(stand.stop(SOON).await, Ended::Cleanly);
    assert_eq!(stand.seen().await.cause, Some(messages[0].id));
    stand.nothing_is_seen().await;
    assert_eq!(told.calls(), 1);

    gate.notify_one();
    stand.work(&told, LANE);
    assert_eq!(stand.seen().await.cause, Some(messages[1].id));
    stand.ends_clean().await;
}

#[tokio::test]
async fn embedded_drops_what_does_not_finish_and_it_comes_back() {
    drops_what_does_not_finish_and_it_comes_back(Stand::embedded().await).await;
}

#[tokio::test]
async fn servers_drop_what_does_not_finish_and_it_comes_back() {
    drops_what_does_not_finish_and_it_comes_back(Stand::servers().await).await;
}

async fn drops_what_does_not_finish_and_it_comes_back(mut stand: Stand) {
    let told = Told::to(async |call| match call {
        0..3 => std::future::pending().await,
        _ => Ok(effect()),
    });
    stand.work(&told, LANE);
    for _ in 0..3 {
        stand.publish(&message()).await;
    }
    until(|| async { told.calls() == 3 }).await;
    assert_eq!(stand.stop(Duration::from_millis(100)).await, Ended::Aborted);

    stand.work(&told, LANE);
    for _ in 0..3 {
        stand.seen().await;
    }
    stand.ends_clean().await;
    assert_eq!(told.calls(), 6);
}
