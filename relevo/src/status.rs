//! `relevo status`: how it is going, on one screen.

mod screen;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use broker::{Broker, Depth};
use clap::Args;
use domain::Timestamp;
use runtime::{Clock, PortsError, Process, Settings, Visit};
use serde::Serialize;
use store::records::{AlertFilter, Severity};
use store::{Records, State};
use tokio::time::timeout;

use crate::queues;

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

/// Exits with 1 when a part is away or of an older schema, something critical is open, something is
/// dead, or a queue is absent although processes run.
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
        let (mut away, mut old) = (BTreeMap::new(), None);
        let mut lacks = |part, cause: anyhow::Error| match cause.downcast_ref() {
            Some(PortsError::Pending { .. }) => old = Some(format!("{cause:#}")),
            _ => drop(away.insert(part, format!("{cause:#}"))),
        };
        Seen {
            at_ms: now.as_millis(),
            broker: broker.map_err(|cause| lacks("broker", cause)).ok(),
            state: state.map_err(|cause| lacks("state", cause)).ok(),
            records: records.map_err(|cause| lacks("records", cause)).ok(),
            away,
            old,
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
    /// What to do about records that are there, with an older schema than this version reads.
    old: Option<String>,
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
    /// None of a queue that is absent.
    #[serde(flatten)]
    depth: Option<DepthSeen>,
}

#[derive(Debug, Serialize)]
struct DepthSeen {
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
        let runs = self.state.as_ref().is_some_and(|state| !state.processes.is_empty());
        let is_calm = |queue: &QueueSeen| queue.depth.as_ref().map_or(!runs, |one| one.dead == 0);
        let mut queues = self.broker.iter().flat_map(|broker| &broker.queues);
        let mut alerts = self.records.iter().flat_map(|records| &records.alerts);
        self.away.is_empty()
            && self.old.is_none()
            && queues.all(is_calm)
            && !alerts.any(|alert| alert.is_critical)
    }
}

impl BrokerSeen {
    async fn look(broker: &Broker) -> anyhow::Result<Self> {
        let seen = |Depth { ready, dead }| DepthSeen { ready, dead };
        let depths = queues::depths(broker).await?.into_iter();
        let queues = depths.map(|(name, depth)| QueueSeen { name, depth: depth.map(seen) });
        Ok(Self { queues: queues.collect() })
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
