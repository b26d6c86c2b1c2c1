//! Turns with one, two and four processes of each worker, a model that thinks for two seconds, and
//! the same while processes are killed. Nothing may be lost or doubled: those figures are rules.

mod fleet;
mod said;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::Outcome;
use futures::{StreamExt as _, stream};
use runtime::topology;
use sandbox::{Keep, Limits, Sandbox};
use store::Records;
use store::records::Counts;
use tokio::time::{Instant, sleep, sleep_until};

use super::Bench;
use super::figure::{Figure, Section, Table, quantile};
use super::pipeline::{self, NAME};
use super::subject;
use crate::installation::{self, KNOWLEDGE, LanguageModel, Plan};
use fleet::{Fleet, Spent};
use said::Said;
use words::Words;

const THINKS: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 64;
/// Each role loses a process as often.
const KILLED_EVERY: Duration = Duration::from_secs(5);
/// Of what the model allows, at the steady rate.
const STEADY_SHARE: f64 = 0.6;
/// With one process of each a burst takes minutes, and longer when it is killed on and on.
const PATIENCE: Duration = Duration::from_secs(900);

/// What one fleet came to.
struct Run {
    each: u32,
    is_killed: bool,
    steady: Option<Steady>,
    burst: Burst,
    /// In MB, of each role's largest process.
    memory: BTreeMap<String, f64>,
}

struct Steady {
    per_second: f64,
    waits_ms: Vec<f64>,
    /// Seconds for each turn: waiting in queues, and at work.
    stages: BTreeMap<String, Stage>,
}

#[derive(Clone, Copy, Default)]
struct Stage {
    waiting: f64,
    at_work: f64,
}

struct Burst {
    per_second: f64,
    /// Milliseconds of processor time for each turn.
    spent: BTreeMap<String, f64>,
    /// Of all that the processors could have done.
    in_use: f64,
    took: Duration,
    kills: usize,
    said: Said,
    /// Of all that the fleet was asked.
    handed_off: f64,
    unreceived: i64,
    dead: u64,
}

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Section>> {
    let fleets = bench.pick(&[1, 2, 4][..], &[1, 2]);
    let conversations = bench.pick(2_000, 80);
    let mut runs = Vec::new();
    for is_killed in [false, true] {
        for each in fleets {
            let how = if is_killed { ", killed on and on" } else { "" };
            eprintln!("scaling: {each} of each worker{how}");
            let run = run(bench, *each, is_killed, conversations).await;
            runs.push(run.with_context(|| format!("with {each} of each worker{how}"))?);
        }
    }
    Ok(vec![burst_section(&runs, conversations), steady_section(&runs)])
}

/// Turns a second that the model allows: each is decided by it, so many at once.
fn allowed(each: u32) -> f64 {
    f64::from(each) * f64::from(topology::TRIAGE_DECIDE.at_once) / THINKS.as_secs_f64()
}

async fn run(
    bench: &Bench,
    each: u32,
    is_killed: bool,
    conversations: usize,
) -> anyhow::Result<Run> {
    let sandbox = Sandbox::start(sandbox::Options {
        limits: Limits::off(),
        keep: Keep { journal_entries: 200_000, bubbles_per_chat: 10 },
        ..sandbox::Options::example()
    })
    .await?;
    words::script(&sandbox, THINKS);
    let stage = Bench {
        quick: bench.quick,
        servers: bench.servers.clone(),
        sandbox,
        folder: tempfile::tempdir().context("make a folder for the run")?,
        plan: Plan { knowledge: KNOWLEDGE, model: LanguageModel::Scripted, ..subject::plan() },
    };
    let amqp = &bench.servers.amqp;
    installation::knows(&stage.settings(&subject::Places::Servers { amqp })?).await?;
    let mut fleet = Fleet::start(&stage, each).await?;
    let crowd = Crowd::before(&stage).await?;

    // What a process does for the first time is not what it costs.
    crowd.writes(0..32, None).await?;
    crowd.until_settled(32).await?;
    let mut first = 32;
    let mut steady = None;
    if !is_killed {
        let per_second = allowed(each) * STEADY_SHARE;
        // For half a minute.
        let count = usize::try_from(each)? * bench.pick(300, 30);
        let before = fleet.stages().await?;
        let phones = crowd.writes(first..first + count, Some(per_second)).await?;
        first += count;
        crowd.until_settled(first).await?;
        let waits_ms = pipeline::waits_ms(&stage.sandbox, &phones);
        let stages = fleet::since(&before, &fleet.stages().await?, count);
        steady = Some(Steady { per_second, waits_ms, stages });
    }

    let began = (Instant::now(), Spent::so_far(&fleet)?);
    let last = first + conversations;
    let done = async {
        let phones = crowd.writes(first..last, None).await?;
        crowd.until_settled(last).await.map(|counts| (phones, counts))
    };
    let (phones, counts) = if is_killed {
        tokio::select! {
            done = done => done?,
            failed = fleet.is_killed(KILLED_EVERY) => bail!(failed),
        }
    } else {
        done.await?
    };
    let took = began.0.elapsed();
    let spent = Spent::so_far(&fleet)?;
    let said = Said::to(&stage.sandbox, &phones);
    let mut dead = 0;
    for lane in topology::LANES {
        dead += crowd.broker.depth(lane.queue).await?.dead;
    }
    crowd.broker.close().await;
    let memory = fleet.memory()?;
    let kills = fleet.kills;
    let handed_off = handed_off(&counts) - handed_off(&crowd.before);
    drop(fleet);
    stage.sandbox.stop().await;
    Ok(Run {
        each,
        is_killed,
        steady,
        burst: Burst {
            per_second: said.per_second(),
            // What was killed has taken its own with it.
            spent: if is_killed { BTreeMap::new() } else { spent.since(&began.1, conversations) },
            in_use: spent.in_use_since(&began.1),
            took,
            kills,
            said,
            handed_off: handed_off / last as f64,
            unreceived: counts.unreceived,
            dead,
        },
        memory,
    })
}

