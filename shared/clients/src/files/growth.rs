//! How much has come since the last sweep.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use super::Bounds;

/// Of what the store may hold, the part that may come between two sweeps.
const PART: u64 = 10;

#[derive(Debug)]
pub(super) struct Growth {
    bytes: AtomicU64,
    much: u64,
    is_much: Notify,
}

impl Growth {
    pub(super) fn new(bounds: Bounds) -> Self {
        let much = bounds.at_most_bytes / PART;
        Self { bytes: AtomicU64::new(0), much, is_much: Notify::new() }
    }

    pub(super) fn add(&self, bytes: u64) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.much {
            self.is_much.notify_one();
        }
    }

    /// Called when a sweep begins: what comes while it runs it may not see.
    pub(super) fn begin_anew(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }

    pub(super) async fn is_much(&self) {
        self.is_much.notified().await;
    }
}
