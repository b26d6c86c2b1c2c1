//! Redis loses everything: the ledger still knows who was never answered.

use std::time::Duration;

use futures::future::join_all;
use ledger::SweepRules;
use relevo::installation::{Installation, LanguageModel, Plan};
use runtime::lifecycle::Ended;
use sandbox::{Operation, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::echo::{self, Heard};
use crate::servers::Servers;
use crate::{BUSINESS, all_settled};

const CUSTOMERS: usize = 10;
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_with_a_redis_that_loses_everything() {
    let servers = Servers::start().await;
    let plan = Plan {
        environment: servers.environment(),
        business: BUSINESS.to_owned(),
        model: LanguageModel::Scripted,
        sweep: SweepRules {
            every: Duration::from_millis(500),
            older_than: Duration::from_secs(6),
            ..SweepRules::default()
        },
        ..Plan::default()
    };
    let redis = plan.environment["RELEVO_STATE_URL"].clone();
    let installation = Installation::start(plan).await.unwrap();
    let sandbox = &installation.sandbox;
    echo::script(sandbox, Duration::from_secs(2));

    let phones: Vec<String> = (0..CUSTOMERS).map(|number| format!("5196{number:07}")).collect();
    let customers: Vec<_> = phones.iter().map(|phone| sandbox.customer(phone, "")).collect();
    let texts: Vec<String> = (0..CUSTOMERS).map(|number| format!("c{number}")).collect();
    join_all(customers.iter().zip(&texts).map(|(customer, text)| customer.says(text))).await;
    // Every turn is being decided.
    let asked = |sandbox: &Sandbox| sandbox.journal_of(Operation::Chat).len() >= CUSTOMERS;
    sandbox.wait_until(asked, LIMIT).await.unwrap();
    forget_everything(&redis).await;

    let counts = all_settled(&installation.app.ports().records, CUSTOMERS).await;
    assert_eq!(counts.outcomes, [("answered".to_owned(), CUSTOMERS as i64)]);
    let heard = Heard::on(sandbox, phones.iter().map(String::as_str));
    assert_eq!(heard.answered(), texts, "each message is answered once");
    assert_eq!((heard.replies, heard.again), (CUSTOMERS, 0));
    assert_eq!(installation.stop().await, Ended::Cleanly);
}

async fn forget_everything(redis: &str) {
    let mut connection = TcpStream::connect(redis.trim_start_matches("redis://")).await.unwrap();
    connection.write_all(b"FLUSHALL\r\n").await.unwrap();
    let mut answer = [0; 5];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"+OK\r\n");
}
