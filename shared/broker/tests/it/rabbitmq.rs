//! What only a broker on the other end of a wire can do.

use std::time::{Duration, Instant};

use broker::{Broker, Depth, Error, Refusal};
use tokio::time::timeout;

use crate::load::Load;
use crate::proxy::Proxy;
use crate::server::Server;
use crate::stand::{ALPHA, QUEUES, amqp_url, connect, next, prefix, publication, until};

/// The broker that the tests share, through a proxy of this test.
async fn proxied() -> (Proxy, String) {
    let url = amqp_url();
    let (before, rest) = url.split_once('@').unwrap();
    let (target, vhost) = rest.split_once('/').unwrap_or((rest, ""));
    let proxy = Proxy::start(target).await;
    let url = format!("{before}@127.0.0.1:{}/{vhost}", proxy.port);
    (proxy, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_confirmed_is_lost_when_the_broker_restarts() {
    let mut server = Server::start().await;
    let broker = connect(&server.url(), &prefix()).await;
    let load = Load::start(&broker).await;
    load.goes_on(300).await;
    server.stop().await;
    server.start_again().await;
    load.goes_on(300).await;
    server.kill();
    server.start_again().await;
    load.goes_on(300).await;
    load.settle(&broker).await;
}

/// A broker short of memory reads nothing from those who publish. A retry then waits with its
/// message in hand; what it had sent before it knew is the only copy too many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_holds_us_back_gets_no_pile_of_copies() {
    let server = Server::start().await;
    let broker = connect(&server.url(), &prefix()).await;
    let mut consumer = broker.consume("left", 10).await.unwrap();
    broker.publish(publication(ALPHA, "held back")).await.unwrap();
    let delivery = next(&mut consumer).await;
    server.control(&["set_vm_memory_high_watermark", "absolute", "1"]).await;
    let retry = tokio::spawn(delivery.retry(Duration::ZERO, "it failed"));
    // Longer than a publish waits for its confirm, so that it is tried several times.
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(!retry.is_finished());
    server.control(&["set_vm_memory_high_watermark", "0.6"]).await;
    retry.await.unwrap().unwrap();
    let mut copies = 0;
    while let Ok(Some(again)) = timeout(Duration::from_secs(2), consumer.next()).await {
        assert_eq!(again.attempt, 2);
        again.ack().await.unwrap();
        copies += 1;
    }
    assert!((1..=2).contains(&copies), "{copies} copies");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_makes_nothing() {
    const SOON: Duration = Duration::from_secs(10);
    let server = Server::start().await;
    let visit = async || Broker::visit_rabbitmq(&server.url(), "test", QUEUES, SOON).await.unwrap();
    let broker = visit().await;
    broker.prove().await.unwrap();
    let absent = broker.depth("left").await.unwrap_err();
    assert!(matches!(absent, Error::UnknownQueue { .. }), "{absent}");
    broker.close().await;
    let serving = Broker::rabbitmq(&server.url(), "test").await.unwrap();
    serving.declare(QUEUES).await.unwrap();
    let broker = visit().await;
    assert_eq!(broker.depth("left").await.unwrap(), Depth::default());
    let product = Broker::product(&server.url()).await.unwrap().unwrap();
    assert_eq!(product.name, "RabbitMQ");
    assert!(product.version.starts_with(|first: char| first.is_ascii_digit()), "{product:?}");

    server.control(&["set_vm_memory_high_watermark", "absolute", "1"]).await;
    for broker in [broker, visit().await] {
        let held_back = broker.prove().await.unwrap_err();
        assert!(matches!(held_back, Error::HeldBack), "{held_back}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_is_told_what() {
    const SOON: Duration = Duration::from_secs(2);
    let right = amqp_url();
    let (_, host) = right.split_once('@').unwrap();
    let host = host.split('/').next().unwrap();
    for (url, refusal) in [
        (format!("amqp://guest:wrong@{host}/%2f"), Some(Refusal::Login)),
        (format!("amqp://guest:guest@{host}/nowhere"), Some(Refusal::VirtualHost)),
        ("amqp://guest:guest@127.0.0.1:9/%2f".to_owned(), None),
    ] {
        let error = Broker::visit_rabbitmq(&url, "test", QUEUES, SOON).await.unwrap_err();
        assert_eq!(error.refusal(), refusal, "{error:?}");
        assert!(std::error::Error::source(&error).is_some(), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_confirmed_is_lost_when_the_connection_is_cut() {
    let (proxy, url) = proxied().await;
    let broker = connect(&url, &prefix()).await;
    let load = Load::start(&broker).await;
    for _ in 0..8 {
        load.goes_on(60).await;
        proxy.cut();
    }
    load.goes_on(60).await;
    load.settle(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_connection_holds_nobody_for_long() {
    let (proxy, url) = proxied().await;
    let broker = connect(&url, &prefix()).await;
    let load = Load::start(&broker).await;
    load.goes_on(60).await;
    proxy.freeze();
    let since = Instant::now();
    let error = load.publish(&broker).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(since.elapsed() < Duration::from_secs(7));
    until("the loss is noticed", async || !broker.is_connected()).await;
    proxy.pass();
    load.goes_on(60).await;
    load.settle(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_a_broker_is_made_good_when_it_comes() {
    let (proxy, url) = proxied().await;
    proxy.refuse();
    let broker = Broker::rabbitmq_with_prefix(&url, "test", &prefix()).await.unwrap();
    assert!(!broker.is_connected());
    let error = broker.declare(QUEUES).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let mut consumer = broker.consume("left", 1).await.unwrap();
    let waiting = tokio::spawn(async move { next(&mut consumer).await });
    proxy.pass();
    until("it connects", async || broker.is_connected()).await;
    let sent = publication(ALPHA, "");
    broker.publish(sent.clone()).await.unwrap();
    let delivery = waiting.await.unwrap();
    assert_eq!(delivery.id, sent.id);
    delivery.ack().await.unwrap();
    let mut consumer = broker.consume("left", 1).await.unwrap();
    broker.close().await;
    assert!(consumer.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_somebody_deleted_is_an_error_and_not_a_loss() {
    let prefix = prefix();
    let broker = connect(&amqp_url(), &prefix).await;
    let options = lapin::ConnectionProperties::default();
    let other = lapin::Connection::connect(&amqp_url(), options).await.unwrap();
    let channel = other.create_channel().await.unwrap();
    channel.queue_delete(format!("{prefix}.left").into(), Default::default()).await.unwrap();
    let error = broker.publish(publication(ALPHA, "")).await.unwrap_err();
    assert!(matches!(error, Error::Unroutable { .. }), "{error:?}");
    broker.declare(QUEUES).await.unwrap();
    broker.publish(publication(ALPHA, "")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_somebody_else_is_delivered_too() {
    let prefix = prefix();
    let broker = connect(&amqp_url(), &prefix).await;
    let options = lapin::ConnectionProperties::default();
    let other = lapin::Connection::connect(&amqp_url(), options).await.unwrap();
    let channel = other.create_channel().await.unwrap();
    channel
        .basic_publish(
            "".into(),
            format!("{prefix}.left").into(),
            Default::default(),
            b"what is this",
            lapin::BasicProperties::default().with_message_id("not a uuid".into()),
        )
        .await
        .unwrap();
    let mut consumer = broker.consume("left", 1).await.unwrap();
    let first = next(&mut consumer).await;
    let id = first.id;
    drop(first);
    let again = next(&mut consumer).await;
    assert_eq!(again.id, id, "the same each time");
    again.ack().await.unwrap();
}

#[tokio::test]
async fn a_malformed_address_is_refused_without_repeating_it() {
    let error = Broker::rabbitmq("ampq://user:secret@host", "test").await.unwrap_err();
    assert!(matches!(error, Error::Address));
    assert!(!format!("{error} {error:?}").contains("secret"));
}
