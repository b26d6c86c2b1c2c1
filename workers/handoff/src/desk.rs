//! Keeps the records of the desk.

mod note;

use std::sync::Arc;

use domain::message::{AnswerLearned, LearningChanged, Note, TicketNoted};
use domain::{Body, Effect, Envelope, Language};
use runtime::{Context, Effects, Failure, Handler};
use store::Records;
use store::records::{Delivery, DeliveryStatus, Learned};
use tokio::sync::Notify;
use tracing::info;

/// Writes what belongs on tickets, and wakes whoever shows them.
#[derive(Debug, Clone)]
pub struct Desk {
    records: Records,
    changed: Arc<Notify>,
}

impl Desk {
    /// `changed` is told after each change.
    pub fn new(records: Records, changed: Arc<Notify>) -> Self {
        Self { records, changed }
    }
}

impl Handler for Desk {
    const WORKER: &'static str = "handoff";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        match &envelope.body {
            Body::TicketNoted(noted) => self.noted(envelope, noted, context).await,
            Body::LearningChanged(changed) => {
                self.learned(changed).await?;
                Ok(Effects::none())
            }
            Body::DeliveryUpdated(updated) => {
                let Some(part) = updated.reply else { return Ok(Effects::none()) };
                let reply = part.reply.as_uuid();
                let Some(ticket) = self.records.ticket_of_reply(reply).await? else {
                    return Ok(Effects::none());
                };
                // The ledger records the same, perhaps later.
                let delivery = Delivery {
                    business: envelope.business.to_string(),
                    provider_id: updated.provider_id.clone(),
                    reply: Some(reply),
                    status: status(updated.status),
                    error_code: updated.error_code,
                    error: updated.error.clone(),
                    pricing: None,
                    at_ms: updated.at.as_millis(),
                };
                self.records.record_delivery(&delivery).await?;
                self.records.raise_ticket(ticket).await?;
                self.changed.notify_one();
                Ok(Effects::none())
            }
            Body::DeskVerified(verified) => {
                info!("the desk wants to send webhooks: `relevo notion setup` shows what it sent");
                let business = envelope.business.as_str();
                self.records.save_desk_token(business, &verified.token).await?;
                Ok(Effects::none())
            }
            _ => Ok(Effects::none()),
        }
    }
}

impl Desk {
    async fn noted(
        &self,
        envelope: &Envelope,
        noted: &TicketNoted,
        context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        let conversation = context.find_conversation().await?;
        let change = note::change(noted, envelope, conversation, context.business().language());
        self.records.record_ticket(&change).await?;
        self.changed.notify_one();
        // The last of what was answered may be kept, once nothing more is said of it.
        if matches!(noted.note, Note::Closed { .. } | Note::Released { .. }) {
            return self.lesson(noted).await;
        }
        Ok(Effects::none())
    }

    async fn lesson(&self, noted: &TicketNoted) -> Result<Effects, Failure> {
        let id = noted.ticket.as_uuid();
        let Some(ticket) = self.records.ticket(id).await? else { return Ok(Effects::none()) };
        let releases = self.records.ticket_releases(id).await?;
        let (Some(last), Some(question)) = (releases.last(), ticket.summary) else {
            return Ok(Effects::none());
        };
        if ticket.state != "closed" || question.trim().is_empty() || last.text.trim().is_empty() {
            return Ok(Effects::none());
        }
        let language =
            Language::ALL.into_iter().find(|one| Some(one.as_str()) == ticket.language.as_deref());
        let learned = AnswerLearned {
            ticket: noted.ticket.to_string(),
            question,
            answer: last.text.clone(),
            language: language.unwrap_or_default(),
        };
        // The same answer of the same ticket is one lesson, however often it is closed.
        let lesson = noted.ticket.derive(&format!("learned\0{}", last.number));
        Ok(Effects::publish(vec![Effect::now(learned).with_id(lesson)]))
    }

    async fn learned(&self, changed: &LearningChanged) -> Result<(), Failure> {
        let Ok(ticket) = changed.ticket.parse() else { return Ok(()) };
        let learned = Learned {
            candidate: Some(changed.candidate),
            revision: Some(changed.revision.into()),
            state: Some(changed.state.as_str().to_owned()),
            proposal: Some(format!("{}\n{}", changed.question, changed.answer)),
            why: changed.why.clone(),
            helped: changed.helped.into(),
        };
        self.records.record_learned(ticket, &learned).await?;
        self.changed.notify_one();
        Ok(())
    }
}

fn status(status: domain::message::Delivery) -> DeliveryStatus {
    use domain::message::Delivery as Told;
    match status {
        Told::Failed => DeliveryStatus::Failed,
        Told::Sent => DeliveryStatus::Sent,
        Told::Delivered => DeliveryStatus::Delivered,
        Told::Read => DeliveryStatus::Read,
        Told::Played => DeliveryStatus::Played,
    }
}
