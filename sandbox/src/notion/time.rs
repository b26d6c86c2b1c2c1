//! Times as Notion writes and reads them.

use jiff::Timestamp;
use jiff::civil::Date;

const MINUTE_MS: i64 = 60_000;

/// Pages and blocks tell their times by the minute, rounded down, as
/// `times_are_told_by_the_minute_rounded_down` holds.
pub(super) fn to_the_minute(ms: i64) -> i64 {
    ms - ms.rem_euclid(MINUTE_MS)
}

/// `2026-11-20T10:00:00.000Z`
pub(super) fn written(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_default()
}

pub(super) fn minute(ms: i64) -> String {
    written(to_the_minute(ms))
}

/// A date or a date with time, in milliseconds; a date counts from midnight of UTC.
pub(super) fn read(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    if is_date(text) {
        return format!("{text}T00:00:00Z")
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_millisecond);
    }
    // A time without its offset is taken as UTC.
    format!("{text}Z").parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A date without a time: a filter by it means the whole day.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}
