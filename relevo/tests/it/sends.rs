//! The process that sends is killed at every step of a send. The customer gets every reply, and
//! gets it twice only where the platform gave no sign of the first.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::{Customer, Fault, Operation, Sandbox};
use sqlx::{Connection as _, SqliteConnection};
use store::state::Volatile;
use store::{Records, State};
use uuid::Uuid;

use crate::process::{Process, Stage};
use crate::servers::Servers;
use crate::{all_settled, until};

const LIMIT: Duration = Duration::from_secs(60);
/// Long enough to stop a server meanwhile, and shorter than a client waits.
const THINKS: Duration = Duration::from_millis(1500);

/// Where the process is in a send when it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The number's gate is shut, and nothing is claimed.
    BeforeTheGates,
    /// It is claimed, and the platform never hears of it.
    BeforeTheCall,
    /// The platform has taken it and has not answered yet.
    DuringTheCall,
    /// The platform has answered, and that can't be stored.
    BeforeTheCommit,
    /// It is stored, and nobody can be told.
    BeforePublishing,
}

const STEPS: [Step; 5] = [
    Step::BeforeTheGates,
    Step::BeforeTheCall,
    Step::DuringTheCall,
    Step::BeforeTheCommit,
    Step::BeforePublishing,
];

impl Step {
    /// How often a customer may have the reply: with statuses, and where none comes.
    fn at_most(self, statuses: bool) -> usize {
        match self {
            Self::DuringTheCall | Self::BeforeTheCommit if !statuses => 2,
            _ => 1,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_process_killed_at_any_step_of_a_send_says_everything_and_little_twice() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let relevo = stage.serve("");
    let ground = Ground::Embedded(stage.data().join("relevo.db"));
    kill_at_every_step(&stage, relevo, &ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_on_servers_killed_at_any_step_of_a_send_says_everything_and_little_twice() {
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::None).await;
    let others = stage.serve("ingress,triage,knowledge,handoff,media,ledger");
    let outbound = stage.serve("outbound");
    others.ready().await;
    let (redis, postgres) =
        (&stage.environment["RELEVO_STATE_URL"], &stage.environment["RELEVO_DATABASE_URL"]);
    let state = State::redis(redis, Volatile::Refuse).await.unwrap();
    let ground = Ground::Servers(&servers, state, postgres.clone());
    kill_at_every_step(&stage, outbound, &ground).await;
}

async fn kill_at_every_step(stage: &Stage, mut outbound: Process, ground: &Ground<'_>) {
    outbound.ready().await;
    let records = ground.records().await;
    let mut pairs = Vec::new();
    for (step, number) in STEPS.into_iter().zip(0..) {
        let pair = [true, false].map(|statuses| {
            let phone = format!("5195{number:06}{}", u8::from(statuses));
            if !statuses {
                let none = Fault::on(Operation::WebhookStatus).never_comes();
                stage.sandbox.faults().add(none.for_customer(&phone));
            }
            (stage.sandbox.customer(&phone, "Ana"), statuses)
        });
        let [(told, _), (untold, _)] = &pair;
        kill_at(step, stage, &mut outbound, ground, [told, untold]).await;
        outbound.start_again();
        pairs.push((step, pair));
        // The next kill must not fall into what comes of this one.
        let written = 2 * pairs.len();
        let counts = all_settled(&records, written).await;
        assert_eq!(counts.outcomes, [("answered".to_owned(), written as i64)], "{step:?}");
    }
    stage.sandbox.settled(LIMIT).await.unwrap();

    let received = stage.sandbox.received();
    for (step, pair) in &pairs {
        for (customer, statuses) in pair {
            let replies: Vec<usize> = received
                .iter()
                .filter(|one| one.phone == customer.phone())
                .map(|one| one.times)
                .collect();
            let told = if *statuses { "with statuses" } else { "without" };
            println!("killed {step:?}, {told}: received {replies:?}");
            assert_eq!(replies.len(), 1, "{step:?} {told}: one reply");
            assert!(replies[0] <= step.at_most(*statuses), "{step:?} {told}: {replies:?}");
        }
    }
}

/// Both write, and the process dies when both replies are at this step.
async fn kill_at(
    step: Step,
    stage: &Stage,
    outbound: &mut Process,
    ground: &Ground<'_>,
    customers: [&Customer; 2],
) {
    let sandbox = &stage.sandbox;
    for customer in customers {
        let fault = Fault::on(Operation::Send);
        let fault = match step {
            Step::BeforeTheGates => fault.refuses_for(130_429, 5),
            Step::BeforeTheCall => fault.hangs(),
            Step::DuringTheCall => fault.hangs_after(),
            Step::BeforeTheCommit | Step::BeforePublishing => fault.is_slow(THINKS),
        };
        sandbox.faults().add(fault.times(1).for_customer(customer.phone()));
    }
    let before = calls(sandbox, |_| true);
    for customer in customers {
        customer.says("muchas gracias").await;
    }
    let called =
        |enough: usize| move |sandbox: &Sandbox| calls(sandbox, |_| true) >= before + enough;
    // Who finds the gate shut does not call.
    let enough = if step == Step::BeforeTheGates { 1 } else { 2 };
    sandbox.wait_until(called(enough), LIMIT).await.unwrap();
    let answered = |sandbox: &Sandbox| calls(sandbox, |status| status == Some(200));
    match step {
        Step::BeforeTheGates => {
            let refused = |sandbox: &Sandbox| calls(sandbox, |status| status == Some(400)) > 0;
            sandbox.wait_until(refused, LIMIT).await.unwrap();
        }
        Step::BeforeTheCall => {}
        Step::DuringTheCall => {
            let taken =
                |sandbox: &Sandbox| customers.iter().all(|one| !wamids(sandbox, one).is_empty());
            sandbox.wait_until(taken, LIMIT).await.unwrap();
        }
        Step::BeforeTheCommit => {
            let already = answered(sandbox);
            let held = ground.stop_storing().await;
            let both = |sandbox: &Sandbox| answered(sandbox) >= already + 2;
            sandbox.wait_until(both, LIMIT).await.unwrap();
            outbound.kill();
            held.release().await;
        }
        Step::BeforePublishing => {
            let held = ground.stop_publishing().await;
            let stored = async |customer: &Customer| match &wamids(sandbox, customer)[..] {
                [send] => ground.has_stored(send).await,
                _ => false,
            };
            until("both are stored", LIMIT, async || {
                stored(customers[0]).await && stored(customers[1]).await
            })
            .await;
            outbound.kill();
            held.release().await;
        }
    }
    if !outbound.has_ended() {
        outbound.kill();
    }
}

fn calls(sandbox: &Sandbox, which: impl Fn(Option<u16>) -> bool) -> usize {
    sandbox.journal_of(Operation::Send).iter().filter(|call| which(call.status)).count()
}

/// The ids of what the customer was sent, with the conversation's.
fn wamids(sandbox: &Sandbox, customer: &Customer) -> Vec<(Uuid, String)> {
    let sends = sandbox.accepted_sends();
    let to_customer = sends.into_iter().filter(|send| send.phone == customer.phone());
    let conversation = |mark: Option<String>| mark.unwrap()[..36].parse().unwrap();
    to_customer.map(|send| (conversation(send.mark), send.wamid)).collect()
}

/// What the process stands on, which can be taken from it.
enum Ground<'a> {
    /// The file.
    Embedded(PathBuf),
    /// With the state, and the records' address.
    Servers(&'a Servers, State, String),
}

/// What was taken.
enum Held<'a> {
    Lock(SqliteConnection),
    Trigger(SqliteConnection),
    Frozen(&'a Servers, &'static str),
}

impl Ground<'_> {
    async fn records(&self) -> Records {
        match self {
            Self::Embedded(file) => {
                let file = embedded::File::visit(file.parent().unwrap()).await.unwrap();
                Records::embedded(file)
            }
            Self::Servers(_, _, url) => Records::postgres(url).await.unwrap(),
        }
    }

    async fn stop_storing(&self) -> Held<'_> {
        match self {
            Self::Embedded(file) => {
                let mut file = open(file).await;
                sqlx::query("BEGIN IMMEDIATE").execute(&mut file).await.unwrap();
                Held::Lock(file)
            }
            Self::Servers(servers, ..) => {
                servers.freeze("redis");
                Held::Frozen(servers, "redis")
            }
        }
    }

