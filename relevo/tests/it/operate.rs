//! What an operator does beside a process that serves: look, pause, back up, mend.

use std::collections::BTreeMap;
use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::{Fault, Operation};
use serde_json::Value;

use crate::commands::text;
use crate::process::Stage;
use crate::until;

const LIMIT: Duration = Duration::from_secs(30);
/// Longer than an answer takes.
const QUIET: Duration = Duration::from_secs(5);

async fn status(stage: &Stage) -> Value {
    let seen = stage.run(&["status", "--json"]).await;
    serde_json::from_slice(&seen.stdout).unwrap_or_else(|_| panic!("{}", text(&seen)))
}

fn waits_in(status: &Value, queue: &str) -> u64 {
    let queues = status["queues"].as_array().unwrap();
    queues.iter().find(|one| one["name"] == queue).unwrap()["ready"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_waits_in_its_queue_and_is_answered_when_it_goes_on() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    let ana = stage.sandbox.customer("51912345678", "Ana");
    ana.says("muchas gracias").await;
    ana.hears(LIMIT).await.unwrap();

    let paused = stage.run(&["pause", "sending"]).await;
    assert!(paused.status.success(), "{}", text(&paused));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let sends = || stage.sandbox.journal_of(Operation::Send).len();
    let before = sends();
    ana.says("muchas gracias de nuevo").await;
    until("the answer waits", LIMIT, async || waits_in(&status(&stage).await, "outbound") == 1)
        .await;
    let shown = text(&stage.run(&["status", "--once"]).await);
    assert!(shown.contains("PAUSED: sending"), "{shown}");
    assert_eq!(sends(), before, "nothing is said");

    for wrong in [&["pause", "ingress"][..], &["pause", "nobody"], &["resume", "knowledge"]] {
        let refused = stage.run(wrong).await;
        assert!(!refused.status.success(), "{wrong:?}: {}", text(&refused));
    }
    let resumed = stage.run(&["resume", "all"]).await;
    assert!(resumed.status.success(), "{}", text(&resumed));
    ana.hears(LIMIT).await.unwrap();
    assert_eq!(status(&stage).await["paused"], Value::Array(Vec::new()));
    until("nothing waits", LIMIT, async || waits_in(&status(&stage).await, "outbound") == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_for_long_is_not_overdue() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    assert!(stage.run(&["pause", "sending"]).await.status.success());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ana = stage.sandbox.customer("51912345678", "Ana");
    ana.says("muchas gracias").await;
    until("the answer waits", LIMIT, async || waits_in(&status(&stage).await, "outbound") == 1)
        .await;
    // Longer than a turn may take without an answer.
    tokio::time::sleep(Duration::from_secs(24)).await;
    assert!(stage.run(&["resume", "sending"]).await.status.success());
    let answer = ana.hears(LIMIT).await.unwrap().text;
    assert!(!answer.contains("demora"), "{answer}");
    tokio::time::sleep(Duration::from_secs(12)).await;
    let said = stage.sandbox.journal_of(Operation::Send).len();
    assert_eq!(said, 1, "nobody apologises for what an operator did");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_drill_brings_back_every_message_and_answers_what_was_waiting() {
    let mut stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let mut relevo = stage.serve("");
    relevo.ready().await;
    let ana = stage.sandbox.customer("51912345678", "Ana");
    ana.says("muchas gracias").await;
    ana.hears(LIMIT).await.unwrap();
    let counted = async |stage: &Stage, count: i64| {
        let status = status(stage).await;
        (status["messages"].as_i64(), status["without_outcome"].as_i64()) == (Some(count), Some(0))
    };
    until("the first has its outcome", LIMIT, async || counted(&stage, 1).await).await;
    // The second is in the backup before it is answered.
    assert!(stage.run(&["pause", "triage"]).await.status.success());
    tokio::time::sleep(Duration::from_secs(2)).await;
    ana.says("muchas gracias otra vez").await;
    until("it waits", LIMIT, async || waits_in(&status(&stage).await, "triage") >= 1).await;
    until("it is recorded", LIMIT, async || status(&stage).await["messages"] == 2).await;

    let folder = stage.data().with_file_name("backup");
    let name = folder.display().to_string();
    let backed_up = stage.run(&["backup", &name]).await;
    assert!(backed_up.status.success(), "{}", text(&backed_up));
    assert!(text(&backed_up).contains("2 messages, 1 of them"), "{}", text(&backed_up));
    assert!(!stage.run(&["backup", &name]).await.status.success(), "it is there already");
    let in_use = stage.run(&["restore", "--replace", &name]).await;
    assert!(text(&in_use).contains("stop it first"), "{}", text(&in_use));

    relevo.terminate();
    relevo.ended(LIMIT).await;
    assert!(!stage.run(&["restore", &name]).await.status.success(), "not over what is there");
    // The machine is lost.
    let elsewhere = stage.data().with_file_name("elsewhere").display().to_string();
    stage.environment.insert("RELEVO_DATA_DIR".to_owned(), elsewhere);
    let restored = stage.run(&["restore", &name]).await;
    assert!(restored.status.success(), "{}", text(&restored));
    assert!(text(&restored).contains("restored 2 messages"), "{}", text(&restored));

    let relevo = stage.serve("");
    relevo.ready().await;
    assert!(stage.run(&["resume", "all"]).await.status.success());
    ana.hears(LIMIT).await.unwrap();
    until("both have their outcome", LIMIT, async || counted(&stage, 2).await).await;
    assert_eq!(stage.sandbox.journal_of(Operation::Send).len(), 2, "each answered once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_reply_is_found_by_filters_mended_and_sent_as_it_is_then() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    stage.sandbox.faults().add(Fault::on(Operation::Send).refuses(100).times(2));
    let relevo = stage.serve("");
    relevo.ready().await;
    let ana = stage.sandbox.customer("51912345678", "Ana");
    ana.says("muchas gracias").await;
    let list = async |filter: &[&str]| {
        let arguments = [&["dead", "list", "--json"], filter].concat();
        let list = stage.run(&arguments).await;
        let lines = String::from_utf8(list.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    until("the answer is dead", LIMIT, async || !list(&[]).await.is_empty()).await;
    let id = list(&[]).await[0]["id"].as_str().unwrap().to_owned();
    for (filter, count) in [
        (&["--type", "reply.ready.v1", "--reason", "rejected"][..], 1),
        (&["--cause", "100", "--hours", "1"], 1),
        (&["--type", "turn.closed.v1"], 0),
        (&["--reason", "crashed"], 0),
        (&["--business", relevo::installation::BUSINESS_ID], 1),
        (&["--business", "another"], 0),
        (&["--cause", "no such words"], 0),
    ] {
        let found = list(filter).await;
        let of_id = found.iter().filter(|one| one["id"] == *id).count();
        assert_eq!(of_id, count, "{filter:?}");
    }
    let misspelt = stage.run(&["dead", "list", "--reason", "rejectd"]).await;
    assert_eq!(misspelt.status.code(), Some(64), "{}", text(&misspelt));
    let shown = text(&stage.run(&["dead", "list"]).await);
    assert!(shown.contains("0 min ago"), "{shown}");
    assert!(!stage.run(&["status", "--once"]).await.status.success(), "something is dead");

    for wrong in [
        &["dead", "edit", &id, "--set", "/data/text=no quotes"][..],
        &["dead", "edit", &id, "--set", "/nowhere=1"],
        &["dead", "edit", &id, "--set", "/type=\"turn.due.v1\""],
        &["dead", "edit", &id],
    ] {
        assert!(!stage.run(wrong).await.status.success(), "{wrong:?}");
    }
    assert_eq!(list(&[]).await.iter().filter(|one| one["id"] == *id).count(), 1);
    let mended = stage.run(&["dead", "edit", &id, "--set", "/data/text=\"¡A ti!\""]).await;
    assert!(mended.status.success(), "{}", text(&mended));
    until("it is not dead any more", LIMIT, async || {
        list(&[]).await.iter().all(|one| one["id"] != *id)
    })
    .await;
    // Its customer had an honest word meanwhile, so it may be stale; it must not be said twice.
    tokio::time::sleep(QUIET).await;
    let heard = stage.sandbox.transcript("51912345678");
    assert!(heard.iter().filter(|bubble| bubble.text == "¡A ti!").count() <= 1);
    let discarded = stage.run(&["dead", "discard", "--all", "--reason", "rejected"]).await;
    assert!(discarded.status.success(), "{}", text(&discarded));
    assert!(list(&["--reason", "rejected"]).await.is_empty());
}
