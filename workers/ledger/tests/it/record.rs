//! What the ledger makes of what it hears.

use std::sync::Arc;
use std::time::Duration;

use domain::message::TurnClosed;
use domain::{Envelope, Outcome, TurnId};
use ledger::Ledger;
use runtime::lifecycle::Ended;
use runtime::{Lifecycle, metrics, topology, worker};

use crate::stand::{Stand, until, written};

/// The `index`-th word that something came of the message.
fn closed(message: &Envelope, index: usize, turn: Option<u64>, outcome: Outcome) -> Envelope {
    let closed = TurnClosed {
        turn: turn.map(TurnId),
        outcome,
        messages: vec![message.id],
        sent: Vec::new(),
        error_code: None,
    };
    message.cause_of("outbound", index, message.time, closed.into())
}

#[tokio::test]
async fn a_turn_is_counted_once_and_what_never_was_in_one_is_not() {
    let metrics = metrics::install().unwrap();
    let stand = Stand::start().await;
    let lifecycle = Lifecycle::new();
    let ledger = Arc::new(Ledger::new(stand.ports.records.clone()));
    let (ports, stopping) = (stand.ports.clone(), lifecycle.clone());
    lifecycle.spawn(async move {
        worker::run(ledger, topology::LEDGER, ports, stopping).await.unwrap();
    });

    let [asked, waved] = ["wamid.1", "wamid.2"].map(written);
    for message in [
        asked.clone(),
        waved.clone(),
        closed(&asked, 0, Some(1), Outcome::Answered),
        closed(&asked, 1, Some(1), Outcome::Answered),
        closed(&waved, 0, None, Outcome::Noted),
    ] {
        stand.publish(&message).await;
    }
    until("everything is recorded", async || {
        let counts = stand.ports.records.counts().await.unwrap();
        let done = r#"worker="ledger",type="turn.closed.v1",outcome="done"} 3"#;
        counts.inbound == 2 && counts.unsettled == 0 && metrics.render().contains(done)
    })
    .await;
    let turns: Vec<String> = metrics
        .render()
        .lines()
        .filter(|line| line.starts_with("relevo_turns_total"))
        .map(str::to_owned)
        .collect();
    assert_eq!(turns, [r#"relevo_turns_total{outcome="answered"} 1"#]);

    lifecycle.stop();
    let ended = lifecycle.finish(Duration::from_secs(10), std::future::pending()).await;
    assert_eq!(ended, Ended::Cleanly);
}
