//! What became of what the business sent.

use domain::Envelope;
use domain::message::{Delivery, DeliveryUpdated, ReplyMark};
use serde_json::Value;
use tracing::debug;

use super::element::{explanation, integer, list, text, timestamp};
use super::translate::{Source, conversation, provider_id};

impl Source<'_> {
    pub(super) fn status(&self, status: &Value) -> Option<Envelope> {
        let provider_id = provider_id(status)?;
        let name_of_status = status.get("status")?.as_str()?;
        let delivery = match name_of_status {
            "failed" => Delivery::Failed,
            "sent" => Delivery::Sent,
            "delivered" => Delivery::Delivered,
            "read" => Delivery::Read,
            "played" => Delivery::Played,
            _ => {
                debug!("a status that is not about delivery is left out");
                return None;
            }
        };
        let mark = text(status, "biz_opaque_callback_data")
            .and_then(|data| data.parse::<ReplyMark>().ok());
        let error = list(status, "errors").first();
        let price = status.get("pricing");
        let updated = DeliveryUpdated {
            status: delivery,
            at: timestamp(status, self.now),
            reply: mark.map(|mark| mark.part),
            error_code: error.and_then(|error| integer(error, "code")),
            error: error.and_then(explanation),
            billable: price.and_then(billable),
            category: price.and_then(|price| text(price, "category")),
            pricing: price.and_then(|price| text(price, "type")),
            provider_id,
        };
        let id = format!("{}\0{name_of_status}", updated.provider_id);
        let conversation = if let Some(mark) = mark {
            mark.conversation
        } else {
            let recipient = self.contacts.customer(status, "recipient_id", "recipient_user_id");
            conversation(self.business, &recipient, &updated.provider_id)
        };
        Some(self.envelope_in(conversation, "status", &id, updated))
    }
}

/// Where a price for each message does not say whether it is charged, its type does: all others
/// than the regular one are called free.
fn billable(price: &Value) -> Option<bool> {
    price.get("billable").and_then(Value::as_bool).or_else(|| {
        let is_per_message = text(price, "pricing_model").as_deref() == Some("PMP");
        match text(price, "type")?.as_str() {
            "regular" if is_per_message => Some(true),
            free if is_per_message && free.starts_with("free_") => Some(false),
            _ => None,
        }
    })
}
