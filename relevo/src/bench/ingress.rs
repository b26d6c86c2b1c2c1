//! Webhooks: the ingress beside a bare handler that publishes as many bytes to the same queues and
//! awaits the confirm, and beside a bare publisher.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::bare::TOPIC;
use super::figure::{Figure, Section, Spread, quantile};
use super::load::{self, Connection};
use super::program::{self, Program};
use super::rabbit::Rabbit;
use super::subject::{Places, Subject};
use super::{Bench, webhook};
use crate::Role;
use crate::installation::free_address;

/// Connections of the load, and confirms in flight of the bare publisher.
const AT_ONCE: usize = 64;
const PER_SECOND: f64 = 1000.0;
const REST: Duration = Duration::from_secs(2);
const START_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let (rounds, count) = bench.pick((7, 30_000), (3, 3_000));
    let amqp = &bench.servers.amqp;
    let ingress = Subject::start(bench, &[Role::Ingress], &Places::Servers { amqp }).await?;
    let rabbit = Rabbit::connect(amqp).await?;
    let requests = webhook::requests(&bench.sandbox, count);

    rabbit.purge().await?;
    load::closed(ingress.listen, &requests[..1], 1).await?;
    let bytes = rabbit.first_size("ledger").await?;
    let handler = Handler::start(bench, bytes).await?;

    let (mut ours, mut bare, mut raw) = (Round::default(), Round::default(), Vec::new());
    for round in 0..=rounds {
        eprintln!("ingress: round {round} of {rounds}");
        let warm_up = round == 0;
        let some = if warm_up { &requests[..count / 4] } else { &requests };
        rabbit.purge().await?;
        ours.run(&ingress.program, ingress.listen, some, warm_up).await?;
        rabbit.purge().await?;
        bare.run(&handler.program, handler.listen, some, warm_up).await?;
        rabbit.purge().await?;
        let per_second = publish(amqp, bytes, some.len()).await?;
        if !warm_up {
            raw.push(per_second);
        }
    }

    let steady = bench.pick(6_000, 2_000);
    let (mut ours_open, mut bare_open) = (Steady::default(), Steady::default());
    for round in 1..=rounds {
        eprintln!("ingress: open loop, round {round} of {rounds}");
        rabbit.purge().await?;
        ours_open.run(&ingress.program, ingress.listen, &requests[..steady]).await?;
        rabbit.purge().await?;
        bare_open.run(&handler.program, handler.listen, &requests[..steady]).await?;
    }
    let memory = ingress.program.memory()?;

    Ok(Section {
        title: "Ingress",
        method: format!(
            "`relevo serve --only ingress` on RabbitMQ, in turns with a bare axum handler that \
             publishes as many bytes ({bytes}) with the same routing key, so into the same two quorum \
             queues, and answers when that is confirmed; and with a bare publisher with {AT_ONCE} \
             confirms in flight. {rounds} rounds of {} signed webhooks over {AT_ONCE} connections, \
             each as soon as the one before is answered; the queues are emptied before each. \
             Processor time is that of the process alone. Open loop: {rounds} \
             rounds in turns of {steady} webhooks at {PER_SECOND} a second, the time counted from \
             when each was due.",
            requests.len(),
        ),
        figures: vec![
            Figure::new(
                "processor time of a webhook, to the bare handler's",
                Spread::ratio(&ours.micros, &bare.micros),
                "",
            )
            .at_most(1.25),
            Figure::new("processor time of a webhook", Spread::of(ours.micros), "µs"),
            Figure::new("the same of the bare handler", Spread::of(bare.micros), "µs"),
            Figure::new(
                "webhooks a second, to the bare publisher's messages",
                Spread::ratio(&ours.per_second, &raw),
                "",
            )
            .at_least(0.75),
            Figure::new("webhooks a second", Spread::of(ours.per_second), "/s"),
            Figure::new("the same of the bare handler", Spread::of(bare.per_second), "/s"),
            Figure::new("messages a second of the bare publisher", Spread::of(raw), "/s"),
            Figure::new("open loop: answers other than 200", ours_open.refused as f64, "")
                .at_most(0.0),
            Figure::new("open loop: 99th percentile", Spread::of(ours_open.p99_ms), "ms")
                .at_most(10.0),
            Figure::new("the same of the bare handler", Spread::of(bare_open.p99_ms), "ms"),
            Figure::new("open loop: median", Spread::of(ours_open.median_ms), "ms"),
            Figure::new("the same of the bare handler", Spread::of(bare_open.median_ms), "ms"),
            Figure::new(
                "open loop: processor time of a webhook, to the bare handler's",
                Spread::ratio(&ours_open.micros, &bare_open.micros),
                "",
            ),
            Figure::new(
                "open loop: processor time of a webhook",
                Spread::of(ours_open.micros),
                "µs",
            ),
            Figure::new("resident memory under this load, at its peak", memory.peak, "MB")
                .at_most(30.0),
        ],
        table: None,
    })
}

