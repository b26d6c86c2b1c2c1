//! The command line; its `--help` is the reference.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use runtime::Settings;
use runtime::settings::{Problem, VARIABLES};
use runtime::telemetry::Telemetry;

use crate::role::Role;
use crate::{
    alerts, bench, conversation, costs, dead, demo, desk, knowledge, migrate, serve, templates,
    tickets,
};

/// The arguments or the environment are wrong (`EX_USAGE` of sysexits).
const WRONG_USE: u8 = 64;

/// Answers a company's customers on WhatsApp and passes the baton to its people
#[derive(Debug, Parser)]
#[command(version, after_help = environment(), max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the roles: all of them, or some
    #[command(after_help = environment())]
    Serve(Serve),
    /// Show what Relevo does: everything embedded, a sandbox in place of WhatsApp, a short story
    Demo(demo::Options),
    /// Bring the records' schema up to date
    Migrate,
    /// Look at messages that could not be handled, send them on their way again or delete them
    #[command(subcommand)]
    Dead(dead::Command),
    /// Import, search and check what a business knows
    Knowledge(knowledge::Options),
    /// List, check and submit the WhatsApp templates that a business needs
    Templates(templates::Options),
    /// What an operator should know: refused templates, blocked accounts, sending that stopped
    Alerts(alerts::Options),
    /// What answering costs: messages for each turn, and which of them are charged
    Costs(costs::Options),
    /// What waits for a person: list it, answer it, close it
    Tickets(tickets::Options),
    /// Who has a conversation, the bot or a person; take it over, or hand it back
    Conversation(conversation::Options),
    /// Make, complete and check the database in Notion in which people answer
    Notion(desk::Options),
    /// Measure what Relevo costs beside the bare minimum
    Bench(bench::Options),
    /// The bare minimum
    #[command(subcommand, hide = true)]
    Bare(bench::Bare),
}

#[derive(Debug, Args)]
struct Serve {
    /// Only these roles, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "ROLE")]
    only: Vec<Role>,
    /// Check the environment, print it with secrets hidden, and exit
    #[arg(long)]
    check: bool,
}

/// Does what the arguments say.
pub fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cli.run(),
        Err(word) => {
            // Help and version come this way too.
            let code = if word.use_stderr() { WRONG_USE } else { 0 };
            drop(word.print());
            ExitCode::from(code)
        }
    }
}

impl Cli {
    fn run(self) -> ExitCode {
        match self.command {
            Command::Demo(options) => finish(demo::run(&options)),
            Command::Serve(Serve { check: true, .. }) => check(),
            Command::Serve(Serve { only, .. }) => with_settings(|settings| {
                let roles = if only.is_empty() { Role::ALL.to_vec() } else { only };
                serve::run(settings, &roles)
            }),
            Command::Migrate => with_settings(|settings| migrate::run(&settings)),
            Command::Dead(command) => with_settings(|settings| dead::run(&settings, &command)),
            Command::Knowledge(options) => {
                with_settings(|settings| knowledge::run(&settings, &options))
            }
            Command::Templates(options) => {
                with_settings(|settings| templates::run(&settings, &options))
            }
            Command::Alerts(options) => with_settings(|settings| alerts::run(&settings, &options)),
            Command::Costs(options) => with_settings(|settings| costs::run(&settings, &options)),
            Command::Tickets(options) => {
                with_settings(|settings| tickets::run(&settings, &options))
            }
            Command::Conversation(options) => {
                with_settings(|settings| conversation::run(&settings, &options))
            }
            Command::Notion(options) => with_settings(|settings| desk::run(&settings, &options)),
            Command::Bench(options) => finish(bench::run(options)),
            Command::Bare(bare) => finish(bench::run_bare(bare)),
        }
    }
}

fn lookup(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var(name).ok()
}

fn check() -> ExitCode {
    for (name, value) in Settings::show(&lookup) {
        println!("{name}={value}");
    }
    match Settings::read(&lookup) {
        Ok(settings) => {
            for business in settings.businesses.iter() {
                println!("business {}: {}", business.id, business.name);
                if let Some(warning) = business.whatsapp.warning() {
                    println!("business {}: warning: {warning}", business.id);
                }
            }
            println!("the environment is right");
            ExitCode::SUCCESS
        }
        Err(problems) => refuse(&problems),
    }
}

fn with_settings(run: impl FnOnce(Settings) -> anyhow::Result<ExitCode>) -> ExitCode {
    match Settings::read(&lookup) {
        Ok(settings) => {
            let telemetry = Telemetry::start(&settings.logging);
            let code = finish(run(settings));
            drop(telemetry);
            code
        }
        Err(problems) => refuse(&problems),
    }
}

fn refuse(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    let them = if problems.len() == 1 { "it" } else { "them" };
    eprintln!("{} wrong in the environment; mend {them} and start again", problems.len());
    ExitCode::from(WRONG_USE)
}

fn finish(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("relevo: {error:#}");
        ExitCode::FAILURE
    })
}

/// The variables of the environment, for `--help`.
fn environment() -> String {
    let mut text = String::from("Environment:\n");
    for variable in VARIABLES {
        let default = variable.default.map(|default| format!(" [{default}]")).unwrap_or_default();
        let _ = writeln!(text, "  {:<29} {}{default}", variable.name, variable.meaning);
    }
    text
}
