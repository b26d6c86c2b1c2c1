//! A Redis cluster of three nodes.

use std::process::{Command, Stdio};
use std::time::Duration;

use store::State;
use store::state::{Commit, Committed, EffectsKey, Limit, Pass, Volatile};

use crate::redis_server::{RedisServer, free_port};
use crate::servers::{fresh, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_commits_wherever_the_conversation_lives() {
    let nodes = [node().await, node().await, node().await];
    join(&nodes).await;
    let url = format!("{},127.0.0.1:{}", nodes[0].url(), nodes[1].port);
    for url in [url, format!("{}?cluster=true", nodes[2].url())] {
        let state = State::redis(&url, Volatile::Refuse).await.unwrap();
        state.ping().await.unwrap();
        for _ in 0..50 {
            commit_twice(&state).await;
        }
        // As after a failover: a node that does not know the scripts.
        let flushed = redis_cli(&nodes[0], &["script", "flush"]);
        assert!(flushed.contains("OK"), "{flushed}");
        for _ in 0..20 {
            commit_twice(&state).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_one_volatile_node_is_refused() {
    let nodes = [node().await, node().await, node().await];
    join(&nodes).await;
    redis_cli(&nodes[1], &["config", "set", "appendonly", "no"]);
    let url = format!("{}?cluster=true", nodes[0].url());
    let refused = State::redis(&url, Volatile::Refuse).await.unwrap_err();
    assert!(refused.to_string().contains("appendonly"), "{refused}");
}

async fn commit_twice(state: &State) {
    let (conversation, message) = (fresh(), fresh());
    let key = EffectsKey { worker: "triage", message };
    let effects = Some((key, "effects"));
    let commit = Commit { conversation, expected: 0, document: Some("text"), effects };
    assert_eq!(state.commit(commit).await.unwrap(), Committed::Stored { version: 1 });
    let again = state.commit(commit).await.unwrap();
    assert_eq!(again, Committed::AlreadyDecided("effects".into()));
    assert_eq!(state.load(conversation, Some(key)).await.unwrap().version, 1);
    state.put_alias(message, conversation).await.unwrap();
    assert_eq!(state.alias(message).await.unwrap(), Some(conversation));
    let limit = Limit { every: Duration::from_secs(60), burst: 1 };
    let pass = async || state.pass(&message.to_string(), limit, Duration::ZERO).await.unwrap();
    assert!(matches!(pass().await, Pass::Granted { .. }));
    assert!(matches!(pass().await, Pass::Wait { .. }));
}

async fn node() -> RedisServer {
    let bus = free_port().to_string();
    RedisServer::start(&["--appendonly", "yes", "--cluster-enabled", "yes", "--cluster-port", &bus])
        .await
}

async fn join(nodes: &[RedisServer; 3]) {
    let addresses = nodes.each_ref().map(|node| format!("127.0.0.1:{}", node.port));
    let created = Command::new("redis-cli")
        .args(["--cluster", "create"])
        .args(addresses)
        .arg("--cluster-yes")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(created.success());
    for node in nodes {
        until("the cluster is formed", || async {
            redis_cli(node, &["cluster", "info"]).contains("cluster_state:ok")
        })
        .await;
    }
}

fn redis_cli(node: &RedisServer, command: &[&str]) -> String {
    let port = node.port.to_string();
    let output = Command::new("redis-cli").args(["-p", &port]).args(command).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
