//! `relevo dead`: the messages that could not be handled.

use std::process::ExitCode;

use anyhow::bail;
use broker::DeadLetter;
use clap::{Args, Subcommand};
use runtime::topology::LANES;
use runtime::{Clock, Ports, Settings};
use serde_json::json;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List them, a line each
    List(Selection),
    /// Show one whole, with its body
    Show { id: Uuid },
    /// Send them back to their queues with a fresh count of attempts
    Redrive(Chosen),
    /// Delete them: nobody will handle them any more
    Discard(Chosen),
}

#[derive(Debug, Args)]
pub(crate) struct Selection {
    #[command(flatten)]
    within: Within,
    /// At most so many of each queue
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// As JSON, a line each
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Chosen {
    #[command(flatten)]
    within: Within,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// These, by the ids that `relevo dead list` shows
    ids: Vec<Uuid>,
    /// All of the queue, or of every queue
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct Within {
    /// Only of this queue, such as triage or outbound
    #[arg(long)]
    queue: Option<String>,
}

impl Within {
    fn queues(&self) -> anyhow::Result<Vec<&'static str>> {
        let queues: Vec<&str> = LANES
            .iter()
            .map(|lane| lane.queue)
            .filter(|queue| self.queue.as_ref().is_none_or(|wanted| wanted == queue))
            .collect();
        if queues.is_empty() {
            let known: Vec<&str> = LANES.iter().map(|lane| lane.queue).collect();
            bail!("there is no such queue; the queues are {}", known.join(", "));
        }
        Ok(queues)
    }
}

impl Which {
    fn ids(&self) -> Option<&[Uuid]> {
        (!self.all).then_some(&self.ids)
    }
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ports = Ports::visit(settings, Clock::system()).await?;
        match command {
            Command::List(selection) => list(&ports, selection).await,
            Command::Show { id } => show(&ports, *id).await,
            Command::Redrive(chosen) => redrive(&ports, chosen).await,
            Command::Discard(chosen) => discard(&ports, chosen).await,
        }
    })
}

async fn list(ports: &Ports, selection: &Selection) -> anyhow::Result<ExitCode> {
    let mut count = 0;
    for queue in selection.within.queues()? {
        for letter in ports.broker.dead(queue, selection.limit).await? {
            count += 1;
            if selection.json {
                println!("{}", head(&letter));
            } else {
                println!(
                    "{}  {:<18} {:<20} {:<11} {} attempts  {}",
                    letter.id,
                    letter.queue,
                    letter.topic,
                    letter.reason.as_str(),
                    letter.attempts,
                    letter.cause
                );
            }
        }
    }
    if !selection.json {
        println!("{count} dead");
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(ports: &Ports, id: Uuid) -> anyhow::Result<ExitCode> {
    for lane in LANES {
        let letters = ports.broker.dead(lane.queue, usize::MAX).await?;
        if let Some(letter) = letters.into_iter().find(|letter| letter.id == id) {
            let mut whole = head(&letter);
            whole["body"] = serde_json::from_slice(&letter.body)
                .unwrap_or_else(|_| String::from_utf8_lossy(&letter.body).into_owned().into());
            println!("{whole:#}");
            return Ok(ExitCode::SUCCESS);
        }
    }
    bail!("no dead message has the id {id}; `relevo dead list` shows them")
}

async fn redrive(ports: &Ports, chosen: &Chosen) -> anyhow::Result<ExitCode> {
    let mut count = 0;
    for queue in chosen.within.queues()? {
        count += ports.broker.redrive(queue, chosen.which.ids()).await?;
    }
    println!("{count} sent back to their queues");
    Ok(found(count, chosen))
}

async fn discard(ports: &Ports, chosen: &Chosen) -> anyhow::Result<ExitCode> {
    let mut count = 0;
    for queue in chosen.within.queues()? {
        count += ports.broker.discard(queue, chosen.which.ids()).await?;
    }
    println!("{count} deleted");
    Ok(found(count, chosen))
}

/// A failure when some of the ids are nobody's.
fn found(count: usize, chosen: &Chosen) -> ExitCode {
    let missing = chosen.which.ids().is_some_and(|ids| count < ids.len());
    if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn head(letter: &DeadLetter) -> serde_json::Value {
    json!({
        "id": letter.id,
        "queue": letter.queue,
        "type": letter.topic,
        "reason": letter.reason.as_str(),
        "cause": letter.cause,
        "attempts": letter.attempts,
        "first_failed_ms": letter.first_failed_ms,
        "died_ms": letter.died_ms,
    })
}
