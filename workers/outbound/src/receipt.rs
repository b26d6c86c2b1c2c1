//! What the channel tells of a message later on.

use clients::whatsapp::{Class, Recipient};
use domain::conversation::Back;
use domain::message::{Attachment, Delivery, DeliveryUpdated, Origin};
use domain::{BusinessId, Effect, Envelope};
use runtime::{Context, Effects, Failure, metrics};
use tracing::warn;

use crate::alert;
use crate::gate::{Gate, Gates, ToldBy};
use crate::refusal::{Fate, Sort, fate};
use crate::speech::recipient;
use crate::upload::Uploads;

/// A status is the outcome of a sending that had none. One that failed although the channel had
/// taken the message is said again, or kept for later, where that helps.
pub(crate) async fn receive(
    envelope: &Envelope,
    updated: &DeliveryUpdated,
    context: &Context<'_>,
    uploads: &Uploads,
) -> Result<Effects, Failure> {
    let (update, now) = (updated.clone(), context.now());
    let Some(to) = recipient(context.conversation().customer()) else {
        return Ok(Effects::change(move |conversation| conversation.part_delivered(&update, now)));
    };
    let gates = gates(envelope, context, &to);
    let attachment = context.conversation().attached_to(&updated.provider_id);
    let template = match attachment {
        Some(Attachment::Template(template)) => Some(template.name.as_str()),
        _ => None,
    };
    if updated.status != Delivery::Failed {
        if matches!(updated.status, Delivery::Sent | Delivery::Delivered) {
            // A phone that comes online tells of what was sent before the trouble.
            if updated.status == Delivery::Sent && gates.delivered().await {
                alert::goes_on(context, Gate::Delivery).await;
            }
            if let Some(template) = template {
                alert::template_works(context, template, ToldBy::Status).await;
            }
        }
        return Ok(Effects::change(move |conversation| conversation.part_delivered(&update, now)));
    }
    warn!(code = updated.error_code, "accepted, and then not delivered");
    let sort = if template.is_some() { Sort::Template } else { Sort::Message };
    metrics::sent("failed_later", sort.label());
    let class = updated.error_code.and_then(Class::of);
    if let Some(class) = class
        && let Some(shut) = gates.refused(class, ToldBy::Status, None).await?
    {
        alert::stopped(context, shut, updated.error_code).await;
    }
    let mut alert = None;
    if let (Some(Class::Ours), Some(template)) = (class, template) {
        let told = (template, ToldBy::Status, updated.error_code);
        alert = alert::template_refused(context, told).await?;
    }
    if let Some(Attachment::File { from: Origin::Stored(key), .. }) = attachment {
        uploads.forget(context.conversation().address(), key);
    }
    let back = match fate(class) {
        Fate::Again => Back::Again,
        Fate::Blocked => Back::Blocked,
        Fate::NeedsTemplate => {
            metrics::window_closed("status");
            Back::NeedsTemplate(context.business().reopening(context.conversation().language()))
        }
        Fate::Lost => Back::Lost,
    };
    Ok(Effects::change(move |conversation| {
        let effects = conversation.came_back(&update, back.clone(), now);
        effects.into_iter().chain(alert.clone().map(Effect::now)).collect()
    }))
}

fn gates<'a>(envelope: &'a Envelope, context: &'a Context<'_>, to: &'a Recipient) -> Gates<'a> {
    let business: &BusinessId = &envelope.business;
    Gates::new(
        (context.state(), context.business().whatsapp.rates),
        (business, context.conversation().address(), to),
        envelope.id,
    )
}
