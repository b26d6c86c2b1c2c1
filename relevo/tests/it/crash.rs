//! The embedded installation, killed and started again on the same folder.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use relevo::installation::LanguageModel;
use sandbox::{Operation, Sandbox};
use store::Records;

use crate::all_settled;
use crate::echo::{self, Heard};
use crate::process::Stage;

const CUSTOMERS: usize = 8;
const MESSAGES: usize = 5;
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_installation_that_is_killed_in_a_burst_loses_nothing() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::Scripted).await;
    echo::script(&stage.sandbox, Duration::from_millis(300));
    let mut relevo = stage.serve("");
    relevo.ready().await;

    let phones: Vec<String> = (0..CUSTOMERS).map(|number| format!("5197{number:07}")).collect();
    let write = async |number: usize| {
        let customer = stage.sandbox.customer(&phones[number], "");
        for message in 0..MESSAGES {
            customer.says(&format!("c{number}m{message}")).await;
        }
    };
    let taken = |count: usize| {
        move |sandbox: &Sandbox| {
            let webhooks = sandbox.journal_of(Operation::WebhookMessage);
            webhooks.iter().filter(|entry| entry.status == Some(200)).count() >= count
        }
    };
    let kills = async {
        // While they are taken in, while turns are decided, and while answers go out.
        stage.sandbox.wait_until(taken(CUSTOMERS * MESSAGES / 3), LIMIT).await.unwrap();
        relevo.kill();
        relevo.start_again();
        for operation in [Operation::Chat, Operation::Send] {
            let came = move |sandbox: &Sandbox| !sandbox.journal_of(operation).is_empty();
            stage.sandbox.wait_until(came, LIMIT).await.unwrap();
            relevo.kill();
            relevo.start_again();
        }
        relevo.ready().await;
    };
    tokio::join!(join_all((0..CUSTOMERS).map(write)), kills);

    let file = embedded::File::visit(&stage.data()).await.unwrap();
    let records = Records::embedded(file.clone());
    let written = CUSTOMERS * MESSAGES;
    let counts = all_settled(&records, written).await;
    stage.sandbox.settled(LIMIT).await.unwrap();
    file.close().await;
    let heard = Heard::on(&stage.sandbox, phones.iter().map(String::as_str));
    println!("{counts:?}, {} replies, {} sent again", heard.replies, heard.again);
    assert_eq!(
        (counts.outcomes, counts.unreceived),
        (vec![("answered".to_owned(), written as i64)], 0)
    );
    let mut all: Vec<String> =
        (0..written).map(|one| format!("c{}m{}", one / MESSAGES, one % MESSAGES)).collect();
    all.sort();
    assert_eq!(heard.answered(), all, "each message is answered once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_relevo_on_the_same_folder_is_refused_in_clear_words() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let first = stage.serve("");
    first.ready().await;
    let mut second = stage.serve("");
    let status = second.ended(LIMIT).await;
    assert!(!status.success());
    let log = second.log();
    assert!(log.contains("another relevo process is using the folder"), "{log}");
    first.ready().await;
}