    async fn stop_publishing(&self) -> Held<'_> {
        match self {
            Self::Embedded(file) => {
                let mut file = open(file).await;
                sqlx::query(REFUSE_CLOSED_TURNS).execute(&mut file).await.unwrap();
                Held::Trigger(file)
            }
            Self::Servers(servers, ..) => {
                servers.freeze("rabbitmq");
                Held::Frozen(servers, "rabbitmq")
            }
        }
    }

    /// Whether the conversation knows what was sent.
    async fn has_stored(&self, (conversation, wamid): &(Uuid, String)) -> bool {
        let stored = match self {
            Self::Embedded(file) => {
                let file = embedded::File::visit(file.parent().unwrap()).await.unwrap();
                let state = State::embedded(file.clone()).await.unwrap();
                let stored = state.load(*conversation, None).await.unwrap();
                file.close().await;
                stored
            }
            Self::Servers(_, state, _) => state.load(*conversation, None).await.unwrap(),
        };
        stored.document.is_some_and(|document| document.contains(wamid))
    }
}

const REFUSE_CLOSED_TURNS: &str = "
    CREATE TRIGGER refuse_closed_turns BEFORE INSERT ON broker_message
    WHEN NEW.topic = 'turn.closed.v1' BEGIN SELECT RAISE(ABORT, 'refused'); END";

impl Held<'_> {
    async fn release(self) {
        match self {
            Self::Lock(file) => file.close().await.unwrap(),
            Self::Trigger(mut file) => {
                let drop = sqlx::query("DROP TRIGGER refuse_closed_turns");
                drop.execute(&mut file).await.unwrap();
                file.close().await.unwrap();
            }
            Self::Frozen(servers, server) => servers.thaw(server),
        }
    }
}

async fn open(file: &std::path::Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap()
}
