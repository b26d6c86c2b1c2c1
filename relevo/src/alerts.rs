//! `relevo alerts`: what an operator should know.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use domain::Timestamp;
use runtime::{Clock, Ports, Settings};
use serde_json::json;
use store::records::{Alert, AlertFilter};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Also those that are over
    #[arg(long)]
    all: bool,
    /// Only of this business, by its folder's name
    #[arg(long)]
    business: Option<String>,
    /// Only of the last days
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// As JSON, a line each
    #[arg(long)]
    json: bool,
}

/// Exits with 1 when something critical is open.
pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = Clock::system();
        let now = clock.now();
        let since = options.days.map(|days| now - DAY * days);
        let ports = Ports::visit(settings, clock).await?;
        let filter = AlertFilter {
            business: options.business.clone(),
            open_only: !options.all,
            since_ms: since.map(Timestamp::as_millis),
            limit: options.limit.into(),
        };
        let alerts = ports.records.alerts(filter).await?;
        for alert in &alerts {
            println!("{}", if options.json { json(alert) } else { line(alert, now) });
        }
        if !options.json {
            println!("{} {}", alerts.len(), if options.all { "in all" } else { "open" });
        }
        let is_critical = |alert: &Alert| {
            alert.resolved_ms.is_none() && alert.severity == store::records::Severity::Critical
        };
        let calm = !alerts.iter().any(is_critical);
        Ok(if calm { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

fn line(alert: &Alert, now: Timestamp) -> String {
    let over = if alert.resolved_ms.is_some() { " (over)" } else { "" };
    format!(
        "{:>7} ago  {:<8} {:<32} {}: {}{over}",
        age(now.since(Timestamp::from_millis(alert.at_ms))),
        alert.severity.name(),
        alert.kind,
        alert.subject,
        alert.details
    )
}

fn age(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 60 / 24, minutes / 60, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (days, _, _) => format!("{days} d"),
    }
}

fn json(alert: &Alert) -> String {
    json!({
        "id": alert.id,
        "business": alert.business,
        "kind": alert.kind,
        "severity": alert.severity.name(),
        "subject": alert.subject,
        "details": alert.details,
        "at_ms": alert.at_ms,
        "resolved_ms": alert.resolved_ms,
    })
    .to_string()
}
