//! The suite of the gates, on Redis and embedded, as two processes see them.
// long: one suite, run on both; split, the two could not be compared.

use std::future::Future;
use std::time::Duration;

use redis::AsyncTypedCommands;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use store::State;
use store::state::{Block, Blocked, Limit, Pass, Volatile};

use crate::servers::{fresh, redis_url, until};

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// What a step of a test may take on a busy machine.
const SLACK: Duration = Duration::from_secs(60);
const WIDE: Limit = Limit { every: Duration::ZERO, burst: 1 };
const HOURLY: Limit = Limit { every: HOUR, burst: 1 };

macro_rules! suite {
    ($($test:ident),* $(,)?) => {
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::on_redis(super::$test).await;
            })*
        }
        mod on_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::on_file(super::$test).await;
            })*
        }
    };
}

suite![
    a_limit_is_never_exceeded_however_many_ask,
    a_burst_passes_at_once_and_then_one_at_a_time,
    whoever_is_patient_gets_a_place_that_begins_later,
    a_place_that_was_given_back_is_granted_again,
    a_block_grows_with_each_strike_and_obeys_the_platform,
    a_blocked_gate_opens_by_itself_for_everybody,
    after_a_block_one_probes_and_the_others_wait,
    a_probe_that_never_answers_is_replaced,
    a_probe_that_was_not_used_lets_the_next_one_pass,
    what_was_under_way_is_no_further_strike,
    what_passed_before_a_block_does_not_end_it,
    a_clock_that_is_set_back_holds_up_nobody,
    gates_know_nothing_of_each_other,
];

async fn on_redis<F: Future<Output = ()>>(test: impl FnOnce(Gate) -> F) {
    let connect = async || State::redis(&redis_url(), Volatile::Refuse).await.unwrap();
    let (one, other) = (connect().await, connect().await);
    test(Gate { one, other, name: name(), at: At::Redis }).await;
}

async fn on_file<F: Future<Output = ()>>(test: impl FnOnce(Gate) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let file = embedded::File::open(folder.path()).await.unwrap();
    let visitor = embedded::File::visit(folder.path()).await.unwrap();
    let one = State::embedded(file.clone()).await.unwrap();
    let other = State::embedded(visitor).await.unwrap();
    test(Gate { one, other, name: name(), at: At::File(file) }).await;
}

fn name() -> String {
    format!("whatsapp:34911111111:34600000001:{}", fresh())
}

/// One gate, seen by two processes.
struct Gate {
    one: State,
    other: State,
    name: String,
    at: At,
}

enum At {
    Redis,
    File(embedded::File),
}

impl Gate {
    async fn pass(&self, limit: Limit, patience: Duration) -> Pass {
        self.one.pass(&self.name, limit, patience).await.unwrap()
    }

    /// A place that begins at once.
    async fn ticket(&self, limit: Limit) -> u64 {
        match self.other.pass(&self.name, limit, NOW).await.unwrap() {
            Pass::Granted { after: NOW, ticket } => ticket,
            other => panic!("{other:?}"),
        }
    }

    /// It is too early for the limit, by about this time.
    async fn waits(&self, limit: Limit, patience: Duration, about: Duration) {
        match self.pass(limit, patience).await {
            Pass::Wait { until_free, blocked: false } => near(until_free, about),
            other => panic!("{other:?}"),
        }
    }

    async fn is_blocked(&self) -> Duration {
        match self.pass(WIDE, HOUR).await {
            Pass::Wait { until_free, blocked: true } => until_free,
            other => panic!("{other:?}"),
        }
    }

    async fn block(&self, block: Block) -> Blocked {
        self.one.block(&self.name, block).await.unwrap()
    }

    async fn unblock(&self, ticket: u64) -> bool {
        self.other.unblock(&self.name, ticket).await.unwrap()
    }

    async fn blocked(&self) -> Option<Duration> {
        self.other.blocked(&self.name).await.unwrap()
    }

