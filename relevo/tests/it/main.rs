//! Whole conversations and whole processes, through real HTTP against the sandbox.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod amnesia;
mod away;
mod chaos;
mod commands;
mod containers;
mod crash;
mod customer;
mod deployment;
mod desk;
mod doctor;
mod echo;
mod flood;
mod knowledge;
mod load;
mod monitoring;
mod names;
mod operate;
mod operator;
mod process;
mod quality;
mod sends;
mod servers;
mod silent;
mod transcripts;

use std::time::Duration;

use store::Records;
use store::records::Counts;
use tokio::time::{Instant, sleep};

/// The business of the tests: everything goes quicker than a customer would like it.
const BUSINESS: &str = r#"
name = "Ferretería Andina"
about = "A hardware shop."
languages = ["es", "en", "pt"]

[limits]
pause_ms = 500
gather_at_most_ms = 3000
overdue_seconds = 20
"#;

/// Waits for a condition, with a limit.
async fn until<F: Future<Output = bool>>(what: &str, limit: Duration, condition: impl Fn() -> F) {
    let deadline = Instant::now() + limit;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited {limit:?} in vain until {what}");
        sleep(Duration::from_millis(25)).await;
    }
}

/// Waits until as many messages as were written are recorded, each with its outcome.
async fn all_settled(records: &Records, written: usize) -> Counts {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let counts = records.counts().await.unwrap();
        if counts.inbound == written as i64 && counts.unsettled == 0 {
            return counts;
        }
        assert!(Instant::now() < deadline, "of {written} messages written: {counts:?}");
        sleep(Duration::from_millis(25)).await;
    }
}
