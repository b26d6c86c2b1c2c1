//! What the channel tells of a message to a customer, as the records keep it.

use domain::BusinessId;
use domain::message::{Delivery as Told, DeliveryUpdated};
use store::Records;
use store::records::{Delivery, DeliveryStatus, Error, Pricing};

use crate::metrics;

/// Records it, and counts a message when it has reached its customer: once, however many tell of
/// it, and in whatever order.
pub async fn record(
    records: &Records,
    business: &BusinessId,
    updated: &DeliveryUpdated,
) -> Result<(), Error> {
    let delivery = Delivery {
        business: business.to_string(),
        provider_id: updated.provider_id.clone(),
        reply: updated.reply.map(|part| part.reply.as_uuid()),
        status: match updated.status {
            Told::Failed => DeliveryStatus::Failed,
            Told::Sent => DeliveryStatus::Sent,
            Told::Delivered => DeliveryStatus::Delivered,
            Told::Read => DeliveryStatus::Read,
            Told::Played => DeliveryStatus::Played,
        },
        error_code: updated.error_code,
        error: updated.error.clone(),
        pricing: pricing(updated),
        at_ms: updated.at.as_millis(),
    };
    if let Some(pricing) = records.record_delivery(&delivery).await? {
        metrics::delivered(charged(&pricing));
    }
    Ok(())
}

fn pricing(updated: &DeliveryUpdated) -> Option<Pricing> {
    let DeliveryUpdated { billable, category, pricing, .. } = updated;
    let is_known = billable.is_some() || category.is_some() || pricing.is_some();
    is_known.then(|| Pricing {
        billable: *billable,
        category: category.clone(),
        kind: pricing.clone(),
    })
}

/// What it is charged for as, as a label: the channel's categories may become more.
fn charged(pricing: &Pricing) -> &'static str {
    match (pricing.billable, pricing.category.as_deref()) {
        (Some(false), _) => "free",
        (None, _) => "unknown",
        (Some(true), Some("service")) => "service",
        (Some(true), Some("utility")) => "utility",
        (Some(true), Some("marketing" | "marketing_lite")) => "marketing",
        (Some(true), Some("authentication" | "authentication_international")) => "authentication",
        (Some(true), _) => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_has_one_of_a_few_labels() {
        for (billable, category, expected) in [
            (None, None, "unknown"),
            (None, Some("utility"), "unknown"),
            (Some(false), Some("service"), "free"),
            (Some(true), Some("utility"), "utility"),
            (Some(true), Some("marketing_lite"), "marketing"),
            (Some(true), Some("authentication_international"), "authentication"),
            (Some(true), Some("something new"), "other"),
            (Some(true), None, "other"),
        ] {
            let category = category.map(str::to_owned);
            let pricing = Pricing { billable, category, kind: None };
            assert_eq!(charged(&pricing), expected, "{pricing:?}");
        }
    }
}
