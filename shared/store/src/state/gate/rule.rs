//! What a gate does, as arithmetic. `gate.lua` does the same inside Redis.

use super::{Block, Blocked, Limit, Pass, duration, micros};

/// How long an answer to a probe is waited for.
const PROBE: i64 = 30_000_000;
/// How long the others wait at once while there is a probe, which may be answered at any time.
const PAUSE: i64 = 1_000_000;
/// How long an idle gate is remembered: longer than a request takes, whose ticket may come back.
const IDLE: i64 = 10 * 60 * 1_000_000;
/// The same of one that has strikes. A success after that is no news.
const STRUCK: i64 = 7 * 86_400 * 1_000_000;
/// Strikes beyond it make no pause longer: the power stays a number.
const MOST: i32 = 30;

/// Times are microseconds since the Unix epoch, as the machine's clock has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gate {
    /// When it last changed.
    pub(super) seen: i64,
    /// From when on a whole burst is free (GCRA's theoretical arrival time).
    pub(super) refilled: i64,
    /// `refilled` before the last ticket, to give its place back.
    pub(super) previous: i64,
    /// The last that was given out.
    pub(super) ticket: i64,
    /// Nobody passes until then.
    pub(super) ends: i64,
    /// Tickets up to this one passed before the block.
    pub(super) known: i64,
    pub(super) strikes: i64,
    /// When the next probe may pass; zero: it takes none.
    pub(super) probe: i64,
}

impl Gate {
    /// The clock was set back since. To be stored even if nothing else changes: until then no time
    /// passes.
    pub(super) fn is_ahead_of(&self, now: i64) -> bool {
        self.seen > now
    }

    /// The gate as it stands `now`. A clock that was set back must not hold up anybody: it is as
    /// if no time had passed (test `a_clock_that_is_set_back_holds_up_nobody`).
    pub(super) fn at(mut self, now: i64) -> Self {
        let back = (self.seen - now).max(0);
        self.refilled -= back;
        self.previous -= back;
        self.ends -= back;
        if self.probe > 0 {
            self.probe -= back;
        }
        self.seen = now;
        self
    }

    pub(super) fn pass(&mut self, limit: Limit, patience: i64) -> Pass {
        let now = self.seen;
        if let Some(wait) = self.blocked() {
            return Pass::Wait { until_free: duration(wait), blocked: true };
        }
        let refilled = self.refilled.max(now) + micros(limit.every);
        let after = (refilled - limit.depth() - now).max(0);
        if after > patience {
            return Pass::Wait { until_free: duration(after), blocked: false };
        }
        self.previous = self.refilled;
        self.refilled = refilled;
        self.ticket = now.max(self.ticket + 1);
        if self.probe > 0 {
            self.probe = now + PROBE;
        }
        Pass::Granted { after: duration(after), ticket: self.ticket.cast_unsigned() }
    }

    pub(super) fn give_back(&mut self, ticket: u64) {
        if ticket == self.ticket.cast_unsigned() {
            self.refilled = self.previous;
            self.probe = self.probe.min(self.seen);
        }
    }

    pub(super) fn block(&mut self, block: Block) -> Blocked {
        let now = self.seen;
        let known =
            self.ends > now || block.ticket.is_some_and(|at| at <= self.known.cast_unsigned());
        let newly = !known && self.strikes == 0;
        if !known {
            self.strikes += 1;
            self.known = now.max(self.ticket);
        }
        let pause = if self.strikes == 0 { 0 } else { block.pause(self.strikes - 1) };
        self.ends = self.ends.max(now + pause.max(micros(block.at_least)));
        if !known {
            self.probe = if block.probe { self.ends } else { 0 };
        } else if self.probe > 0 {
            self.probe = self.probe.max(self.ends);
        }
        let strikes = u32::try_from(self.strikes).unwrap_or(u32::MAX);
        Blocked { for_: duration(self.ends - now), strikes, newly }
    }

    pub(super) fn unblock(&mut self, ticket: u64) -> bool {
        if self.strikes == 0 || ticket <= self.known.cast_unsigned() {
            return false;
        }
        (self.strikes, self.ends, self.probe) = (0, 0, 0);
        true
    }

    /// For how long a block or a probe holds everybody back.
    pub(super) fn blocked(&self) -> Option<i64> {
        let (block, probe) = (self.ends - self.seen, self.probe - self.seen);
        if block > 0 { Some(block) } else { (probe > 0).then(|| probe.min(PAUSE)) }
    }

    pub(super) fn expires(&self) -> i64 {
        let idle = if self.strikes > 0 { STRUCK } else { IDLE };
        self.seen.max(self.refilled).max(self.ends) + idle
    }
}

impl Block {
    /// In microseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "the longest is far below where either matters"
    )]
    fn pause(self, strikes_before: i64) -> i64 {
        let factor = f64::from(self.factor.max(1));
        let exponent = i32::try_from(strikes_before).unwrap_or(MOST).min(MOST);
        let step = micros(self.base) as f64 * factor.powi(exponent);
        let step = step.min(micros(self.longest) as f64);
        (step / factor + (step - step / factor) * self.chance()).ceil() as i64
    }

    pub(super) fn chance(self) -> f64 {
        if (0.0..=1.0).contains(&self.spread) { self.spread } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pause_grows_by_its_factor_up_to_the_longest() {
        let block = |base, factor, spread| Block {
            base: Duration::from_secs(base),
            factor,
            longest: Duration::from_secs(100),
            at_least: Duration::ZERO,
            spread,
            probe: false,
            ticket: None,
        };
        for (block, seconds) in [
            (block(1, 4, 1.0), [1.0, 4.0, 16.0, 64.0, 100.0]),
            (block(1, 4, 0.0), [0.25, 1.0, 4.0, 16.0, 25.0]),
            (block(1, 4, 0.5), [0.625, 2.5, 10.0, 40.0, 62.5]),
            (block(30, 1, 0.5), [30.0; 5]),
            (block(30, 0, 9.0), [30.0; 5]),
            (block(0, 4, f64::NAN), [0.0; 5]),
        ] {
            for (strikes, seconds) in (0..).zip(seconds) {
                let pause = Duration::from_secs_f64(seconds);
                assert_eq!(duration(block.pause(strikes)), pause, "{block:?} {strikes}");
            }
        }
        assert_eq!(duration(block(1, 4, 1.0).pause(i64::MAX)), Duration::from_secs(100));
    }
}
