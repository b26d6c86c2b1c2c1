//! The command line; its `--help` is the reference.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use runtime::settings::{Logging, Problem, VARIABLES};
use runtime::telemetry::Telemetry;
use runtime::{Clock, Settings};

use crate::role::Role;
use crate::{
    alerts, backup, bench, conversation, costs, customer, dead, demo, desk, doctor, knowledge,
    migrate, pause, probe, quality, serve, stand_in, status, templates, tickets,
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
    /// Check everything that a deployment needs, and say for each failure what to do
    Doctor(doctor::Options),
    /// How it is going, on one screen: processes with lag and breakers, queues, dead letters,
    /// customers who wait, alerts, and which part is away
    ///
    /// A process that only takes webhooks (`serve --only ingress`) is not listed, since it keeps no
    /// state: `relevo probe` asks it, and the metric `relevo_role` counts it.
    Status(status::Options),
    /// Stop taking work: of a worker, or everything that is said to customers; nothing is lost
    Pause(pause::Options),
    /// Go on with what was paused
    Resume(pause::Options),
    /// Copy the embedded file and the files of customers, also while a process serves
    Backup(backup::Backup),
    /// Put a backup in the place of the embedded file
    Restore(backup::Restore),
    /// Hand out or erase everything that is held on one customer
    Customer(customer::Options),
    /// Measure how well questions are answered, on lists whose right answers are known
    Quality(quality::Options),
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
    /// Ask a process whether it can work: for a container's health check
    Probe(probe::Options),
    /// Run only what stands in for WhatsApp, Notion and the model, for a Relevo that runs elsewhere
    Sandbox(stand_in::Options),
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
    end_with_the_reader();
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

/// Whoever reads what is printed may have had enough, such as `head`: the process then ends as
/// SIGPIPE would end it. Rust ignores that signal and makes a panic of the next print.
fn end_with_the_reader() {
    const OF_SIGPIPE: i32 = 128 + 13;
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_of_the_pipe = |text: &str| {
            text.starts_with("failed printing to stdout") && text.contains("Broken pipe")
        };
        if panic.payload_as_str().is_some_and(is_of_the_pipe) {
            std::process::exit(OF_SIGPIPE);
        }
        usual(panic);
    }));
}

impl Cli {
    fn run(self) -> ExitCode {
        match self.command {
            Command::Demo(options) => {
                with_telemetry(&options.logging(), "relevo", || demo::run(&options))
            }
            Command::Serve(Serve { only, check: only_checks }) => {
                let roles = if only.is_empty() { Role::ALL.to_vec() } else { only };
                if only_checks {
                    return check(&roles);
                }
                let serve = |settings| match serve::check(&settings, &roles).as_slice() {
                    [] => serve::run(settings, &roles),
                    problems => Ok(refuse(problems)),
                };
                as_service(&Role::service(&roles), serve)
            }
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
            Command::Doctor(options) => finish(doctor::run(Settings::read(&lookup), &options)),
            Command::Status(options) => with_settings(|settings| status::run(&settings, &options)),
            Command::Pause(options) => with_settings(|settings| pause::pause(&settings, &options)),
            Command::Resume(options) => {
                with_settings(|settings| pause::resume(&settings, &options))
            }
            Command::Backup(options) => {
                with_settings(|settings| backup::back_up(&settings, &options))
            }
            Command::Restore(options) => {
                with_settings(|settings| backup::restore(&settings, &options))
            }
            Command::Customer(options) => {
                with_settings(|settings| customer::run(&settings, &options))
            }
            Command::Quality(options) => finish(quality::run(&options, &lookup)),
            Command::Tickets(options) => {
                with_settings(|settings| tickets::run(&settings, &options))
            }
            Command::Conversation(options) => {
                with_settings(|settings| conversation::run(&settings, &options))
            }
            Command::Notion(options) => with_settings(|settings| desk::run(&settings, &options)),
            Command::Bench(options) => finish(bench::run(options)),
            Command::Bare(bare) => finish(bench::run_bare(bare)),
            Command::Probe(options) => probe(&options),
            Command::Sandbox(options) => finish(stand_in::run(options)),
        }
    }
}

fn lookup(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var(name).ok()
}

fn check(roles: &[Role]) -> ExitCode {
    let now = Clock::system().now();
    for (name, value) in Settings::show(&lookup) {
        println!("{name}={value}");
    }
    let settings = Settings::read(&lookup).and_then(|settings| {
        let problems = serve::check(&settings, roles);
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    });
    match settings {
        Ok(settings) => {
            for business in settings.businesses.iter() {
                println!("business {}: {}", business.id, business.name);
                if let Some(warning) = business.whatsapp.warning() {
                    println!("business {}: warning: {warning}", business.id);
                }
                let hours = business.hours.as_ref().map(|hours| hours.show(now));
                for line in hours.unwrap_or_else(|| vec!["no hours: no times are said".to_owned()])
                {
                    println!("business {}: {line}", business.id);
                }
            }
            println!("the environment is right");
            ExitCode::SUCCESS
        }
        Err(problems) => refuse(&problems),
    }
}

/// Without telemetry: it is called every few seconds, and what it says is its exit code.
fn probe(options: &probe::Options) -> ExitCode {
    let url = match (&options.url, Settings::read(&lookup)) {
        (Some(url), _) => url.clone(),
        (None, Ok(settings)) => options.of(settings.admin_listen),
        (None, Err(problems)) => return refuse(&problems),
    };
    finish(probe::run(&url))
}

fn with_settings(run: impl FnOnce(Settings) -> anyhow::Result<ExitCode>) -> ExitCode {
    as_service("relevo", run)
}

fn as_service(name: &str, run: impl FnOnce(Settings) -> anyhow::Result<ExitCode>) -> ExitCode {
    match Settings::read(&lookup) {
        Ok(settings) => with_telemetry(&settings.logging.clone(), name, || run(settings)),
        Err(problems) => refuse(&problems),
    }
}

fn with_telemetry(
    logging: &Logging,
    name: &str,
    run: impl FnOnce() -> anyhow::Result<ExitCode>,
) -> ExitCode {
    let telemetry = Telemetry::start(logging, name);
    // It has its own word on panics.
    end_with_the_reader();
    let code = finish(run());
    drop(telemetry);
    code
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
