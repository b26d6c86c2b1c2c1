//! What to do after the channel has not taken a message, or took it and did not deliver it.

use std::time::Duration;

use clients::whatsapp::{Class, SendError, Sent};

/// Whether a refused message was a template, which has faults and ways of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Message,
    Template,
}

impl Sort {
    /// Its label in metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Template => "template",
        }
    }
}

/// The way on after the channel has not taken a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again: after this long, or as the lane's schedule says.
    Again { after: Option<Duration> },
    /// A gate is shut; the message comes back when it opens.
    Wait,
    /// The customer must write first.
    Postpone,
    /// The turn ends as undeliverable.
    Close,
    /// The same, and an operator must look at the template.
    CloseAndTell,
    /// It is our own mistake; an operator must look.
    Dead,
}

/// The table of it: test `every_class_of_refusal_has_its_way_on`.
pub(crate) fn after_refusal(error: &SendError, sort: Sort, unknown_outcome: Duration) -> Next {
    match (error.class(), sort) {
        _ if error.sent() == Sent::Unknown => Next::Again { after: Some(unknown_outcome) },
        (Class::Throttled { .. } | Class::Account, _) => Next::Wait,
        (Class::Transient, _) => Next::Again { after: None },
        (Class::NeedsTemplate, Sort::Message) => Next::Postpone,
        (Class::NeedsTemplate, Sort::Template) | (Class::Recipient, _) => Next::Close,
        // It was approved, and is paused or gone by now.
        (Class::Ours, Sort::Template) if error.code().is_some() => Next::CloseAndTell,
        (Class::Ours, _) => Next::Dead,
    }
}

/// Whether the platform counts the request towards a rate: not when it never saw it.
pub(crate) fn was_seen(error: &SendError) -> bool {
    !matches!(error, SendError::Limit { .. } | SendError::Unfit(_) | SendError::Unreached(_))
}

/// The error's label in metrics.
pub(crate) fn label(error: &SendError) -> &'static str {
    match error.class() {
        _ if error.sent() == Sent::Unknown => "unknown",
        Class::Throttled { .. } => "throttled",
        Class::Transient => "transient",
        Class::NeedsTemplate => "needs_template",
        Class::Recipient => "recipient",
        Class::Account => "account",
        Class::Ours => "ours",
    }
}

/// The way on for what the channel had taken and then did not deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Again,
    /// Nothing is delivered until the account is mended.
    Blocked,
    NeedsTemplate,
    Lost,
}

/// The table of it: test `every_class_of_failed_status_has_its_way_on`.
pub(crate) fn fate(class: Option<Class>) -> Fate {
    match class {
        Some(Class::Throttled { .. } | Class::Transient) => Fate::Again,
        Some(Class::Account) => Fate::Blocked,
        Some(Class::NeedsTemplate) => Fate::NeedsTemplate,
        Some(Class::Recipient | Class::Ours) | None => Fate::Lost,
    }
}

#[cfg(test)]
mod tests {
    use clients::whatsapp::Scope;

    use super::*;

    const UNKNOWN: Duration = Duration::from_secs(20);

    #[test]
    fn every_class_of_refusal_has_its_way_on() {
        let throttled = |scope| Class::Throttled { scope, retry_after: None };
        let later = Next::Again { after: None };
        for (status, class, message, template) in [
            (400, throttled(Scope::Pair), Next::Wait, Next::Wait),
            (400, throttled(Scope::Number), Next::Wait, Next::Wait),
            (400, throttled(Scope::App), Next::Wait, Next::Wait),
            (500, Class::Transient, later, later),
            (401, Class::Account, Next::Wait, Next::Wait),
            (400, Class::NeedsTemplate, Next::Postpone, Next::Close),
            (400, Class::Recipient, Next::Close, Next::Close),
            (400, Class::Ours, Next::Dead, Next::CloseAndTell),
        ] {
            let error = SendError::Refused { status, class, code: 1, details: String::new() };
            assert_eq!(after_refusal(&error, Sort::Message, UNKNOWN), message, "{error:?}");
            assert_eq!(after_refusal(&error, Sort::Template, UNKNOWN), template, "{error:?}");
            assert!(was_seen(&error));
        }
    }

    #[test]
    fn what_may_have_been_sent_is_not_simply_sent_again_whatever_its_class() {
        for class in [Class::Transient, Class::Account] {
            let error = SendError::Unreadable { status: 502, class };
            let next = Next::Again { after: Some(UNKNOWN) };
            assert_eq!(after_refusal(&error, Sort::Message, UNKNOWN), next);
        }
    }

    #[test]
    fn a_mistake_that_we_notice_ourselves_costs_no_place_and_is_dead() {
        let limit = SendError::Limit { what: "length", found: 2, least: 0, most: 1 };
        for error in [limit, SendError::Unfit("it is odd")] {
            assert!(!was_seen(&error));
            for sort in [Sort::Message, Sort::Template] {
                assert_eq!(after_refusal(&error, sort, UNKNOWN), Next::Dead, "{error:?}");
            }
        }
    }

    #[test]
    fn every_class_of_failed_status_has_its_way_on() {
        let table: [(Fate, &[i64]); 3] = [
            (Fate::Again, &[4, 80_007, 130_429, 131_056, 131_057, 131_000, 131_016, 131_052]),
            (Fate::NeedsTemplate, &[131_047]),
            (Fate::Lost, &[131_026, 131_049, 131_050, 130_472, 100, 131_008, 132_001, 999_999]),
        ];
        for (expected, codes) in table {
            for code in codes {
                assert_eq!(fate(Class::of(*code)), expected, "{code}");
            }
        }
        assert_eq!(fate(Class::of(131_053)), Fate::Again);
        for code in [190, 131_031, 131_042] {
            assert_eq!(fate(Class::of(code)), Fate::Blocked, "{code}");
        }
        assert_eq!(fate(None), Fate::Lost);
    }
}
