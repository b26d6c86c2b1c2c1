//! Erases a customer everywhere.
//!
//! The order matters to whoever is cut short and runs it again: what is forgotten last still leads
//! to the rest. And it matters to what is on its way: with the conversation goes the open turn, and
//! only what is said from then on may be recorded again.

use std::time::Duration;

use anyhow::Context as _;
use clients::notion::Class;
use domain::Timestamp;
use store::records::Held;
use uuid::Uuid;

use super::{Desk, Found};

/// How often the embedded file's log is tried while others read.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Whether it was done.
pub(super) async fn run(desk: &Desk, yes: bool) -> anyhow::Result<bool> {
    let found = desk.find().await?;
    if !yes {
        return preview(desk, &found).await;
    }
    let Desk { ports, .. } = desk;
    let mut forgotten = 0;
    for id in found.known.to_forget() {
        forgotten += u64::from(ports.state.forget(id.as_uuid()).await?);
    }
    told("conversations", forgotten);

    let now = ports.clock.now();
    begin(desk, &found, now).await?;
    for file in &found.files {
        desk.files.delete(&file.key).await.context("delete a file of the customer's")?;
    }
    told("files", found.files.len() as u64);
    told("desk_pages", trash(desk, &found.pages).await?);
    let mut discarded = 0;
    for letter in &found.dead {
        let ids = [letter.id];
        discarded += ports.broker.discard(&letter.queue, Some(&ids)).await? as u64;
    }
    told("dead_letters", discarded);
    // Made since they were looked for.
    let again = desk.find().await?;
    let new: Vec<String> =
        again.pages.into_iter().filter(|page| !found.pages.contains(page)).collect();
    trash(desk, &new).await?;
    for kind in Held::ALL {
        let erased = ports.records.erase(*kind, &found.subject, now.as_millis()).await?;
        told(kind.name(), erased);
    }
    let mut aliases = 0;
    for id in found.known.aliases() {
        aliases += u64::from(ports.state.forget_alias(id.as_uuid()).await?);
    }
    told("names", aliases);
    if !log_is_empty(desk).await? {
        println!("the embedded file is busy: run this again, so that its log holds nothing either");
        return Ok(false);
    }
    println!("erased; whoever writes now is new");
    Ok(true)
}

async fn begin(desk: &Desk, found: &Found, now: Timestamp) -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "nothing may lead from it to the customer")]
    let stand_in = || Uuid::new_v4();
    desk.ports.records.begin_erasure(&found.subject, now.as_millis(), stand_in).await?;
    Ok(())
}

/// Before the tickets, which lead to them. Notion keeps what is in its trash for thirty days.
async fn trash(desk: &Desk, pages: &[String]) -> anyhow::Result<u64> {
    if pages.is_empty() {
        return Ok(0);
    }
    let notion = desk.notion.as_ref().context(
        "the customer has pages in Notion, and no key leads there: set NOTION_API_KEY and run this \
         again",
    )?;
    for page in pages {
        match notion.trash_page(page).await {
            // Somebody has deleted it for good.
            Err(error) if error.class() == Class::Missing => {}
            trashed => trashed.context(
                "put a page of the customer's into Notion's trash; run this again to go on",
            )?,
        }
        // Notion takes three requests in a second.
        tokio::time::sleep(PAUSE * 2).await;
    }
    Ok(pages.len() as u64)
}

async fn preview(desk: &Desk, found: &Found) -> anyhow::Result<bool> {
    told("conversations", found.known.conversations.values().flatten().count() as u64);
    told("files", found.files.len() as u64);
    told("desk_pages", found.pages.len() as u64);
    told("dead_letters", found.dead.len() as u64);
    for kind in Held::ALL {
        told(kind.name(), desk.ports.records.held(*kind, &found.subject).await?.len() as u64);
    }
    println!("nothing was erased; with --yes it would be, and nothing brings it back");
    Ok(false)
}

fn told(what: &str, count: u64) {
    println!("{what:<14} {count}");
}

async fn log_is_empty(desk: &Desk) -> anyhow::Result<bool> {
    for _ in 0..TRIES {
        if desk.ports.empty_log().await? {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}
