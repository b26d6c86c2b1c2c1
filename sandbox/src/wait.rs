//! Waiting for something to happen, with a limit.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::world::World;

/// Some conditions come true by time alone, as a typing indicator that goes out.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The first `Some` that the probe gives within the limit.
pub(crate) async fn wait_for<T>(
    world: &World,
    limit: Duration,
    mut probe: impl FnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + limit;
    let mut changes = world.changes();
    loop {
        changes.mark_unchanged();
        if let Some(found) = probe() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        // Whether it changed or the time was up, the probe decides.
        let look_again = deadline.min(Instant::now() + LOOK_AGAIN);
        drop(timeout_at(look_again, changes.changed()).await);
    }
}
