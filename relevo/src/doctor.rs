//! `relevo doctor`: everything that a deployment needs, and for each failure what to do.

mod broker;
mod disk;
mod model;
mod outside;
mod servers;

use std::process::ExitCode;

use clap::Args;
use runtime::settings::Problem;
use runtime::{Clock, Settings};
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// As JSON, a line for each check
    #[arg(long)]
    json: bool,
}

/// What came of one check.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    check: String,
    state: Health,
    says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Well,
    /// It works, and something will be missed.
    Warning,
    Failed,
}

impl Finding {
    fn well(check: impl Into<String>, says: impl Into<String>) -> Self {
        Self { check: check.into(), state: Health::Well, says: says.into(), remedy: None }
    }

    fn warning(
        check: impl Into<String>,
        says: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { state: Health::Warning, ..Self::failed(check, says, remedy) }
    }

    fn failed(
        check: impl Into<String>,
        says: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { check: check.into(), state: Health::Failed, says: says.into(), remedy }
    }
}

/// Exits with 1 when something failed; warnings are no failure.
pub(crate) fn run(
    settings: Result<Settings, Vec<Problem>>,
    options: &Options,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report { json: options.json, failed: 0, warned: 0 };
    let settings = match settings {
        Ok(settings) => settings,
        Err(problems) => {
            for Problem { subject, advice } in problems {
                report.tell(&Finding::failed("environment", subject, advice))?;
            }
            return report.end();
        }
    };
    report.tell(&Finding::well(
        "environment",
        format!("businesses that are configured: {}", settings.businesses.iter().count()),
    ))?;
    runtime.block_on(async {
        let clock = Clock::system();
        for finding in servers::check(&settings, &clock).await {
            report.tell(&finding)?;
        }
        for finding in outside::check(&settings, &clock).await {
            report.tell(&finding)?;
        }
        report.end()
    })
}

struct Report {
    json: bool,
    failed: usize,
    warned: usize,
}

impl Report {
    fn tell(&mut self, finding: &Finding) -> anyhow::Result<()> {
        let mark = match finding.state {
            Health::Well => "ok  ",
            Health::Warning => {
                self.warned += 1;
                "WARN"
            }
            Health::Failed => {
                self.failed += 1;
                "FAIL"
            }
        };
        if self.json {
            println!("{}", serde_json::to_string(finding)?);
            return Ok(());
        }
        println!("{mark}  {:<22} {}", finding.check, finding.says);
        if let Some(remedy) = &finding.remedy {
            println!("      {:<22} → {remedy}", "");
        }
        Ok(())
    }

    fn end(self) -> anyhow::Result<ExitCode> {
        if !self.json {
            match (self.failed, self.warned) {
                (0, 0) => println!("everything is well"),
                (0, warned) => println!("it works; warnings: {warned}"),
                (failed, warned) => println!("failed: {failed}, warnings: {warned}"),
            }
        }
        Ok(if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
