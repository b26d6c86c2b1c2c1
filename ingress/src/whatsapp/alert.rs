//! Alerts for the operator: what WhatsApp tells about an account, and what it complains of at a
//! number.

use std::time::Duration;

use domain::message::{AlertRaised, Severity};
use domain::{Customer, Envelope, Timestamp};
use runtime::{Business, Businesses};
use serde_json::{Value, json};
use tracing::warn;

use super::element::{explanation, integer, name, timestamp};
use super::notice::{Notice, Reader, template_quality};
use super::translate::{Source, conversation, digest, envelope};
use super::webhook::Change;

/// But for its last millisecond.
const SECOND: Duration = Duration::from_millis(999);

/// The alert of a change that names no number, only the account.
pub(super) fn of_account(
    (mut kind, mut read): Reader,
    change: &Change<'_>,
    businesses: &Businesses,
    now: Timestamp,
) -> Option<Envelope> {
    let account = name(&change.head, "id").unwrap_or_default();
    let Some(business) = with_account(businesses, &account) else {
        warn!(account, field = kind, "a notice about an account that no business has");
        return None;
    };
    let value = change.value();
    if value.get("new_quality_score").is_some() {
        // Meta's own example of a quality comes under the name of the other field.
        (kind, read) = ("message_template_quality_update", template_quality);
    }
    let notice = read(&value, &account)?;
    Some(raise(business, kind, notice, &value, &change.head, now))
}

/// The business with this account. One that has not said which its account is has it when nobody
/// else could have.
fn with_account<'a>(businesses: &'a Businesses, account: &str) -> Option<&'a Business> {
    if let Some(business) = businesses.with_account_id(account) {
        return Some(business);
    }
    let mut all = businesses.iter();
    let only = all.next().filter(|one| one.whatsapp.business_account_id.is_none())?;
    all.next().is_none().then_some(only)
}

impl Source<'_> {
    /// Something that WhatsApp complains of at one of the business's numbers. Never critical:
    /// nothing tells that it is over, and when sending stops outbound raises an alert of its own,
    /// which closes by itself.
    pub(super) fn error(&self, error: &Value) -> Envelope {
        let code = integer(error, "code").unwrap_or_default();
        let details = explanation(error).unwrap_or_else(|| "WhatsApp does not say more".to_owned());
        let notice = Notice {
            severity: Severity::Warning,
            over: false,
            subject: format!("error {code} at number {}", self.number),
            details,
        };
        self.alert("errors", notice, error)
    }

    pub(super) fn alert(&self, kind: &str, notice: Notice, raw: &Value) -> Envelope {
        raise(self.business, kind, notice, raw, self.head, self.now)
    }
}

/// The same event has the same id again. Where a webhook has no time, the same on another day is
/// another event.
fn raise(
    business: &Business,
    kind: &str,
    notice: Notice,
    raw: &Value,
    head: &Value,
    now: Timestamp,
) -> Envelope {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let time = integer(head, "timestamp").unwrap_or(now.as_millis() / DAY_MS);
    let Notice { severity, over, subject, details } = notice;
    let id = digest(json!([kind, subject, head.get("id"), time, raw]));
    // WhatsApp tells whole seconds; of two notices in one, what came later is later.
    let told = timestamp(head, now);
    let at = if told < now && now <= told + SECOND { now } else { told };
    let alert = AlertRaised { kind: kind.to_owned(), severity, subject, details, at, over };
    let nobodys = conversation(business, &Customer::default(), &id);
    envelope(business, nobodys, "alert", &id, now, alert)
}
