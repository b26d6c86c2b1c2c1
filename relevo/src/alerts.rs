//! `relevo alerts`: what an operator should know.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use domain::Timestamp;
use runtime::{Clock, Settings, Visit};
use serde_json::json;
use store::Records;
use store::records::{Alert, AlertFilter};
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So much of an id is shown.
const SHOWN: usize = 8;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
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

#[derive(Debug, Subcommand)]
enum Command {
    /// Say that these are over: nothing tells so of all that WhatsApp complains of
    Close {
        /// As `relevo alerts` shows them, or more of them
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// Exits with 1 when something critical is open, or what should be closed was not found.
pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let now = Clock::system().now();
        let since = options.days.map(|days| now - DAY * days);
        let records = Visit::new(settings, Visit::LIMIT).records().await?;
        if let Some(Command::Close { ids }) = &options.command {
            return close(&records, ids, now).await;
        }
        let filter = AlertFilter {
            business: options.business.clone(),
            open_only: !options.all,
            since_ms: since.map(Timestamp::as_millis),
            limit: options.limit.into(),
        };
        let alerts = records.alerts(filter).await?;
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

async fn close(records: &Records, ids: &[String], now: Timestamp) -> anyhow::Result<ExitCode> {
    let filter = AlertFilter { open_only: true, limit: i64::MAX, ..AlertFilter::default() };
    let open: Vec<Uuid> = records.alerts(filter).await?.iter().map(|alert| alert.id).collect();
    let mut well = true;
    for id in ids {
        match begins_with(id, &open) {
            Ok(found) => {
                records.close_alert(found, now.as_millis()).await?;
                println!("{id} closed");
            }
            Err(why) => {
                well = false;
                eprintln!("{id}: {why}");
            }
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The only one whose id begins so.
fn begins_with(id: &str, open: &[Uuid]) -> Result<Uuid, &'static str> {
    let id = id.to_ascii_lowercase();
    let mut found = open.iter().filter(|one| one.to_string().starts_with(&id));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(*only),
        (Some(_), Some(_)) => Err("several open alerts begin so; write more of it"),
        (None, _) => Err("no open alert begins so"),
    }
}

fn line(alert: &Alert, now: Timestamp) -> String {
    let over = if alert.resolved_ms.is_some() { " (over)" } else { "" };
    format!(
        "{:.SHOWN$}  {:>7} ago  {:<8} {:<32} {}: {}{over}",
        alert.id.to_string(),
        age(now.since(Timestamp::from_millis(alert.at_ms))),
        alert.severity.name(),
        alert.kind,
        alert.subject,
        alert.details
    )
}

pub(crate) fn age(time: Duration) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_found_by_as_much_of_its_id_as_no_other_has() {
        let open = [0xabc1 << 112, 0xabc2 << 112, 0x1000 << 112].map(Uuid::from_u128);
        assert_eq!(begins_with("1", &open), Ok(open[2]));
        assert_eq!(begins_with("ABC2", &open), Ok(open[1]));
        assert_eq!(begins_with(&open[0].to_string(), &open), Ok(open[0]));
        assert!(begins_with("abc", &open).is_err_and(|why| why.contains("several")));
        assert!(begins_with("d", &open).is_err_and(|why| why.contains("no open alert")));
    }
}
