//! `relevo demo`: everything embedded, a sandbox in place of WhatsApp, and a short story in which
//! every message is a real signed webhook and every answer a real call to the Graph API.

mod story;

use std::process::ExitCode;

use clap::Args;
use runtime::lifecycle::signal;
use runtime::settings::{LogFormat, Logging};

use crate::installation::{self, DeskPlace, Installation, KNOWLEDGE, LanguageModel, Plan};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// End after the story: exit code 0 if it went as told, 1 if not
    #[arg(long)]
    once: bool,
    /// What is logged while the story is told
    #[arg(long, default_value = "error")]
    log: String,
}

impl Options {
    pub(crate) fn logging(&self) -> Logging {
        Logging { filter: self.log.clone(), format: LogFormat::Text, otlp_endpoint: None }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut plan = Plan::default();
        plan.sandbox.statuses = sandbox::Statuses::lifelike();
        plan.model = LanguageModel::Scripted;
        plan.knowledge = KNOWLEDGE;
        plan.desk = DeskPlace::Notion;
        let installation = Installation::start(plan).await?;
        installation::thinks_nothing(&installation.sandbox);
        println!(
            "Relevo answers for Ferretería Andina: everything in one process, nothing installed.\n"
        );
        let told = tokio::select! {
            told = story::tell(&installation) => told,
            () = signal() => {
                installation.stop().await;
                return Ok(ExitCode::FAILURE);
            }
        };
        if let Err(error) = &told {
            println!("\nThe story did not go as told: {error:#}");
        }
        if !options.once {
            let url = installation.sandbox.url();
            println!("\nWrite to it yourself, and answer as a specialist: {url}/both");
            println!("Ctrl-C ends it.");
            signal().await;
        }
        installation.stop().await;
        Ok(if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
