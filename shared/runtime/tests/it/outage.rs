//! A server goes away, or is not heard, at the worst moment.

use std::sync::Arc;
use std::time::Duration;

use runtime::Effects;
use runtime::lifecycle::Ended;
use store::State;
use store::state::{Commit, EffectsKey, Volatile};
use tokio::time::sleep;

use crate::proxy::Proxy;
use crate::stand::{
    A_WHILE, LANE, Stand, Told, amqp_url, conversation, effect, message, prefix, redis_url, until,
};

/// A handler that decides while something happens to the server.
fn told_while(proxy: &Arc<Proxy>, happens: fn(&Proxy)) -> Arc<Told> {
    let proxy = Arc::clone(proxy);
    Told::to(move |call| {
        if call == 0 {
            happens(&proxy);
        }
        async { Ok(effect()) }
    })
}

#[tokio::test]
async fn effects_wait_for_a_broker_that_is_away() {
    let proxy = Arc::new(Proxy::before(&amqp_url()).await);
    let stand = Stand::servers_at(&proxy.url, &redis_url(), &prefix()).await;
    let told = told_while(&proxy, Proxy::refuse);
    stand.work(&told, LANE);
    let message = message();
    stand.publish(&message).await;
    until(|| async { told.calls() == 1 && !stand.ports.broker.is_connected() }).await;
    sleep(A_WHILE).await;
    proxy.pass();
    assert_eq!(stand.seen().await.cause, Some(message.id));
    until(|| async { stand.ports.broker.depth(LANE.queue).await.is_ok() }).await;
    // The message comes back, because it could not be settled; what comes of it is the same.
    assert_eq!(stand.seen().await.id, message.id.derive("told", 0));
    stand.ends_clean().await;
    assert_eq!(told.calls(), 1);
}

#[tokio::test]
async fn a_process_can_end_while_the_broker_is_away() {
    let (proxy, prefix) = (Arc::new(Proxy::before(&amqp_url()).await), prefix());
    let mut stand = Stand::servers_at(&proxy.url, &redis_url(), &prefix).await;
    let told = told_while(&proxy, Proxy::refuse);
    stand.work(&told, LANE);
    let message = message();
    stand.publish(&message).await;
    until(|| async { told.calls() == 1 && !stand.ports.broker.is_connected() }).await;
    let began = tokio::time::Instant::now();
    assert_eq!(stand.stop(A_WHILE).await, Ended::Aborted);
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    drop(stand);

    let next = Stand::servers_at(&amqp_url(), &redis_url(), &prefix).await;
    next.work(&told, LANE);
    assert_eq!(next.seen().await.id, message.id.derive("told", 0));
    next.ends_clean().await;
    assert_eq!(told.calls(), 1);
}

#[tokio::test]
async fn a_message_waits_for_a_state_that_is_away() {
    let proxy = Arc::new(Proxy::before(&redis_url()).await);
    let stand = Stand::servers_at(&amqp_url(), &proxy.url, &prefix()).await;
    proxy.refuse();
    let told = Told::to(async |_| Ok(effect()));
    stand.work(&told, LANE);
    stand.publish(&message()).await;
    // Longer than all attempts would take.
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(told.calls(), 0);
    proxy.pass();
    stand.seen().await;
    stand.ends_clean().await;
    assert_eq!(told.calls(), 1);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_not_made_again() {
    let proxy = Arc::new(Proxy::before(&redis_url()).await);
    let stand = Stand::servers_at(&amqp_url(), &proxy.url, &prefix()).await;
    let told = told_while(&proxy, Proxy::mute);
    stand.work(&told, LANE);
    let message = message();
    let stored = async || {
        let direct = State::redis(&redis_url(), Volatile::Accept).await.unwrap();
        let key = EffectsKey { worker: "told", message: message.id.as_uuid() };
        let loaded = direct.load(message.conversation.as_uuid(), Some(key)).await.unwrap();
        loaded.effects.is_some()
    };
    // Redis knows the scripts, so that one question is enough.
    let other = Commit {
        conversation: conversation().as_uuid(),
        expected: 0,
        document: Some("{}"),
        effects: None,
    };
    stand.ports.state.commit(other).await.unwrap();
    stand.publish(&message).await;
    until(|| async { stored().await }).await;
    // Nobody but Redis knows.
    stand.nothing_is_seen().await;
    proxy.pass();
    assert_eq!(stand.seen().await.id, message.id.derive("told", 0));
    stand.ends_clean().await;
    assert_eq!(told.calls(), 1);
}

#[tokio::test]
async fn a_decision_to_do_nothing_needs_no_state() {
    let proxy = Arc::new(Proxy::before(&redis_url()).await);
    let stand = Stand::servers_at(&amqp_url(), &proxy.url, &prefix()).await;
    let told = Told::to({
        let proxy = Arc::clone(&proxy);
        move |_| {
            proxy.refuse();
            async { Ok(Effects::none()) }
        }
    });
    stand.work(&told, LANE);
    stand.publish(&message()).await;
    until(|| async { told.calls() == 1 }).await;
    stand.ends_clean().await;
}
