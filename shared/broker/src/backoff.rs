//! The pauses between attempts to reconnect. The `backoff` crate is used in this file alone.

use std::time::Duration;

use backoff::backoff::Backoff;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

/// Never more than this, however long the broker has been gone: the first publish after its return
/// should not wait for us.
const LONGEST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Pauses(ExponentialBackoff);

impl Pauses {
    pub(crate) fn new() -> Self {
        let pauses = ExponentialBackoffBuilder::new()
            .with_initial_interval(Duration::from_millis(10))
            .with_multiplier(2.0)
            .with_randomization_factor(0.2)
            .with_max_interval(LONGEST)
            .with_max_elapsed_time(None)
            .build();
        Self(pauses)
    }

    pub(crate) fn next(&mut self) -> Duration {
        self.0.next_backoff().unwrap_or(LONGEST)
    }

    pub(crate) fn reset(&mut self) {
        self.0.reset();
    }
}
