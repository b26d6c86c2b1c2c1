//! `relevo pause` and `relevo resume`.

use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::Args;
use runtime::{Pauses, Settings, Visit};
use store::State;

const ALL: &str = "all";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A worker, such as knowledge, or `sending` for everything that is said to customers
    #[arg(value_name = "WHAT")]
    what: Option<String>,
}

/// Pauses; without an argument it says what is paused.
pub(crate) fn pause(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    run(settings, async |state| {
        let Some(what) = &options.what else { return show(&state).await };
        known(what)?;
        state.pause(what).await?;
        println!(
            "{what} is paused within a second: what comes for it waits and is not lost. \
             `relevo resume {what}` goes on"
        );
        Ok(())
    })
}

/// Resumes; `all` everything.
pub(crate) fn resume(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    run(settings, async |state| {
        let paused = state.paused().await?;
        let Some(what) = &options.what else {
            bail!("say what, or `all`; paused now: {}", listed(paused.iter()));
        };
        if what == ALL {
            for name in &paused {
                state.resume(name).await?;
            }
            println!("resumed: {}", listed(paused.iter()));
            return Ok(());
        }
        ensure!(
            paused.contains(what),
            "{what} is not paused; paused now: {}",
            listed(paused.iter())
        );
        state.resume(what).await?;
        println!("{what} goes on");
        Ok(())
    })
}

async fn show(state: &State) -> anyhow::Result<()> {
    println!("paused: {}", listed(state.paused().await?.iter()));
    Ok(())
}

fn known(what: &str) -> anyhow::Result<()> {
    ensure!(
        what != "ingress",
        "webhooks are taken in by a process and not from a queue: stop the process instead, and \
         WhatsApp delivers them later"
    );
    let names = Pauses::names();
    ensure!(names.contains(what), "{what} can't be paused; these can: {}", listed(names.iter()));
    Ok(())
}

fn listed(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.map(|name| name.as_ref().to_owned()).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn run(
    settings: &Settings,
    act: impl AsyncFnOnce(State) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Nothing else: it must also work while the broker or the database is away.
        act(Visit::new(settings, Visit::LIMIT).state().await?).await?;
        Ok(ExitCode::SUCCESS)
    })
}
