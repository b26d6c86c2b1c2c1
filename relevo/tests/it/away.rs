//! What an operator is told while a server is away: soon, and in words.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use futures::future::join_all;
use lapin::options::QueueDeleteOptions;
use lapin::{Connection, ConnectionProperties};
use relevo::installation::LanguageModel;
use sandbox::{Fault, Operation};
use serde_json::{Value, json};
use store::Records;
use tokio::time::Instant;

use crate::commands::text;
use crate::process::Stage;
use crate::servers::Servers;
use crate::until;

const LIMIT: Duration = Duration::from_secs(60);
/// Of a command that waits five seconds, on a busy machine.
const SOON: Duration = Duration::from_secs(15);

async fn status(stage: &Stage) -> Value {
    let seen = stage.run(&["status", "--json"]).await;
    serde_json::from_slice(&seen.stdout).unwrap_or_else(|_| panic!("{}", text(&seen)))
}

/// The end of a command, which must come soon.
async fn soon(stage: &Stage, arguments: &[&str]) -> Output {
    let began = Instant::now();
    let output = stage.run(arguments).await;
    assert!(began.elapsed() < SOON, "{arguments:?} took {:?}", began.elapsed());
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_said_and_the_rest_is_shown() {
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::None).await;
    nothing_is_made(&stage).await;

    let relevo = stage.serve("triage,ledger");
    relevo.ready().await;
    until("the process is heard of", LIMIT, async || {
        let seen = status(&stage).await;
        seen["processes"][0]["roles"] == json!(["triage", "ledger"])
    })
    .await;
    let calm = soon(&stage, &["status", "--once"]).await;
    assert_eq!(calm.status.code(), Some(0), "{}", text(&calm));
    assert!(text(&calm).contains(env!("CARGO_PKG_VERSION")), "{}", text(&calm));

    let parts = [
        ("rabbitmq", "broker", "queues", &["dead list", "conversation list"][..]),
        ("redis", "state", "processes", &["pause", "customer export 51912345678"]),
        ("postgres", "records", "messages", &["alerts", "tickets list", "costs"]),
    ];
    for (server, part, shows, commands) in parts {
        // It answers nobody, and then refuses everybody.
        servers.freeze(server);
        is_away(&stage, part, commands).await;
        servers.thaw(server);
        servers.stop(server).await;
        let seen = is_away(&stage, part, commands).await;
        for (_, other, others, _) in parts {
            assert_eq!(seen[others].is_null(), other == part, "{others}: {seen}");
        }
        assert!(seen[shows].is_null());
        servers.start_again(server).await;
        until("it is back", LIMIT, async || status(&stage).await["away"] == json!({})).await;
    }

    until("the process is heard of again", LIMIT, async || {
        status(&stage).await["processes"][0].is_object()
    })
    .await;
    delete(&stage, "relevo.outbound.dead").await;
    let once = soon(&stage, &["status", "--once"]).await;
    assert_eq!(once.status.code(), Some(1), "{}", text(&once));
    let is_absent = |line: &str| line.starts_with("outbound ") && line.ends_with(" absent");
    assert!(text(&once).lines().any(is_absent), "{}", text(&once));
    let dead = soon(&stage, &["dead", "list"]).await;
    assert!(text(&dead).ends_with("0 dead\nabsent: outbound\n"), "{}", text(&dead));
}

async fn delete(stage: &Stage, queue: &str) {
    let url = &stage.environment["RELEVO_BROKER_URL"];
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    connection.close(200, "done".into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_left_alone_is_shown_with_how_long_messages_wait() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::Scripted).await;
    stage.sandbox.faults().add(Fault::on(Operation::Chat).refuses(500));
    let relevo = stage.serve("");
    relevo.ready().await;
    for number in 0..4 {
        let customer = stage.sandbox.customer(&format!("5191234567{number}"), "Ana");
        customer.says("¿Qué taladro me sirve para una pared de concreto?").await;
    }
    until("the breaker and the lag are shown", LIMIT, async || {
        let process = status(&stage).await["processes"][0].clone();
        let is_open =
            process["open_breakers"].as_array().is_some_and(|all| all.contains(&json!("chat")));
        is_open && process["lag_ms"]["triage"].is_u64()
    })
    .await;
    let shown = text(&stage.run(&["status", "--once"]).await);
    assert!(shown.contains("BREAKERS OPEN, the model is failing: chat"), "{shown}");
}

async fn is_away(stage: &Stage, part: &str, commands: &[&str]) -> Value {
    let ended = commands.iter().map(async |command| {
        let arguments: Vec<&str> = command.split(' ').collect();
        let ended = soon(stage, &arguments).await;
        assert_eq!(ended.status.code(), Some(1), "{command}: {}", text(&ended));
        assert!(text(&ended).contains("relevo: "), "{command}: {}", text(&ended));
    });
    let (once, seen, _) =
        tokio::join!(soon(stage, &["status", "--once"]), status(stage), join_all(ended));
    assert_eq!(once.status.code(), Some(1), "{}", text(&once));
    let line = format!("{part:<8} AWAY: ");
    assert!(text(&once).contains(&line), "{}", text(&once));
    assert_eq!(seen["away"].as_object().unwrap().len(), 1, "{seen}");
    seen
}

/// On servers that no process has used yet, commands that look leave everything as it is.
async fn nothing_is_made(stage: &Stage) {
    let records = Records::postgres(&stage.environment["RELEVO_DATABASE_URL"]).await.unwrap();
    let before = records.pending().await.unwrap();
    assert!(!before.is_empty());
    for command in [&["alerts"][..], &["knowledge", "list"], &["knowledge", "search", "hola"]] {
        let refused = soon(stage, command).await;
        assert!(text(&refused).contains("relevo migrate"), "{}", text(&refused));
    }
    let dead = soon(stage, &["dead", "list"]).await;
    assert!(text(&dead).contains("0 dead"), "{}", text(&dead));
    let once = soon(stage, &["status", "--once"]).await;
    assert!(text(&once).contains("NO PROCESS"), "{}", text(&once));
    assert!(text(&once).contains(" absent\n"), "{}", text(&once));
    assert!(text(&once).contains("records  OLD: "), "{}", text(&once));
    assert!(text(&once).contains("relevo migrate"), "{}", text(&once));
    assert_eq!(records.pending().await.unwrap(), before);
    let queues = soon(stage, &["doctor"]).await;
    assert!(text(&queues).contains("are not made yet"), "{}", text(&queues));
}
