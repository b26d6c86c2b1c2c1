//! Kills a process that writes, in the middle of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use embedded::File;

use crate::{insert, numbers, open};

const DIR: &str = "RELEVO_TEST_CRASH_DIR";
const ANSWERED: &str = "answered ";

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how a child of this test knows that it is one")]
async fn what_was_answered_survives_a_kill() {
    if let Ok(dir) = std::env::var(DIR) {
        return write_until_killed(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for _ in 0..3 {
        let enough = answered.len() + 150;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::what_was_answered_survives_a_kill"])
            .args(["--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            if let Some(n) = line.strip_prefix(ANSWERED) {
                answered.push(n.parse::<i64>().unwrap());
                if answered.len() >= enough {
                    // Lines go on until the pipe is empty; the second kill finds nobody.
                    let _ = child.kill();
                }
            }
        }
        child.wait().unwrap();
        // The lock died with its process: the next one gets in at once.
        let file = File::open(dir.path()).await.unwrap();
        let kept = numbers(&file).await;
        let lost: Vec<_> = answered.iter().filter(|n| !kept.contains(n)).collect();
        assert!(lost.is_empty(), "lost {lost:?} of {}", answered.len());
        file.close().await;
    }
}

async fn write_until_killed(dir: &Path) {
    let file = open(dir).await;
    let first = numbers(&file).await.last().map_or(0, |n| n + 1);
    let writers = (0..8).map(|lane| {
        let file = file.clone();
        tokio::spawn(async move {
            for n in (first + lane..).step_by(8) {
                file.write(move |connection| Box::pin(insert(connection, n))).await.unwrap();
                println!("\n{ANSWERED}{n}");
            }
        })
    });
    futures::future::join_all(writers).await;
}
