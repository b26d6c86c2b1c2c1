//! What operators do with the binary.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use relevo::installation::LanguageModel;
use runtime::topology::LANES;
use sandbox::{Fault, Operation, Sandbox};
use tokio::time::Instant;

use crate::process::{BINARY, Stage};
use crate::until;

/// What `relevo serve` grants itself to finish, and a little.
const GRACE: Duration = Duration::from_secs(27);
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_check_with_three_wrong_values_names_all_three_and_exits_64() {
    let mut stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let right = stage.run(&["serve", "--check"]).await;
    assert_eq!(right.status.code(), Some(0), "{}", text(&right));
    assert!(!text(&right).contains(&stage.environment["WHATSAPP_APP_SECRET"]));
    assert!(text(&right).contains("no hours: no times are said"), "{}", text(&right));

    for (name, value) in [
        ("RELEVO_LISTEN", "nowhere"),
        ("RELEVO_BROKER_URL", "kafka://broker"),
        ("RELEVO_LOG_FORMAT", "xml"),
    ] {
        stage.environment.insert(name.to_owned(), value.to_owned());
    }
    for arguments in [&["serve", "--check"][..], &["serve"], &["dead", "list"]] {
        let wrong = stage.run(arguments).await;
        assert_eq!(wrong.status.code(), Some(64), "{}", text(&wrong));
        let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
        for name in ["RELEVO_LISTEN", "RELEVO_BROKER_URL", "RELEVO_LOG_FORMAT"] {
            assert!(told.contains(&format!("{name}: ")), "{told}");
        }
        assert!(told.contains("3 wrong"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_signal_ends_the_process_within_its_grace_and_what_is_in_hand_is_finished() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    stage.sandbox.faults().add(Fault::on(Operation::Send).is_slow(Duration::from_secs(2)));
    let mut relevo = stage.serve("");
    relevo.ready().await;
    let ana = stage.sandbox.customer("51912345678", "Ana");
    ana.says("muchas gracias").await;
    let sends = |sandbox: &Sandbox| sandbox.journal_of(Operation::Send);
    stage.sandbox.wait_until(|sandbox| !sends(sandbox).is_empty(), LIMIT).await.unwrap();

    relevo.terminate();
    let began = Instant::now();
    until("it says that it is not ready", LIMIT, async || {
        relevo.asks("/readyz").await.unwrap().0 == 503
    })
    .await;
    assert_eq!(relevo.asks("/healthz").await.unwrap(), (200, "ok".to_owned()));
    assert!(sends(&stage.sandbox).iter().all(|send| send.status.is_none()), "still sending");
    let status = relevo.ended(GRACE).await;
    assert_eq!(status.code(), Some(0), "{}", relevo.log());
    println!("ended after {:.1?}", began.elapsed());
    assert_eq!(
        sends(&stage.sandbox).iter().map(|send| send.status).collect::<Vec<_>>(),
        [Some(200)]
    );
    let file = embedded::File::open(&stage.data()).await.unwrap();
    let history = store::Records::embedded(file.clone()).counts().await.unwrap();
    file.close().await;
    // The answer was sent and recorded in the conversation; the ledger hears of it at the next start.
    assert_eq!(history.inbound, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_port_is_taken_says_so_and_ends() {
    let mut stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    let elsewhere = stage.data().join("elsewhere").display().to_string();
    stage.environment.insert("RELEVO_DATA_DIR".to_owned(), elsewhere);
    let second = tokio::time::timeout(LIMIT, stage.run(&["serve"])).await.unwrap();
    assert_eq!(second.status.code(), Some(1), "{}", text(&second));
    let listen = &stage.environment["RELEVO_LISTEN"];
    assert!(text(&second).contains(&format!("listen on {listen}: ")), "{}", text(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_with_the_ledger_shows_how_much_waits_in_every_queue() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    until("every queue is shown", LIMIT, async || {
        let shown = relevo.asks("/metrics").await.unwrap().1;
        LANES.iter().all(|lane| {
            ["ready", "dead"].iter().all(|state| {
                let labels = format!(r#"{{queue="{}",state="{state}"}}"#, lane.queue);
                shown.contains(&format!("relevo_queue_messages{labels} 0"))
            })
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_message_is_listed_shown_and_redriven_beside_a_process_that_serves() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    // An error that is our own mistake: it is not tried again.
    stage.sandbox.faults().add(Fault::on(Operation::Send).refuses(100).times(1));
    let relevo = stage.serve("");
    relevo.ready().await;
    let ana = stage.sandbox.customer("51912345678", "Ana");
    ana.says("muchas gracias").await;

    let listed = async |count: usize| {
        until("the dead are as many", LIMIT, async || {
            let list = stage.run(&["dead", "list", "--json"]).await;
            list.status.success() && list.stdout.split(|byte| *byte == b'\n').count() == count + 1
        })
        .await;
    };
    listed(1).await;
    let list = text(&stage.run(&["dead", "list"]).await);
    assert!(list.contains("outbound") && list.contains("reply.ready.v1"), "{list}");
    assert!(list.contains("rejected") && list.contains("1 dead"), "{list}");
    let id = list.split_whitespace().next().unwrap().to_owned();

    let show = stage.run(&["dead", "show", &id]).await;
    let shown: serde_json::Value = serde_json::from_slice(&show.stdout).unwrap();
    assert_eq!(shown["id"], id);
    assert_eq!(shown["queue"], "outbound");
    assert_eq!(shown["body"]["type"], "reply.ready.v1");
    assert!(shown["cause"].as_str().unwrap().contains("100"), "{shown}");

    let nobody = "00000000-0000-0000-0000-000000000000";
    assert!(!stage.run(&["dead", "show", nobody]).await.status.success());
    assert!(!stage.run(&["dead", "list", "--queue", "nowhere"]).await.status.success());
    for command in ["redrive", "discard"] {
        assert!(!stage.run(&["dead", command, nobody]).await.status.success());
        for wrong in [&["dead", command][..], &["dead", command, "--all", &id]] {
            let refused = stage.run(wrong).await;
            assert_eq!(refused.status.code(), Some(64), "{}", text(&refused));
            assert!(text(&refused).contains("--all"), "{}", text(&refused));
        }
    }
    listed(1).await;

    let redriven = stage.run(&["dead", "redrive", "--queue", "outbound", &id]).await;
    assert!(redriven.status.success(), "{}", text(&redriven));
    assert!(text(&redriven).contains("1 sent back"), "{}", text(&redriven));
    listed(0).await;

    stage.sandbox.faults().add(Fault::on(Operation::Send).refuses(100).times(1));
    ana.says("muchas gracias por todo").await;
    listed(1).await;
    let discarded = stage.run(&["dead", "discard", "--all"]).await;
    assert!(discarded.status.success(), "{}", text(&discarded));
    assert!(text(&discarded).contains("1 deleted"), "{}", text(&discarded));
    listed(0).await;

    // Its turn has ended meanwhile; the customer is answered as before.
    ana.says("muchas gracias de nuevo").await;
    ana.hears(LIMIT).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_had_enough_ends_a_command_quietly() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let commands = [&["serve", "--check"][..], &["status", "--once"], &["doctor"], &["demo"]];
    for arguments in commands {
        let mut command = Command::new(BINARY);
        command.env_clear().envs(&stage.environment).args(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ended = ended.wait_with_output().unwrap();
        // As a shell says it of a command that SIGPIPE has ended.
        assert_eq!(ended.status.code(), Some(141), "{arguments:?}: {}", text(&ended));
        assert_eq!(text(&ended), "", "{arguments:?}");
    }
}

pub(crate) fn text(output: &Output) -> String {
    let (stdout, stderr) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}
