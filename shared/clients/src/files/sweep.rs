//! Which files have to go.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use tracing::warn;

use super::{Bounds, Error, Swept};

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept<K> {
    pub(super) key: K,
    pub(super) bytes: u64,
    pub(super) since_ms: i64,
}

/// What somebody has in the store.
struct Share<K> {
    bytes: u64,
    /// The oldest first.
    files: VecDeque<Kept<K>>,
}

/// What is older than it may be, and then, until the rest fits, the oldest of whoever has most.
pub(super) fn surplus<K, O: Ord>(
    mut files: Vec<Kept<K>>,
    bounds: Bounds,
    now_ms: i64,
    owner: impl Fn(&K) -> O,
) -> Vec<Kept<K>> {
    let keep_ms = i64::try_from(bounds.keep.as_millis()).unwrap_or(i64::MAX);
    let oldest_ms = now_ms.saturating_sub(keep_ms);
    files.sort_by_key(|file| file.since_ms);
    let young = files.partition_point(|file| file.since_ms < oldest_ms);
    let mut shares: BTreeMap<O, Share<K>> = BTreeMap::new();
    let mut total = 0;
    for file in files.drain(young..) {
        total += file.bytes;
        let nothing = || Share { bytes: 0, files: VecDeque::new() };
        let share = shares.entry(owner(&file.key)).or_insert_with(nothing);
        share.bytes += file.bytes;
        share.files.push_back(file);
    }
    let mut goes = files;
    while total > bounds.at_most_bytes {
        let oldest = |share: &Share<K>| share.files.front().map_or(i64::MAX, |file| file.since_ms);
        // Of several who have as much, whoever has the oldest.
        let most = shares.values_mut().max_by_key(|share| (share.bytes, Reverse(oldest(share))));
        let Some((share, file)) = most.and_then(|share| {
            let file = share.files.pop_front()?;
            Some((share, file))
        }) else {
            break;
        };
        share.bytes -= file.bytes;
        total -= file.bytes;
        goes.push(file);
    }
    goes
}

impl Swept {
    /// Counts a file that had to go. Of those that can't be deleted the first is told: often none
    /// can.
    pub(super) fn count(&mut self, bytes: u64, deleted: Result<(), &Error>) {
        match deleted {
            Ok(()) => {
                self.files += 1;
                self.bytes += bytes;
            }
            Err(error) => {
                if self.left == 0 {
                    let source = std::error::Error::source(error).map(tracing::field::display);
                    warn!(%error, source, "a file that had to go is left");
                }
                self.left += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_old_go_and_then_the_oldest_until_the_rest_fits() {
        // Each file has ten bytes; its key is when it came.
        let table: [(&[i64], u64, &[i64]); 6] = [
            (&[], 0, &[]),
            (&[990, 950, 970], 30, &[]),
            (&[899, 990, 900, 100], 100, &[100, 899]),
            (&[990, 950, 970], 29, &[950]),
            (&[990, 100, 970, 950], 15, &[100, 950, 970]),
            (&[990, 2_000], 0, &[990, 2_000]),
        ];
        for (times, at_most_bytes, expected) in table {
            let files =
                times.iter().map(|at| Kept { key: *at, bytes: 10, since_ms: *at }).collect();
            let bounds = Bounds { at_most_bytes, keep: Duration::from_millis(100) };
            let gone: Vec<i64> =
                surplus(files, bounds, 1_000, |_| ()).into_iter().map(|file| file.key).collect();
            assert_eq!(gone, expected, "{times:?} in {at_most_bytes}");
        }
    }

    #[test]
    fn what_is_kept_for_ever_is_never_too_old() {
        let files = vec![Kept { key: (), bytes: 1, since_ms: i64::MIN }];
        let bounds = Bounds { at_most_bytes: 1, keep: Duration::MAX };
        assert!(surplus(files, bounds, i64::MIN, |()| ()).is_empty());
    }

    #[test]
    fn whoever_has_most_gives_first() {
        // A key is whose the file is and when it came; each file has ten bytes.
        let files = [("a", 100), ("b", 200), ("b", 201), ("b", 202), ("b", 203), ("c", 150)];
        for (at_most_bytes, expected) in [
            (60, &[][..]),
            (50, &[("b", 200)]),
            (30, &[("b", 200), ("b", 201), ("b", 202)]),
            (20, &[("b", 200), ("b", 201), ("b", 202), ("a", 100)]),
        ] {
            let files = files.map(|key| Kept { key, bytes: 10, since_ms: key.1 });
            let bounds = Bounds { at_most_bytes, keep: Duration::from_secs(9) };
            let gone = surplus(files.to_vec(), bounds, 1_000, |key| key.0);
            let gone: Vec<_> = gone.into_iter().map(|file| file.key).collect();
            assert_eq!(gone, expected, "{at_most_bytes}");
        }
    }
}
