//! `relevo sandbox`: only what stands in for the outside (WhatsApp, Notion and the model), for a
//! Relevo that runs elsewhere.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use runtime::lifecycle::signal;
use sandbox::Sandbox;

use crate::installation::{self, LanguageModel, Plan};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where it listens. It asks for no credentials: never where strangers reach it
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// How Relevo reaches it, when that is not the address on which it listens
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where that Relevo takes webhooks, without a path
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    webhooks: String,
}

/// Prints the environment of a Relevo that speaks to it, and answers until a signal comes.
pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut plan = Plan { model: LanguageModel::Scripted, ..Plan::default() };
        plan.sandbox.statuses = sandbox::Statuses::lifelike();
        plan.sandbox.listen = options.listen;
        plan.sandbox.public_url = options.url;
        let webhooks = options.webhooks.trim_end_matches('/');
        plan.sandbox.webhook_url = Some(format!("{webhooks}/webhooks/whatsapp"));
        plan.sandbox.notion.button_url = Some(format!("{webhooks}/webhooks/notion"));
        let sandbox = Sandbox::start(plan.sandbox.clone()).await.context("start the sandbox")?;
        installation::thinks_nothing(&sandbox);
        plan.environment = installation::notion(&sandbox).await.context("make the desk")?;
        let account = ("WHATSAPP_BUSINESS_ACCOUNT_ID".to_owned(), plan.sandbox.waba_id.clone());
        plan.environment.extend([account]);
        println!("# The phone to write on and the desk to answer from: {}/both", sandbox.url());
        for (name, value) in installation::environment(&plan, Path::new("."), &sandbox) {
            // The rest is where that Relevo lives, which is not known here.
            if !name.starts_with("RELEVO_") {
                println!("{name}={value}");
            }
        }
        signal().await;
        sandbox.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
