//! What the ledger makes of what it hears.

use std::sync::Arc;
use std::time::Duration;

use domain::message::{Delivery, DeliveryUpdated, TurnClosed};
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

/// The `index`-th word of what became of an answer to the message.
fn receipt(message: &Envelope, index: usize, status: Delivery) -> Envelope {
    let updated = DeliveryUpdated {
        provider_id: "wamid.out".to_owned(),
        status,
        at: message.time,
        reply: None,
        error_code: None,
        error: None,
        billable: (status == Delivery::Sent).then_some(true),
        category: (status == Delivery::Sent).then(|| "utility".to_owned()),
        pricing: None,
    };
    message.cause_of("whatsapp", index, message.time, updated.into())
}

#[tokio::test]
async fn turns_and_deliveries_are_counted_once_and_what_never_was_in_a_turn_is_not() {
    let metrics = metrics::install().unwrap();
    let stand = Stand::start().await;
    let lifecycle = Lifecycle::new();
    let ledger = Arc::new(Ledger::new(stand.ports.records.clone()));
    let (ports, stopping) = (stand.ports.clone(), lifecycle.clone());
    for lane in [topology::LEDGER, topology::LEDGER_RECEIPTS] {
        let (ledger, ports, stopping) = (Arc::clone(&ledger), ports.clone(), stopping.clone());
        lifecycle.spawn(async move { worker::run(ledger, lane, ports, stopping).await.unwrap() });
    }

    let [asked, waved] = ["wamid.1", "wamid.2"].map(written);
    for message in [
        asked.clone(),
        waved.clone(),
        closed(&asked, 0, Some(1), Outcome::Answered),
        closed(&asked, 1, Some(1), Outcome::Answered),
        closed(&waved, 0, None, Outcome::Noted),
        receipt(&asked, 0, Delivery::Sent),
    ] {
        stand.publish(&message).await;
    }
    let shows = async |line: &str| {
        until(line, async || metrics.render().contains(line)).await;
    };
    let receipts = r#"worker="ledger",type="delivery.updated.v1",outcome="done"}"#;
    shows(&format!("{receipts} 1")).await;
    for (index, status) in
        [Delivery::Delivered, Delivery::Read, Delivery::Delivered].iter().enumerate()
    {
        stand.publish(&receipt(&asked, index + 1, *status)).await;
    }
    shows(&format!("{receipts} 4")).await;
    until("everything is recorded", async || {
        let counts = stand.ports.records.counts().await.unwrap();
        let done = r#"worker="ledger",type="turn.closed.v1",outcome="done"} 3"#;
        counts.inbound == 2 && counts.unsettled == 0 && metrics.render().contains(done)
    })
    .await;
    let shown = metrics.render();
    let of = |name| shown.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
    assert_eq!(of("relevo_turns_total"), [r#"relevo_turns_total{outcome="answered"} 1"#]);
    assert_eq!(of("relevo_delivered_total"), [r#"relevo_delivered_total{charged="utility"} 1"#]);

    lifecycle.stop();
    let ended = lifecycle.finish(Duration::from_secs(10), std::future::pending()).await;
    assert_eq!(ended, Ended::Cleanly);
}
