//! `relevo status`: how it is going, on one screen.

mod screen;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use broker::Broker;
use clap::Args;
use domain::Timestamp;
use runtime::topology::LANES;
use runtime::{Clock, PortsError, Process, Settings, Visit};
use serde::Serialize;
use store::records::{AlertFilter, Severity};
use store::{Records, State};
use tokio::time::timeout;

use crate::dead::there;

const REFRESH: Duration = Duration::from_secs(2);
/// A part that has not answered by then is away.
const PATIENCE: Duration = Duration::from_secs(3);
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

/// Exits with 1 when a part is away, something critical is open, or something is dead.
pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (clock, mut watch) = (Clock::system(), Watch::of(settings));
        let refreshes = !options.once && !options.json && std::io::stdout().is_terminal();
        if !refreshes {
            let seen = watch.look(clock.now()).await;
            let shown = if options.json { serde_json::to_string(&seen)? } else { seen.screen() };
            println!("{shown}");
            return Ok(if seen.is_calm() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let looking = async {
            loop {
                let seen = watch.look(clock.now()).await;
                println!("{CLEAR}{}", seen.screen());
                tokio::time::sleep(REFRESH).await;
            }
        };
        tokio::select! {
            () = runtime::lifecycle::signal() => {}
            () = looking => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The parts as far as they are open: one that fails is opened anew at the next look.
struct Watch<'a> {
    visit: Visit<'a>,
    broker: Option<Broker>,
    state: Option<State>,
    records: Option<Records>,
}

impl<'a> Watch<'a> {
    fn of(settings: &'a Settings) -> Self {
        let visit = Visit::new(settings, PATIENCE);
        Self { visit, broker: None, state: None, records: None }
    }

    async fn look(&mut self, now: Timestamp) -> Seen {
        let Self { visit, broker, state, records } = self;
        let (broker, state, records) = tokio::join!(
            ask(broker, visit.broker(), BrokerSeen::look),
            ask(state, visit.state(), StateSeen::look),
            ask(records, visit.records(), async |records| RecordsSeen::look(records, now).await),
        );
        let mut away = BTreeMap::new();
        let mut there = |part, cause: anyhow::Error| {
            away.insert(part, format!("{cause:#}"));
        };
        Seen {
            at_ms: now.as_millis(),
            broker: broker.map_err(|cause| there("broker", cause)).ok(),
            state: state.map_err(|cause| there("state", cause)).ok(),
            records: records.map_err(|cause| there("records", cause)).ok(),
            away,
        }
    }
}

/// What a part says, opened first where it is not open.
async fn ask<P, T>(
    part: &mut Option<P>,
    open: impl Future<Output = Result<P, PortsError>>,
    look: impl AsyncFnOnce(&P) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let opened = match part.take() {
        Some(opened) => opened,
        None => open.await?,
    };
    let late = || format!("no answer within {} s", PATIENCE.as_secs());
    let seen = timeout(PATIENCE, look(&opened)).await.with_context(late)??;
    *part = Some(opened);
    Ok(seen)
}

/// What is away is left out, and said in `away`.
#[derive(Debug, Serialize)]
struct Seen {
    at_ms: i64,
    away: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    broker: Option<BrokerSeen>,
    #[serde(flatten)]
    state: Option<StateSeen>,
    #[serde(flatten)]
    records: Option<RecordsSeen>,
}

#[derive(Debug, Serialize)]
struct BrokerSeen {
    queues: Vec<QueueSeen>,
}

#[derive(Debug, Serialize)]
struct QueueSeen {
    name: &'static str,
    ready: u64,
    dead: u64,
}

#[derive(Debug, Serialize)]
struct StateSeen {
    paused: Vec<String>,
    processes: Vec<Process>,
}

#[derive(Debug, Serialize)]
struct RecordsSeen {
    messages: i64,
    without_outcome: i64,
    /// How long the oldest customer message without an outcome has waited.
    oldest_waits_ms: Option<i64>,
    alerts: Vec<AlertSeen>,
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
    fn is_calm(&self) -> bool {
        let dead = self.broker.iter().flat_map(|broker| &broker.queues).any(|one| one.dead > 0);
        let mut alerts = self.records.iter().flat_map(|records| &records.alerts);
        self.away.is_empty() && !dead && !alerts.any(|alert| alert.is_critical)
    }
}

impl BrokerSeen {
    async fn look(broker: &Broker) -> anyhow::Result<Self> {
        let mut queues = Vec::new();
        for lane in LANES {
            let depth = there(broker.depth(lane.queue).await)?;
            queues.push(QueueSeen { name: lane.queue, ready: depth.ready, dead: depth.dead });
        }
        Ok(Self { queues })
    }
}

impl StateSeen {
    async fn look(state: &State) -> anyhow::Result<Self> {
        let paused = state.paused().await?.into_iter().collect();
        Ok(Self { paused, processes: Process::all(state).await? })
    }
}

impl RecordsSeen {
    async fn look(records: &Records, now: Timestamp) -> anyhow::Result<Self> {
        let counts = records.counts().await?;
        let oldest = records.oldest_unsettled_ms().await?;
        let filter = AlertFilter { open_only: true, limit: i64::MAX, ..AlertFilter::default() };
        let alerts = records.alerts(filter).await?.into_iter().map(|alert| AlertSeen {
            severity: alert.severity.name(),
            is_critical: alert.severity == Severity::Critical,
            business: alert.business,
            kind: alert.kind,
            subject: alert.subject,
        });
        Ok(Self {
            messages: counts.inbound,
            without_outcome: counts.unsettled,
            oldest_waits_ms: oldest.map(|oldest| (now.as_millis() - oldest).max(0)),
            alerts: alerts.collect(),
        })
    }
}
