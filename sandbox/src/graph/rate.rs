//! The rates of sending, as token buckets.

use std::collections::HashMap;
use tokio::time::Instant;

use crate::options::{Limits, Rate};

#[derive(Debug)]
pub(crate) struct Rates {
    limits: Limits,
    number: Option<Bucket>,
    pairs: HashMap<String, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: f64::from(rate.burst), filled_at: now }
    }

    fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.filled_at);
        let refilled = since.as_secs_f64() / rate.every.as_secs_f64();
        self.tokens = (self.tokens + refilled).min(f64::from(rate.burst));
        self.filled_at = now;
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

impl Rates {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, number: None, pairs: HashMap::new() }
    }

    /// Whether the number may send one more now; counts it.
    pub(crate) fn take_for_number(&mut self, now: Instant) -> bool {
        let Some(rate) = self.limits.number else {
            return true;
        };
        self.number.get_or_insert_with(|| Bucket::full(rate, now)).take(rate, now)
    }

    /// Whether this customer may be sent one more now; counts it.
    pub(crate) fn take_for_pair(&mut self, phone: &str, now: Instant) -> bool {
        let Some(rate) = self.limits.pair else {
            return true;
        };
        if let Some(bucket) = self.pairs.get_mut(phone) {
            return bucket.take(rate, now);
        }
        let mut bucket = Bucket::full(rate, now);
        let enough = bucket.take(rate, now);
        self.pairs.insert(phone.to_owned(), bucket);
        enough
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.limits);
    }
}
