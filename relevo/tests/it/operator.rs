//! What an operator sees and does when the platform stops, asks for templates and charges.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use futures::future::join_all;
use relevo::installation::{LanguageModel, Plan};
use sandbox::{Fault, Operation, Sandbox, TemplateStatus};
use serde_json::Value;
use store::Records;
use tokio::time::{Instant, sleep, sleep_until};

use crate::commands::text;
use crate::process::{Process, Stage};
use crate::servers::Servers;
use crate::{all_settled, until};

const LIMIT: Duration = Duration::from_secs(60);
/// Nothing becomes overdue meanwhile.
const BUSINESS: &str = r#"
name = "Ferretería Andina"

[limits]
pause_ms = 100

[[whatsapp.templates]]
purpose = "reopen"
name = "seguimiento"
language = "es"
body = "Hola, te escribimos de {{1}}. ¿Seguimos?"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_stops_sending_is_told_once_and_is_over_when_it_works_again() {
    let stage = stage(BTreeMap::new()).await;
    let relevo = [stage.serve("")];
    let file = || async { embedded::File::visit(&stage.data()).await.unwrap() };
    ready(&relevo).await;
    let file = file().await;
    token_expires(&stage, &Records::embedded(file.clone())).await;
    file.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_servers_too_an_expired_token_stops_all_processes_and_is_told_once() {
    let servers = Servers::start().await;
    let stage = stage(servers.environment()).await;
    let roles = ["ingress,triage,knowledge,handoff,media,ledger", "outbound", "outbound"];
    let relevo = roles.map(|roles| stage.serve(roles));
    ready(&relevo).await;
    let records = Records::postgres(&stage.environment["RELEVO_DATABASE_URL"]).await.unwrap();
    token_expires(&stage, &records).await;
}

async fn token_expires(stage: &Stage, records: &Records) {
    const CUSTOMERS: u32 = 40;
    let sandbox = &stage.sandbox;
    let calls = || sandbox.journal_of(Operation::Send).len();
    let calm = stage.run(&["alerts"]).await;
    assert_eq!(calm.status.code(), Some(0), "{}", text(&calm));

    let began = Instant::now();
    let customers = join_all((0..CUSTOMERS).map(async |number| {
        sleep_until(began + Duration::from_millis(200) * number).await;
        sandbox.customer(&format!("5194{number:07}"), "Ana").says("muchas gracias").await;
    }));
    let account = async {
        sleep_until(began + Duration::from_secs(2)).await;
        sandbox.faults().add(Fault::on(Operation::Send).refuses(190));
        let before = calls();
        until("the account is refused", LIMIT, async || calls() > before).await;
        sleep(Duration::from_secs(1)).await;
        let at_first = calls() - before;
        // Longer than the first probe waits for.
        sleep(Duration::from_secs(18)).await;
        let probes = calls() - before - at_first;
        println!("{at_first} calls in the first second, {probes} in the eighteen after it");
        assert!(probes <= 2, "{probes} calls of an account that is refused");

        let alerts = stage.run(&["alerts"]).await;
        assert_eq!(alerts.status.code(), Some(1), "{}", text(&alerts));
        assert!(text(&alerts).contains("sending_stopped"), "{}", text(&alerts));
        assert!(text(&alerts).contains("WHATSAPP_ACCESS_TOKEN"), "{}", text(&alerts));
        assert!(text(&alerts).contains("1 open"), "{}", text(&alerts));
        sandbox.faults().clear();
    };
    tokio::join!(customers, account);
    let mended = Instant::now();
    let counts = all_settled(records, CUSTOMERS as usize).await;
    println!("all was said {:.0?} after the token worked again", mended.elapsed());
    assert_eq!(counts.outcomes, [("answered".to_owned(), i64::from(CUSTOMERS))]);
    let each: Vec<usize> = sandbox.received().iter().map(|one| one.times).collect();
    assert_eq!(each, [1; CUSTOMERS as usize], "each customer was answered once");

    until("the alert is over", LIMIT, async || {
        stage.run(&["alerts"]).await.status.code() == Some(0)
    })
    .await;
    let all = stage.run(&["alerts", "--all", "--json"]).await;
    let stopped: Vec<Value> = lines(&all);
    let stopped = stopped.iter().filter(|alert| alert["kind"] == "sending_stopped");
    let stopped: Vec<&Value> = stopped.collect();
    assert_eq!(stopped.len(), 1, "{}", text(&all));
    assert_eq!(stopped[0]["severity"], "critical");
    assert!(stopped[0]["resolved_ms"].is_i64(), "{}", text(&all));
    let dead = stage.run(&["dead", "list"]).await;
    assert!(text(&dead).contains("0 dead"), "{}", text(&dead));
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_time_outs_nor_server_errors_stop_the_account() {
    let stage = stage(BTreeMap::new()).await;
    let relevo = [stage.serve("")];
    ready(&relevo).await;
    let sandbox = &stage.sandbox;
    let phone = |number: u32| format!("5194{number:07}");
    sandbox.faults().add(Fault::on(Operation::Send).hangs().times(1).for_customer(&phone(0)));
    sandbox.faults().add(Fault::on(Operation::Send).is_lost().times(1).for_customer(&phone(1)));
    sandbox.faults().add(Fault::on(Operation::Send).refuses(131_000).times(12));
    let customers: Vec<_> = (0..10).map(|number| sandbox.customer(&phone(number), "Ana")).collect();
    let began = Instant::now();
    join_all(customers.iter().map(|customer| customer.says("muchas gracias"))).await;
    for customer in &customers[2..] {
        customer.hears(LIMIT).await.unwrap();
    }
    println!("those whose calls were answered at all waited {:.1?}", began.elapsed());
    let file = embedded::File::visit(&stage.data()).await.unwrap();
    let counts = all_settled(&Records::embedded(file.clone()), customers.len()).await;
    file.close().await;
    assert_eq!(counts.outcomes, [("answered".to_owned(), customers.len() as i64)]);
    let alerts = stage.run(&["alerts", "--all"]).await;
    assert!(text(&alerts).contains("0 in all"), "{}", text(&alerts));
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_handed_in_reviewed_and_checked() {
    let mut stage = stage(BTreeMap::new()).await;
    let relevo = [stage.serve("")];
    ready(&relevo).await;
    let nowhere = stage.run(&["templates", "check"]).await;
    assert_eq!(nowhere.status.code(), Some(1), "{}", text(&nowhere));
    assert!(text(&nowhere).contains("WHATSAPP_BUSINESS_ACCOUNT_ID"), "{}", text(&nowhere));
    let account = stage.sandbox.options().waba_id.clone();
    stage.environment.insert("WHATSAPP_BUSINESS_ACCOUNT_ID".to_owned(), account);

    let says = async |command: &str, code: i32, words: &[&str]| {
        let run = stage.run(&["templates", command]).await;
        assert_eq!(run.status.code(), Some(code), "{command}: {}", text(&run));
        for word in words {
            assert!(text(&run).contains(word), "{command}: no {word} in {}", text(&run));
        }
    };
    says("list", 0, &["aviso", "APPROVED", "1 in all"]).await;
    says("check", 1, &["seguimiento", "missing", "relevo templates submit"]).await;
    says("submit", 0, &["seguimiento", "handed in: PENDING"]).await;
    says("submit", 0, &["seguimiento", "pending"]).await;
    says("check", 1, &["seguimiento", "pending"]).await;
    let review = async |status, reason| {
        stage.sandbox.reviews_template("seguimiento", "es", status, reason).await;
    };
    review(TemplateStatus::Approved, "NONE").await;
    says("check", 0, &["seguimiento", "approved"]).await;
    says("list", 0, &["seguimiento", "2 in all"]).await;
    review(TemplateStatus::Rejected, "INVALID_FORMAT").await;
    says("check", 1, &["rejected", "INVALID_FORMAT"]).await;
    until("the rejection is an alert", LIMIT, async || {
        let alerts = text(&stage.run(&["alerts"]).await);
        alerts.contains("seguimiento") && alerts.contains("INVALID_FORMAT")
    })
    .await;
    let alerts = lines(&stage.run(&["alerts", "--json"]).await);
    let id = alerts[0]["id"].as_str().unwrap();
    let shown = text(&stage.run(&["alerts"]).await);
    println!("{shown}");
    assert!(shown.contains(&id[..8]), "{shown}");
    let closes = async |id: &str| stage.run(&["alerts", "close", id]).await.status.code();
    assert_eq!(closes("nothing").await, Some(1));
    assert_eq!(closes(&id[..8]).await, Some(0));
    assert_eq!(closes(&id[..8]).await, Some(1), "it is closed");
    assert!(text(&stage.run(&["alerts"]).await).contains("0 open"));
    review(TemplateStatus::Paused, "NONE").await;
    says("check", 1, &["paused"]).await;
    review(TemplateStatus::Approved, "NONE").await;
    until("the alert is over", LIMIT, async || {
        text(&stage.run(&["alerts"]).await).contains("0 open")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_turn_costs_one_message() {
    const TURNS: usize = 12;
    let stage = stage(BTreeMap::new()).await;
    let relevo = [stage.serve("")];
    ready(&relevo).await;
    let nothing = stage.run(&["costs"]).await;
    assert!(text(&nothing).contains("nothing was answered"), "{}", text(&nothing));
    join_all((0..TURNS).map(async |number| {
        let customer = stage.sandbox.customer(&format!("5193{number:07}"), "Ana");
        // Fragments of one turn.
        customer.says("hola").await;
        customer.says("muchas gracias").await;
        customer.hears(LIMIT).await.unwrap();
    }))
    .await;
    stage.sandbox.settled(LIMIT).await.unwrap();
    let costs = async || lines(&stage.run(&["costs", "--json"]).await).pop().unwrap_or_default();
    until("every delivery is counted", LIMIT, async || costs().await["delivered"] == TURNS).await;
    let costs = costs().await;
    println!("{costs}\n{}", text(&stage.run(&["costs"]).await));
    assert_eq!(costs["turns"], TURNS);
    assert_eq!(costs["messages_per_turn"], 1.0);
    assert_eq!(costs["billable"]["service"], TURNS);
    assert_eq!(costs["failed"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_of_thousands_is_recorded_and_holds_up_nobody() {
    let stage = stage(BTreeMap::new()).await;
    let relevo = [stage.serve("")];
    ready(&relevo).await;
    let sandbox = &stage.sandbox;
    let answered = async |from: u32, count: u32| {
        let mut waits = Vec::new();
        for number in from..from + count {
            let customer = sandbox.customer(&format!("5192{number:07}"), "Ana");
            let began = Instant::now();
            customer.says("muchas gracias").await;
            customer.hears(LIMIT).await.unwrap();
            waits.push(began.elapsed());
        }
        waits.sort();
        waits
    };
    let before = answered(0, 10).await;
    let ((), during) = tokio::join!(
        async {
            // Of each hundred, 51 are the customer's.
            for status in sandbox.sends_history(20, 100).await {
                assert_eq!(status, Some(200));
            }
        },
        answered(10, 20),
    );
    println!(
        "answered in {:.0?} before, {:.0?} while 2000 messages came (at worst {:.0?})",
        before[before.len() / 2],
        during[during.len() / 2],
        during[during.len() - 1],
    );
    assert!(during[during.len() / 2] < before[before.len() / 2] + Duration::from_secs(1));

    let file = embedded::File::visit(&stage.data()).await.unwrap();
    let records = Records::embedded(file.clone());
    until("all is recorded", LIMIT, async || imported(&stage).await == (1020, 980)).await;
    let counts = all_settled(&records, 30 + 1020).await;
    file.close().await;
    assert_eq!(counts.outcomes, [("answered".to_owned(), 30), ("noted".to_owned(), 1020)]);
    assert_eq!(sandbox.journal_of(Operation::Send).len(), 30, "nobody of the past is written to");
    let chats = |sandbox: &Sandbox| sandbox.received().len();
    assert_eq!(chats(sandbox), 30);
}

/// How many messages of a history are recorded, of customers and of the business.
async fn imported(stage: &Stage) -> (i64, i64) {
    use sqlx::Connection as _;
    let file = format!("sqlite:{}", stage.data().join("relevo.db").display());
    let mut file = sqlx::SqliteConnection::connect(&file).await.unwrap();
    let mut count = async |query: &'static str| -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut file).await.unwrap()
    };
    (
        count("SELECT count(*) FROM inbound_message WHERE imported").await,
        count("SELECT count(*) FROM outbound_message WHERE author = 'person'").await,
    )
}

async fn stage(environment: BTreeMap<String, String>) -> Stage {
    let business = BUSINESS.to_owned();
    let model = LanguageModel::None;
    Stage::of(Plan { business, environment, model, ..Plan::default() }).await
}

async fn ready(processes: &[Process]) {
    join_all(processes.iter().map(Process::ready)).await;
}

fn lines(output: &Output) -> Vec<Value> {
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}
