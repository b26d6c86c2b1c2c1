//! What is older than a business keeps it is deleted, and nothing else.

use std::time::Duration;

use ledger::retain;
use store::records::{Held, Outcome, Subject};
use store::state::Commit;

use crate::stand::{Stand, written};
use crate::sweep::record;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn what_is_old_is_deleted_and_what_waits_for_an_outcome_is_not() {
    let stand = Stand::with("[retention]\nmessages_days = 30\nconversations_days = 8").await;
    let records = &stand.ports.records;
    let names: Vec<String> = (0..450).map(|number| format!("wamid.{number}")).collect();
    let messages: Vec<_> = names.iter().map(|name| written(name)).collect();
    let conversation = messages[0].conversation.as_uuid();
    for message in &messages {
        records.record_inbound(&record(message)).await.unwrap();
    }
    let outcome = Outcome {
        messages: messages[1..].iter().map(|message| message.id.as_uuid()).collect(),
        conversation,
        outcome: "answered".to_owned(),
        turn: 1,
        at_ms: messages[0].time.as_millis(),
    };
    records.record_outcome(&outcome).await.unwrap();
    // Its time is over at once, and nobody writes again.
    let document = Some("{}");
    let commit = Commit { conversation, expected: 0, document, effects: None };
    stand.ports.state.commit_for(Duration::ZERO, commit).await.unwrap();

    stand.pass(29 * DAY);
    assert_eq!(retain(&stand.ports).await.unwrap(), 0);
    assert_eq!(records.counts().await.unwrap().inbound, 450);
    stand.pass(2 * DAY);
    assert_eq!(retain(&stand.ports).await.unwrap(), 449);
    let counts = records.counts().await.unwrap();
    assert_eq!((counts.inbound, counts.unsettled), (1, 1));
    let subject = Subject { conversations: vec![conversation], ..Subject::default() };
    assert_eq!(records.held(Held::MessagesIn, &subject).await.unwrap().len(), 1);
    crate::stand::until("the conversation is forgotten", async || {
        retain(&stand.ports).await.unwrap();
        stand.ports.state.load(conversation, None).await.unwrap().document.is_none()
    })
    .await;
}

#[tokio::test]
async fn whoever_sets_no_time_keeps_everything() {
    let stand = Stand::start().await;
    let message = written("wamid.1");
    stand.ports.records.record_inbound(&record(&message)).await.unwrap();
    stand.pass(9_999 * DAY);
    assert_eq!(retain(&stand.ports).await.unwrap(), 0);
    assert_eq!(stand.ports.records.counts().await.unwrap().inbound, 1);
}