    async fn give_back(&self, ticket: u64) {
        self.one.give_back(&self.name, ticket).await.unwrap();
    }

    /// Moves these times of the gate: minus an hour is as if an hour went by.
    async fn shift(&self, times: &[&str], by_seconds: i64) {
        let by = by_seconds * 1_000_000;
        match &self.at {
            At::Redis => {
                let mut redis = redis_connection().await;
                for time in times {
                    redis.hincr(redis_key(&self.name), time, by).await.unwrap();
                }
            }
            At::File(file) => {
                for time in times {
                    let shift =
                        AssertSqlSafe(format!("UPDATE state_gate SET {time} = {time} + {by}"));
                    file.write(|db| Box::pin(sqlx::query(shift).execute(db))).await.unwrap();
                }
            }
        }
    }
}

/// A second, four, sixteen, without chance.
fn throttled() -> Block {
    Block {
        base: SECOND,
        factor: 4,
        longest: HOUR,
        at_least: Duration::ZERO,
        spread: 1.0,
        probe: false,
        ticket: None,
    }
}

fn refused() -> Block {
    Block { base: HOUR, factor: 1, probe: true, ..throttled() }
}

async fn redis_connection() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(redis_url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

fn redis_key(gate: &str) -> String {
    format!("relevo:gate:{{{}}}", hex::encode(&Sha256::digest(gate)[..16]))
}

#[track_caller]
fn near(found: Duration, expected: Duration) {
    assert!(found <= expected && found + SLACK >= expected, "{found:?}, not {expected:?}");
}

async fn a_limit_is_never_exceeded_however_many_ask(gate: Gate) {
    const ASKERS: usize = 12;
    const EACH: usize = 20;
    let limit = Limit { every: Duration::from_millis(10), burst: 20 };
    let askers = (0..ASKERS).map(|asker| {
        let state = if asker % 2 == 0 { gate.one.clone() } else { gate.other.clone() };
        let name = gate.name.clone();
        // Some queue, some come back.
        let patience = [NOW, Duration::from_millis(30), Duration::from_secs(30)][asker % 3];
        tokio::spawn(async move {
            let (mut begins, mut waits) = (Vec::new(), 0);
            while begins.len() < EACH {
                match state.pass(&name, limit, patience).await.unwrap() {
                    // A ticket is the microsecond in which it was granted.
                    Pass::Granted { after, ticket } => {
                        assert!(after <= patience);
                        begins.push(Duration::from_micros(ticket) + after);
                    }
                    Pass::Wait { until_free, blocked } => {
                        assert!(!blocked && until_free > patience);
                        waits += 1;
                        tokio::time::sleep(until_free - patience).await;
                    }
                }
            }
            (begins, waits)
        })
    });
    let (mut begins, mut waits) = (Vec::new(), 0);
    for asker in askers.collect::<Vec<_>>() {
        let (some, waited) = asker.await.unwrap();
        begins.extend(some);
        waits += waited;
    }
    begins.sort_unstable();
    assert_eq!(begins.len(), ASKERS * EACH);
    assert!(waits > 0, "nobody had to wait");
    // However long the stretch: from any place to any other.
    for (first, start) in begins.iter().enumerate() {
        for (last, end) in begins.iter().enumerate().skip(first + 20) {
            let beyond_burst = u32::try_from(last - first + 1 - 20).unwrap();
            let least = limit.every * beyond_burst - Duration::from_micros(50);
            assert!(*end - *start >= least, "{first}..={last} within {:?}", *end - *start);
        }
    }
    // And it is used: those who queue leave no place empty once the burst is gone.
    let queued = begins.iter().zip(&begins[20..]).filter(|(a, b)| **b - **a < limit.every * 21);
    assert!(queued.count() > 20, "{begins:?}");
}

async fn a_burst_passes_at_once_and_then_one_at_a_time(gate: Gate) {
    let limit = Limit { every: HOUR, burst: 3 };
    let mut last = 0;
    for _ in 0..3 {
        let ticket = gate.ticket(limit).await;
        assert!(ticket > last);
        last = ticket;
    }
    gate.waits(limit, NOW, HOUR).await;
    gate.waits(limit, NOW, HOUR).await;
    gate.shift(&["seen", "refilled"], -3600).await;
    gate.ticket(limit).await;
    gate.waits(limit, NOW, HOUR).await;
    gate.shift(&["seen", "refilled"], -5 * 3600).await;
    for _ in 0..3 {
        gate.ticket(limit).await;
    }
    gate.waits(limit, NOW, HOUR).await;
}

async fn whoever_is_patient_gets_a_place_that_begins_later(gate: Gate) {
    gate.ticket(HOURLY).await;
    for hours in 1..4 {
        match gate.pass(HOURLY, 3 * HOUR).await {
            Pass::Granted { after, .. } => near(after, hours * HOUR),
            other => panic!("{other:?}"),
        }
    }
    gate.waits(HOURLY, 3 * HOUR, 4 * HOUR).await;
    gate.waits(HOURLY, NOW, 4 * HOUR).await;
}

async fn a_place_that_was_given_back_is_granted_again(gate: Gate) {
    let first = gate.ticket(HOURLY).await;
    gate.waits(HOURLY, NOW, HOUR).await;
    for _ in 0..2 {
        gate.give_back(first).await;
    }
    let second = gate.ticket(HOURLY).await;
    assert!(second > first);
    gate.waits(HOURLY, NOW, HOUR).await;
    // Not the last any more: the place went with it.
    gate.give_back(first).await;
    gate.waits(HOURLY, NOW, HOUR).await;
    gate.give_back(second).await;
    gate.ticket(HOURLY).await;
}

async fn a_block_grows_with_each_strike_and_obeys_the_platform(gate: Gate) {
    for (strikes, seconds) in [(1, 1), (2, 4), (3, 16), (4, 64)] {
        let blocked = gate.block(throttled()).await;
        let expected = Blocked { for_: seconds * SECOND, strikes, newly: strikes == 1 };
        assert_eq!(blocked, expected);
        gate.shift(&["seen", "ends"], -100).await;
    }
    let capped = Block { longest: 100 * SECOND, ..throttled() };
    assert_eq!(gate.block(capped).await.for_, 100 * SECOND);
    gate.shift(&["seen", "ends"], -100).await;
    let asked = Block { at_least: 1000 * SECOND, ..capped };
    assert_eq!(gate.block(asked).await.for_, 1000 * SECOND);
    // A shorter one meanwhile takes nothing back.
    near(gate.block(throttled()).await.for_, 1024 * SECOND);
    gate.shift(&["seen", "ends"], -1024).await;
    let half = Block { base: Duration::from_millis(1), spread: 0.5, ..throttled() };
    assert_eq!(gate.block(half).await.for_, Duration::from_millis(2560));
    gate.shift(&["seen", "ends"], -100).await;

    let ticket = gate.ticket(WIDE).await;
    assert!(gate.unblock(ticket).await);
    let again = gate.block(throttled()).await;
    assert_eq!(again, Blocked { for_: SECOND, strikes: 1, newly: true });
}

async fn a_blocked_gate_opens_by_itself_for_everybody(gate: Gate) {
    assert_eq!(gate.blocked().await, None);
    gate.block(Block { base: Duration::from_millis(200), ..throttled() }).await;
    assert!(gate.is_blocked().await <= Duration::from_millis(200));
    assert!(gate.blocked().await <= Some(Duration::from_millis(200)));
    until("the block is over", || async { gate.blocked().await.is_none() }).await;
    for _ in 0..3 {
        gate.ticket(WIDE).await;
    }
    let ticket = gate.ticket(WIDE).await;
    assert!(gate.unblock(ticket).await);
    assert!(!gate.unblock(ticket).await);
}

async fn after_a_block_one_probes_and_the_others_wait(gate: Gate) {
    let blocked = gate.block(refused()).await;
    assert_eq!(blocked, Blocked { for_: HOUR, strikes: 1, newly: true });
    near(gate.is_blocked().await, HOUR);
    near(gate.blocked().await.unwrap(), HOUR);

    gate.shift(&["seen", "ends", "probe"], -3600).await;
    assert_eq!(gate.blocked().await, None);
    let callers = [&gate.one, &gate.other].repeat(8).into_iter().map(|state| {
        let (state, name) = (state.clone(), gate.name.clone());
        tokio::spawn(async move { state.pass(&name, WIDE, HOUR).await.unwrap() })
    });
    let mut probes = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        match caller.await.unwrap() {
            Pass::Granted { ticket, .. } => probes.push(ticket),
            Pass::Wait { until_free, blocked } => assert!(blocked && until_free <= SECOND),
        }
    }
    let [probe] = probes[..] else { panic!("{probes:?}") };
    assert!(gate.blocked().await.is_some());

    // In vain: once more.
    let again = gate.block(Block { ticket: Some(probe), ..refused() }).await;
    assert_eq!(again, Blocked { for_: HOUR, strikes: 2, newly: false });
    near(gate.is_blocked().await, HOUR);
    gate.shift(&["seen", "ends", "probe"], -3600).await;
    let probe = gate.ticket(WIDE).await;
    gate.is_blocked().await;
    assert!(gate.unblock(probe).await);
    for _ in 0..3 {
        gate.ticket(WIDE).await;
    }
}