/// Those who write, each once, and the records in which it must end.
struct Crowd<'a> {
    sandbox: &'a Sandbox,
    records: Records,
    broker: broker::Broker,
    /// What other runs have left there.
    before: Counts,
}

impl<'a> Crowd<'a> {
    async fn before(stage: &'a Bench) -> anyhow::Result<Self> {
        let records = Records::postgres(&stage.servers.postgres).await?;
        let before = records.counts().await?;
        let broker = broker::Broker::rabbitmq(&stage.servers.amqp, "bench").await?;
        broker.declare(&topology::queues()).await?;
        Ok(Self { sandbox: &stage.sandbox, records, broker, before })
    }

    /// At this rate, or as fast as webhooks are taken. Gives their phones.
    async fn writes(
        &self,
        numbers: std::ops::Range<usize>,
        per_second: Option<f64>,
    ) -> anyhow::Result<BTreeSet<String>> {
        // Another run on the same servers is of other customers.
        let run: u32 = self.sandbox.url().rsplit(':').next().context("know the port")?.parse()?;
        let began = Instant::now();
        let first = numbers.start;
        let writing = stream::iter(numbers)
            .map(async |number| {
                if let Some(rate) = per_second {
                    let due = Duration::from_secs_f64((number - first) as f64 / rate);
                    sleep_until(began + due).await;
                }
                let phone = format!("51{run:05}{number:05}");
                Words::of(number).are_said_by(&self.sandbox.customer(&phone, NAME)).await;
                phone
            })
            .buffer_unordered(if per_second.is_some() { usize::MAX } else { AT_ONCE });
        Ok(writing.collect().await)
    }

