//! Everything is killed at random while customers write; afterwards it is counted.

use std::time::Duration;

use futures::future::join_all;
use relevo::installation::LanguageModel;
use runtime::topology;
use sandbox::{Fault, Operation, Sandbox};
use sqlx::PgPool;
use store::Records;
use store::records::Counts;
use tokio::time::{Instant, sleep};

use crate::all_settled;
use crate::echo::{self, Heard};
use crate::process::{Process, Stage};
use crate::servers::Servers;

const CUSTOMERS: usize = 40;
/// Of each customer.
pub(crate) const MESSAGES: usize = 6;
/// How long customers write and processes die.
const CHAOS: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_secs(90);
/// More than what a process grants itself to finish.
pub(crate) const GRACE: Duration = Duration::from_secs(30);
/// Two of those that may compete for a message.
const PROCESSES: [&str; 8] =
    ["ingress", "triage", "triage", "knowledge", "handoff", "outbound", "outbound", "ledger"];
/// What begins every chance of a run; `RELEVO_TEST_SEED` is another.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn every_message_has_one_outcome_and_one_answer_whatever_is_killed() {
    let seed = seed();
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::Scripted).await;
    echo::script(&stage.sandbox, Duration::from_millis(200));
    let faults = stage.sandbox.faults();
    faults.add(Fault::on(Operation::Webhook).duplicates(1).share(0.3, seed));
    faults.add(Fault::on(Operation::Webhook).shuffles(Duration::from_millis(400)).share(0.3, seed));
    // So that kills find sends under way, and so that some outcomes are unknown without a kill.
    faults.add(Fault::on(Operation::Send).is_slow(Duration::from_millis(300)).share(0.5, seed));
    faults.add(Fault::on(Operation::Send).loses_the_answer().share(0.05, seed + 1));
    let mut processes: Vec<Process> = PROCESSES.iter().map(|roles| stage.serve(roles)).collect();
    join_all(processes.iter().map(Process::ready)).await;

    let phones: Vec<String> = (0..CUSTOMERS).map(|number| format!("5198{number:07}")).collect();
    let customers = phones.iter().enumerate().map(|(number, phone)| {
        let dice = Dice::new(seed + number as u64);
        write(&stage.sandbox, number, phone, dice, CHAOS)
    });
    let kills = kill_processes(&mut processes, Dice::new(seed));
    let (_, kills, ()) = tokio::join!(join_all(customers), kills, hurt(&servers));

    let began = Instant::now();
    let written = CUSTOMERS * MESSAGES;
    let (counts, heard) = accounted_for(&stage, &phones, written).await;
    println!(
        "seed {seed}: {written} messages of {CUSTOMERS} customers, {kills} kills of {} processes, Redis killed \
         and RabbitMQ stopped once each; at rest after {:.1?}\n\
         outcomes: {:?}\n\
         {} replies, {} sent again because nobody knew whether they had gone out",
        PROCESSES.len(),
        began.elapsed(),
        counts.outcomes,
        heard.replies,
        heard.again,
    );
}

/// Waits for the outcome of all that these customers wrote, and sees that nothing was lost and
/// nothing answered twice.
pub(crate) async fn accounted_for(
    stage: &Stage,
    phones: &[String],
    written: usize,
) -> (Counts, Heard) {
    stage.sandbox.settled(LIMIT).await.unwrap();
    let url = &stage.environment["RELEVO_DATABASE_URL"];
    let records = Records::postgres(url).await.unwrap();
    let counts = all_settled(&records, written).await;
    stage.sandbox.settled(LIMIT).await.unwrap();
    let heard = Heard::on(&stage.sandbox, phones.iter().map(String::as_str));
    assert_eq!(counts.unreceived, 0);
    let answered = heard.answered();
    let mut once = answered.clone();
    once.dedup();
    assert_eq!(answered, once, "no message is answered twice");

    let database = PgPool::connect(url).await.unwrap();
    let count = async |query: &'static str| -> i64 {
        sqlx::query_scalar(query).fetch_one(&database).await.unwrap()
    };
    let turns = count(TURNS).await;
    assert_eq!(count(TURNS_ANSWERED_TWICE).await, 0);
    assert_eq!(usize::try_from(turns).unwrap(), heard.replies, "each turn has one reply");
    let broker = broker::Broker::rabbitmq(&stage.environment["RELEVO_BROKER_URL"], "test").await;
    let broker = broker.unwrap();
    broker.declare(&topology::queues()).await.unwrap();
    for lane in topology::LANES {
        let dead = broker.dead(lane.queue, 1).await.unwrap();
        assert!(dead.is_empty(), "{:?}: {}", dead[0], dead[0].cause);
    }
    broker.close().await;
    (counts, heard)
}

const TURNS: &str = "
    SELECT count(*) FROM (SELECT DISTINCT conversation, turn FROM inbound_message
                          WHERE outcome IN ('answered', 'handed_off')) AS turns";
const TURNS_ANSWERED_TWICE: &str = "
    SELECT count(*) FROM (SELECT conversation, turn FROM outbound_message
                          GROUP BY conversation, turn HAVING count(DISTINCT reply) > 1) AS turns";

fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "so that a run can be repeated, or varied")]
    std::env::var("RELEVO_TEST_SEED").map_or(SEED, |seed| seed.parse().unwrap())
}

/// A customer writes at random.
pub(crate) async fn write(
    sandbox: &Sandbox,
    number: usize,
    phone: &str,
    mut dice: Dice,
    lasting: Duration,
) {
    let customer = sandbox.customer(phone, &format!("Cliente {number}"));
    let pause = lasting * 2 / u32::try_from(MESSAGES).unwrap();
    for message in 0..MESSAGES {
        sleep(pause.mul_f64(dice.share())).await;
        let question = if message % 5 == 4 { "?" } else { "" };
        customer.says(&format!("c{number}m{message}{question}")).await;
    }
}

/// `kill -9` for one after another, and up again; one in four is told to stop, as in a deploy.
/// Returns how many.
async fn kill_processes(processes: &mut [Process], mut dice: Dice) -> usize {
    let end = Instant::now() + CHAOS;
    let mut kills = 0;
    while Instant::now() < end {
        sleep(Duration::from_millis(1200).mul_f64(dice.share())).await;
        let victim = dice.below(processes.len());
        if dice.below(4) == 0 {
            processes[victim].terminate();
            processes[victim].ended(GRACE).await;
        } else {
            processes[victim].kill();
        }
        sleep(Duration::from_millis(400).mul_f64(dice.share())).await;
        processes[victim].start_again();
        kills += 1;
        revive(processes);
    }
    revive(processes);
    join_all(processes.iter().map(Process::ready)).await;
    kills
}

/// Starts those again that gave up by themselves, as whatever runs them would: a process that
/// starts while Redis is away exits.
fn revive(processes: &mut [Process]) {
    for process in processes {
        if process.has_ended() {
            process.start_again();
        }
    }
}

/// Redis is killed, and RabbitMQ stopped, once each.
async fn hurt(servers: &Servers) {
    sleep(CHAOS / 5).await;
    servers.kill("redis");
    servers.start_again("redis").await;
    sleep(CHAOS / 5).await;
    servers.stop("rabbitmq").await;
    servers.start_again("rabbitmq").await;
}

/// Chance that is the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0.0 up to 1.0.
    fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
