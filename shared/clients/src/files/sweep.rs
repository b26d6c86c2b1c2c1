//! Which files have to go.

use super::Bounds;

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept<K> {
    pub(super) key: K,
    pub(super) bytes: u64,
    pub(super) since_ms: i64,
}

/// What is older than it may be, and then the oldest until the rest fits.
pub(super) fn surplus<K>(mut files: Vec<Kept<K>>, bounds: Bounds, now_ms: i64) -> Vec<Kept<K>> {
    let keep_ms = i64::try_from(bounds.keep.as_millis()).unwrap_or(i64::MAX);
    let oldest_ms = now_ms.saturating_sub(keep_ms);
    let mut total: u64 = files.iter().map(|file| file.bytes).sum();
    files.sort_by_key(|file| file.since_ms);
    files
        .into_iter()
        .take_while(|file| {
            let goes = file.since_ms < oldest_ms || total > bounds.at_most_bytes;
            total -= file.bytes;
            goes
        })
        .collect()
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
                surplus(files, bounds, 1_000).into_iter().map(|file| file.key).collect();
            assert_eq!(gone, expected, "{times:?} in {at_most_bytes}");
        }
    }

    #[test]
    fn what_is_kept_for_ever_is_never_too_old() {
        let files = vec![Kept { key: (), bytes: 1, since_ms: i64::MIN }];
        let bounds = Bounds { at_most_bytes: 1, keep: Duration::MAX };
        assert!(surplus(files, bounds, i64::MIN).is_empty());
    }
}
