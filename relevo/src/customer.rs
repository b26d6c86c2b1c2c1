//! `relevo customer`: what is held on one customer, to be handed out or erased.

mod erase;
mod export;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use broker::DeadLetter;
use clap::{Args, Subcommand};
use clients::files::{Files, StoredFile};
use clients::notion::Notion;
use domain::BusinessId;
use domain::message::{Attachment, Origin};
use runtime::customer::{self, Known, Name};
use runtime::topology::LANES;
use runtime::{Clock, Ports, Settings};
use serde_json::Value;
use store::records::Subject;
use uuid::Uuid;

use crate::dead::there;
use crate::{businesses, means};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that is held on a customer, as one JSON
    Export {
        #[command(flatten)]
        who: Who,
        /// Write it here, and the customer's files into a folder beside it; otherwise it is printed
        /// and names the files
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Only name the customer's files
        #[arg(long)]
        no_files: bool,
    },
    /// Erase a customer everywhere; what is counted stays counted, without words and without a name
    Erase {
        #[command(flatten)]
        who: Who,
        /// Do it; otherwise only say what would be erased
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
struct Who {
    /// Number with its country's code, or WhatsApp's user id
    #[arg(value_name = "PHONE_OR_USER_ID")]
    customer: String,
    /// Of this business, by its folder's name; needed where there are several
    #[arg(long)]
    business: Option<String>,
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (Command::Export { who, .. } | Command::Erase { who, .. }) = &options.command;
        let chosen = businesses::chosen(settings, who.business.as_deref())?;
        let business = chosen.id.clone();
        let Some(name) = Name::parse(&who.customer) else {
            bail!("{:?} is neither a number with its country's code nor a user id", who.customer);
        };
        let files = means::files(settings)?;
        let ports = Ports::visit(settings, Clock::system()).await?;
        let notion =
            chosen.notion.as_ref().map(|_| means::notion(settings, &chosen)).transpose()?;
        let desk = Desk { ports, files, notion, business, name };
        let done = match &options.command {
            Command::Export { out, no_files, .. } => {
                export::run(&desk, out.as_deref(), *no_files).await
            }
            Command::Erase { yes, .. } => erase::run(&desk, *yes).await,
        };
        desk.ports.close().await;
        Ok(if done? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Where the customer is looked for.
struct Desk {
    ports: Ports,
    files: Files,
    /// Where its people answer, if that is in Notion.
    notion: Option<Notion>,
    business: BusinessId,
    name: Name,
}

/// Everything of the customer's that has no place in the records.
struct Found {
    known: Known,
    subject: Subject,
    files: Vec<StoredFile>,
    dead: Vec<DeadLetter>,
    /// In Notion.
    pages: Vec<String>,
}

impl Desk {
    async fn find(&self) -> anyhow::Result<Found> {
        let Ports { state, records, .. } = &self.ports;
        let known = customer::find(state, records, &self.business, self.name.clone()).await?;
        let subject = known.subject(&self.business);
        let files = self.files_of(&subject).await.context("look for the customer's files")?;
        let dead = self.dead_of(&known).await.context("look among the dead letters")?;
        let mut pages = Vec::new();
        for conversation in &subject.conversations {
            pages.extend(records.pages_of(*conversation).await?);
        }
        Ok(Found { known, subject, files, dead, pages })
    }

    /// A file is kept under the id of its message.
    async fn files_of(&self, subject: &Subject) -> anyhow::Result<Vec<StoredFile>> {
        let mut messages = BTreeSet::new();
        for conversation in &subject.conversations {
            messages.extend(self.ports.records.message_ids(*conversation).await?);
        }
        let is_theirs = |file: &StoredFile| {
            let name = file.key.rsplit('/').next().and_then(|name| name.split('.').next());
            name.and_then(|name| Uuid::parse_str(name).ok())
                .is_some_and(|id| messages.contains(&id))
        };
        // What specialists attached to answers is kept under names of its own.
        let mut attached = BTreeSet::new();
        for conversation in &subject.conversations {
            for attachments in self.ports.records.attachments_of(*conversation).await? {
                let attachments: Vec<Attachment> =
                    serde_json::from_str(&attachments).unwrap_or_default();
                attached.extend(attachments.into_iter().filter_map(stored));
            }
        }
        let is_attached = |file: &StoredFile| attached.contains(&file.key);
        let files = self.files.of(self.business.as_str()).await?;
        Ok(files.into_iter().filter(|file| is_theirs(file) || is_attached(file)).collect())
    }

    async fn dead_of(&self, known: &Known) -> anyhow::Result<Vec<DeadLetter>> {
        let is_theirs = |letter: &DeadLetter| {
            let body: Option<Value> = serde_json::from_slice(&letter.body).ok();
            let id = body.as_ref().and_then(|body| body["conversation"].as_str());
            let id = id.and_then(|id| Uuid::parse_str(id).ok());
            id.is_some_and(|id| known.conversations.keys().any(|known| known.as_uuid() == id))
        };
        let mut dead = Vec::new();
        for lane in LANES {
            let letters = there(self.ports.broker.dead(lane.queue, usize::MAX).await)?;
            dead.extend(letters.into_iter().flatten().filter(is_theirs));
        }
        Ok(dead)
    }
}

/// The name of a file that is kept.
fn stored(attachment: Attachment) -> Option<String> {
    match attachment {
        Attachment::File { from: Origin::Stored(key), .. } => Some(key),
        _ => None,
    }
}
