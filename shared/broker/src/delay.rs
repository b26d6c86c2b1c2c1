//! Which delays exist. On RabbitMQ each is a queue of its own (mixed delays in one queue block
//! each other), so they are rounded to a bounded number of steps; callers do well to use few.

use std::time::Duration;

use crate::Error;
use crate::clock::millis;

/// The longest delay of a publication or a retry.
pub const MAX_DELAY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(crate) fn check(delay: Duration) -> Result<Duration, Error> {
    if delay > MAX_DELAY {
        return Err(Error::DelayTooLong { delay });
    }
    Ok(delay)
}

/// The step that a delay is rounded up to, in milliseconds: by less than 100 ms up to a minute, by
/// less than one percent above.
pub(crate) fn step(delay: Duration) -> i64 {
    let ms = millis(delay.min(MAX_DELAY));
    let unit = match ms {
        ..=60_000 => 100,
        _ => round(ms / 100),
    };
    (ms + unit - 1) / unit * unit
}

/// The next number below of the form 1, 2 or 5 times a power of ten.
fn round(n: i64) -> i64 {
    let mut power = 1;
    while power * 10 <= n {
        power *= 10;
    }
    match n / power {
        5.. => 5 * power,
        2.. => 2 * power,
        _ => power,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rounded_up_to_its_step() {
        for (asked, step_ms) in [
            (0, 0),
            (1, 100),
            (100, 100),
            (1_500, 1_500),
            (9_950, 10_000),
            (10_001, 10_100),
            (59_999, 60_000),
            (60_001, 60_500),
            (90_000, 90_000),
            (3_600_001, 3_620_000),
        ] {
            assert_eq!(step(Duration::from_millis(asked)), step_ms, "{asked}");
        }
    }

    #[test]
    fn a_step_is_never_early_and_hardly_late() {
        for asked in (1..MAX_DELAY.as_millis()).step_by(7_919) {
            let asked = i64::try_from(asked).expect("a week");
            let late = step(Duration::from_millis(asked.unsigned_abs())) - asked;
            let most = if asked <= 60_000 { 100 } else { asked / 100 };
            assert!((0..=most).contains(&late), "{asked} is {late} late");
        }
    }
}