async fn a_probe_that_never_answers_is_replaced(gate: Gate) {
    gate.block(refused()).await;
    gate.shift(&["seen", "ends", "probe"], -3600).await;
    let first = gate.ticket(WIDE).await;
    gate.shift(&["seen", "ends", "probe"], -20).await;
    gate.is_blocked().await;
    gate.shift(&["seen", "ends", "probe"], -10).await;
    gate.ticket(WIDE).await;
    gate.is_blocked().await;
    // Late, but through.
    assert!(gate.unblock(first).await);
    gate.ticket(WIDE).await;
}

async fn a_probe_that_was_not_used_lets_the_next_one_pass(gate: Gate) {
    gate.block(refused()).await;
    gate.shift(&["seen", "ends", "probe"], -3600).await;
    let probe = gate.ticket(WIDE).await;
    gate.is_blocked().await;
    gate.give_back(probe).await;
    gate.ticket(WIDE).await;
    gate.is_blocked().await;
}

async fn what_was_under_way_is_no_further_strike(gate: Gate) {
    let [one, other] = [gate.ticket(WIDE).await, gate.ticket(WIDE).await];
    let by = |ticket| Block { ticket: Some(ticket), ..throttled() };
    assert_eq!(gate.block(by(one)).await.strikes, 1);
    let expected = |blocked: Blocked, strikes| {
        assert_eq!((blocked.strikes, blocked.newly), (strikes, false), "{blocked:?}");
    };
    expected(gate.block(by(other)).await, 1);
    expected(gate.block(throttled()).await, 1);
    gate.shift(&["seen", "ends"], -100).await;
    expected(gate.block(by(other)).await, 1);
    gate.shift(&["seen", "ends"], -100).await;
    let third = gate.ticket(WIDE).await;
    expected(gate.block(by(third)).await, 2);
    gate.shift(&["seen", "ends"], -100).await;
    let fourth = gate.ticket(WIDE).await;
    assert!(gate.unblock(fourth).await);
    // It got through since: what was refused before is not news.
    let late = gate.block(by(third)).await;
    assert_eq!(late, Blocked { for_: NOW, strikes: 0, newly: false });
    gate.ticket(WIDE).await;
}

