//! Keeping what customers send, for as long as it may be needed and no longer.

use std::time::Duration;

use bytes::Bytes;
use clients::files::{Error, Files, Swept};
use domain::{BusinessId, MessageId, Timestamp};
use runtime::{Businesses, Clock, Lifecycle};
use tracing::{info, warn};

use crate::format::Format;

const EVERY: Duration = Duration::from_secs(60 * 60);
/// For a store to answer, and for each megabyte on its way there.
const STORE_ANSWERS: Duration = Duration::from_secs(5);
const STORE_TAKES_A_MB: Duration = Duration::from_secs(1);
/// What is made of the file must be told before the attempt is cut.
const BEFORE_THE_END: Duration = Duration::from_secs(1);

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
/// customer at most the `rest` of the attempt.
pub(crate) async fn keep(
    files: &Files,
    key: String,
    bytes: &Bytes,
    format: &Format,
    rest: Duration,
) -> Option<String> {
    let put = files.put(&key, bytes.clone(), format.mime_type);
    match tokio::time::timeout(at_most(bytes.len(), rest), put).await {
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

fn at_most(bytes: usize, rest: Duration) -> Duration {
    let mb = u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
    let needs = STORE_ANSWERS.saturating_add(STORE_TAKES_A_MB.saturating_mul(mb));
    needs.min(rest.saturating_sub(BEFORE_THE_END))
}

/// Deletes every hour, and whenever much has come, what was kept for long enough or is more than
/// there is room for, until the process stops (test
/// `a_flood_of_files_is_swept_before_its_hour`); and what a business does not wish to keep that long
/// (test `a_business_keeps_files_for_as_long_as_it_wishes`).
pub async fn sweep_for_ever(
    files: Files,
    businesses: Businesses,
    clock: Clock,
    lifecycle: Lifecycle,
) {
    loop {
        let now = clock.now();
        for business in businesses.iter() {
            if let Some(keep) = business.retention.media {
                let older = (now - keep).as_millis();
                tell(files.delete_older(business.id.as_str(), older).await);
            }
        }
        tell(files.sweep(now.as_millis()).await);
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(EVERY) => {}
            () = files.outgrown() => {}
        }
    }
}

fn tell(swept: Result<Swept, Error>) {
    match swept {
        Ok(Swept { files, bytes, left }) if files + left > 0 => {
            info!(files, bytes, left, "deleted files of customers");
        }
        Ok(_) => {}
        Err(error) => warn!(error = chain(&error), "the sweep of files will try again"),
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
    fn a_store_has_time_for_a_large_file_and_leaves_some_to_tell_of_it() {
        for (bytes, rest, expected) in
            [(100_000, 38, 5), (25 << 20, 38, 30), (100 << 20, 38, 37), (0, 3, 2), (0, 0, 0)]
        {
            let secs = Duration::from_secs;
            assert_eq!(at_most(bytes, secs(rest)), secs(expected), "{bytes} {rest}");
        }
    }

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
