//! `relevo knowledge`: what each business knows.

mod calibrate;
mod import;
mod progress;
mod push;
mod review;
mod search;
mod undo;
mod vectors;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use embedded::File;
use knowledge::Dense;
use knowledge::check::check;
use knowledge::import::to_csv;
use runtime::{PortsError, Settings, Visit};
use serde_json::json;
use store::Records;
use store::records::{KnowledgeEntry, LEARNED, Migration};
use uuid::Uuid;

use crate::businesses::chosen;
use crate::means;
use import::named;
pub(crate) use import::{Told, folder, import};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Of this business, by its folder's name; needed where there are several
    #[arg(long, global = true)]
    business: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read files, folders or pages: what changed is updated, what went from a folder is removed
    Import(import::Options),
    /// List the sources
    List {
        /// As JSON, a line each
        #[arg(long)]
        json: bool,
    },
    /// Show an entry, or all entries of a source
    Show {
        /// An entry's id, or a source's name: a file's path or a page's address
        what: String,
    },
    /// Say what a question would be answered with
    Search(search::Options),
    /// Forget sources: nothing of them is said any more
    Remove {
        #[arg(required = true)]
        sources: Vec<String>,
    },
    /// Print everything as a table that import reads
    Export {
        /// As JSON, a line for each entry
        #[arg(long)]
        json: bool,
    },
    /// Name entries that are empty, duplicate or contradictory
    Check,
    /// List what specialists taught and waits for a decision; approve it, discard it
    Review(review::Options),
    /// Take back what was learned, and list the conversations that were told it
    Undo {
        /// The entry's id, or the candidate's as review shows it
        id: String,
    },
    /// Learn from outcomes how sure an answer must be
    Calibrate(calibrate::Options),
    /// Fill the vector store VECTOR_STORE_ID with what changed; without one, make it
    Push {
        /// Of a store that is made
        #[arg(long)]
        name: Option<String>,
    },
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let business = chosen(settings, options.business.as_deref())?;
        let records = match &options.command {
            Command::Import(_) => records_to_fill(settings).await?,
            _ => Visit::new(settings, Visit::LIMIT).records().await?,
        };
        let id = business.id.as_str();
        let well = match &options.command {
            Command::Import(options) => {
                import::run(&records, &business.id, &folder(settings, &business.id), options)
                    .await?
            }
            Command::List { json } => {
                let well = list(&records, id, *json).await?;
                if !json {
                    vectors::tell(settings, &records, id).await?;
                }
                well
            }
            Command::Show { what } => show(&records.entries(id).await?, &named(what)),
            Command::Search(options) => {
                let model = means::model(settings)?;
                let store = settings.model.as_ref().and_then(|model| model.vector_store.clone());
                let dense = Dense::new(records.clone(), model, store);
                search::run(&records, &business, &dense, options).await?
            }
            Command::Push { name } => push::run(settings, &records, id, name.as_deref()).await?,
            Command::Remove { sources } => remove(&records, id, sources).await?,
            Command::Export { json } => export(records.entries(id).await?, *json)?,
            Command::Check => {
                vectors::tell(settings, &records, id).await?;
                all_is_well(&records.entries(id).await?)
            }
            Command::Review(options) => review::run(&records, &business, options).await?,
            Command::Undo { id } => undo::run(&records, &business, id).await?,
            Command::Calibrate(options) => calibrate::run(&records, &business, options).await?,
        };
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Beside a process that serves, or before the first one has: then the schema is made here.
pub(crate) async fn records_to_fill(settings: &Settings) -> anyhow::Result<Records> {
    let found = Visit::new(settings, Visit::LIMIT).records_of_any_version().await;
    let records = match found {
        Err(PortsError::Embedded(embedded::Error::Absent { .. })) => {
            Records::embedded(File::open(&settings.data_dir).await?)
        }
        records => records?,
    };
    match records.pending().await?.len() {
        0 => {}
        all if all == Migration::all().len() => drop(records.migrate().await?),
        count => return Err(PortsError::Pending { count }.into()),
    }
    Ok(records)
}

async fn list(records: &Records, business: &str, as_json: bool) -> anyhow::Result<bool> {
    let sources = records.sources(business).await?;
    for summary in &sources {
        let (source, entries) = (&summary.source, summary.entries);
        if as_json {
            let line = json!({
                "source": source.name,
                "kind": source.kind,
                "entries": entries,
                "hash": source.hash,
                "imported_ms": source.imported_ms,
            });
            println!("{line}");
        } else {
            println!("{entries:>7}  {:<8}  {}", source.kind, source.name);
        }
    }
    if !as_json {
        let entries: u64 = sources.iter().map(|summary| summary.entries).sum();
        println!("{entries:>7}  in {} sources", sources.len());
    }
    Ok(true)
}

fn show(entries: &[KnowledgeEntry], what: &str) -> bool {
    let id = Uuid::parse_str(what).ok();
    let is_meant = |entry: &&KnowledgeEntry| entry.source == what || Some(entry.id) == id;
    let shown: Vec<String> = entries.iter().filter(is_meant).map(whole).collect();
    if shown.is_empty() {
        eprintln!(
            "there is no source and no entry {what:?}; relevo knowledge list names the sources"
        );
        return false;
    }
    println!("{}", shown.join("\n\n"));
    true
}

fn whole(entry: &KnowledgeEntry) -> String {
    let line = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("{name:<9} {value}\n")).unwrap_or_default()
    };
    format!(
        "id        {}\nsource    {}\n{}{}{}",
        entry.id,
        entry.source,
        line("title", &entry.title),
        line("question", &entry.question),
        entry.text
    )
}

async fn remove(records: &Records, business: &str, sources: &[String]) -> anyhow::Result<bool> {
    let mut well = true;
    for source in sources {
        if source == LEARNED {
            eprintln!("{source}: take back each entry with relevo knowledge undo");
            well = false;
            continue;
        }
        match records.remove_source(business, &named(source)).await? {
            Some(entries) => println!("{source}: removed with {entries} entries"),
            None => {
                eprintln!("{source}: there is no such source");
                well = false;
            }
        }
    }
    Ok(well)
}

fn export(entries: Vec<KnowledgeEntry>, as_json: bool) -> anyhow::Result<bool> {
    if as_json {
        for entry in entries {
            let line = json!({
                "entry": entry.id,
                "source": entry.source,
                "title": entry.title,
                "question": entry.question,
                "text": entry.text,
            });
            println!("{line}");
        }
        return Ok(true);
    }
    let table = to_csv(entries.into_iter().map(|entry| {
        let [question, title] = [entry.question, entry.title].map(Option::unwrap_or_default);
        [question, entry.text, title, entry.source]
    }));
    std::io::stdout().write_all(&table).context("print the table")?;
    Ok(true)
}

fn all_is_well(entries: &[KnowledgeEntry]) -> bool {
    let findings = check(entries);
    for (finding, entries) in &findings {
        println!("{}", finding.as_str());
        for entry in entries {
            println!("  {}  {}: {}", entry.id, entry.source, name(entry));
        }
    }
    println!("{} entries, {} findings", entries.len(), findings.len());
    findings.is_empty()
}

/// What it is about, on one line.
fn name(entry: &KnowledgeEntry) -> String {
    let name = entry.question.as_ref().or(entry.title.as_ref()).unwrap_or(&entry.text);
    let line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
