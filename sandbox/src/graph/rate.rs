//! The rates of sending: enforced as token buckets, and counted apart from them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::options::{Limits, Rate};

#[derive(Debug)]
pub(crate) struct Rates {
    limits: Limits,
    number: Option<Bucket>,
    pairs: HashMap<String, Bucket>,
    measured: Measured,
}

/// How fast a business really sent. Counted from the accepted sends alone, not from the buckets that
/// refuse, as `the_rate_report_counts_what_was_accepted_and_what_was_refused` holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RateReport {
    /// Accepted sends.
    pub accepted: u64,
    /// Sends refused with 130429 because the number's bucket was empty; those of a fault do not count.
    pub refused_for_the_number: u64,
    /// Sends refused with 131056 because the pair's bucket was empty; those of a fault do not count.
    pub refused_for_the_pair: u64,
    /// The most accepted sends in any second.
    pub most_in_a_second: usize,
    /// The same with what customers wrote, which the platform counts too.
    pub most_in_a_second_with_inbound: usize,
    /// The most accepted sends to one customer in any six seconds.
    pub most_to_one_customer_in_six_seconds: usize,
    /// The burst that the busiest customer's sends needed beside one every six seconds; 45 is the limit.
    pub largest_burst_to_one_customer: usize,
}

#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: f64::from(rate.burst), filled_at: now }
    }

    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> bool {
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

    /// How long until there is one more.
    pub(crate) fn wait(&self, rate: Rate) -> Duration {
        rate.every.mul_f64((1.0 - self.tokens).max(0.0))
    }
}

/// Which limit refuses a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Number,
    Pair,
}

impl Rates {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, number: None, pairs: HashMap::new(), measured: Measured::default() }
    }

    /// Takes what one more send costs, or says which limit is in the way.
    pub(super) fn take(&mut self, phone: &str, now: Instant) -> Result<(), Limit> {
        if !self.take_for_number(now) {
            self.measured.report.refused_for_the_number += 1;
            return Err(Limit::Number);
        }
        if !self.take_for_pair(phone, now) {
            self.measured.report.refused_for_the_pair += 1;
            return Err(Limit::Pair);
        }
        Ok(())
    }

    /// A send that was accepted in the end.
    pub(super) fn accepted(&mut self, phone: &str, now: Instant) {
        self.measured.accepted(phone, now);
    }

    /// A customer wrote: it counts towards the number's throughput and is never refused.
    pub(crate) fn received(&mut self, now: Instant) {
        self.take_for_number(now);
        self.measured.with_inbound.add(now);
    }

    pub(crate) fn report(&self) -> RateReport {
        self.measured.report()
    }

    /// Whether the number may send one more now; counts it.
    fn take_for_number(&mut self, now: Instant) -> bool {
        let Some(rate) = self.limits.number else {
            return true;
        };
        self.number.get_or_insert_with(|| Bucket::full(rate, now)).take(rate, now)
    }

    /// Whether this customer may be sent one more now; counts it.
    fn take_for_pair(&mut self, phone: &str, now: Instant) -> bool {
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

const PAIR_SPAN: Duration = Duration::from_secs(6);

#[derive(Debug)]
struct Measured {
    report: RateReport,
    sends: Window,
    with_inbound: Window,
    pairs: HashMap<String, Pair>,
}

impl Default for Measured {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            report: RateReport::default(),
            sends: Window::of(second),
            with_inbound: Window::of(second),
            pairs: HashMap::new(),
        }
    }
}

impl Measured {
    fn accepted(&mut self, phone: &str, now: Instant) {
        self.report.accepted += 1;
        self.sends.add(now);
        self.with_inbound.add(now);
        let pair = self.pairs.entry(phone.to_owned()).or_insert_with(|| Pair::new(now));
        pair.add(now);
        let report = &mut self.report;
        report.most_to_one_customer_in_six_seconds =
            report.most_to_one_customer_in_six_seconds.max(pair.window.most);
        report.largest_burst_to_one_customer =
            report.largest_burst_to_one_customer.max(pair.burst());
    }

    fn report(&self) -> RateReport {
        RateReport {
            most_in_a_second: self.sends.most,
            most_in_a_second_with_inbound: self.with_inbound.most,
            ..self.report
        }
    }
}

/// The moments within one span, and the most there ever were.
#[derive(Debug)]
pub(crate) struct Window {
    span: Duration,
    moments: VecDeque<Instant>,
    pub(crate) most: usize,
}

impl Window {
    pub(crate) fn of(span: Duration) -> Self {
        Self { span, moments: VecDeque::new(), most: 0 }
    }

    pub(crate) fn add(&mut self, now: Instant) {
        while self
            .moments
            .front()
            .is_some_and(|first| now.saturating_duration_since(*first) >= self.span)
        {
            self.moments.pop_front();
        }
        self.moments.push_back(now);
        self.most = self.most.max(self.moments.len());
    }
}

/// The sends to one customer.
#[derive(Debug)]
struct Pair {
    window: Window,
    /// How far they are ahead of one every six seconds, in time.
    ahead: Duration,
    at: Instant,
}

impl Pair {
    fn new(now: Instant) -> Self {
        Self { window: Window::of(PAIR_SPAN), ahead: Duration::ZERO, at: now }
    }

    fn add(&mut self, now: Instant) {
        self.window.add(now);
        let since = now.saturating_duration_since(self.at);
        self.ahead = self.ahead.saturating_sub(since) + PAIR_SPAN;
        self.at = now;
    }

    /// How many sends that is; what is begun counts.
    fn burst(&self) -> usize {
        let sends = self.ahead.as_nanos().div_ceil(PAIR_SPAN.as_nanos());
        usize::try_from(sends).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(millis: &[u64]) -> RateReport {
        let start = Instant::now();
        let mut measured = Measured::default();
        for at in millis {
            measured.accepted("34600000001", start + Duration::from_millis(*at));
        }
        measured.report()
    }

    #[test]
    fn a_second_is_open_at_its_end() {
        assert_eq!(measured(&[0, 500, 999]).most_in_a_second, 3);
        assert_eq!(measured(&[0, 500, 1_000, 1_499]).most_in_a_second, 3);
        assert_eq!(measured(&[0, 1_000, 2_000]).most_in_a_second, 1);
    }

    #[test]
    fn a_burst_is_what_goes_beyond_one_in_six_seconds() {
        let steady: Vec<u64> = (0..100).map(|n| n * 6_000).collect();
        assert_eq!(measured(&steady).largest_burst_to_one_customer, 1);
        let burst: Vec<u64> = (0..45).map(|n| n * 10).chain([6_000, 12_000, 18_000]).collect();
        assert_eq!(measured(&burst).largest_burst_to_one_customer, 45);
        let beyond: Vec<u64> = (0..46).map(|n| n * 10).collect();
        assert_eq!(measured(&beyond).largest_burst_to_one_customer, 46);
        assert_eq!(measured(&beyond).most_to_one_customer_in_six_seconds, 46);
        let borrowed = [0, 1, 2, 12_000, 12_001, 12_002];
        assert_eq!(measured(&borrowed).largest_burst_to_one_customer, 4);
    }
}
