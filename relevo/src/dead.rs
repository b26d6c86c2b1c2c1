//! `relevo dead`: the messages that could not be handled.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use broker::{Broker, DeadLetter, Reason};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use domain::{Envelope, Timestamp};
use runtime::topology::LANES;
use runtime::{Clock, Settings, Visit};
use serde_json::json;
use uuid::Uuid;

use crate::alerts::age;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List them, a line each
    List(Selection),
    /// Show one whole, with its body
    Show { id: Uuid },
    /// Mend one and send it back to its queue
    #[command(after_help = EDIT_HELP)]
    Edit(Edit),
    /// Send them back to their queues with a fresh count of attempts
    Redrive(Chosen),
    /// Delete them: nobody will handle them any more
    Discard(Chosen),
}

const EDIT_HELP: &str = "Example: relevo dead edit ID --set /data/text='\"Abrimos a las nueve.\"'\n\
    The id and the type stay as they are. `relevo dead show ID` shows the body.";

#[derive(Debug, Args)]
pub(crate) struct Edit {
    id: Uuid,
    /// The whole new body: a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "set", required_unless_present = "set")]
    body: Option<PathBuf>,
    /// A new value in the body: a JSON pointer, and the value as JSON
    #[arg(long, value_name = "POINTER=JSON")]
    set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Selection {
    #[command(flatten)]
    within: Within,
    #[command(flatten)]
    filter: Filter,
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
    #[command(flatten)]
    filter: Filter,
}

/// Only letters for which all of this is so.
#[derive(Debug, Args)]
struct Filter {
    /// Only of this type, such as reply.ready.v1
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only with this reason
    #[arg(long, value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)))]
    reason: Option<String>,
    /// Only of this business, by its folder's name; not those that could not be read
    #[arg(long)]
    business: Option<String>,
    /// Only with these words in the cause
    #[arg(long, value_name = "WORDS")]
    cause: Option<String>,
    /// Only what died in the last so many hours
    #[arg(long, value_name = "HOURS")]
    hours: Option<u32>,
}

impl Filter {
    fn takes(&self, letter: &DeadLetter, now: Timestamp) -> bool {
        let is = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|one| one == is);
        let since = self.hours.map(|hours| now - HOUR * hours);
        let is_of = |business: &str| {
            let envelope = Envelope::decode(&letter.body);
            envelope.is_ok_and(|envelope| envelope.business.as_str() == business)
        };
        is(&self.kind, &letter.topic)
            && is(&self.reason, letter.reason.as_str())
            && self.cause.as_ref().is_none_or(|words| letter.cause.contains(words.as_str()))
            && since.is_none_or(|since| letter.died_ms >= since.as_millis())
            && self.business.as_ref().is_none_or(|business| is_of(business))
    }

    fn takes_all(&self) -> bool {
        let Self { kind, reason, business, cause, hours } = self;
        let texts = [kind, reason, business, cause];
        texts.into_iter().all(Option::is_none) && hours.is_none()
    }
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

impl Chosen {
    /// The letters of a queue that are meant; none if that is all of them.
    async fn ids(&self, broker: &Broker, queue: &str) -> anyhow::Result<Option<Vec<Uuid>>> {
        if self.filter.takes_all() {
            return Ok((!self.which.all).then(|| self.which.ids.clone()));
        }
        let now = Clock::system().now();
        let letters = there(broker.dead(queue, usize::MAX).await)?.unwrap_or_default();
        let meant = letters.iter().filter(|letter| {
            self.filter.takes(letter, now)
                && (self.which.all || self.which.ids.contains(&letter.id))
        });
        Ok(Some(meant.map(|letter| letter.id).collect()))
    }

