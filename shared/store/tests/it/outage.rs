//! Redis goes away and comes back.

use std::time::Duration;

use store::State;
use store::state::{Commit, Committed, Volatile};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::redis_server::{DURABLE, RedisServer};
use crate::servers::{fresh, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_costs_milliseconds_and_ends_by_itself() {
    let mut server = RedisServer::start(DURABLE).await;
    let state = State::redis(&server.url(), Volatile::Refuse).await.unwrap();
    server.kill();
    let start = Instant::now();
    for _ in 0..100 {
        let error = state.ping().await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    server.start_again().await;
    until("redis is back", || async { state.ping().await.is_ok() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_costs_one_time_out_and_not_one_for_each_call() {
    let server = RedisServer::start(DURABLE).await;
    let state = State::redis(&server.url(), Volatile::Refuse).await.unwrap();
    server.freeze();
    // The first call finds out.
    let start = Instant::now();
    state.ping().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());

    let prober = tokio::spawn({
        let state = state.clone();
        async move { state.ping().await }
    });
    prober.await.unwrap().unwrap_err();
    let start = Instant::now();
    for _ in 0..100 {
        state.load(fresh(), None).await.unwrap_err();
    }
    // At most one of these was the next to try.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());

    server.thaw();
    until("redis is back", || async { state.ping().await.is_ok() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_killed_under_load_loses_nothing_it_acknowledged() {
    const WRITERS: usize = 8;
    let mut server = RedisServer::start(DURABLE).await;
    let state = State::redis(&server.url(), Volatile::Refuse).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write_until(state.clone(), fresh(), stopped.clone())))
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        server.kill();
        server.start_again().await;
        until("redis is back", || async { state.ping().await.is_ok() }).await;
    }
    stop.send(true).unwrap();

    let mut acknowledged = 0;
    for writer in writers {
        let (conversation, version) = writer.await.unwrap();
        let loaded = state.load(conversation, None).await.unwrap();
        assert!(loaded.version >= version, "{} of {version}", loaded.version);
        acknowledged += version;
    }
    assert!(acknowledged > 100, "there was no load: {acknowledged}");
    println!("{acknowledged} commits acknowledged, none lost");
}

/// Commits to one conversation, and says which version was acknowledged last.
async fn write_until(
    state: State,
    conversation: Uuid,
    stopped: watch::Receiver<bool>,
) -> (Uuid, u64) {
    let mut version = 0;
    while !*stopped.borrow() {
        let commit =
            Commit { conversation, expected: version, document: Some("text"), effects: None };
        match state.commit(commit).await {
            Ok(Committed::Stored { version: stored }) => version = stored,
            // An earlier one had arrived although its answer did not.
            Ok(Committed::Conflict) => {
                let Ok(loaded) = state.load(conversation, None).await else { continue };
                assert!(loaded.version >= version, "{} of {version}", loaded.version);
                version = loaded.version;
            }
            Ok(Committed::AlreadyDecided(_)) => panic!("there were no effects"),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    (conversation, version)
}
