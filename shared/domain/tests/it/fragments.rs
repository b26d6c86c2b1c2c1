//! A customer who writes in fragments gets one answer.

use std::time::Duration;

use domain::{Content, Outcome};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::world::World;

/// A fragment: when it was written and how long after the one before it arrived, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Fragment {
    written: u32,
    gap: u32,
}

fn fragments() -> impl Strategy<Value = Vec<Fragment>> {
    // Written at a few moments only, so that some share a timestamp; together within the eight
    // seconds that a turn gathers at most.
    let fragment =
        (0..6u32, 0..790u32).prop_map(|(second, gap)| Fragment { written: second * 1000, gap });
    prop::collection::vec(fragment, 1..=10)
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    /// However long the decision takes: what comes while it is made supersedes it.
    #[test]
    fn fragments_make_one_turn(fragments in fragments(), copies in 1..3usize, slow in any::<bool>()) {
        let mut world = World::new();
        world.copies = copies;
        if slow {
            world.rules.pause = Duration::from_millis(300);
            world.thinking = Duration::from_secs(8);
        }
        let began = world.now;
        for (number, fragment) in fragments.iter().enumerate() {
            world.run_for(Duration::from_millis(fragment.gap.into()));
            let written = began + Duration::from_millis(fragment.written.into()) - Duration::from_secs(9);
            world.customer_writes(Content::text(format!("w{number}")), written);
        }
        world.drain();

        let mut in_order: Vec<(u32, usize)> =
            fragments.iter().enumerate().map(|(number, one)| (one.written, number)).collect();
        in_order.sort_unstable();
        let words: Vec<String> = in_order.iter().map(|(_, number)| format!("w{number}")).collect();
        let texts: Vec<&str> = world.posts.iter().map(|post| post.text.as_str()).collect();
        prop_assert_eq!(texts, [format!("answer to {} (0)", words.join("\n"))]);
        let (closed, _) = &world.closed[0];
        prop_assert_eq!(closed.messages.len(), fragments.len());
        prop_assert_eq!(closed.outcome, Outcome::Answered);
    }
}
