//! Turns: from the webhook to the call of the Graph API, and how many a second at saturation
//! beside a bare chain of queues.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::future::{join_all, try_join_all};
use sandbox::{Operation, Sandbox};
use store::Records;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Bench;
use super::figure::{Figure, Section, Spread, quantile};
use super::program;
use super::subject::{Places, Subject};

/// What every customer is called.
pub(super) const NAME: &str = "Ana Quispe";
/// Triage's rules answer it without a model.
const GREETING: &str = "hola, buenas tardes";
const PER_SECOND: f64 = 20.0;
const IN_FLIGHT: usize = 64;
const PATIENCE: Duration = Duration::from_secs(30);
/// As large as the messages of such a turn are.
const BYTES: usize = 600;

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let (rounds, seconds) = bench.pick((5, 15.0), (2, 4.0));
    let (amqp, sandbox) = (&bench.servers.amqp, &bench.sandbox);
    let subject = Subject::start(bench, &[], &Places::Servers { amqp }).await?;
    let records = Records::postgres(&bench.servers.postgres).await?;
    let mut phones = (0_u32..).map(|number| format!("5198{number:07}"));

    eprintln!("pipeline: a steady rate");
    let before = settled(&records).await?;
    let warm_up: Vec<String> = phones.by_ref().take(64).collect();
    turns(sandbox, &warm_up, IN_FLIGHT).await?;
    until_settled(&records, before, warm_up.len()).await?;
    sandbox.reset();
    let steady: Vec<String> = phones.by_ref().take(bench.pick(1200, 100)).collect();
    let (before, handled) = (settled(&records).await?, subject.handled().await?);
    at_a_steady_rate(sandbox, &steady).await?;
    until_settled(&records, before, steady.len()).await?;
    let hops = ((subject.handled().await? - handled) / steady.len() as f64).round();
    let waits = waits_ms(sandbox, &steady);
    ensure!(waits.len() == steady.len(), "{} of {} turns were answered", waits.len(), steady.len());

    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let (mut micros, mut bare_micros) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        eprintln!("pipeline: round {round} of {rounds}");
        sandbox.reset();
        let before = subject.program.processor_time()?;
        let (per_second, count) = saturate(sandbox, &records, &mut phones, seconds).await?;
        ours.push(per_second);
        micros.push((subject.program.processor_time()? - before).as_secs_f64() * 1e6 / count);
        let (per_second, micros_per_turn) = chain(bench, hops, seconds).await?;
        bare.push(per_second);
        bare_micros.push(micros_per_turn);
    }

    Ok(Section {
        title: "Pipeline",
        method: format!(
            "`relevo serve` with all roles in one process, on RabbitMQ, Redis and PostgreSQL; no \
             gathering (`pause_ms = 0`); a greeting, which the rules answer without a model; the \
             sandbox in place of the Graph API, in the process of the load, without limits and \
             without statuses. The time is the sandbox's journal's: from when it begins to deliver \
             the webhook to when it is called to send, at {PER_SECOND} turns a second. Saturation: \
             {rounds} rounds of {seconds} s with {IN_FLIGHT} turns under way, each of a customer \
             of its own, until the ledger has every outcome. The bare chain has {hops} hops, as \
             many as the deliveries that such a turn was seen to cost; at each it takes a message of \
             {BYTES} bytes from a quorum queue, runs one script on Redis, publishes to the next with \
             a confirm, and acknowledges; it has no HTTP and no SQL.",
        ),
        figures: vec![
            Figure::new(
                "webhook to the call of the Graph API: 95th percentile",
                quantile(&waits, 0.95),
                "ms",
            )
            .at_most(50.0),
            Figure::new(
                "webhook to the call of the Graph API: median",
                quantile(&waits, 0.5),
                "ms",
            ),
            Figure::new(
                "turns a second at saturation, to the bare chain's",
                Spread::ratio(&ours, &bare),
                "",
            )
            .at_least(0.5),
            Figure::new("turns a second at saturation", Spread::of(ours), "/s"),
            Figure::new("the same of the bare chain", Spread::of(bare), "/s"),
            Figure::new("processor time of a turn", Spread::of(micros), "µs"),
            Figure::new("the same of the bare chain", Spread::of(bare_micros), "µs"),
        ],
        table: None,
    })
}

