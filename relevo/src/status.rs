//! `relevo status`: how it is going, on one screen.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use domain::Timestamp;
use runtime::topology::LANES;
use runtime::{Clock, Ports, Settings};
use serde::Serialize;
use store::records::{AlertFilter, Severity};

const REFRESH: Duration = Duration::from_secs(2);
/// So many open alerts are shown.
const ALERTS: usize = 8;
/// Moves to the top and clears from there.
const CLEAR: &str = "\x1b[H\x1b[2J";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Show it once; the default when the output is no terminal
    #[arg(long)]
    once: bool,
    /// As one line of JSON, once
    #[arg(long)]
    json: bool,
}

/// Exits with 1 when something critical is open, or something is dead.
pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = Clock::system();
        let ports = Ports::visit(settings, clock.clone()).await?;
        let refreshes = !options.once && !options.json && std::io::stdout().is_terminal();
        loop {
            let seen = Seen::look(&ports, clock.now()).await?;
            if options.json {
                println!("{}", serde_json::to_string(&seen)?);
            } else if refreshes {
                println!("{CLEAR}{}", seen.screen());
            } else {
                println!("{}", seen.screen());
            }
            if !refreshes {
                return Ok(if seen.is_calm() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            tokio::select! {
                () = tokio::time::sleep(REFRESH) => {}
                () = runtime::lifecycle::signal() => return Ok(ExitCode::SUCCESS),
            }
        }
    })
}

#[derive(Debug, Serialize)]
struct Seen {
    at_ms: i64,
    broker_is_connected: bool,
    queues: Vec<QueueSeen>,
    messages: i64,
    without_outcome: i64,
    /// How long the oldest customer message without an outcome has waited.
    oldest_waits_ms: Option<i64>,
    paused: Vec<String>,
    alerts: Vec<AlertSeen>,
}

#[derive(Debug, Serialize)]
struct QueueSeen {
    name: &'static str,
    ready: u64,
    dead: u64,
}

#[derive(Debug, Serialize)]
struct AlertSeen {
    severity: &'static str,
    is_critical: bool,
    business: String,
    kind: String,
    subject: String,
}

impl Seen {
    async fn look(ports: &Ports, now: Timestamp) -> anyhow::Result<Self> {
        let mut queues = Vec::new();
        for lane in LANES {
            let depth = ports.broker.depth(lane.queue).await?;
            queues.push(QueueSeen { name: lane.queue, ready: depth.ready, dead: depth.dead });
        }
        let counts = ports.records.counts().await?;
        let oldest = ports.records.oldest_unsettled_ms().await?;
        let filter = AlertFilter { open_only: true, limit: i64::MAX, ..AlertFilter::default() };
        let alerts = ports.records.alerts(filter).await?;
        Ok(Self {
            at_ms: now.as_millis(),
            broker_is_connected: ports.broker.is_connected(),
            queues,
            messages: counts.inbound,
            without_outcome: counts.unsettled,
            oldest_waits_ms: oldest.map(|oldest| (now.as_millis() - oldest).max(0)),
            paused: ports.state.paused().await?.into_iter().collect(),
            alerts: alerts
                .into_iter()
                .map(|alert| AlertSeen {
                    severity: alert.severity.name(),
                    is_critical: alert.severity == Severity::Critical,
                    business: alert.business,
                    kind: alert.kind,
                    subject: alert.subject,
                })
                .collect(),
        })
    }

    fn is_calm(&self) -> bool {
        let dead: u64 = self.queues.iter().map(|queue| queue.dead).sum();
        dead == 0 && !self.alerts.iter().any(|alert| alert.is_critical)
    }

    fn screen(&self) -> String {
        let mut text = String::new();
        let broker = if self.broker_is_connected { "connected" } else { "AWAY" };
        let waits = self.oldest_waits_ms.map_or_else(String::new, |ms| {
            format!(", the oldest for {}", duration(u64::try_from(ms).unwrap_or(0)))
        });
        let _ = writeln!(text, "broker {broker}");
        let _ = writeln!(
            text,
            "{} messages of customers, {} without an outcome{waits}",
            self.messages, self.without_outcome
        );
        if !self.paused.is_empty() {
            let paused = self.paused.join(", ");
            let _ = writeln!(text, "PAUSED: {paused} (`relevo resume` goes on)");
        }
        let _ = writeln!(text, "\n{:<22} {:>9} {:>6}", "queue", "waiting", "dead");
        for queue in &self.queues {
            let mark = if queue.dead > 0 { "  ← relevo dead list" } else { "" };
            let _ = writeln!(text, "{:<22} {:>9} {:>6}{mark}", queue.name, queue.ready, queue.dead);
        }
        let _ = writeln!(text, "\n{} alerts are open", self.alerts.len());
        for alert in self.alerts.iter().take(ALERTS) {
            let AlertSeen { severity, business, kind, subject, .. } = alert;
            let _ = writeln!(text, "  {severity:<8} {business}: {kind} {subject}");
        }
        if self.alerts.len() > ALERTS {
            let _ = writeln!(text, "  and more: relevo alerts");
        }
        text.trim_end().to_owned()
    }
}

fn duration(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
