//! A customer who writes twenty messages at once, while the process that owns the turn is killed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use relevo::installation::LanguageModel;
use sandbox::{Customer, Operation, Sandbox};
use serde_json::{Value, json};
use store::Records;
use tokio::time::sleep;

use crate::chaos::Dice;
use crate::echo::{self, Heard};
use crate::process::{Process, Stage};
use crate::servers::Servers;
use crate::{all_settled, until};

const MESSAGES: usize = 20;
const COPIES: usize = 3;
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn twenty_messages_at_once_are_each_answered_once_and_in_order_while_triage_is_killed_twice()
{
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::Scripted).await;
    echo::script(&stage.sandbox, Duration::from_millis(700));
    let mut triage = stage.serve("triage");
    let others = [stage.serve("ingress"), stage.serve("outbound,knowledge,handoff,ledger")];
    join_all(others.iter().chain([&triage]).map(Process::ready)).await;

    let ana = stage.sandbox.customer("51987654321", "Ana");
    let webhooks: Vec<String> =
        (0..MESSAGES).map(|number| webhook(&stage.sandbox, &ana, number)).collect();
    let mut webhooks = vec![webhooks; COPIES].concat();
    Dice::new(7).shuffle(&mut webhooks);

    let taken = AtomicUsize::new(0);
    let deliveries = join_all(webhooks.iter().map(|body| deliver(&stage, body, &taken)));
    let kills = async {
        until("a third is taken", LIMIT, async || taken.load(Ordering::Relaxed) >= MESSAGES).await;
        triage.kill();
        triage.start_again();
        let asked = |sandbox: &Sandbox| !sandbox.journal_of(Operation::Chat).is_empty();
        stage.sandbox.wait_until(asked, LIMIT).await.unwrap();
        triage.kill();
        triage.start_again();
    };
    tokio::join!(deliveries, kills);

    let records = Records::postgres(&stage.environment["RELEVO_DATABASE_URL"]).await.unwrap();
    let counts = all_settled(&records, MESSAGES).await;
    assert_eq!(counts.outcomes, [("answered".to_owned(), MESSAGES as i64)]);
    assert_eq!(counts.unreceived, 0);

    let heard = Heard::on(&stage.sandbox, [ana.phone()]);
    let all: Vec<String> = (0..MESSAGES).map(label).collect();
    assert_eq!(heard.answered(), all, "each message is answered once");
    assert!(heard.answers.iter().all(|answer| answer.is_sorted()), "{:?}", heard.answers);
    assert_eq!(heard.again, 0);
    let asked = stage.sandbox.journal_of(Operation::Chat).len();
    println!("{MESSAGES} messages, {} answers, the model asked {asked} times", heard.answers.len());
}

fn label(number: usize) -> String {
    format!("mensaje {number:02}")
}

/// One message as Meta delivers it; the customer wrote them a second apart.
fn webhook(sandbox: &Sandbox, customer: &Customer, number: usize) -> String {
    let options = sandbox.options();
    let began = runtime::Clock::system().now().as_millis() / 1000 - 60;
    let message = json!({
        "from": customer.phone(),
        "from_user_id": customer.user_id(),
        "id": format!("wamid.{number}"),
        "timestamp": (began + number as i64).to_string(),
        "type": "text",
        "text": { "body": label(number) },
    });
    // So that the sandbox knows it when it is marked as read.
    drop(customer.composes(message.clone()));
    let value: Value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": options.display_phone_number,
            "phone_number_id": options.phone_number_id,
        },
        "contacts": [{ "profile": { "name": "Ana" }, "wa_id": customer.phone(), "user_id": customer.user_id() }],
        "messages": [message],
    });
    let change = json!({ "field": "messages", "value": value });
    let entry = json!({ "id": options.waba_id, "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

/// Posts until it is taken, as Meta does.
async fn deliver(stage: &Stage, body: &str, taken: &AtomicUsize) {
    let signature = stage.sandbox.sign(body.as_bytes());
    let client = reqwest::Client::new();
    loop {
        let post = client
            .post(&stage.webhook)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", &signature)
            .body(body.to_owned());
        if post.send().await.is_ok_and(|answer| answer.status() == 200) {
            taken.fetch_add(1, Ordering::Relaxed);
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
