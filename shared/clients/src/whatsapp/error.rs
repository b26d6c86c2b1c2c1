//! Why a request failed, and whether the message may have gone out all the same.

use super::Class;
use super::classify::Refusal;

/// In characters: enough for what the platform says, too little for a page of a gateway's.
const DETAILS_MAX: usize = 300;

/// A request that did not succeed. Holds neither the text that was sent nor who it was for; the
/// test `an_error_repeats_neither_the_text_nor_the_customer` holds that.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("the {what} is {found} and must be {least} to {most}")]
    Limit { what: &'static str, found: usize, least: usize, most: usize },
    /// What no number says: the platform would refuse it too.
    #[error("{0}")]
    Unfit(&'static str),
    /// No connection: not a byte of the message has left.
    #[error("connect to WhatsApp")]
    Unreached(#[source] reqwest::Error),
    /// The connection was lost or silent for too long after the message may have left.
    #[error("wait for WhatsApp's answer")]
    Unanswered(#[source] reqwest::Error),
    /// There is a status, but no body that says what happened.
    #[error("WhatsApp answered {status} and nothing readable")]
    Unreadable { status: u16, class: Class },
    #[error("WhatsApp refused with {code}: {details}")]
    Refused { status: u16, class: Class, code: i64, details: String },
}

/// Whether the platform has the message. Each variant of [`SendError`] is held by a test in
/// `tests/it/whatsapp.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    No,
    /// Only a status bearing the callback data can tell.
    Unknown,
}

impl SendError {
    pub fn class(&self) -> Class {
        match self {
            Self::Limit { .. } | Self::Unfit(_) => Class::Ours,
            Self::Unreached(_) | Self::Unanswered(_) => Class::Transient,
            Self::Unreadable { class, .. } | Self::Refused { class, .. } => *class,
        }
    }

    pub fn sent(&self) -> Sent {
        match self {
            // A gateway answers 5xx or 408 for a platform that may have done its work already.
            Self::Unanswered(_) | Self::Unreadable { status: 200..=299 | 408 | 500.., .. } => {
                Sent::Unknown
            }
            _ => Sent::No,
        }
    }

    /// The platform's own code.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The platform's words for what is wrong: for operators, not for decisions.
    pub fn details(&self) -> Option<&str> {
        match self {
            Self::Refused { details, .. } => Some(details),
            _ => None,
        }
    }

    pub(super) fn lost(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() || error.is_builder() {
            Self::Unreached(error)
        } else {
            Self::Unanswered(error)
        }
    }

    /// `words` are what was sent and to whom. They are taken out of the details, where the platform
    /// may have repeated them.
    pub(super) fn refused(status: u16, refusal: Refusal, words: &[&str]) -> Self {
        let Refusal { class, code, mut details } = refusal;
        let Some(code) = code else { return Self::Unreadable { status, class } };
        for word in words.iter().filter(|word| word.chars().count() > 2) {
            details = details.replace(word, "…");
        }
        let details = masked(&details).chars().take(DETAILS_MAX).collect();
        Self::Refused { status, class, code, details }
    }
}

/// Replaces whatever could be a phone number.
fn masked(details: &str) -> String {
    let mut out = String::with_capacity(details.len());
    let mut digits = String::new();
    // The end of the text ends a number too.
    for c in details.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_ascii_digit() => digits.push(c),
            _ => {
                out.push_str(if digits.len() > 6 { "…" } else { &digits });
                digits.clear();
                out.extend(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_lose_what_was_sent_and_whatever_could_be_a_phone_number() {
        let table = [
            ("'Llame al 600000001' is odd", "'…' is odd"),
            ("34600000002 is not in the list (131030)", "… is not in the list (131030)"),
            ("not in the list: +34600000002", "not in the list: +…"),
        ];
        for (details, expected) in table {
            let refusal =
                Refusal { class: Class::Ours, code: Some(100), details: details.to_owned() };
            let error = SendError::refused(400, refusal, &["Llame al 600000001"]);
            assert_eq!(error.details(), Some(expected));
        }
    }
}
