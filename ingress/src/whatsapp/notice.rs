//! What WhatsApp tells a business about its account, its numbers and its templates.
//!
//! How bad each is and what is said of it stands here in one place (test
//! `each_notice_becomes_what_the_snapshot_shows`). No customer is in any of it.

use domain::message::Severity;
use serde_json::Value;

use super::element::{integer, list, name, text};

use Severity::{Critical, Info, Warning};

/// What an operator is told.
pub(super) struct Notice {
    pub(super) severity: Severity,
    /// Whether what was told of the subject before is over.
    pub(super) over: bool,
    pub(super) subject: String,
    pub(super) details: String,
}

/// The field's name and who reads its value; the second argument is the account's id.
pub(super) type Reader = (&'static str, fn(&Value, &str) -> Option<Notice>);

const READERS: &[Reader] = &[
    ("account_alerts", account_alert),
    ("account_review_update", account_review),
    ("account_update", account),
    ("business_capability_update", capability),
    ("message_template_quality_update", template_quality),
    ("message_template_status_update", template_status),
    ("payment_configuration_update", payment),
    ("phone_number_name_update", number_name),
    ("phone_number_quality_update", number_quality),
    ("security", security),
    ("template_category_update", template_category),
];

pub(super) fn reader(field: &str) -> Option<Reader> {
    READERS.iter().copied().find(|(name, _)| *name == field)
}

fn template(value: &Value) -> Option<String> {
    let template = name(value, "message_template_name")?;
    let language = name(value, "message_template_language");
    Some(language.map_or_else(
        || format!("template {template}"),
        |language| format!("template {template} ({language})"),
    ))
}

fn template_status(value: &Value, _: &str) -> Option<Notice> {
    let event = name(value, "event")?;
    let (severity, over, what) = match event.as_str() {
        "APPROVED" | "REINSTATED" | "UNPAUSED" | "UNLOCKED" => (Info, true, "it may be sent"),
        "REJECTED" => (Warning, false, "it was rejected; change it and submit it again"),
        "PAUSED" => {
            (Warning, false, "it is paused because customers complain and can't be sent for now")
        }
        "DISABLED" => {
            (Warning, false, "it is disabled because customers complain; submit another one")
        }
        "FLAGGED" => (Warning, false, "customers complain, and it may be disabled; improve it"),
        "LOCKED" => (Warning, false, "it is locked and can't be changed"),
        "LIMIT_EXCEEDED" => (Warning, false, "the account has no room for more; delete another"),
        "DELETED" | "PENDING_DELETION" => {
            (Warning, false, "it was deleted; what needs it can't be sent")
        }
        _ => (Info, false, "its status has changed"),
    };
    let reasons = [
        name(value, "reason").filter(|reason| reason != "NONE"),
        value.get("rejection_info").and_then(|info| name(info, "reason")),
        value.get("rejection_info").and_then(|info| name(info, "recommendation")),
        value.get("other_info").and_then(|info| name(info, "description")),
    ];
    let details = sentence(what, [Some(event)].into_iter().chain(reasons).flatten());
    Some(Notice { severity, over, subject: template(value)?, details })
}

pub(super) fn template_quality(value: &Value, _: &str) -> Option<Notice> {
    let score = name(value, "new_quality_score")?;
    let (severity, over, what) = match score.as_str() {
        "GREEN" => (Info, true, "customers like it"),
        "YELLOW" => (Warning, false, "some customers complain; improve it"),
        "RED" => (Warning, false, "many customers complain, and it may be paused; improve it"),
        _ => return None,
    };
    let details = sentence(what, [score]);
    Some(Notice { severity, over, subject: template(value)?, details })
}

fn template_category(value: &Value, _: &str) -> Option<Notice> {
    let details = if let Some(next) = name(value, "correct_category") {
        format!("its category becomes {next} within a day, and so its price")
    } else {
        let new = name(value, "new_category")?;
        format!("its category is {new} now, and so its price")
    };
    Some(Notice { severity: Warning, over: false, subject: template(value)?, details })
}

fn number(value: &Value) -> Option<String> {
    Some(format!("number {}", name(value, "display_phone_number")?))
}

fn number_quality(value: &Value, _: &str) -> Option<Notice> {
    let event = name(value, "event")?;
    let (severity, over, what) = match event.as_str() {
        "FLAGGED" => (Warning, false, "customers complain, and its limit may be lowered"),
        "DOWNGRADE" => (Warning, false, "its limit was lowered"),
        "UPGRADE" | "UNFLAGGED" | "THROUGHPUT_UPGRADE" => (Info, true, "its limit is well"),
        _ => (Info, false, "its limit has changed"),
    };
    let limit = name(value, "max_daily_conversations_per_business")
        .or_else(|| name(value, "current_limit"));
    let details = sentence(what, [Some(event), limit].into_iter().flatten());
    Some(Notice { severity, over, subject: number(value)?, details })
}

fn number_name(value: &Value, _: &str) -> Option<Notice> {
    let decision = name(value, "decision")?;
    let (severity, over, what) = match decision.as_str() {
        "APPROVED" => (Info, true, "its name is shown to customers"),
        "REJECTED" => (Warning, false, "its name was rejected; choose another"),
        _ => (Info, false, "its name is not decided yet"),
    };
    let reason = name(value, "rejection_reason").filter(|_| decision == "REJECTED");
    let details = sentence(what, [Some(decision), reason].into_iter().flatten());
    Some(Notice { severity, over, subject: number(value)?, details })
}

/// Being cut off and being restricted are two things: the end of one is not that of the other.
fn account(value: &Value, id: &str) -> Option<Notice> {
    let event = name(value, "event")?;
    let state = value.get("ban_info").and_then(|info| name(info, "waba_ban_state"));
    let (account, connection) = (format!("account {id}"), format!("connection of account {id}"));
    let (severity, over, subject, what) = match (event.as_str(), state.as_deref()) {
        ("DISABLED_UPDATE", Some("REINSTATE")) | ("ACCOUNT_REINSTATED", _) => {
            (Info, true, account, "it may be used again")
        }
        ("DISABLED_UPDATE", Some("SCHEDULE_FOR_DISABLE")) => {
            (Critical, false, account, "it will be disabled; appeal in WhatsApp Manager")
        }
        ("DISABLED_UPDATE", _) => {
            (Critical, false, account, "it is disabled; appeal in WhatsApp Manager")
        }
        ("ACCOUNT_RESTRICTION", _) => (Critical, false, account, "it is restricted for a time"),
        ("ACCOUNT_VIOLATION", _) => {
            (Critical, false, account, "it broke a policy; look into WhatsApp Manager")
        }
        ("ACCOUNT_DELETED", _) => (Critical, false, connection, "it was deleted"),
        ("ACCOUNT_OFFBOARDED" | "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED", _) => {
            (Critical, false, connection, "it was taken away from Relevo's app; connect it again")
        }
        ("ACCOUNT_RECONNECTED" | "PARTNER_ADDED" | "PARTNER_APP_INSTALLED", _) => {
            (Info, true, connection, "it is connected")
        }
        _ => (Info, false, account, "something about it has changed"),
    };
    let within = |object: &str, key: &str| value.get(object).and_then(|info| name(info, key));
    let reasons =
        [state, within("ban_info", "waba_ban_date"), within("violation_info", "violation_type")]
            .into_iter()
            .chain(list(value, "restriction_info").iter().map(restriction));
    let details = sentence(what, std::iter::once(event).chain(reasons.flatten()));
    Some(Notice { severity, over, subject, details })
}

/// What is not allowed, and until when.
fn restriction(value: &Value) -> Option<String> {
    let kind = name(value, "restriction_type")?;
    let until = integer(value, "expiration").and_then(|at| jiff::Timestamp::from_second(at).ok());
    Some(until.map_or_else(|| kind.clone(), |until| format!("{kind} until {until}")))
}

/// Meta calls a refused request critical; customers are answered all the same.
fn account_alert(value: &Value, _: &str) -> Option<Notice> {
    let info = value.get("alert_info").unwrap_or(value);
    let kind = name(info, "alert_type")?;
    let severity = match text(info, "alert_severity").as_deref() {
        Some("CRITICAL" | "WARNING") => Warning,
        _ => Info,
    };
    let of = [name(value, "entity_type"), name(value, "entity_id")];
    let of = of.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(Notice {
        severity,
        over: text(info, "alert_status").as_deref() == Some("NONE"),
        details: name(info, "alert_description").unwrap_or_else(|| kind.clone()),
        subject: format!("{kind} of {of}"),
    })
}

fn account_review(value: &Value, id: &str) -> Option<Notice> {
    let decision = name(value, "decision")?;
    let (severity, over, what) = match decision.as_str() {
        "APPROVED" => (Info, true, "it was reviewed and may be used"),
        "REJECTED" => (Critical, false, "it was reviewed and may not be used"),
        _ => (Warning, false, "it may not be used until it is reviewed"),
    };
    let subject = format!("review of account {id}");
    Some(Notice { severity, over, subject, details: sentence(what, [decision]) })
}

fn capability(value: &Value, id: &str) -> Option<Notice> {
    let limits: Vec<_> = value
        .as_object()?
        .keys()
        .filter_map(|key| Some(format!("{key} {}", name(value, key)?)))
        .collect();
    if limits.is_empty() {
        return None;
    }
    let subject = format!("limits of account {id}");
    Some(Notice { severity: Info, over: false, subject, details: limits.join(", ") })
}

fn security(value: &Value, _: &str) -> Option<Notice> {
    let event = name(value, "event")?;
    let what = "its two-step verification was touched; if nobody of yours did, act at once";
    let details = sentence(what, [event]);
    Some(Notice { severity: Warning, over: false, subject: number(value)?, details })
}

fn payment(value: &Value, _: &str) -> Option<Notice> {
    let status = name(value, "status")?;
    let (severity, over, what) = match status.as_str() {
        "Active" => (Info, true, "payments may be asked for"),
        "Needs Connecting" => (Warning, false, "it has lost its provider; connect it again"),
        _ => (Info, false, "it can't be used yet"),
    };
    let subject = format!("payments by {}", name(value, "configuration_name")?);
    Some(Notice { severity, over, subject, details: sentence(what, [status]) })
}

/// What it means, and in brackets WhatsApp's own words.
fn sentence(what: &str, words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<_> = words.into_iter().collect();
    format!("{what} ({})", words.join("; "))
}
