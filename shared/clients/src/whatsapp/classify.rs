//! What each of the platform's errors asks of us. The same codes come in statuses, so that
//! [`Class::of`] serves both.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::http;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Too fast: wait, at least for as long as the platform says, if it says.
    Throttled { scope: Scope, retry_after: Option<Duration> },
    /// May succeed when repeated.
    Transient,
    /// The 24-hour window is closed: only a template goes through.
    NeedsTemplate,
    /// This customer can't be reached. Permanent.
    Recipient,
    /// No message of this account goes through until somebody acts: token, blocked, payment.
    Account,
    /// The request itself is wrong and will stay so: our bug, or a template that the business has
    /// to repair.
    Ours,
}

/// Who has to slow down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This phone number towards this customer.
    Pair,
    /// This phone number.
    Number,
    /// All numbers of the app or of its business account.
    App,
}

/// An error as the platform told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) class: Class,
    /// None when the body could not be read.
    pub(super) code: Option<i64>,
    pub(super) details: String,
}

/// Reads an answer that is no success. The code decides, whatever the status; then the platform's
/// own `is_transient`; then the status.
pub(super) fn classify(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Refusal {
    let reported = serde_json::from_slice(body).ok().map(|Body { error }| error);
    let code = reported.as_ref().map(|error| error.code);
    let class = match (code.and_then(Class::of), &reported) {
        (Some(class), _) => class,
        (None, Some(Reported { is_transient: true, .. })) => Class::Transient,
        (None, _) => Class::of_status(status),
    };
    let class = match class {
        Class::Throttled { scope, .. } => Class::Throttled { scope, retry_after },
        other => other,
    };
    Refusal { class, code, details: reported.map(Reported::details).unwrap_or_default() }
}

impl Class {
    /// The table of developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes, as of
    /// May 2026. None for a code that is not in it.
    pub fn of(code: i64) -> Option<Self> {
        Some(match code {
            131_056 => throttled(Scope::Pair),
            // 133016 is registration, 131057 the minute in which a number is upgraded.
            130_429 | 131_057 | 133_016 => throttled(Scope::Number),
            4 | 80_007 | 80_008 => throttled(Scope::App),
            // The last two: media that could not be fetched or stored.
            1 | 2 | 131_000 | 131_016 | 131_052 | 131_053 => Self::Transient,
            131_047 => Self::NeedsTemplate,
            131_026 | 131_021 | 131_030 | 130_472 | 131_049 | 131_050 | 130_403 | 130_497 => {
                Self::Recipient
            }
            0
            | 3
            | 10
            | 190
            | 200..=299
            | 368
            | 131_005
            | 131_031
            | 131_037
            | 131_042
            | 131_044
            | 131_045
            | 131_048
            | 131_064 => Self::Account,
            // From 131051 on: a kind of message, a template or a flow that can't go out as it is.
            33 | 100 | 131_008 | 131_009 | 135_000 | 131_051 | 131_062 | 132_000 | 132_001
            | 132_005 | 132_007 | 132_008 | 132_012 | 132_015 | 132_016 | 132_018 | 132_068
            | 132_069 => Self::Ours,
            _ => return None,
        })
    }

    fn of_status(status: u16) -> Self {
        match status {
            429 => throttled(Scope::App),
            401 => Self::Account,
            408 | 500.. => Self::Transient,
            _ => Self::Ours,
        }
    }
}

fn throttled(scope: Scope) -> Class {
    Class::Throttled { scope, retry_after: None }
}

/// How long the platform asks us to wait: in seconds in the standard header, in minutes for each
/// kind of use in its own.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    http::retry_after(headers).or_else(|| {
        let usage = headers.get("x-business-use-case-usage")?;
        let usage: Value = serde_json::from_slice(usage.as_bytes()).ok()?;
        let minutes = usage
            .as_object()?
            .values()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|kind| kind.get("estimated_time_to_regain_access")?.as_u64())
            .max()?;
        (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)))
    })
}

#[derive(Deserialize)]
struct Body {
    error: Reported,
}

#[derive(Deserialize)]
struct Reported {
    code: i64,
    #[serde(default)]
    is_transient: bool,
    #[serde(default)]
    message: String,
    /// What is wrong with a template stands here and nowhere else.
    error_user_msg: Option<String>,
    /// An object with `details`, or a plain string.
    #[serde(default)]
    error_data: Value,
}

