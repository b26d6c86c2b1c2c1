//! Generated input: a few hundred cases, or as many as fit into a time.

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestError, TestRunner};
use tokio::time::{Duration, Instant};

/// Tries as many cases as is usual, or for as long as `RELEVO_FUZZ_SECONDS` says: each test.
pub(crate) fn whatever<S: Strategy>(strategy: &S, holds: impl Fn(S::Value) -> TestCaseResult) {
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests says so")]
    let seconds = std::env::var("RELEVO_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(0, |seconds| seconds.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut cases = 0;
    loop {
        // Each tries other cases than the one before.
        match TestRunner::new(config.clone()).run(strategy, &holds) {
            Ok(()) => cases += u64::from(config.cases),
            Err(TestError::Fail(reason, case)) => panic!("{reason}: {case:?}"),
            Err(aborted) => panic!("{aborted}"),
        }
        if Instant::now() >= end {
            return eprintln!("{cases} cases");
        }
    }
}