    /// A failure when some of the ids that were named are nobody's.
    fn outcome(&self, count: usize) -> ExitCode {
        let is_missing = !self.which.all && count < self.which.ids.len();
        if is_missing { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Nothing else: it must also work while the state or the database is away.
        let broker = Visit::new(settings, Visit::LIMIT).broker().await?;
        let done = match command {
            Command::List(selection) => list(&broker, selection).await,
            Command::Show { id } => show(&broker, *id).await,
            Command::Edit(edit) => mend(&broker, edit).await,
            Command::Redrive(chosen) => redrive(&broker, chosen).await,
            Command::Discard(chosen) => discard(&broker, chosen).await,
        };
        broker.close().await;
        done
    })
}

/// None of a queue that is absent: no process has made it yet, or somebody has deleted it.
pub(crate) fn there<T>(found: Result<T, broker::Error>) -> Result<Option<T>, broker::Error> {
    match found {
        Err(broker::Error::UnknownQueue { .. }) => Ok(None),
        found => found.map(Some),
    }
}

async fn list(broker: &Broker, selection: &Selection) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    let (mut count, mut absent) = (0, Vec::new());
    for queue in selection.within.queues()? {
        let Some(letters) = there(broker.dead(queue, usize::MAX).await)? else {
            absent.push(queue);
            continue;
        };
        let wanted = letters.iter().filter(|letter| selection.filter.takes(letter, now));
        for letter in wanted.take(selection.limit) {
            count += 1;
            if selection.json {
                println!("{}", head(letter));
            } else {
                println!(
                    "{}  {:>7} ago  {:<18} {:<20} {:<11} {} attempts  {}",
                    letter.id,
                    age(now.since(Timestamp::from_millis(letter.died_ms))),
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
    if !absent.is_empty() {
        eprintln!("absent: {}", absent.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(broker: &Broker, id: Uuid) -> anyhow::Result<ExitCode> {
    let letter = find(broker, id).await?;
    let mut whole = head(&letter);
    whole["body"] = serde_json::from_slice(&letter.body)
        .unwrap_or_else(|_| String::from_utf8_lossy(&letter.body).into_owned().into());
    println!("{whole:#}");
    Ok(ExitCode::SUCCESS)
}

async fn find(broker: &Broker, id: Uuid) -> anyhow::Result<DeadLetter> {
    for lane in LANES {
        let letters = there(broker.dead(lane.queue, usize::MAX).await)?.unwrap_or_default();
        if let Some(letter) = letters.into_iter().find(|letter| letter.id == id) {
            return Ok(letter);
        }
    }
    bail!("no dead message has the id {id}; `relevo dead list` shows them")
}

/// Nothing is sent back that its worker could not even read.
async fn mend(broker: &Broker, edit: &Edit) -> anyhow::Result<ExitCode> {
    let letter = find(broker, edit.id).await?;
    let body = match &edit.body {
        Some(path) if path.as_os_str() == "-" => std::io::read_to_string(std::io::stdin())?,
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?
        }
        None => with_values(&letter.body, &edit.set)?,
    };
    let mended = Envelope::decode(body.as_bytes()).context("the new body is no message")?;
    ensure!(mended.id.as_uuid() == letter.id, "the new body has another id");
    ensure!(mended.kind().as_str() == letter.topic, "the new body is of another type");
    ensure!(
        broker.redrive_as(&letter.queue, letter.id, body.into_bytes().into()).await?,
        "somebody else has taken it meanwhile"
    );
    println!("sent back to {} as it is now", letter.queue);
    Ok(ExitCode::SUCCESS)
}

fn with_values(body: &[u8], set: &[String]) -> anyhow::Result<String> {
    let mut body: serde_json::Value = serde_json::from_slice(body)
        .context("the body is no JSON: give a whole one with --body")?;
    for one in set {
        let (pointer, value) =
            one.split_once('=').with_context(|| format!("{one} is not POINTER=JSON"))?;
        let value = serde_json::from_str(value).with_context(|| {
            format!("the value for {pointer} is no JSON: a text needs its quotation marks")
        })?;
        *body
            .pointer_mut(pointer)
            .with_context(|| format!("there is nothing at {pointer} in the body"))? = value;
    }
    Ok(body.to_string())
}

async fn redrive(broker: &Broker, chosen: &Chosen) -> anyhow::Result<ExitCode> {
    let mut count = 0;
    for queue in chosen.within.queues()? {
        let ids = chosen.ids(broker, queue).await?;
        count += there(broker.redrive(queue, ids.as_deref()).await)?.unwrap_or(0);
    }
    println!("{count} sent back to their queues");
    Ok(chosen.outcome(count))
}

async fn discard(broker: &Broker, chosen: &Chosen) -> anyhow::Result<ExitCode> {
    let mut count = 0;
    for queue in chosen.within.queues()? {
        let ids = chosen.ids(broker, queue).await?;
        count += there(broker.discard(queue, ids.as_deref()).await)?.unwrap_or(0);
    }
    println!("{count} deleted");
    Ok(chosen.outcome(count))
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
