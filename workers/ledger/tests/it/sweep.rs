//! What has no outcome is not forgotten, and not fed to the workers for ever either.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{Body, Envelope};
use ledger::{SweepRules, sweep};
use store::records::Inbound;

use crate::stand::{Stand, next, settings, written};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// As the ledger records it.
pub(crate) fn record(message: &Envelope) -> Inbound {
    Inbound {
        id: message.id.as_uuid(),
        business: message.business.to_string(),
        conversation: message.conversation.as_uuid(),
        channel: "whatsapp".to_owned(),
        provider_id: "wamid.1".to_owned(),
        customer: "34600000001".to_owned(),
        kind: "text".to_owned(),
        text: None,
        envelope: String::from_utf8(message.encode().unwrap()).unwrap(),
        received_ms: message.time.as_millis(),
    }
}

#[tokio::test]
async fn a_broken_message_does_not_hold_up_the_others() {
    let stand = Stand::start().await;
    let [broken, whole] = ["wamid.1", "wamid.2"].map(written);
    let damaged = Inbound { envelope: "{".to_owned(), ..record(&broken) };
    for message in [damaged, record(&whole)] {
        stand.ports.records.record_inbound(&message).await.unwrap();
    }
    let mut triage = stand.ports.broker.consume("triage", 8).await.unwrap();
    let rules = SweepRules::default();
    assert_eq!(sweep(&stand.ports, &rules).await.unwrap(), 0, "both are in hand");
    stand.pass(HOUR);
    assert_eq!(sweep(&stand.ports, &rules).await.unwrap(), 1);
    let swept = next(&mut triage).await.unwrap();
    assert_eq!((swept.correlation, swept.body), (whole.id, whole.body));
    assert_ne!(swept.id, whole.id);
    assert_eq!(next(&mut triage).await, None);
}

#[tokio::test]
async fn a_message_that_never_settles_goes_to_a_person_and_then_to_an_operator() {
    let stand = Stand::start().await;
    let message = written("wamid.1");
    stand.ports.records.record_inbound(&record(&message)).await.unwrap();
    let mut triage = stand.ports.broker.consume("triage", 8).await.unwrap();
    let mut handoff = stand.ports.broker.consume("handoff", 8).await.unwrap();
    let mut ids = BTreeSet::from([message.id]);
    for round in 1..=15 {
        // Longer than the longest pause between two sweeps.
        stand.pass(4 * HOUR);
        let published = sweep(&stand.ports, &SweepRules::default()).await.unwrap();
        let (expected, queue) = match round {
            1..10 => (1, &mut triage),
            10..13 => (1, &mut handoff),
            _ => (0, &mut handoff),
        };
        assert_eq!(published, expected, "{round}");
        let Some(swept) = next(queue).await else {
            assert_eq!(expected, 0, "{round}");
            continue;
        };
        assert!(ids.insert(swept.id), "{round}");
        assert_eq!(swept.correlation, message.id);
        match swept.body {
            Body::MessageReceived(_) => assert!(round < 10, "{round}"),
            Body::MessageDied(died) => {
                let Body::MessageReceived(received) = &message.body else { unreachable!() };
                assert_eq!(died.worker, "ledger.sweep");
                assert_eq!((died.message, died.turn), (message.id, None));
                assert_eq!(died.customer_message.as_deref(), Some(&received.0));
                assert!(round >= 10, "{round}");
            }
            body => panic!("{body:?}"),
        }
    }
    assert_eq!(ids.len(), 1 + 12);
    assert_eq!(stand.ports.records.counts().await.unwrap().unsettled, 1);
}

#[test]
fn the_sweep_leaves_alone_what_the_most_patient_business_still_has_in_hand() {
    for (overdue, older_than) in [(30, 240), (90, 240), (600, 750)] {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path(), &format!("overdue_seconds = {overdue}"));
        let rules = SweepRules::for_businesses(&settings.businesses);
        let older_than = Duration::from_secs(older_than);
        assert_eq!(rules, SweepRules { older_than, ..SweepRules::default() });
    }
}
