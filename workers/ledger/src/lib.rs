//! Writes every message and its outcome to SQL; finds the ones without an outcome.

mod sweep;

use domain::message::{Delivery, HumanSpoke, Inbound, TurnClosed};
use domain::{Body, Channel, Envelope};
use runtime::{Context, Effects, Failure, Handler, metrics};
use store::Records;
use store::records::{Author, DeliveryStatus, Outbound, Outcome};

pub use sweep::{Error, SweepRules, sweep, sweep_for_ever};

/// The turn of a message that never was in one.
const NO_TURN: i64 = 0;
/// The channel has it; what became of it then, its receipts say.
const ACCEPTED: &str = "accepted";

#[derive(Debug, Clone)]
pub struct Ledger {
    records: Records,
}

impl Ledger {
    pub fn new(records: Records) -> Self {
        Self { records }
    }
}

impl Handler for Ledger {
    const WORKER: &'static str = "ledger";
    const USES_CONVERSATION: bool = false;

    async fn handle(
        &self,
        envelope: &Envelope,
        _context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        match &envelope.body {
            Body::MessageReceived(received) => self.inbound(envelope, &received.0).await?,
            Body::TurnClosed(closed) => self.closed(envelope, closed).await?,
            Body::HumanSpoke(spoke) => self.person(envelope, spoke).await?,
            Body::DeliveryUpdated(updated) => {
                let status = store::records::Delivery {
                    business: envelope.business.to_string(),
                    provider_id: updated.provider_id.clone(),
                    reply: updated.reply.map(|part| part.reply.as_uuid()),
                    status: delivery(updated.status),
                    error_code: updated.error_code,
                    error: updated.error.clone(),
                    at_ms: updated.at.as_millis(),
                };
                self.records.record_delivery(&status).await?;
            }
            _ => {}
        }
        Ok(Effects::none())
    }
}

impl Ledger {
    async fn inbound(&self, envelope: &Envelope, inbound: &Inbound) -> Result<(), Failure> {
        let again = envelope.encode().map_err(|error| Failure::reject(&error))?;
        let customer = inbound.customer.user_id.clone().or_else(|| inbound.customer.phone.clone());
        let record = store::records::Inbound {
            // The same for a message that the sweep sent again.
            id: envelope.correlation.as_uuid(),
            business: envelope.business.to_string(),
            conversation: envelope.conversation.as_uuid(),
            channel: Channel::Whatsapp.as_str().to_owned(),
            provider_id: inbound.provider_id.clone(),
            kind: inbound.content.kind().to_owned(),
            text: inbound.content.words().map(str::to_owned),
            envelope: String::from_utf8(again).map_err(|error| Failure::reject(&error))?,
            received_ms: envelope.time.as_millis(),
            customer: customer.unwrap_or_default(),
        };
        Ok(self.records.record_inbound(&record).await?)
    }

    async fn closed(&self, envelope: &Envelope, closed: &TurnClosed) -> Result<(), Failure> {
        let outcome = Outcome {
            messages: closed.messages.iter().map(|id| id.as_uuid()).collect(),
            conversation: envelope.conversation.as_uuid(),
            outcome: closed.outcome.as_str().to_owned(),
            turn: closed.turn.map_or(NO_TURN, |turn| i64::try_from(turn.0).unwrap_or(i64::MAX)),
            at_ms: envelope.time.as_millis(),
        };
        let settled = self.records.record_outcome(&outcome).await?;
        // What never was in a turn closed none, and what comes again closed it before.
        if closed.turn.is_some() && settled > 0 {
            metrics::turn_closed(closed.outcome);
        }
        for sent in &closed.sent {
            let record = Outbound {
                reply: sent.reply.as_uuid(),
                part: i32::from(sent.part),
                business: envelope.business.to_string(),
                conversation: envelope.conversation.as_uuid(),
                provider_id: Some(sent.provider_id.clone()),
                author: Author::Bot,
                text: sent.text.clone(),
                turn: closed.turn.map(|_| outcome.turn),
                status: ACCEPTED.to_owned(),
                at_ms: sent.at.as_millis(),
            };
            self.records.record_outbound(&record).await?;
        }
        Ok(())
    }

    async fn person(&self, envelope: &Envelope, spoke: &HumanSpoke) -> Result<(), Failure> {
        let record = Outbound {
            reply: envelope.id.as_uuid(),
            part: 0,
            business: envelope.business.to_string(),
            conversation: envelope.conversation.as_uuid(),
            provider_id: Some(spoke.provider_id.clone()),
            author: Author::Person,
            text: spoke.content.words().unwrap_or_default().to_owned(),
            turn: None,
            status: ACCEPTED.to_owned(),
            at_ms: spoke.at.as_millis(),
        };
        Ok(self.records.record_outbound(&record).await?)
    }
}

fn delivery(status: Delivery) -> DeliveryStatus {
    match status {
        Delivery::Failed => DeliveryStatus::Failed,
        Delivery::Sent => DeliveryStatus::Sent,
        Delivery::Delivered => DeliveryStatus::Delivered,
        Delivery::Read => DeliveryStatus::Read,
        Delivery::Played => DeliveryStatus::Played,
    }
}
