//! Sending under load, against a sandbox that keeps to the platform's rates and fails now and
//! then. The limits of these figures are rules: no rate is exceeded, nothing is lost, nothing is
//! said twice but what nobody could know of, nobody waits for another's limit, people go first.

mod account;
mod crowd;

use std::time::Duration;

use anyhow::Context as _;
use runtime::{Clock, Ports, topology};
use sandbox::{Fault, Keep, Limits, Operation, Sandbox};
use tokio::time::{Instant, sleep};

use super::figure::{Figure, Section};
use super::subject::{self, Places, Subject};
use super::{Bench, Load};
use crate::Role;
use crate::installation::Plan;
use account::Account;
pub(super) use account::Repeats;
use crowd::Crowd;
pub(super) use crowd::reply;

/// As a number has it that is used in the WhatsApp Business app too.
const BUSINESS: &str = r#"
name = "Ferretería Andina"
[limits]
pause_ms = 500
gather_at_most_ms = 3000
[whatsapp]
coexistence = true
"#;
/// Two of the role that is measured.
const PROCESSES: &[&[Role]] = &[
    &[Role::Ingress],
    &[Role::Triage, Role::Knowledge, Role::Handoff, Role::Media, Role::Ledger],
    &[Role::Outbound],
    &[Role::Outbound],
];
/// A throttled customer gets ten a minute, and an outcome that stays unknown is waited for.
const PATIENCE: Duration = Duration::from_secs(240);

pub(super) async fn measure(bench: &Bench, load: Load) -> anyhow::Result<Vec<Section>> {
    let folder = bench.folder.path().join("sending");
    let amqp = &bench.servers.amqp;
    let embedded = ("Sending, embedded", Places::Embedded { folder });
    let servers = ("Sending, on RabbitMQ, Redis and PostgreSQL", Places::Servers { amqp });
    Ok(vec![
        run(bench, load, embedded, &[&[]]).await.context("on the embedded file")?,
        run(bench, load, servers, PROCESSES).await.context("on the servers")?,
    ])
}

async fn run(
    bench: &Bench,
    load: Load,
    (title, places): (&'static str, Places<'_>),
    processes: &[&[Role]],
) -> anyhow::Result<Section> {
    eprintln!("{title}");
    let sandbox = Sandbox::start(sandbox::Options {
        limits: Limits::coexistence(),
        keep: Keep { journal_entries: 200_000, bubbles_per_chat: 1_000 },
        ..sandbox::Options::example()
    })
    .await?;
    fail_now_and_then(&sandbox);
    let folder = tempfile::tempdir().context("make a folder for the run")?;
    let servers = bench.servers.clone();
    let plan = Plan { business: BUSINESS.to_owned(), ..subject::plan() };
    let stage = Bench { quick: bench.quick, servers, sandbox, folder, plan };
    let mut subjects = Vec::new();
    for roles in processes {
        subjects.push(Subject::start(&stage, roles, &places).await?);
    }
    let ports = Ports::visit(&stage.settings(&places)?, Clock::system()).await?;
    let before = ports.records.counts().await?;

    let crowd = Crowd::gather(&stage.sandbox, &ports.broker, load);
    let began = Instant::now();
    let spoken = crowd.speaks().await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = ports.records.counts().await?;
        let is_at_rest = now.unsettled == 0 && stage.sandbox.webhooks_under_way() == 0;
        let recorded = usize::try_from(now.inbound - before.inbound)?;
        if is_at_rest && recorded >= spoken.written() && spoken.all_said(&stage.sandbox) {
            break;
        }
        if Instant::now() > deadline {
            eprintln!("not at rest after {PATIENCE:?}: {recorded} recorded, {now:?}");
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let took = began.elapsed();
    let mut account = Account::of(&stage.sandbox, &ports.records, &spoken).await?;
    for lane in topology::LANES {
        account.dead += ports.broker.depth(lane.queue).await?.dead;
    }
    ports.close().await;
    drop(subjects);
    let method = method(load, &places);
    let figures = account.figures(took - load.lasting());
    stage.sandbox.stop().await;
    Ok(Section { title, method, figures, table: None })
}

/// Five in a hundred throttled, two refused for a moment, one taken without an answer; and half of
/// the statuses never come, so that some outcomes stay unknown.
fn fail_now_and_then(sandbox: &Sandbox) {
    for fault in [
        Fault::on(Operation::Send).refuses(130_429).share(0.025, 1),
        Fault::on(Operation::Send).refuses(131_056).share(0.025, 2),
        Fault::on(Operation::Send).refuses(131_000).share(0.02, 3),
        Fault::on(Operation::Send).loses_the_answer().share(0.01, 4),
        Fault::on(Operation::WebhookStatus).never_comes().share(0.5, 5),
    ] {
        sandbox.faults().add(fault);
    }
}

fn method(load: Load, places: &Places<'_>) -> String {
    let processes = match places {
        Places::Embedded { .. } => "One process with all roles and everything embedded",
        Places::Servers { .. } => {
            "Four processes, two of which send, on RabbitMQ, Redis and PostgreSQL"
        }
    };
    format!(
        "{processes}; {} customers write for {} s, half of their messages in the third of the time \
         in the middle; one more is written to so often that WhatsApp allows no more; people answer \
         in the busy third. The sandbox enforces 20 messages a second, what customers write \
         included, and one in 6 s to each customer with 45 at once; it throttles 5 % of the sends, \
         refuses 2 % for a moment, takes 1 % without an answer and forgets half of the statuses.",
        load.conversations,
        load.lasting().as_secs(),
    )
}

/// A rule that holds when this is zero.
fn none(name: &str, count: usize) -> Figure {
    Figure::new(name, count as f64, "").at_most(0.0)
}