impl Reported {
    fn details(self) -> String {
        let details = match &self.error_data {
            Value::String(text) => Some(text.as_str()),
            data => data.get("details").and_then(Value::as_str),
        };
        details.map(str::to_owned).or(self.error_user_msg).unwrap_or(self.message)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails here has failed")]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn class(status: u16, code: i64) -> Class {
        let body =
            format!(r#"{{"error":{{"message":"m","type":"OAuthException","code":{code}}}}}"#);
        classify(status, None, body.as_bytes()).class
    }

    #[test]
    fn every_documented_code_has_the_class_of_its_row() {
        let table: [(u16, &[i64], Class); 9] = [
            (400, &[131_056], throttled(Scope::Pair)),
            (400, &[130_429, 133_016], throttled(Scope::Number)),
            (500, &[131_057], throttled(Scope::Number)),
            (400, &[4, 80_007, 80_008], throttled(Scope::App)),
            (500, &[1, 2, 131_000, 131_016, 131_052, 131_053], Class::Transient),
            (400, &[131_047], Class::NeedsTemplate),
            (
                400,
                &[131_026, 131_021, 131_030, 130_472, 131_049, 131_050, 130_403, 130_497],
                Class::Recipient,
            ),
            (
                401,
                &[
                    0, 3, 10, 190, 200, 250, 299, 368, 131_005, 131_031, 131_037, 131_042, 131_044,
                    131_045, 131_048, 131_064,
                ],
                Class::Account,
            ),
            (
                400,
                &[
                    33, 100, 131_008, 131_009, 135_000, 131_051, 131_062, 132_000, 132_001,
                    132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_018, 132_068,
                    132_069,
                ],
                Class::Ours,
            ),
        ];
        for (status, codes, expected) in table {
            for code in codes {
                assert_eq!(class(status, *code), expected, "{code}");
            }
        }
    }

    #[test]
    fn a_known_code_weighs_more_than_the_status() {
        assert_eq!(class(429, 130_429), throttled(Scope::Number));
        assert_eq!(class(500, 190), Class::Account);
        assert_eq!(class(400, 1), Class::Transient);
    }

    #[test]
    fn an_unknown_code_is_judged_by_is_transient_and_then_by_its_status() {
        assert_eq!(class(400, 999_999), Class::Ours);
        assert_eq!(class(503, 999_999), Class::Transient);
        let transient = br#"{"error":{"code":999999,"is_transient":true}}"#;
        assert_eq!(classify(400, None, transient).class, Class::Transient);
    }

    #[test]
    fn what_cannot_be_read_is_judged_by_its_status() {
        let table = [
            (400, Class::Ours),
            (401, Class::Account),
            (404, Class::Ours),
            (408, Class::Transient),
            (429, throttled(Scope::App)),
            (500, Class::Transient),
            (502, Class::Transient),
        ];
        for (status, expected) in table {
            let refusal = classify(status, None, b"<html>oops</html>");
            assert_eq!((refusal.class, refusal.code), (expected, None), "{status}");
        }
    }

    #[test]
    fn details_come_as_an_object_as_a_string_or_not_at_all() {
        let table = [
            (r#"{"error":{"code":1,"message":"m","error_data":{"details":"d"}}}"#, "d"),
            (r#"{"error":{"code":1,"message":"m","error_data":"d"}}"#, "d"),
            (r#"{"error":{"code":1,"message":"m","error_user_msg":"u"}}"#, "u"),
            (r#"{"error":{"code":1,"message":"m"}}"#, "m"),
            (r#"{"error":{"code":1}}"#, ""),
        ];
        for (body, expected) in table {
            assert_eq!(classify(400, None, body.as_bytes()).details, expected);
        }
    }

    #[test]
    fn the_wait_is_read_in_seconds_or_in_minutes() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
        };
        let usage = "x-business-use-case-usage";
        let table = [
            (headers("retry-after", "7"), Some(7)),
            (headers("retry-after", "soon"), None),
            (
                headers(usage, r#"{"1":[{"estimated_time_to_regain_access":2},{"type":"x"}]}"#),
                Some(120),
            ),
            (headers(usage, r#"{"1":[{"estimated_time_to_regain_access":0}]}"#), None),
            (headers(usage, "nonsense"), None),
            (HeaderMap::new(), None),
        ];
        for (headers, seconds) in table {
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{headers:?}");
        }
    }
}
