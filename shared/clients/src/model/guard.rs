//! One use of the endpoint, bounded in time and behind a breaker of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{self, Instant};

use super::{Breaker, Down, Error, State};

/// Cloning shares the breaker.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    /// In logs, and for operators.
    task: &'static str,
    timeout: Duration,
    breaker: Arc<Mutex<Breaker>>,
}

impl Guard {
    pub(super) fn new(task: &'static str, timeout: Duration) -> Self {
        Self { task, timeout, breaker: Arc::default() }
    }

    pub(super) fn with_breaker(self, breaker: Breaker) -> Self {
        Self { breaker: Arc::new(Mutex::new(breaker)), ..self }
    }

    pub(super) fn left_alone(&self) -> (&'static str, bool) {
        (self.task, self.state() != State::Closed)
    }

    pub(super) fn state(&self) -> State {
        self.breaker().state()
    }

    /// Runs the call unless the endpoint is left alone, and no longer than the time-out.
    pub(super) async fn run<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if !self.breaker().admit(Instant::now()) {
            return Err(Down::Resting.into());
        }
        let result =
            time::timeout(self.timeout, call).await.unwrap_or_else(|_| Err(Down::TimedOut.into()));
        self.record(result.as_ref().err());
        result
    }

    /// Only an endpoint that does not work counts against it: one that refuses a question, or a
    /// key, does so at once and costs nobody a wait.
    fn record(&self, error: Option<&Error>) {
        let mut breaker = self.breaker();
        let before = breaker.state();
        match error {
            Some(Error::Unavailable(_)) => breaker.failed(Instant::now()),
            _ => breaker.succeeded(),
        }
        let after = breaker.state();
        drop(breaker);
        match (before, after) {
            (State::Closed, State::Open) => {
                tracing::warn!(model.task = self.task, "model is failing, left alone for now");
            }
            (State::Open | State::HalfOpen, State::Closed) => {
                tracing::info!(model.task = self.task, "model is back");
            }
            _ => {}
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // No code panics while it holds the lock, and a breaker is never half changed.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
