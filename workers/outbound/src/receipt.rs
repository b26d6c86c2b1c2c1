//! What the channel tells of a message later on.

use clients::whatsapp::{Class, Recipient};
use domain::conversation::Back;
use domain::message::{Delivery, DeliveryUpdated};
use domain::{BusinessId, Envelope};
use runtime::{Context, Effects, Failure, metrics};
use tracing::warn;

use crate::alert;
use crate::gate::{Gate, Gates, ToldBy};
use crate::refusal::{Fate, fate};
use crate::speech::recipient;

/// A status is the outcome of a sending that had none. One that failed although the channel had
/// taken the message is said again, or kept for later, where that helps.
pub(crate) async fn receive(
    envelope: &Envelope,
    updated: &DeliveryUpdated,
    context: &Context<'_>,
) -> Result<Effects, Failure> {
    let (update, now) = (updated.clone(), context.now());
    let Some(to) = recipient(context.conversation().customer()) else {
        return Ok(Effects::change(move |conversation| conversation.part_delivered(&update, now)));
    };
    let gates = gates(envelope, context, &to);
    if updated.status != Delivery::Failed {
        if matches!(updated.status, Delivery::Sent | Delivery::Delivered) && gates.delivered().await
        {
            alert::goes_on(context, Gate::Delivery).await;
        }
        return Ok(Effects::change(move |conversation| conversation.part_delivered(&update, now)));
    }
    warn!(code = updated.error_code, "accepted, and then not delivered");
    metrics::sent("failed_later");
    let class = updated.error_code.and_then(Class::of);
    if let Some(class) = class
        && let Some(shut) = gates.refused(class, ToldBy::Status, None).await?
    {
        alert::stopped(context, shut, updated.error_code).await;
    }
    let back = match fate(class) {
        Fate::Again => Back::Again,
        Fate::NeedsTemplate => {
            Back::NeedsTemplate(context.business().reopening(context.conversation().language()))
        }
        Fate::Lost => Back::Lost,
    };
    Ok(Effects::change(move |conversation| conversation.came_back(&update, back.clone(), now)))
}

fn gates<'a>(envelope: &'a Envelope, context: &'a Context<'_>, to: &'a Recipient) -> Gates<'a> {
    let business: &BusinessId = &envelope.business;
    Gates::new(
        (context.state(), context.business().whatsapp.rates),
        (business, context.conversation().address(), to),
        envelope.id,
    )
}
