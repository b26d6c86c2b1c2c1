//! How an entry has stood the test, and what follows from it.

/// The one-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.645;
/// So many customers whom it did not help are enough.
const BAD: i64 = 2;
/// What it must help with some certainty: the share of customers.
const SHARE: f64 = 0.8;
/// With fewer outcomes not even a spotless entry could show that share.
const ENOUGH: i64 = 11;
/// The numbers of helped customers that are told.
const TOLD: [i64; 3] = [1, 2, 5];

/// Whether an answer that was learned has failed: two customers whom it did not help, or too small
/// a share of helped ones.
pub(crate) fn has_failed(good: i64, bad: i64) -> bool {
    bad >= BAD || is_weak(good, bad)
}

/// Whether it helps less than [`SHARE`] of its customers, as far as the outcomes can tell; it
/// takes more of them than a spotless one would need.
pub(crate) fn is_weak(good: i64, bad: i64) -> bool {
    bad > 0 && good + bad >= ENOUGH && lower_bound(good, good + bad) < SHARE
}

/// The lower end of the one-sided 95 % Wilson interval of a share.
pub(crate) fn lower_bound(good: i64, all: i64) -> f64 {
    if all == 0 {
        return 0.0;
    }
    let (good, all) = (good as f64, all as f64);
    let share = good / all;
    let middle = share + Z * Z / (2.0 * all);
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (middle - spread) / (1.0 + Z * Z / all)
}

/// The last of 1, 2, 5, 10, 20, 50, … that so many customers have reached.
pub(crate) fn milestone(helped: i64) -> i64 {
    let mut reached = 0;
    let mut ten = 1_i64;
    loop {
        for one in TOLD {
            let Some(next) = one.checked_mul(ten).filter(|next| *next <= helped) else {
                return reached;
            };
            reached = next;
        }
        ten = ten.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bad_ones_or_too_small_a_share_is_failing() {
        for (good, bad, failed, weak) in [
            (0, 0, false, false),
            (0, 1, false, false),
            (9, 1, false, false),
            (10, 1, true, true),
            (30, 1, false, false),
            (0, 2, true, false),
            (500, 2, true, false),
            (9, 3, true, true),
            (11, 0, false, false),
        ] {
            assert_eq!(has_failed(good, bad), failed, "{good} {bad}");
            assert_eq!(is_weak(good, bad), weak, "{good} {bad}");
        }
    }

    #[test]
    fn helped_customers_are_told_of_in_growing_steps() {
        let steps = [
            (0, 0),
            (1, 1),
            (4, 2),
            (5, 5),
            (19, 10),
            (20, 20),
            (49, 20),
            (99, 50),
            (1_234, 1_000),
        ];
        for (helped, told) in steps {
            assert_eq!(milestone(helped), told, "{helped}");
        }
    }
}
