//! Writes every message and its outcome to SQL; finds the ones without an outcome.

mod retain;
mod sweep;

use domain::conversation::Author as PastAuthor;
use domain::message::{
    AlertRaised, HistoryReceived, HumanSpoke, Inbound, MediaReceived, MessageReceived, Past,
    Severity, Source, Speaker, TurnClosed,
};
use domain::{Body, BusinessId, Channel, Content, Envelope, MessageId, content};
use runtime::{Context, Effects, Failure, Handler, metrics, receipt};
use store::Records;
use store::records::{
    AnswerSource, Author, CustomerOrder, HistoryAuthor, HistoryMessage, OrderItem, Outbound,
    Outcome,
};
use tracing::{info, warn};

pub use retain::{retain, retain_for_ever};
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

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        match &envelope.body {
            Body::MessageReceived(MessageReceived(inbound))
            | Body::MediaReceived(MediaReceived(inbound)) => {
                self.inbound(envelope, inbound).await?;
                self.order(envelope, inbound, context).await?;
            }
            Body::HistoryReceived(history) => self.history(envelope, history).await?,
            Body::AlertRaised(alert) => self.alert(envelope, alert).await?,
            Body::TurnClosed(closed) => self.closed(envelope, closed).await?,
            Body::HumanSpoke(spoke) => self.person(envelope, spoke, context).await?,
            Body::DeliveryUpdated(updated) => {
                receipt::record(&self.records, &envelope.business, updated).await?;
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
            text: inbound.meaning(),
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
            metrics::turn_closed(closed.outcome, closed.sent.len());
        }
        for sent in &closed.sent {
            let record = Outbound {
                reply: sent.reply.as_uuid(),
                part: i32::from(sent.part),
                business: envelope.business.to_string(),
                conversation: envelope.conversation.as_uuid(),
                provider_id: Some(sent.provider_id.clone()),
                author: match sent.by {
                    Speaker::Bot => Author::Bot,
                    Speaker::Person => Author::Person,
                },
                text: sent.text.clone(),
                turn: closed.turn.map(|_| outcome.turn),
                status: ACCEPTED.to_owned(),
                at_ms: sent.at.as_millis(),
            };
            self.records.record_outbound(&record).await?;
            if !sent.sources.is_empty() {
                let sources = sent.sources.iter().cloned().map(answer_source).collect();
                self.records.record_sources(sent.reply.as_uuid(), sources).await?;
            }
        }
        Ok(())
    }

    /// An order that a customer sent, item by item.
    async fn order(
        &self,
        envelope: &Envelope,
        inbound: &Inbound,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let Content::Order { catalog_id, text, items } = &inbound.content else { return Ok(()) };
        let order = CustomerOrder {
            id: envelope.correlation.as_uuid(),
            business: envelope.business.to_string(),
            conversation: context.find_conversation().await?.as_uuid(),
            catalog_id: catalog_id.clone(),
            text: text.clone(),
            received_ms: envelope.time.as_millis(),
            items: items.iter().cloned().map(order_item).collect(),
        };
        Ok(self.records.record_order(&order).await?)
    }

    /// What was said before Relevo was there. Its messages have the ids that they would have had
    /// as webhooks of their own.
    async fn history(&self, envelope: &Envelope, history: &HistoryReceived) -> Result<(), Failure> {
        let customer = history.customer.user_id.clone().or_else(|| history.customer.phone.clone());
        let message = |past: &Past| HistoryMessage {
            id: past_id(&envelope.business, past).as_uuid(),
            business: envelope.business.to_string(),
            conversation: envelope.conversation.as_uuid(),
            channel: Channel::Whatsapp.as_str().to_owned(),
            provider_id: past.provider_id.clone(),
            author: match past.by {
                PastAuthor::Customer => HistoryAuthor::Customer,
                PastAuthor::Bot | PastAuthor::Person => HistoryAuthor::Business,
            },
            customer: customer.clone(),
            kind: past.content.kind().to_owned(),
            text: past.content.words().map(str::to_owned),
            at_ms: past.at.as_millis(),
        };
        Ok(self.records.record_history(history.messages.iter().map(message).collect()).await?)
    }

    async fn alert(&self, envelope: &Envelope, alert: &AlertRaised) -> Result<(), Failure> {
        let business = envelope.business.to_string();
        let AlertRaised { kind, severity, subject, details, at, over } = alert;
        if *over {
            info!(kind, subject, details, "an alert is over");
            let at_ms = at.as_millis();
            return Ok(self.records.resolve_alerts(&business, kind, subject, at_ms).await?);
        }
        let alert = store::records::Alert {
            id: envelope.id.as_uuid(),
            business,
            kind: kind.clone(),
            severity: severity_of(*severity),
            subject: subject.clone(),
            details: details.clone(),
            at_ms: at.as_millis(),
            // A notice asks for nothing that could be done.
            resolved_ms: (*severity == Severity::Info).then(|| at.as_millis()),
        };
        if self.records.record_alert(&alert).await? {
            let severity = severity.as_str();
            warn!(kind, subject, severity, details, "an operator should look");
            metrics::alert_raised(severity);
        }
        Ok(())
    }

    async fn person(
        &self,
        envelope: &Envelope,
        spoke: &HumanSpoke,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let record = Outbound {
            reply: envelope.id.as_uuid(),
            part: 0,
            business: envelope.business.to_string(),
            conversation: context.find_conversation().await?.as_uuid(),
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

/// The id that a message would have had as a webhook of its own, so that one that also came live
/// is there once.
fn past_id(business: &BusinessId, past: &Past) -> MessageId {
    let what = match past.by {
        PastAuthor::Customer => "message",
        PastAuthor::Bot | PastAuthor::Person => "echo",
    };
    MessageId::of_provider(business, Channel::Whatsapp, what, &past.provider_id)
}

fn answer_source(source: Source) -> AnswerSource {
    let Source { entry, name, quote } = source;
    AnswerSource { entry, name, quote }
}

fn order_item(item: content::OrderItem) -> OrderItem {
    let content::OrderItem { product_id, quantity, price, currency } = item;
    OrderItem { product_id, quantity, price, currency }
}

fn severity_of(severity: Severity) -> store::records::Severity {
    match severity {
        Severity::Info => store::records::Severity::Info,
        Severity::Warning => store::records::Severity::Warning,
        Severity::Critical => store::records::Severity::Critical,
    }
}