    /// Until as many of this run are recorded with their outcomes and every status has arrived.
    async fn until_settled(&self, written: usize) -> anyhow::Result<Counts> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counts = self.records.counts().await?;
            let recorded = usize::try_from(counts.inbound - self.before.inbound)?;
            if recorded >= written
                && counts.unsettled == 0
                && self.sandbox.webhooks_under_way() == 0
            {
                return Ok(counts);
            }
            if Instant::now() > deadline {
                bail!(
                    "of {written} messages {recorded} are recorded after {PATIENCE:?}: {counts:?}"
                );
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn handed_off(counts: &Counts) -> f64 {
    let name = Outcome::HandedOff.as_str();
    let found = counts.outcomes.iter().find(|(outcome, _)| outcome == name);
    found.map_or(0.0, |(_, count)| *count as f64)
}

fn burst_section(runs: &[Run], conversations: usize) -> Section {
    let mut table = Table::new(
        runs.iter()
            .map(|run| format!("{}{}", run.each, if run.is_killed { ", killed" } else { "" })),
    );
    let of = |figure: &dyn Fn(&Run) -> f64| runs.iter().map(figure).collect::<Vec<_>>();
    table.row("turns a second", of(&|run| run.burst.per_second));
    table.row("of what the model allows", of(&|run| run.burst.per_second / allowed(run.each)));
    table.row("speed-up", of(&|run| run.burst.per_second / one_process(runs, run.is_killed)));
    table.row("all at rest after, s", of(&|run| run.burst.took.as_secs_f64()));
    table.row("the processors in use, %", of(&|run| run.burst.in_use * 100.0));
    table.row("handed off, %", of(&|run| run.burst.handed_off * 100.0));
    table.row("processes killed", of(&|run| run.burst.kills as f64));
    table.row("sent again for want of any sign", of(&|run| run.burst.said.again as f64));
    for role in runs.iter().flat_map(|run| run.memory.keys()).collect::<BTreeSet<_>>() {
        let name = format!("memory of a process, MB: {role}");
        table.row(name, of(&|run| run.memory.get(role).copied().unwrap_or(f64::NAN)));
    }
    for who in runs.iter().flat_map(|run| run.burst.spent.keys()).collect::<BTreeSet<_>>() {
        let name = format!("processor time of a turn, ms: {who}");
        table.row(name, of(&|run| run.burst.spent.get(who).copied().unwrap_or(f64::NAN)));
    }
    let sum = |count: &dyn Fn(&Burst) -> f64| runs.iter().map(|run| count(&run.burst)).sum::<f64>();
    let rule = |name, count: &dyn Fn(&Burst) -> f64| Figure::new(name, sum(count), "").at_most(0.0);
    let figures = vec![
        rule("customers who heard nothing", &|burst| burst.said.unheard as f64),
        rule("customers who were answered twice", &|burst| burst.said.answered_twice as f64),
        rule("sent again although a sign had come", &|burst| burst.said.needlessly as f64),
        rule("outcomes of messages that were not recorded", &|burst| burst.unreceived as f64),
        rule("dead messages", &|burst| burst.dead as f64),
    ];
    Section {
        title: "Scaling",
        method: format!(
            "`relevo serve --only ROLE`: one process of ingress and so many of each worker, on \
             RabbitMQ, Redis and PostgreSQL, all on this machine with the load and the sandbox; no \
             gathering, and the model takes {} s. {conversations} customers write once, {AT_ONCE} \
             webhooks at a time. Six in ten are answered by the model in triage, three by the \
             knowledge base and the model, one is handed off; one in twenty speaks instead of \
             writing. Each turn is decided by the model, {} at once in a process, which allows {} \
             turns a second for each. Turns a second are those between the tenth and the \
             ninetieth of a hundred answers. Killed: each role loses a process every {} s, by KILL, \
             and it is started again at once; statuses arrive 10 to 60 ms after a send. The rules \
             are of all columns together.",
            THINKS.as_secs(),
            topology::TRIAGE_DECIDE.at_once,
            allowed(1),
            KILLED_EVERY.as_secs(),
        ),
        figures,
        table: Some(table),
    }
}

/// What a speed-up is counted from: the smallest fleet.
fn one_process(runs: &[Run], is_killed: bool) -> f64 {
    let first = runs.iter().find(|run| run.is_killed == is_killed);
    first.map_or(f64::NAN, |run| run.burst.per_second / f64::from(run.each))
}

fn steady_section(runs: &[Run]) -> Section {
    let steady: Vec<(u32, &Steady)> =
        runs.iter().filter_map(|run| Some((run.each, run.steady.as_ref()?))).collect();
    let mut table = Table::new(steady.iter().map(|(each, _)| each.to_string()));
    let of = |figure: &dyn Fn(&Steady) -> f64| {
        steady.iter().map(|(_, steady)| figure(steady)).collect::<Vec<_>>()
    };
    table.row("turns a second", of(&|steady| steady.per_second));
    table.row("a customer's wait, median, s", of(&|run| quantile(&run.waits_ms, 0.5) / 1e3));
    table.row("the same, 95th percentile, s", of(&|run| quantile(&run.waits_ms, 0.95) / 1e3));
    let workers: BTreeSet<&String> =
        steady.iter().flat_map(|(_, steady)| steady.stages.keys()).collect();
    let stage =
        |steady: &Steady, worker: &str| steady.stages.get(worker).copied().unwrap_or_default();
    let whole = |steady: &Steady| -> f64 {
        steady.stages.values().map(|stage| stage.waiting + stage.at_work).sum()
    };
    for worker in &workers {
        let name = format!("waiting for {worker}, ms of a turn");
        table.row(name, of(&|steady| stage(steady, worker).waiting * 1e3));
    }
    for worker in &workers {
        let name = format!("{worker} at work, share of a turn's time, %");
        table.row(name, of(&|steady| stage(steady, worker).at_work / whole(steady) * 100.0));
    }
    let waiting = |steady: &Steady| steady.stages.values().map(|stage| stage.waiting).sum::<f64>();
    table.row("waiting, share of a turn's time, %", of(&|run| waiting(run) / whole(run) * 100.0));
    Section {
        title: "Scaling, at a steady rate",
        method: format!(
            "The same fleets, at {STEADY_SHARE} of the turns a second that the model allows. The \
             time of a turn is the sum over all its messages, those beside the customer's path \
             included: what they waited in their worker's queues, and what its handlers took, as \
             `relevo_lag_seconds` and `relevo_handle_seconds` count it.",
        ),
        figures: Vec::new(),
        table: Some(table),
    }
}