async fn what_passed_before_a_block_does_not_end_it(gate: Gate) {
    let before = gate.ticket(WIDE).await;
    gate.block(throttled()).await;
    assert!(!gate.unblock(before).await);
    gate.is_blocked().await;
    gate.shift(&["seen", "ends"], -100).await;
    assert!(!gate.unblock(before).await);
    let after = gate.ticket(WIDE).await;
    assert!(gate.unblock(after).await);
}

async fn a_clock_that_is_set_back_holds_up_nobody(gate: Gate) {
    let times = ["seen", "refilled", "previous", "ends", "probe"];
    let first = gate.ticket(HOURLY).await;
    gate.shift(&["seen", "refilled", "previous", "ticket"], 10 * 3600).await;
    let first = first + 10 * 3_600_000_000;
    gate.waits(HOURLY, NOW, HOUR).await;
    gate.give_back(first).await;
    // Tickets go on from where they were.
    assert!(gate.ticket(HOURLY).await > first);
    gate.shift(&times[..3], -3600).await;

    gate.block(Block { base: 100 * SECOND, ..refused() }).await;
    gate.shift(&times, 10 * 3600).await;
    near(gate.blocked().await.unwrap(), 100 * SECOND);
    near(gate.is_blocked().await, 100 * SECOND);
    gate.shift(&times, -100).await;
    let probe = gate.ticket(WIDE).await;
    gate.shift(&times, 10 * 3600).await;
    assert!(gate.is_blocked().await <= SECOND);
    assert!(gate.unblock(probe).await);

    // To look, or to ask in vain, is enough for time to go on.
    gate.block(Block { base: Duration::from_millis(300), ..throttled() }).await;
    gate.shift(&times, 10 * 3600).await;
    until("the block is over", || async { gate.blocked().await.is_none() }).await;
    gate.block(Block { base: Duration::from_millis(300), ..throttled() }).await;
    gate.shift(&times, 10 * 3600).await;
    until("it passes", || async { matches!(gate.pass(WIDE, NOW).await, Pass::Granted { .. }) })
        .await;
}

