//! `relevo bench`: what Relevo costs beside the bare minimum, on one machine in one run, so that
//! the figures that count are ratios.
//!
//! What is measured is always a process of its own, of this same binary: its processor time and
//! its memory are its alone. The load, and the sandbox in WhatsApp's place, are this process.

mod bare;
mod chain;
mod figure;
mod ingress;
mod load;
mod machine;
mod memory;
mod pipeline;
mod program;
mod rabbit;
mod recovery;
mod report;
mod scaling;
mod sending;
mod subject;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use sandbox::Sandbox;
use tempfile::TempDir;

use crate::installation::Plan;
pub(crate) use bare::{Bare, run as run_bare};
use figure::Section;

/// Wants servers that may be thrown away, and purges their queues: scripts/bench starts some
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    what: What,
    /// Few and short rounds: to see that it works, not for figures
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    load: Load,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Also write the results to this Markdown file; what people wrote into it stays
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    #[command(flatten)]
    servers: Servers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Webhooks, beside a bare handler and a bare publisher
    Ingress,
    /// Turns, beside a bare chain of as many queues
    Pipeline,
    /// The first webhook after the broker's return
    Recovery,
    /// What `relevo serve` holds
    Memory,
    /// Turns with one, two and four processes of each worker, and while they are killed; exits with 1
    /// if one is lost or doubled
    Scaling,
    /// Whether sending keeps its rules under load; exits with 1 if not
    Sending,
    /// All but `sending`; whatever is found it exits with 0
    All,
}

/// Of `sending` alone.
#[derive(Debug, Clone, Copy, Args)]
struct Load {
    /// How long customers write, in `sending`
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(9..))]
    seconds: u32,
    /// How many customers write, in `sending`
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=10_000))]
    conversations: u32,
}

impl Load {
    fn lasting(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

// Not the variables of `relevo serve`: where those are set, the queues are somebody's.
#[derive(Debug, Clone, Args)]
struct Servers {
    #[arg(long, env = "RELEVO_TEST_AMQP_URL", hide_env_values = true, value_name = "URL")]
    amqp: String,
    #[arg(long, env = "RELEVO_TEST_REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis: String,
    #[arg(long, env = "RELEVO_TEST_POSTGRES_URL", hide_env_values = true, value_name = "URL")]
    postgres: String,
    /// Starts the RabbitMQ that `recovery` kills
    #[arg(long, default_value = "scripts/servers", value_name = "FILE")]
    script: PathBuf,
}

/// What every measurement is given.
struct Bench {
    quick: bool,
    servers: Servers,
    sandbox: Sandbox,
    folder: TempDir,
    /// What every process is started with.
    plan: Plan,
}

impl Bench {
    fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(options))
}

async fn measure(options: Options) -> anyhow::Result<ExitCode> {
    let Options { what, quick, load, json, write, servers } = options;
    let sandbox = Sandbox::start(sandbox::Options {
        limits: sandbox::Limits::off(),
        statuses: sandbox::Statuses::off(),
        keep: sandbox::Keep { journal_entries: 20_000, bubbles_per_chat: 10 },
        ..sandbox::Options::example()
    })
    .await?;
    let folder = tempfile::tempdir().context("make a folder for the benchmark")?;
    let machine = machine::describe(&servers).await?;
    let bench = Bench { quick, servers, sandbox, folder, plan: subject::plan() };

    let asked = |one| what == one || what == What::All;
    let mut sections: Vec<Section> = Vec::new();
    if asked(What::Ingress) {
        sections.push(ingress::measure(&bench).await.context("measure the ingress")?);
    }
    if asked(What::Pipeline) {
        sections.push(pipeline::measure(&bench).await.context("measure the pipeline")?);
    }
    if asked(What::Recovery) {
        sections.push(recovery::measure(&bench).await.context("measure the recovery")?);
    }
    if asked(What::Memory) {
        sections.push(memory::measure(&bench).await.context("measure the memory")?);
    }
    if asked(What::Scaling) {
        sections.extend(scaling::measure(&bench).await.context("measure the scaling")?);
    }
    let mut code = ExitCode::SUCCESS;
    if what == What::Sending {
        sections = sending::measure(&bench, load).await.context("measure sending")?;
    }
    if matches!(what, What::Sending | What::Scaling) {
        let mut figures = sections.iter().flat_map(|section| &section.figures);
        if figures.any(|figure| figure.is_met() == Some(false)) {
            code = ExitCode::FAILURE;
        }
    }

    if json {
        println!("{:#}", report::json(&machine, &sections));
    } else {
        print!("{}", report::markdown(&machine, &sections));
    }
    if let Some(path) = write {
        report::write(&path, &machine, &sections)
            .with_context(|| format!("write {}", path.display()))?;
    }
    bench.sandbox.stop().await;
    Ok(code)
}
