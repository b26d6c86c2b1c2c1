//! The broker is killed and comes back: when is the first webhook accepted again?

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use broker::Broker;
use tokio::time::{Instant, sleep, timeout};

use super::figure::{Figure, Section, Spread};
use super::load::{self, Connection};
use super::subject::{Places, Subject};
use super::{Bench, bare, program, webhook};
use crate::Role;

/// A broker takes seconds to start.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let rounds = bench.pick(5, 1);
    let broker = OwnBroker::start(bench).await?;
    let subject =
        Subject::start(bench, &[Role::Ingress], &Places::Servers { amqp: &broker.url }).await?;
    let requests = webhook::requests(&bench.sandbox, 1);
    let (mut waits, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        eprintln!("recovery: round {round} of {rounds}");
        load::closed(subject.listen, &requests, 1).await?;
        broker.kill().await?;
        let (restarted, accepting, accepted, confirmed) = tokio::join!(
            broker.restart(),
            timeout(PATIENCE, until_accepting(&broker.url)),
            timeout(PATIENCE, until_accepted(subject.listen, &requests[0])),
            timeout(PATIENCE, until_confirmed(&broker.url)),
        );
        restarted?;
        let accepting = accepting.context("wait for the broker")?;
        let accepted = accepted.context("wait for a webhook to be accepted")??;
        let confirmed = confirmed.context("wait for a message to be confirmed")?;
        let since = |then: Instant| then.saturating_duration_since(accepting).as_secs_f64() * 1e3;
        waits.push(since(accepted));
        bare.push(since(confirmed));
    }
    let waits = Spread::of(waits);
    Ok(Section {
        title: "Recovery",
        method: format!(
            "RabbitMQ is killed with KILL and started again, {rounds} times, while one webhook \
             after another is sent to `relevo serve --only ingress`, which refuses them meanwhile. The \
             time runs from when the broker first answers a connection with its greeting to the \
             first webhook that is answered with 200. A bare publisher tries on and on beside it.",
        ),
        figures: vec![
            Figure::new(
                "first webhook accepted after the broker's return, at worst",
                waits.max,
                "ms",
            )
            .at_most(500.0),
            Figure::new("first webhook accepted after the broker's return", waits, "ms"),
            Figure::new("first message confirmed to the bare publisher", Spread::of(bare), "ms"),
        ],
    })
}

/// A bare publisher that tries on and on: how soon the broker itself takes a message.
async fn until_confirmed(url: &str) -> Instant {
    let publish = async || -> anyhow::Result<()> {
        let (_connection, channel) = bare::connect(url).await?;
        bare::confirmed(&channel, bare::EXCHANGE, bare::TOPIC, b"x").await
    };
    while publish().await.is_err() {
        sleep(LOOK_AGAIN).await;
    }
    Instant::now()
}

async fn until_accepting(url: &str) -> Instant {
    while Broker::product(url).await.is_err() {
        sleep(LOOK_AGAIN).await;
    }
    Instant::now()
}

async fn until_accepted(address: SocketAddr, request: &[u8]) -> anyhow::Result<Instant> {
    let mut connection = Connection::open(address).await?;
    loop {
        match connection.ask(request).await? {
            200 => return Ok(Instant::now()),
            503 => sleep(LOOK_AGAIN).await,
            other => anyhow::bail!("a webhook was answered with {other}"),
        }
    }
}

/// A RabbitMQ of this benchmark's own.
struct OwnBroker {
    script: PathBuf,
    folder: PathBuf,
    url: String,
}

impl OwnBroker {
    async fn start(bench: &Bench) -> anyhow::Result<Self> {
        let script = bench.servers.script.clone();
        let folder = bench.folder.path().join("recovery");
        servers(&script, "start", &folder).await?;
        let environment = std::fs::read_to_string(folder.join("env"))?;
        let url = environment
            .lines()
            .find_map(|line| line.strip_prefix("export RELEVO_TEST_AMQP_URL="))
            .context("read the address of the broker")?
            .to_owned();
        Ok(Self { script, folder, url })
    }

    /// All of it at once: its process leads a session of its own.
    async fn kill(&self) -> anyhow::Result<()> {
        let leader = std::fs::read_to_string(self.folder.join("rabbitmq.pid"))?;
        let mut command = Command::new("kill");
        command.args(["-KILL", "--"]).arg(format!("-{}", leader.trim()));
        program::output(command).await.context("kill the broker")?;
        while Broker::product(&self.url).await.is_ok() {
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn restart(&self) -> anyhow::Result<()> {
        servers(&self.script, "start", &self.folder).await
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        let stopped =
            Command::new(&self.script).arg("stop").arg(&self.folder).arg("rabbitmq").status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("recovery: its RabbitMQ may still run; {}", self.folder.display());
        }
    }
}

async fn servers(script: &Path, action: &str, folder: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(script);
    command.arg(action).arg(folder).arg("rabbitmq");
    let name = script.display();
    program::output(command).await.with_context(|| format!("{name} {action} rabbitmq"))?;
    Ok(())
}
