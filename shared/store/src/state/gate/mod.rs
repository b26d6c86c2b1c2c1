//! Gates: rates that all processes share, and blocks that hold all of them back.
//!
//! A gate is whatever a platform limits: a number, a pair of number and customer, an account. It
//! needs no set-up, and is forgotten some time after it was last used.

mod embedded;
mod redis;
mod rule;

use std::time::Duration;

use sha2::{Digest, Sha256};

pub(super) use self::embedded::TABLE;
use super::{Error, State};

/// A hundred years of microseconds: sums of such times fit, also exactly in Lua's numbers.
const LONGEST: i64 = 100 * 365 * 86_400 * 1_000_000;

/// On average one each `every`, at most `burst` at once: in any stretch of time at most
/// `burst` + the stretch / `every` (GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub every: Duration,
    /// Zero counts as one.
    pub burst: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The place is reserved and begins `after` from now. A later pass through the same gate has
    /// a higher `ticket`.
    Granted { after: Duration, ticket: u64 },
    /// Nothing was reserved: ask again then. It is too early for the limit, or the gate is
    /// `blocked`.
    Wait { until_free: Duration, blocked: bool },
}

/// How long nobody passes: `base` × `factor`ⁿ at the n-th strike, counted from zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub base: Duration,
    /// Zero counts as one.
    pub factor: u32,
    pub longest: Duration,
    /// What the platform itself asked for; it may be longer than `longest`.
    pub at_least: Duration,
    /// By chance: how much of the step from `factor`ⁿ⁻¹ to `factor`ⁿ is taken. What is not from
    /// 0 to 1 counts as 1.
    pub spread: f64,
    /// Afterwards one passes, and the others wait for what comes of it: see [`State::block`].
    pub probe: bool,
    /// With which the refused request had passed, if it had.
    pub ticket: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// From now.
    pub for_: Duration,
    /// How many there were since something last got through.
    pub strikes: u32,
    /// The gate was free of blocks and strikes until now: what an operator is told once.
    pub newly: bool,
}

impl State {
    /// Passes the gate if it is not blocked and a place begins within `patience`.
    ///
    /// However many processes ask, what is granted keeps to the limit, counted from when the
    /// places begin (test `a_limit_is_never_exceeded_however_many_ask`). A block takes back no place
    /// that was granted before it. After a transient error a place may have been reserved in vain. Where two gates must be passed, ask the narrower
    /// one first: what is reserved at it is the easier to give back.
    pub async fn pass(&self, gate: &str, limit: Limit, patience: Duration) -> Result<Pass, Error> {
        let key = key(gate);
        match self {
            Self::Redis(redis) => redis.pass(&key, limit, patience).await,
            Self::Embedded(embedded) => embedded.pass(key, limit, patience).await,
        }
    }

    /// Gives a place back that was not used. If somebody passed since, it is lost: to give it to
    /// another then could exceed the limit (test `a_place_that_was_given_back_is_granted_again`).
    /// A probe that is given back lets the next one pass.
    pub async fn give_back(&self, gate: &str, ticket: u64) -> Result<(), Error> {
        let key = key(gate);
        match self {
            Self::Redis(redis) => redis.give_back(&key, ticket).await,
            Self::Embedded(embedded) => embedded.give_back(key, ticket).await,
        }
    }

    /// Blocks the gate, because the platform refused.
    ///
    /// A request that had passed before the gate was blocked, or a refusal while it is, is no
    /// further strike; the later end holds (test `what_was_under_way_is_no_further_strike`).
    ///
    /// With `probe` one caller passes when the time is over, and the others wait until an
    /// [`unblock`](Self::unblock) or a block; if neither comes within 30 s the next one passes
    /// (test `after_a_block_one_probes_and_the_others_wait`).
    pub async fn block(&self, gate: &str, block: Block) -> Result<Blocked, Error> {
        let key = key(gate);
        match self {
            Self::Redis(redis) => redis.block(&key, block).await,
            Self::Embedded(embedded) => embedded.block(key, block).await,
        }
    }

    /// The request with this ticket got through: ends the block and its strikes, and says whether
    /// there were any. One that had passed before the gate was blocked proves nothing and ends
    /// nothing (test `what_passed_before_a_block_does_not_end_it`).
    pub async fn unblock(&self, gate: &str, ticket: u64) -> Result<bool, Error> {
        let key = key(gate);
        match self {
            Self::Redis(redis) => redis.unblock(&key, ticket).await,
            Self::Embedded(embedded) => embedded.unblock(key, ticket).await,
        }
    }

    /// For how long a block, or a probe, holds everybody back. Changes nothing.
    pub async fn blocked(&self, gate: &str) -> Result<Option<Duration>, Error> {
        let key = key(gate);
        match self {
            Self::Redis(redis) => redis.blocked(&key).await,
            Self::Embedded(embedded) => embedded.blocked(key).await,
        }
    }
}

/// A hash, because names of gates hold phone numbers, which have no business in a list of keys.
fn key(gate: &str) -> String {
    hex::encode(&Sha256::digest(gate)[..16])
}

/// In microseconds: at eighty in a second, milliseconds are too coarse. Never shorter than asked.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1000)).unwrap_or(i64::MAX).min(LONGEST)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

impl Limit {
    /// How far ahead the reserved places may reach while one is still free now.
    fn depth(self) -> i64 {
        micros(self.every).saturating_mul(i64::from(self.burst.max(1))).min(LONGEST)
    }
}
