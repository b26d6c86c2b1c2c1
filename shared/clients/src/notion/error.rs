//! Why a request failed, and whether what it was to write may have been written all the same.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http;

/// In characters.
const DETAILS_MAX: usize = 160;

/// A request that did not succeed. Holds nothing of what was written: the test
/// `an_error_repeats_neither_the_key_nor_what_was_written` holds that.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection: not a byte has left.
    #[error("connect to Notion")]
    Unreached(#[source] reqwest::Error),
    /// The connection was lost or silent for too long.
    #[error("wait for Notion's answer")]
    Unanswered(#[source] reqwest::Error),
    /// There is a status, but no body that says what happened.
    #[error("Notion answered {status} and nothing readable")]
    Unreadable { status: u16, written: Written },
    #[error("Notion refused with {status} {code}: {details}")]
    Refused {
        status: u16,
        code: String,
        details: String,
        retry_after: Option<Duration>,
        written: Written,
    },
}

/// Whether Notion has what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    No,
    /// Only a look can tell.
    Unknown,
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Too fast, or Notion has too much to do: wait, at least for as long as it says, if it says.
    Throttled { retry_after: Option<Duration> },
    /// May succeed when repeated.
    Transient,
    /// Somebody else wrote at the same time: repeat.
    Conflict,
    /// The key is not valid, or may not do this: an operator must act.
    Unauthorized,
    /// There is no such page or database, or the connection was not given it.
    Missing,
    /// The request itself is wrong and will stay so.
    Ours,
}

impl Error {
    pub fn class(&self) -> Class {
        match self {
            Self::Unreached(_) | Self::Unanswered(_) => Class::Transient,
            Self::Unreadable { status, .. } => of_status(*status, None),
            Self::Refused { status, retry_after, .. } => of_status(*status, *retry_after),
        }
    }

    pub fn written(&self) -> Written {
        match self {
            Self::Unreached(_) => Written::No,
            Self::Unanswered(_) => Written::Unknown,
            Self::Unreadable { written, .. } | Self::Refused { written, .. } => *written,
        }
    }

    /// Notion's own code.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What only reads has written nothing.
    pub(super) fn of_a_read(self) -> Self {
        match self {
            Self::Unreadable { status, .. } => Self::Unreadable { status, written: Written::No },
            Self::Refused { status, code, details, retry_after, .. } => {
                Self::Refused { status, code, details, retry_after, written: Written::No }
            }
            other => other,
        }
    }
}

/// The table of developers.notion.com/reference/status-codes, as of November 2026.
fn of_status(status: u16, retry_after: Option<Duration>) -> Class {
    match status {
        429 | 529 => Class::Throttled { retry_after },
        409 => Class::Conflict,
        401 | 403 => Class::Unauthorized,
        404 => Class::Missing,
        // A success that can't be read was cut short.
        200..=299 | 408 | 500.. => Class::Transient,
        _ => Class::Ours,
    }
}

fn written(status: u16) -> Written {
    match status {
        // Overload is refused before anything is done; of other failures nobody knows.
        529 => Written::No,
        200..=299 | 408 | 500.. => Written::Unknown,
        _ => Written::No,
    }
}

#[derive(Deserialize)]
struct Reported {
    code: String,
    #[serde(default)]
    message: String,
}

pub(super) async fn answer<T: DeserializeOwned>(
    response: Result<Response, reqwest::Error>,
) -> Result<T, Error> {
    let response = response.map_err(lost)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let body = response.bytes().await.map(Vec::from).unwrap_or_default();
    if (200..300).contains(&status) {
        let unreadable = |_| Error::Unreadable { status, written: Written::Unknown };
        return serde_json::from_slice(&body).map_err(unreadable);
    }
    let written = written(status);
    Err(match serde_json::from_slice::<Reported>(&body) {
        Ok(Reported { code, message }) => {
            Error::Refused { status, code, details: harmless(&message), retry_after, written }
        }
        Err(_) => Error::Unreadable { status, written },
    })
}

fn lost(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        Error::Unreached(error)
    } else {
        Error::Unanswered(error)
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    http::retry_after(headers)
}

/// Notion's words up to where it may begin to quote ours. Numbers may be a customer's.
fn harmless(message: &str) -> String {
    let end = message.find(['"', '“', '”', '`', '\'', '‘', '\n']).unwrap_or(message.len());
    let hidden = |c: char| if c.is_ascii_digit() { '·' } else { c };
    message[..end].trim().chars().take(DETAILS_MAX).map(hidden).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_asks_for_something() {
        let wait = Some(Duration::from_secs(3));
        for (status, class) in [
            (429, Class::Throttled { retry_after: wait }),
            (529, Class::Throttled { retry_after: wait }),
            (409, Class::Conflict),
            (401, Class::Unauthorized),
            (403, Class::Unauthorized),
            (404, Class::Missing),
            (400, Class::Ours),
            (500, Class::Transient),
            (503, Class::Transient),
            (504, Class::Transient),
        ] {
            assert_eq!(of_status(status, wait), class, "{status}");
        }
        for (status, expected) in
            [(429, Written::No), (400, Written::No), (529, Written::No), (502, Written::Unknown)]
        {
            assert_eq!(written(status), expected, "{status}");
        }
    }

    #[test]
    fn details_end_where_a_quotation_may_begin() {
        for (message, expected) in [
            ("Estado is not a property that exists.", "Estado is not a property that exists."),
            ("body failed validation: \"Ana llama al 600\" is odd", "body failed validation:"),
            ("34600000001 is not a phone number", "··········· is not a phone number"),
        ] {
            assert_eq!(harmless(message), expected);
        }
    }
}