/// What the rounds of one side found.
#[derive(Default)]
struct Round {
    micros: Vec<f64>,
    per_second: Vec<f64>,
}

impl Round {
    async fn run(
        &mut self,
        program: &Program,
        address: SocketAddr,
        requests: &[Bytes],
        warm_up: bool,
    ) -> anyhow::Result<()> {
        let before = program.processor_time()?;
        let took = load::closed(address, requests, AT_ONCE).await?;
        let used = program.processor_time()? - before;
        if !warm_up {
            let count = requests.len() as f64;
            self.micros.push(used.as_secs_f64() * 1e6 / count);
            self.per_second.push(count / took.as_secs_f64());
        }
        Ok(())
    }
}

/// What the rounds of one side found at a steady rate.
#[derive(Default)]
struct Steady {
    micros: Vec<f64>,
    median_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    refused: usize,
}

impl Steady {
    async fn run(
        &mut self,
        program: &Program,
        address: SocketAddr,
        requests: &[Bytes],
    ) -> anyhow::Result<()> {
        // The broker is still busy with what was there before.
        sleep(REST).await;
        let before = program.processor_time()?;
        let open = load::open(address, requests, PER_SECOND, AT_ONCE).await?;
        let used = program.processor_time()? - before;
        self.micros.push(used.as_secs_f64() * 1e6 / requests.len() as f64);
        self.median_ms.push(quantile(&open.waits_ms, 0.5));
        self.p99_ms.push(quantile(&open.waits_ms, 0.99));
        self.refused += open.refused;
        Ok(())
    }
}

struct Handler {
    program: Program,
    listen: SocketAddr,
}

impl Handler {
    async fn start(bench: &Bench, bytes: usize) -> anyhow::Result<Self> {
        let listen = free_address();
        let mut command = program::ourselves()?;
        command.args(["bare", "handler", &bench.servers.amqp]);
        command.args([listen.to_string(), bytes.to_string()]);
        let mut program = Program::start(command, &bench.folder.path().join("handler.log"))?;
        let deadline = Instant::now() + START_LIMIT;
        while Connection::open(listen).await.is_err() {
            program.still_runs().context("start the bare handler")?;
            anyhow::ensure!(Instant::now() < deadline, "the bare handler does not listen");
            sleep(Duration::from_millis(10)).await;
        }
        Ok(Self { program, listen })
    }
}

async fn publish(amqp: &str, bytes: usize, count: usize) -> anyhow::Result<f64> {
    let mut command = program::ourselves()?;
    command.args(["bare", "publisher", amqp]);
    command.args([bytes, count, AT_ONCE].map(|number| number.to_string()));
    let printed = program::output(command).await.with_context(|| format!("publish {TOPIC}"))?;
    Ok(printed.trim().parse()?)
}