async fn gates_know_nothing_of_each_other(gate: Gate) {
    gate.ticket(HOURLY).await;
    gate.block(refused()).await;
    let next = Gate { name: name(), ..gate };
    let ticket = next.ticket(HOURLY).await;
    assert_eq!(next.blocked().await, None);
    assert!(!next.unblock(ticket).await);
}

#[tokio::test]
async fn redis_forgets_gates_in_time_and_never_has_their_names() {
    let state = State::redis(&redis_url(), Volatile::Refuse).await.unwrap();
    let gate = name();
    let mut redis = redis_connection().await;
    let mut left = async || {
        let left = redis.pttl(redis_key(&gate)).await.unwrap();
        let redis::IntegerReplyOrNoOp::IntegerReply(left) = left else {
            panic!("{left:?}: it is kept for ever");
        };
        Duration::from_millis(left.try_into().unwrap())
    };
    state.pass(&gate, HOURLY, NOW).await.unwrap();
    near(left().await, HOUR + 600 * SECOND);
    state.block(&gate, refused()).await.unwrap();
    near(left().await, HOUR + 7 * 24 * HOUR);

    let mut redis = redis_connection().await;
    let keys = redis.keys("*34600000001:*").await.unwrap();
    assert!(!keys.iter().any(|key| key.contains("gate")), "{keys:?}");
}

#[tokio::test]
async fn the_file_forgets_gates_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = embedded::File::open(folder.path()).await.unwrap();
    let state = State::embedded(file.clone()).await.unwrap();
    for gate in ["one", "other"] {
        state.pass(gate, HOURLY, NOW).await.unwrap();
    }
    let age = "UPDATE state_gate SET expires = expires - 4200000000";
    file.write(move |db| Box::pin(sqlx::query(age).execute(db))).await.unwrap();
    assert!(matches!(state.pass("one", HOURLY, NOW).await.unwrap(), Pass::Granted { .. }));
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM state_gate")
        .fetch_one(file.readers())
        .await
        .unwrap();
    assert_eq!(left, 1);
}
