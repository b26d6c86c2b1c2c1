//! What only a file on this machine can do.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use broker::{Broker, Reason};
use tokio::time::timeout;
use uuid::Uuid;

use crate::stand::{A_WHILE, ALPHA, QUEUES, Stand, next, publication};

const DIR: &str = "RELEVO_TEST_BROKER_DIR";

async fn open(dir: &Path) -> Broker {
    let file = ::embedded::File::open(dir).await.unwrap();
    let broker = Broker::embedded(file).await.unwrap();
    broker.declare(QUEUES).await.unwrap();
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_confirmed_is_lost_when_the_process_is_killed() {
    if let Ok(dir) = std::env::var(DIR) {
        return run_until_killed(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let [mut tried, mut confirmed, mut settling, mut settled] = [(); 4].map(|()| HashSet::new());
    for _ in 0..4 {
        let enough = confirmed.len() + 200;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--exact")
            .arg("embedded::nothing_confirmed_is_lost_when_the_process_is_killed")
            .args(["--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            let Some((word, id)) = line.split_once(' ') else {
                continue;
            };
            let Ok(id) = id.parse::<Uuid>() else {
                continue;
            };
            match word {
                "try" => tried.insert(id),
                "confirmed" => confirmed.insert(id),
                "settling" => settling.insert(id),
                "settled" => settled.insert(id),
                _ => false,
            };
            if confirmed.len() >= enough {
                // Lines go on until the pipe is empty; the second kill finds nobody.
                let _ = child.kill();
            }
        }
        child.wait().unwrap();
    }

    let broker = open(dir.path()).await;
    let mut consumer = broker.consume("left", 50).await.unwrap();
    let mut left = HashSet::new();
    while let Ok(Some(delivery)) = timeout(A_WHILE, consumer.next()).await {
        assert!(left.insert(delivery.id), "each is there once");
        delivery.ack().await.unwrap();
    }
    println!("{} confirmed, {} settled, {} left", confirmed.len(), settled.len(), left.len());
    // A process may die after it settled and before it said so.
    let lost: Vec<_> =
        confirmed.iter().filter(|id| !settling.contains(id) && !left.contains(id)).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    let unsaid: Vec<_> = settled.intersection(&left).collect();
    assert!(unsaid.is_empty(), "settled and there again: {unsaid:?}");
    assert!(left.is_subset(&tried), "a message was invented");
}

async fn run_until_killed(dir: &Path) {
    let broker = open(dir).await;
    let mut consumer = broker.consume("left", 10).await.unwrap();
    for _ in 0..4 {
        let broker = broker.clone();
        tokio::spawn(async move {
            loop {
                let one = publication(ALPHA, "under load");
                let id = one.id;
                println!("\ntry {id}");
                broker.publish(one).await.unwrap();
                println!("\nconfirmed {id}");
            }
        });
    }
    loop {
        let delivery = consumer.next().await.unwrap();
        let id = delivery.id;
        println!("\nsettling {id}");
        delivery.ack().await.unwrap();
        println!("\nsettled {id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_redrives_beside_the_process_that_serves() {
    let dir = tempfile::tempdir().unwrap();
    let broker = open(dir.path()).await;
    let mut consumer = broker.consume("left", 1).await.unwrap();
    let sent = publication(ALPHA, "");
    broker.publish(sent.clone()).await.unwrap();
    let delivery = next(&mut consumer).await;
    delivery.dead(Reason::Rejected, "no").await.unwrap();
    let file = ::embedded::File::visit(dir.path()).await.unwrap();
    let visitor = Broker::embedded(file).await.unwrap();
    let letters = visitor.dead("left", 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    let since = Instant::now();
    assert_eq!(visitor.redrive("left", None).await.unwrap(), 1);
    let again = next(&mut consumer).await;
    assert_eq!(again.id, sent.id);
    assert!(since.elapsed() < Duration::from_secs(1));
    again.ack().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_ends_when_its_file_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let file = ::embedded::File::open(dir.path()).await.unwrap();
    let broker = Broker::embedded(file.clone()).await.unwrap();
    broker.declare(QUEUES).await.unwrap();
    let mut consumer = broker.consume("left", 1).await.unwrap();
    file.close().await;
    assert!(consumer.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_of_a_batch_that_nobody_takes_stops_all_of_it() {
    let stand = Stand::embedded().await;
    let batch = vec![publication(ALPHA, ""), publication("nobody.listens.v1", "")];
    stand.broker.publish_all(batch).await.unwrap_err();
    assert_eq!(stand.broker.depth("left").await.unwrap().ready, 0);
}
