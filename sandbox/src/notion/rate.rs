//! How many requests a connection may make, and how many it made.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::error::NotionError;
use crate::graph::{Bucket, Window};
use crate::options::Rate;

/// How fast a client of Notion was, counted from all that came with a right token, those that were refused
/// for their rate too; requests that a fault fell on do not count. Held by
/// `more_than_the_rate_is_refused_with_the_seconds_to_wait`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotionRateReport {
    pub requests: u64,
    /// Those refused with 429.
    pub refused: u64,
    /// The most in any second.
    pub most_in_a_second: usize,
    /// The most in any minute.
    pub most_in_a_minute: usize,
}

#[derive(Debug)]
pub(crate) struct Budget {
    rate: Option<Rate>,
    bucket: Option<Bucket>,
    report: NotionRateReport,
    second: Window,
    minute: Window,
}

impl Budget {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            bucket: None,
            report: NotionRateReport::default(),
            second: Window::of(Duration::from_secs(1)),
            minute: Window::of(Duration::from_secs(60)),
        }
    }

    pub(super) fn take(&mut self, now: Instant) -> Result<(), NotionError> {
        self.report.requests += 1;
        self.second.add(now);
        self.minute.add(now);
        let Some(rate) = self.rate else {
            return Ok(());
        };
        let bucket = self.bucket.get_or_insert_with(|| Bucket::full(rate, now));
        if bucket.take(rate, now) {
            return Ok(());
        }
        self.report.refused += 1;
        let seconds = bucket.wait(rate).as_millis().div_ceil(1_000).max(1);
        Err(NotionError::rate_limited(u32::try_from(seconds).unwrap_or(60)))
    }

    pub(crate) fn report(&self) -> NotionRateReport {
        NotionRateReport {
            most_in_a_second: self.second.most,
            most_in_a_minute: self.minute.most,
            ..self.report
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.rate);
    }
}
