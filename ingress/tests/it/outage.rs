//! 200 means that the broker has it, and nothing else does.

use axum::http::StatusCode;
use broker::Broker;
use runtime::topology;
use uuid::Uuid;

use crate::stand::{
    SECRET, Stand, call, message, post, published, router, signature, summaries, text,
};

#[tokio::test]
async fn while_the_broker_is_away_the_channel_is_asked_to_come_again() {
    let stand = Stand::new().await;
    stand.file.clone().close().await;
    let body = message(&text("wamid.A1", "hola"));
    let signature = signature(SECRET, body.as_bytes());
    let answer = call(&stand.router, post(Some(&signature), body)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "5");
    // What holds nothing to publish needs no broker.
    assert_eq!(stand.post("{}").await, StatusCode::OK);
}

#[tokio::test]
async fn a_message_that_no_queue_takes_is_not_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let file = embedded::File::open(dir.path()).await.unwrap();
    let router = router(Broker::embedded(file).await.unwrap());
    let body = message(&text("wamid.A1", "hola"));
    let signature = signature(SECRET, body.as_bytes());
    let answer = call(&router, post(Some(&signature), body)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_rabbitmq_a_webhook_is_confirmed_and_without_it_refused() {
    let url = std::env::var("RELEVO_TEST_AMQP_URL")
        .expect("RELEVO_TEST_AMQP_URL is not set: run scripts/test");
    let prefix = format!("test-{}", Uuid::new_v4().simple());
    let broker = Broker::rabbitmq_with_prefix(&url, "test", &prefix).await.unwrap();
    broker.declare(&topology::queues()).await.unwrap();
    let router = router(broker.clone());
    let post = async |id: &str| {
        let body = message(&text(id, "hola"));
        call(&router, post(Some(&signature(SECRET, body.as_bytes())), body)).await
    };
    assert_eq!(post("wamid.A1").await.status, StatusCode::OK);
    assert_eq!(summaries(&published(&broker).await), ["wamid.A1: hola"]);
    broker.close().await;
    let answer = post("wamid.A2").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "5");
}