/// Each customer writes once and waits for the answer; so many at a time.
pub(super) async fn turns(
    sandbox: &Sandbox,
    phones: &[String],
    at_once: usize,
) -> anyhow::Result<()> {
    for some in phones.chunks(at_once) {
        try_join_all(some.iter().map(|phone| turn(sandbox, phone))).await?;
    }
    Ok(())
}

async fn turn(sandbox: &Sandbox, phone: &str) -> anyhow::Result<()> {
    let customer = sandbox.customer(phone, NAME);
    customer.says(GREETING).await;
    customer.hears(PATIENCE).await.context("wait for an answer")?;
    Ok(())
}

async fn at_a_steady_rate(sandbox: &Sandbox, phones: &[String]) -> anyhow::Result<()> {
    let began = Instant::now();
    try_join_all(phones.iter().enumerate().map(async |(index, phone)| {
        sleep_until(began + Duration::from_secs_f64(index as f64 / PER_SECOND)).await;
        turn(sandbox, phone).await
    }))
    .await?;
    Ok(())
}

/// From each of these customers' webhook to the answer, sorted.
pub(super) fn waits_ms<'a>(
    sandbox: &Sandbox,
    phones: impl IntoIterator<Item = &'a String>,
) -> Vec<f64> {
    let phones: BTreeSet<&str> = phones.into_iter().map(String::as_str).collect();
    let from = "/entry/0/changes/0/value/messages/0/from";
    let mut wrote = BTreeMap::new();
    for webhook in sandbox.journal_of(Operation::WebhookMessage) {
        if let Some(phone) = webhook.body.pointer(from).and_then(|phone| phone.as_str()) {
            wrote.insert(phone.to_owned(), webhook.at_ms);
        }
    }
    let sends = sandbox.journal_of(Operation::Send);
    let mut waits: Vec<f64> = sends
        .iter()
        .filter_map(|send| {
            let phone = phones.get(send.body["to"].as_str()?)?;
            Some((send.at_ms - wrote.get(*phone)?) as f64)
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    waits
}

/// Turns a second, and how many there were.
async fn saturate(
    sandbox: &Sandbox,
    records: &Records,
    phones: &mut impl Iterator<Item = String>,
    seconds: f64,
) -> anyhow::Result<(f64, f64)> {
    let before = settled(records).await?;
    let began = Instant::now();
    let end = began + Duration::from_secs_f64(seconds);
    // Customers enough for each place; what is left over stays unused.
    let places: Vec<Vec<String>> = (0..IN_FLIGHT).map(|_| phones.take(1000).collect()).collect();
    let counts = join_all(places.iter().map(async |phones| {
        let mut count = 0_i64;
        for phone in phones {
            if Instant::now() >= end {
                break;
            }
            turn(sandbox, phone).await?;
            count += 1;
        }
        anyhow::Ok(count)
    }))
    .await;
    let count = counts.into_iter().sum::<anyhow::Result<i64>>()?;
    until_settled(records, before, usize::try_from(count)?).await?;
    Ok((count as f64 / began.elapsed().as_secs_f64(), count as f64))
}

/// Waits until the ledger has the outcome of so many more messages.
async fn until_settled(records: &Records, before: i64, more: usize) -> anyhow::Result<()> {
    let enough = before + i64::try_from(more)?;
    let waiting = async {
        while settled(records).await? < enough {
            sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, waiting).await.context("wait for the outcome of every turn")?
}

async fn settled(records: &Records) -> anyhow::Result<i64> {
    let counts = records.counts().await?;
    Ok(counts.inbound - counts.unsettled)
}

/// Turns a second, and the processor time of one in microseconds.
async fn chain(bench: &Bench, hops: f64, seconds: f64) -> anyhow::Result<(f64, f64)> {
    let mut command = program::ourselves()?;
    command.args(["bare", "chain", &bench.servers.amqp, &bench.servers.redis]);
    command.arg(hops.to_string()).args([BYTES, IN_FLIGHT].map(|number| number.to_string()));
    command.arg(seconds.to_string());
    let printed = program::output(command).await.context("run the bare chain")?;
    let (per_second, micros) = printed.trim().split_once(' ').context("read what it printed")?;
    Ok((per_second.parse()?, micros.parse()?))
}
