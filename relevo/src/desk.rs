//! `relevo notion`: the database in which a business's people answer.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use clients::notion::Notion;
use handoff::notion::{Finding, check, create};
use runtime::business::NotionDesk;
use runtime::{Business, Settings, Visit};

use crate::businesses::for_each;
use crate::means;

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
    /// Make the database, or add what it lacks, and say how to finish in Notion
    Setup {
        /// The page beneath which it is made, when NOTION_DATABASE_ID names none
        #[arg(long, value_name = "PAGE")]
        parent: Option<String>,
    },
    /// Ask Notion whether the key works and the database has all it needs; exits with 1 if not
    Check,
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let does = async |business: &Business| match &options.command {
        Command::Setup { parent } => setup(settings, business, parent.as_deref()).await,
        Command::Check => checked(settings, business).await,
    };
    runtime.block_on(for_each(settings, options.business.as_deref(), does))
}

fn desk<'a>(
    settings: &Settings,
    business: &'a Business,
) -> anyhow::Result<(Notion, &'a NotionDesk)> {
    let notion = means::notion(settings, business)?;
    let desk = business.notion.as_ref().context("it has no desk in Notion")?;
    Ok((notion, desk))
}

async fn setup(
    settings: &Settings,
    business: &Business,
    parent: Option<&str>,
) -> anyhow::Result<bool> {
    let (notion, desk) = desk(settings, business)?;
    let language = business.language();
    let mut well = true;
    match (desk.database_id.as_str(), parent) {
        ("", None) => {
            bail!(
                "NOTION_DATABASE_ID names no database. Share a page with the connection and make \
                 one beneath it: relevo notion setup --parent PAGE_ID"
            )
        }
        ("", Some(page)) => {
            let made = create(&notion, page, &business.name, &desk.names, language);
            let made = made.await.context("make the database")?;
            println!("  made: {}", made.url);
            println!("  set NOTION_DATABASE_ID={}", made.id);
        }
        (id, _) => {
            let database = notion.database(id).await.context("look at the database")?;
            let findings = check(&notion, &database.source, &desk.names, language, true);
            well = tell(&findings.await.context("complete the database")?, "added");
        }
    }
    finish(settings, business, desk).await;
    Ok(well)
}

async fn checked(settings: &Settings, business: &Business) -> anyhow::Result<bool> {
    let (notion, desk) = desk(settings, business)?;
    let name = notion.whose().await.context("ask Notion whose key it is")?;
    println!("  the key is the connection {name:?}'s");
    if desk.database_id.is_empty() {
        bail!("NOTION_DATABASE_ID is not set; relevo notion setup makes a database");
    }
    let database = notion.database(&desk.database_id).await.context("look at the database")?;
    if database.sources > 1 {
        println!("  it has {} data sources: only the first is used", database.sources);
    }
    let findings =
        check(&notion, &database.source, &desk.names, business.language(), false).await?;
    let right = findings.iter().all(|finding| matches!(finding, Finding::Right(_)));
    tell(&findings, "missing: relevo notion setup adds it");
    Ok(right)
}

/// What the business's database in Notion lacks, by the names of its properties.
pub(crate) async fn lacks(settings: &Settings, business: &Business) -> anyhow::Result<Vec<String>> {
    let (notion, desk) = desk(settings, business)?;
    notion.whose().await.context("ask Notion whose key it is")?;
    if desk.database_id.is_empty() {
        bail!("NOTION_DATABASE_ID is not set");
    }
    let database = notion.database(&desk.database_id).await.context("look at the database")?;
    let findings =
        check(&notion, &database.source, &desk.names, business.language(), false).await?;
    let name = |finding| match finding {
        Finding::Right(_) => None,
        Finding::Missing(name) | Finding::LacksChoices(name, _) | Finding::Wrong { name, .. } => {
            Some(name)
        }
    };
    Ok(findings.into_iter().filter_map(name).collect())
}

/// Whether nothing is left that somebody must do by hand.
fn tell(findings: &[Finding], missing: &str) -> bool {
    let mut well = true;
    for finding in findings {
        match finding {
            Finding::Right(name) => println!("  {name:<16} right"),
            Finding::Missing(name) => println!("  {name:<16} {missing}"),
            Finding::LacksChoices(name, choices) => {
                println!("  {name:<16} {missing} ({})", choices.join(", "));
            }
            Finding::Wrong { name, is, wanted } => {
                well = false;
                println!("  {name:<16} is a {is} and must be a {wanted}: change it in Notion");
            }
        }
    }
    well
}

/// What only a person can do in Notion.
async fn finish(settings: &Settings, business: &Business, desk: &NotionDesk) {
    let names = &desk.names;
    println!("\n  In Notion, once:");
    println!(
        "  1. Add a property of type button named {:?} that sets {} to {:?}.",
        names.send, names.status, names.send
    );
    println!(
        "  2. On a paid plan, let the button also send a webhook to https://YOUR-HOST/webhooks/notion\n     \
         with the header X-Relevo-Secret and the value of NOTION_WEBHOOK_SECRET."
    );
    println!(
        "  3. Or give the connection a webhook to the same address (page events), paste the token\n     \
         below there and set NOTION_WEBHOOK_SECRET to it. Without either, answers are found by a\n     \
         poll every {} s.",
        desk.poll_every.as_secs()
    );
    match token(settings, business).await {
        Ok(Some(token)) => println!("\n  The token that Notion sent: {token}"),
        Ok(None) => println!("\n  Notion has sent no token yet."),
        // Nothing has been served yet, so there is nowhere it could be.
        Err(error) => println!("\n  Whether Notion has sent a token is not known: {error:#}"),
    }
}

/// What a connection of Notion's sent in its handshake.
async fn token(settings: &Settings, business: &Business) -> anyhow::Result<Option<String>> {
    let records = Visit::new(settings, Visit::LIMIT).records().await?;
    Ok(records.desk_token(business.id.as_str()).await?)
}
