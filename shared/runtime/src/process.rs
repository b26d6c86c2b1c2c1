//! What a process says of itself where `relevo status` finds it: its roles, its version, how long
//! messages wait for its workers, and whom it leaves alone because of failures.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::State;
use tokio::time::Instant;
use tracing::warn;
use uuid::Uuid;

use crate::{Lifecycle, Ports, chain};

const EVERY: Duration = Duration::from_secs(5);
/// One that has said nothing for so long is gone, or can't reach the state.
pub const SILENT_AFTER: Duration = Duration::from_secs(16);
/// What lies further back than twice this is no longer said.
const WINDOW: Duration = Duration::from_secs(30);

/// What one process says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The machine's name, in a cluster the pod's.
    pub host: String,
    pub version: String,
    pub roles: Vec<String>,
    /// The longest that a message has lately waited for each worker, in milliseconds.
    pub lag_ms: BTreeMap<String, u64>,
    /// What is left alone for a while because it failed again and again.
    pub open_breakers: Vec<String>,
}

impl Process {
    /// All that have said something lately. What another version says otherwise is left out.
    pub async fn all(state: &State) -> Result<Vec<Self>, store::state::Error> {
        let said = state.processes().await?;
        let mut all: Vec<Self> =
            said.iter().filter_map(|said| serde_json::from_str(said).ok()).collect();
        all.sort_by(|a, b| (&a.roles, &a.host).cmp(&(&b.roles, &b.host)));
        Ok(all)
    }

    /// Says it again and again, with what changes, until the process stops.
    pub async fn keep_saying(
        mut self,
        ports: Ports,
        open_breakers: impl Fn() -> Vec<&'static str>,
        lifecycle: Lifecycle,
    ) {
        #[expect(clippy::disallowed_methods, reason = "a process follows from nothing")]
        let id = Uuid::new_v4();
        loop {
            self.lag_ms = ports.lags.recent();
            self.open_breakers = open_breakers().into_iter().map(str::to_owned).collect();
            let says = serde_json::to_string(&self).expect("it is made of texts and numbers");
            if let Err(error) = ports.state.note_process(id, &says, SILENT_AFTER).await {
                warn!(error = chain(&error), "can't say how this process is");
            }
            tokio::select! {
                () = lifecycle.stopping() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

/// How long messages have lately waited for the workers of this process; a cheap handle.
#[derive(Debug, Clone, Default)]
pub struct Lags(Arc<Mutex<Windows>>);

#[derive(Debug, Default)]
struct Windows {
    since: Option<Instant>,
    now: BTreeMap<&'static str, Duration>,
    before: BTreeMap<&'static str, Duration>,
}

impl Lags {
    pub(crate) fn note(&self, worker: &'static str, lag: Duration) {
        self.with(|windows| {
            let worst = windows.now.entry(worker).or_default();
            *worst = lag.max(*worst);
        });
    }

    /// In milliseconds, the longest for each worker.
    pub fn recent(&self) -> BTreeMap<String, u64> {
        self.with(|Windows { now, before, .. }| {
            let mut recent = BTreeMap::new();
            for (worker, lag) in before.iter().chain(now.iter()) {
                let worst = recent.entry((*worker).to_owned()).or_default();
                *worst = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX).max(*worst);
            }
            recent
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Windows) -> T) -> T {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *windows.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= WINDOW {
            let ended = std::mem::take(&mut windows.now);
            let is_recent = since.elapsed() < WINDOW * 2;
            windows.before = if is_recent { ended } else { BTreeMap::new() };
            windows.since = Some(Instant::now());
        }
        act(&mut windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_wait_is_said_for_a_while_and_then_no_more() {
        let lags = Lags::default();
        let recent = || lags.recent().get("triage").copied();
        assert_eq!(recent(), None);
        lags.note("triage", Duration::from_millis(700));
        lags.note("triage", Duration::from_millis(20));
        assert_eq!(recent(), Some(700));
        tokio::time::advance(WINDOW).await;
        lags.note("triage", Duration::from_millis(30));
        assert_eq!(recent(), Some(700));
        tokio::time::advance(WINDOW).await;
        assert_eq!(recent(), Some(30));
        tokio::time::advance(WINDOW * 3).await;
        assert_eq!(recent(), None);
    }
}
