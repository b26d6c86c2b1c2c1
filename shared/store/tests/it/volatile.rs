//! A Redis that would lose what it has acknowledged.

use store::State;
use store::state::{Error, Volatile};

use crate::redis_server::RedisServer;

#[tokio::test]
async fn a_redis_that_keeps_nothing_is_refused_unless_accepted() {
    let server = RedisServer::start(&["--appendonly", "no"]).await;
    let refused = State::redis(&server.url(), Volatile::Refuse).await.unwrap_err();
    assert!(matches!(refused, Error::Volatile { .. }), "{refused}");
    assert!(refused.to_string().contains("set `appendonly yes`"), "{refused}");
    assert!(!refused.is_transient());
    State::redis(&server.url(), Volatile::Accept).await.unwrap();
}

#[tokio::test]
async fn a_redis_that_evicts_is_refused_unless_accepted() {
    let evicts =
        ["--appendonly", "yes", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];
    let server = RedisServer::start(&evicts).await;
    let refused = State::redis(&server.url(), Volatile::Refuse).await.unwrap_err();
    assert!(refused.to_string().contains("maxmemory-policy is allkeys-lru"), "{refused}");
    State::redis(&server.url(), Volatile::Accept).await.unwrap();
}

#[tokio::test]
async fn a_redis_that_keeps_everything_is_taken() {
    let keeps = ["--appendonly", "yes", "--maxmemory", "100mb"];
    let server = RedisServer::start(&keeps).await;
    State::redis(&server.url(), Volatile::Refuse).await.unwrap();
}

#[tokio::test]
async fn a_server_without_tls_is_an_error_and_not_a_panic() {
    let server = RedisServer::start(&[]).await;
    let url = server.url().replace("redis://", "rediss://");
    let refused = State::redis(&url, Volatile::Accept).await.unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused}");
}
