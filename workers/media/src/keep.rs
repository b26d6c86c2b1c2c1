//! Keeping what customers send, for as long as it may be needed and no longer.

use std::time::Duration;

use bytes::Bytes;
use clients::files::{Error, Files};
use domain::{BusinessId, MessageId, Timestamp};
use runtime::{Clock, Lifecycle};
use tracing::{info, warn};

use crate::format::Format;

const EVERY: Duration = Duration::from_secs(60 * 60);
/// A store that does not answer must not use up the time in which the file can be read.
const STORE_AT_MOST: Duration = Duration::from_secs(5);

/// Where a file is kept: `business/2026-11/id.pdf`.
pub(crate) fn key(
    business: &BusinessId,
    sent_at: Timestamp,
    message: MessageId,
    format: &Format,
) -> String {
    let (year, month) = month(sent_at);
    format!("{business}/{year:04}-{month:02}/{message}.{}", format.extension)
}

/// Keeps the file; returns where. A store that is away costs a person the sight of it, and the
/// customer nothing.
pub(crate) async fn keep(
    files: &Files,
    key: String,
    bytes: &Bytes,
    format: &Format,
) -> Option<String> {
    let put = files.put(&key, bytes.clone(), format.mime_type);
    match tokio::time::timeout(STORE_AT_MOST, put).await {
        Ok(Ok(())) => Some(key),
        Ok(Err(error)) => {
            warn!(error = chain(&error), "a file is not kept");
            None
        }
        Err(_elapsed) => {
            warn!("a file is not kept: the store does not answer");
            None
        }
    }
}

/// Deletes every hour what was kept for long enough, or is more than there is room for, until the
/// process stops.
pub async fn sweep_for_ever(files: Files, clock: Clock, lifecycle: Lifecycle) {
    loop {
        match files.sweep(clock.now().as_millis()).await {
            Ok(swept) if swept.files > 0 => {
                info!(files = swept.files, bytes = swept.bytes, "deleted files of customers");
            }
            Ok(_) => {}
            Err(error) => warn!(error = chain(&error), "the sweep of files will try again"),
        }
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// The error with its sources on one line.
fn chain(error: &Error) -> String {
    runtime::Failure::retry(error).to_string()
}

/// The year and the month of a time, in UTC. Counted in years that begin in March, so that the
/// day that comes every four years is their last.
fn month(time: Timestamp) -> (i64, i64) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    const DAYS_OF_400_YEARS: i64 = 146_097;
    /// From the first of March of the year 0 to the first of January 1970.
    const DAYS_TO_1970: i64 = 719_468;
    let days = time.as_millis().div_euclid(DAY_MS) + DAYS_TO_1970;
    let (era, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_its_month() {
        for (secs, expected) in [
            (0, (1970, 1)),
            (-1, (1969, 12)),
            (951_782_399, (2000, 2)),
            (951_782_400, (2000, 2)),
            (951_868_800, (2000, 3)),
            (1_709_164_800, (2024, 2)),
            (1_709_251_200, (2024, 3)),
            (1_767_225_599, (2025, 12)),
            (1_767_225_600, (2026, 1)),
            (1_795_000_000, (2026, 11)),
            (4_107_542_400, (2100, 3)),
        ] {
            assert_eq!(month(Timestamp::from_secs(secs)), expected, "{secs}");
        }
    }
}
