//! What specialists taught, for somebody to decide about.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use knowledge::Base;
use knowledge::learn::review::{Approval, Approved, approve, discard, edit};
use runtime::{Business, Clock};
use serde_json::json;
use store::Records;
use store::records::{Candidate, CandidateState};
use uuid::Uuid;

/// So much of an id is shown, and enough to name it.
const SHOWN: usize = 8;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Also what was decided
    #[arg(long)]
    all: bool,
    /// As JSON, a line each
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell customers these from now on
    Approve {
        #[arg(required = true)]
        ids: Vec<String>,
        /// Put aside what was learned before and says something else
        #[arg(long)]
        replace: bool,
    },
    /// Tell customers these no more, or never
    Discard {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Give one other words; it must be approved afterwards
    Edit {
        id: String,
        #[arg(long)]
        question: Option<String>,
        #[arg(long, required_unless_present = "question")]
        answer: Option<String>,
    },
    /// Show one whole, with the documents that it was checked against
    Show { id: String },
}

pub(super) async fn run(
    records: &Records,
    business: &Business,
    options: &Options,
) -> anyhow::Result<bool> {
    let all = records.candidates(business.id.as_str()).await?;
    match &options.command {
        None => {
            list(&all, options);
            Ok(true)
        }
        Some(Command::Approve { ids, replace }) => {
            let mut well = true;
            for id in ids {
                let id = named(&all, id)?;
                well &= approved(records, business, id, Approval { replaces: *replace }).await?;
            }
            Ok(well)
        }
        Some(Command::Discard { ids }) => {
            for id in ids {
                let candidate =
                    discard(records, business, named(&all, id)?, Clock::system().now()).await?;
                println!("discarded {}", line(&candidate));
            }
            Ok(true)
        }
        Some(Command::Edit { id, question, answer }) => {
            let (id, base) = (named(&all, id)?, Base::of(business));
            let words = (question.clone(), answer.clone());
            let now = Clock::system().now();
            let candidate = edit(records, &base, business, id, words, now).await?;
            println!("edited    {}\napprove it next", line(&candidate));
            Ok(true)
        }
        Some(Command::Show { id }) => {
            let id = named(&all, id)?;
            let candidate = all.iter().find(|one| one.id == id).context("it is gone")?;
            show(records, candidate).await?;
            Ok(true)
        }
    }
}

async fn approved(
    records: &Records,
    business: &Business,
    id: Uuid,
    approval: Approval,
) -> anyhow::Result<bool> {
    let base = Base::of(business);
    match approve(records, &base, business, id, approval, Clock::system().now()).await? {
        Approved::Published(candidate) => println!("published {}", line(&candidate)),
        Approved::Already(candidate) => println!("was published already {}", line(&candidate)),
        Approved::Known { candidate, entry } => {
            println!("known already from {}: {}", entry.source, line(&candidate));
        }
        Approved::Contradicts { candidate, entry } => {
            eprintln!("conflict  {}", line(&candidate));
            eprintln!("  {} of {} says: {}", entry.id, entry.source, entry.text);
            eprintln!("  {}", advice(&entry.source));
            return Ok(false);
        }
    }
    Ok(true)
}

/// What an operator can do about a conflict.
fn advice(source: &str) -> String {
    if source == store::records::LEARNED {
        "approve it with --replace to put that aside, or discard it".to_owned()
    } else {
        format!(
            "a document is never changed here: correct {source} and import it again, or discard this"
        )
    }
}

/// The one candidate whose id begins so.
pub(super) fn named(all: &[Candidate], id: &str) -> anyhow::Result<Uuid> {
    let wanted = id.to_lowercase();
    let mut found = all.iter().filter(|one| one.id.to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only.id),
        (Some(_), Some(_)) => bail!("{id} begins several ids: write more of it"),
        (None, _) => bail!("there is no candidate {id}; relevo knowledge review --all lists them"),
    }
}

fn list(all: &[Candidate], options: &Options) {
    use CandidateState::{Conflict, Proposed, SetAside};
    let waits = |one: &&Candidate| matches!(one.state, Conflict | Proposed | SetAside);
    let shown: Vec<&Candidate> = all.iter().filter(|one| options.all || waits(one)).collect();
    for candidate in &shown {
        if options.json {
            println!("{}", as_json(candidate));
            continue;
        }
        println!(
            "{}  {:<9}  {}",
            short(candidate.id),
            candidate.state.name(),
            oneline(&candidate.question)
        );
        println!("{:SHOWN$}             {}", "", oneline(&candidate.answer));
        if let Some(why) = &candidate.why {
            println!("{:SHOWN$}             {why}", "");
        }
    }
    if !options.json {
        println!("{} {}", shown.len(), if options.all { "in all" } else { "wait" });
    }
}

async fn show(records: &Records, candidate: &Candidate) -> anyhow::Result<()> {
    println!("id        {}", candidate.id);
    println!("state     {}", candidate.state.name());
    let optional = [
        ("why", candidate.why.clone()),
        ("entry", candidate.entry.map(|entry| entry.to_string())),
        ("ticket", Some(candidate.ticket.clone()).filter(|ticket| !ticket.is_empty())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            println!("{name:<9} {value}");
        }
    }
    println!("helped    {}", candidate.helped);
    for basis in records.basis_of(candidate.id).await? {
        println!("checked   {} {}", basis.source, basis.hash);
    }
    println!("question  {}\n{}", candidate.question, candidate.answer);
    Ok(())
}

fn as_json(candidate: &Candidate) -> serde_json::Value {
    json!({
        "candidate": candidate.id,
        "state": candidate.state.name(),
        "question": candidate.question,
        "answer": candidate.answer,
        "language": candidate.language,
        "why": candidate.why,
        "entry": candidate.entry,
        "ticket": candidate.ticket,
        "helped": candidate.helped,
        "created_ms": candidate.created_ms,
        "expires_ms": candidate.expires_ms,
    })
}

pub(super) fn line(candidate: &Candidate) -> String {
    format!("{}  {}", short(candidate.id), oneline(&candidate.question))
}

fn short(id: Uuid) -> String {
    id.to_string().chars().take(SHOWN).collect()
}

fn oneline(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
