//! The bare minimum beside which Relevo is measured: programs that do the same durable work and
//! nothing else. Hidden subcommands, so that each is a process of its own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use clap::Subcommand;
use futures::{StreamExt as _, stream};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{chain, webhook};

pub(super) const EXCHANGE: &str = "relevo";
pub(super) const TOPIC: &str = domain::Kind::MessageReceived.as_str();
const PERSISTENT: u8 = 2;

#[derive(Debug, Subcommand)]
pub(crate) enum Bare {
    /// A handler that publishes so many bytes for each request and awaits the confirm
    Handler { amqp: String, listen: SocketAddr, bytes: usize },
    /// A publisher with so many confirms in flight; prints messages per second
    Publisher { amqp: String, bytes: usize, count: usize, in_flight: usize },
    /// A chain of queues with a script of Redis at each; prints turns per second, then the
    /// processor time of one turn in microseconds
    Chain { amqp: String, redis: String, hops: usize, bytes: usize, in_flight: usize, seconds: f64 },
}

pub(crate) fn run(bare: Bare) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match bare {
            Bare::Handler { amqp, listen, bytes } => handle(&amqp, listen, bytes).await,
            Bare::Publisher { amqp, bytes, count, in_flight } => {
                println!("{}", publish(&amqp, bytes, count, in_flight).await?);
                Ok(())
            }
            Bare::Chain { amqp, redis, hops, bytes, in_flight, seconds } => {
                let seconds = Duration::from_secs_f64(seconds);
                let ran = chain::run(&amqp, &redis, hops, bytes, in_flight, seconds).await?;
                println!("{} {}", ran.turns_per_second, ran.micros_per_turn);
                Ok(())
            }
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A connection with a channel that confirms.
pub(super) async fn connect(amqp: &str) -> anyhow::Result<(Connection, Channel)> {
    let connection = Connection::connect(amqp, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok((connection, channel))
}

pub(super) async fn confirmed(
    channel: &Channel,
    exchange: &str,
    key: &str,
    body: &[u8],
) -> anyhow::Result<()> {
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let options = BasicPublishOptions::default();
    let confirm = channel.basic_publish(exchange.into(), key.into(), options, body, properties);
    ensure!(confirm.await?.await? == Confirmation::Ack(None), "the broker did not take a message");
    Ok(())
}

async fn handle(amqp: &str, listen: SocketAddr, bytes: usize) -> anyhow::Result<()> {
    type Shared = Arc<(Channel, Vec<u8>)>;
    async fn receive(State(shared): State<Shared>, _body: Bytes) -> StatusCode {
        match confirmed(&shared.0, EXCHANGE, TOPIC, &shared.1).await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
    let (_connection, channel) = connect(amqp).await?;
    let shared = Arc::new((channel, vec![b'x'; bytes]));
    let router = Router::new().route(webhook::PATH, post(receive)).with_state(shared);
    let listener = TcpListener::bind(listen).await?;
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}

async fn publish(amqp: &str, bytes: usize, count: usize, in_flight: usize) -> anyhow::Result<f64> {
    let (_connection, channel) = connect(amqp).await?;
    let body = vec![b'x'; bytes];
    let began = Instant::now();
    let mut publishing = stream::iter(0..count)
        .map(|_| confirmed(&channel, EXCHANGE, TOPIC, &body))
        .buffer_unordered(in_flight);
    while let Some(published) = publishing.next().await {
        published?;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
