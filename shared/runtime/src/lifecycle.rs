//! How a process ends: on the first signal it takes nothing new and finishes what is in hand
//! within a grace; what is not finished then, or at a second signal, is dropped and comes back
//! (`tests/it/stop.rs`).

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

/// How long what is dropped may take to let go. Something that blocks its thread never would.
const LET_GO: Duration = Duration::from_secs(4);

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything in hand was finished.
    Cleanly,
    /// Something was dropped; it will be delivered again.
    Aborted,
}

impl Lifecycle {
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task that the end of the process waits for.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task);
    }

    /// Done when nothing new should be taken.
    pub async fn stopping(&self) {
        self.soft.cancelled().await;
    }

    /// Done when what is in hand should be dropped.
    pub async fn aborting(&self) {
        self.hard.cancelled().await;
    }

    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Begins the end: nothing new is taken from here on.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Waits until something begins the end, then for what is in hand: at most `grace`, or until
    /// `again` is done.
    pub async fn finish(self, grace: Duration, again: impl Future<Output = ()>) -> Ended {
        self.soft.cancelled().await;
        self.tasks.close();
        info!("stopping: finishing what is in hand");
        let ended = tokio::select! {
            () = self.tasks.wait() => return Ended::Cleanly,
            () = tokio::time::sleep(grace) => Ended::Aborted,
            () = again => Ended::Aborted,
        };
        warn!("stopping now: what is unfinished will be delivered again");
        self.hard.cancel();
        if tokio::time::timeout(LET_GO, self.tasks.wait()).await.is_err() {
            warn!("something does not stop and is left behind");
        }
        ended
    }
}

/// Done at SIGTERM or SIGINT. From the call on a signal ends the process no more by itself.
pub fn signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).expect("a signal handler can be installed");
    let mut int = signal(SignalKind::interrupt()).expect("a signal handler can be installed");
    async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_in_hand_is_finished_within_the_grace() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(tokio::time::sleep(Duration::from_secs(3)));
        lifecycle.stop();
        let ended = lifecycle.finish(Duration::from_secs(10), std::future::pending()).await;
        assert_eq!(ended, Ended::Cleanly);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_let_go_is_left_behind() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(std::future::pending());
        lifecycle.stop();
        let ended = lifecycle.finish(Duration::ZERO, std::future::pending()).await;
        assert_eq!(ended, Ended::Aborted);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_drops_what_is_in_hand() {
        let lifecycle = Lifecycle::new();
        let (dropped, hard) = (tokio::time::Instant::now(), lifecycle.clone());
        lifecycle.spawn(async move { hard.aborting().await });
        lifecycle.stop();
        let again = tokio::time::sleep(Duration::from_secs(1));
        let ended = lifecycle.finish(Duration::from_secs(60), again).await;
        assert_eq!(ended, Ended::Aborted);
        assert_eq!(dropped.elapsed(), Duration::from_secs(1));
    }
}
