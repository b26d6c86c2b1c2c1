//! `relevo tickets`: the desk on the terminal.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::message::{Act, TicketActed};
use domain::{BusinessId, ConversationId, Envelope, TicketId, Timestamp};
use runtime::{Clock, Ports, Settings};
use serde_json::json;
use store::records::{Ticket, TicketFilter, TicketLine, TicketRelease};

use crate::alerts::age;

/// So much of an id is shown.
const SHOWN: usize = 8;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    /// Only of this business, by its folder's name
    #[arg(long, global = true)]
    business: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List those that are open, the oldest first
    List {
        /// Also those that are closed
        #[arg(long)]
        all: bool,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// As JSON, a line each
        #[arg(long)]
        json: bool,
    },
    /// Show one whole: what was asked, said, and what became of the answers
    Show {
        /// As `relevo tickets list` shows it, or more of it
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take it: the bot says nothing until it is closed
    Take {
        id: String,
        /// Who takes it
        #[arg(long)]
        by: Option<String>,
    },
    /// Send an answer to the customer
    Answer {
        id: String,
        text: String,
        /// Close it with the answer
        #[arg(long)]
        close: bool,
        /// Who answers
        #[arg(long)]
        by: Option<String>,
    },
    /// Close it: the bot has the conversation again
    Close { id: String },
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ports = Ports::visit(settings, Clock::system()).await?;
        let done = run_on(&ports, options).await;
        ports.close().await;
        done
    })
}

async fn run_on(ports: &Ports, options: &Options) -> anyhow::Result<ExitCode> {
    let now = ports.clock.now();
    let list = async |open_only, limit| {
        let business = options.business.clone();
        ports.records.tickets(TicketFilter { business, open_only, limit }).await
    };
    let find = async |id: &str| {
        let all = list(false, i64::MAX).await?;
        begins_with(id, all)
    };
    match &options.command {
        Command::List { all, limit, json } => {
            let tickets = list(!*all, (*limit).into()).await?;
            for ticket in &tickets {
                println!("{}", if *json { as_json(ticket).to_string() } else { line(ticket, now) });
            }
            if !*json {
                println!("{} {}", tickets.len(), if *all { "in all" } else { "open" });
            }
        }
        Command::Show { id, json } => {
            let ticket = find(id).await?;
            let lines = ports.records.ticket_lines(ticket.id).await?;
            let releases = ports.records.ticket_releases(ticket.id).await?;
            match json {
                true => println!("{:#}", whole(&ticket, &lines, &releases)),
                false => show(&ticket, &lines, &releases, now),
            }
        }
        Command::Take { id, by } => act(ports, &find(id).await?, by.clone(), Act::Take).await?,
        Command::Answer { id, text, close, by } => {
            if text.trim().is_empty() {
                bail!("the answer is empty");
            }
            let (text, attachments) = (text.clone(), Vec::new());
            let release = Act::Release { text, attachments, closes: *close, after: None };
            act(ports, &find(id).await?, by.clone(), release).await?;
        }
        Command::Close { id } => act(ports, &find(id).await?, None, Act::Close).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn act(ports: &Ports, ticket: &Ticket, by: Option<String>, act: Act) -> anyhow::Result<()> {
    let what = act.as_str();
    let id = TicketId::from_uuid(ticket.id);
    let acted = TicketActed { ticket: Some(id), by, act };
    let conversation = ConversationId::from_uuid(ticket.conversation);
    tell(ports, &BusinessId::new(&ticket.business), conversation, acted).await?;
    println!("{:.SHOWN$} {}: on its way", ticket.id.to_string(), what.replace('_', " "));
    Ok(())
}

/// Publishes what an operator does.
pub(crate) async fn tell(
    ports: &Ports,
    business: &BusinessId,
    conversation: ConversationId,
    acted: TicketActed,
) -> anyhow::Result<()> {
    let now = ports.clock.now();
    let name = format!("operator\0{}\0{}", acted.act.as_str(), now.as_millis());
    let id = TicketId::from_uuid(conversation.as_uuid()).derive(&name);
    let envelope = Envelope::from_outside(id, business.clone(), conversation, now, acted);
    ports.tell(&envelope).await.context("publish what is to be done")
}

/// The only one whose id begins so.
fn begins_with(id: &str, tickets: Vec<Ticket>) -> anyhow::Result<Ticket> {
    let id = id.to_ascii_lowercase();
    let mut found = tickets.into_iter().filter(|one| one.id.to_string().starts_with(&id));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => bail!("several tickets begin so; write more of it"),
        (None, _) => bail!("no ticket begins so; `relevo tickets list --all` shows them"),
    }
}

fn line(ticket: &Ticket, now: Timestamp) -> String {
    let opened = Timestamp::from_millis(ticket.opened_ms.unwrap_or(ticket.changed_ms));
    format!(
        "{:.SHOWN$}  {:>7}  {:<8}  {:<11}  {:<18}  {}",
        ticket.id.to_string(),
        age(now.since(opened)),
        ticket.state,
        ticket.reason.as_deref().unwrap_or("-"),
        ticket.customer_name.as_deref().or(ticket.customer_phone.as_deref()).unwrap_or("-"),
        ticket.summary.as_deref().unwrap_or_default().lines().next().unwrap_or_default()
    )
}

fn show(ticket: &Ticket, lines: &[TicketLine], releases: &[TicketRelease], now: Timestamp) {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    println!("ticket        {}", ticket.id);
    println!("business      {}", ticket.business);
    println!("conversation  {}", ticket.conversation);
    println!("customer      {} {}", known(&ticket.customer_name), known(&ticket.customer_phone));
    println!("state         {}", ticket.state);
    println!("reason        {}", known(&ticket.reason));
    println!("assigned      {}", known(&ticket.assigned));
    println!("question      {}", known(&ticket.summary));
    println!();
    for line in lines {
        let at = age(now.since(Timestamp::from_millis(line.at_ms)));
        let file = line.file.as_ref().map(|file| format!(" [{file}]")).unwrap_or_default();
        println!("{at:>7}  {:<9} {}{file}", line.kind.name(), line.text);
    }
    for release in releases {
        let became = release.outcome.as_deref().unwrap_or("on its way");
        println!("answer {}: {became}", release.number);
    }
}

fn as_json(ticket: &Ticket) -> serde_json::Value {
    json!({
        "id": ticket.id,
        "business": ticket.business,
        "conversation": ticket.conversation,
        "state": ticket.state,
        "reason": ticket.reason,
        "summary": ticket.summary,
        "language": ticket.language,
        "customer_name": ticket.customer_name,
        "customer_phone": ticket.customer_phone,
        "assigned": ticket.assigned,
        "opened_ms": ticket.opened_ms,
        "answered_ms": ticket.answered_ms,
        "closed_ms": ticket.closed_ms,
        "page": ticket.page.id,
    })
}

fn whole(ticket: &Ticket, lines: &[TicketLine], releases: &[TicketRelease]) -> serde_json::Value {
    let mut whole = as_json(ticket);
    let line = |line: &TicketLine| {
        json!({
            "kind": line.kind.name(),
            "text": line.text,
            "media": line.media,
            "file": line.file,
            "at_ms": line.at_ms,
        })
    };
    let release = |release: &TicketRelease| {
        json!({
            "number": release.number,
            "text": release.text,
            "author": release.author,
            "at_ms": release.at_ms,
            "outcome": release.outcome,
            "error_code": release.error_code,
        })
    };
    whole["lines"] = lines.iter().map(line).collect::<Vec<_>>().into();
    whole["releases"] = releases.iter().map(release).collect::<Vec<_>>().into();
    whole
}
