//! Owns the turn: gathers what the customer wrote and decides who answers.

mod decide;
mod follow_up;
pub mod intent;
pub mod language;
mod model;

use std::collections::BTreeMap;
use std::time::Duration;

use clients::model::Model;
use domain::message::{Inbound, MediaReceived, MessageReceived};
use domain::{Body, BusinessId, Envelope};
use runtime::business::Rates;
use runtime::{Businesses, Context, Effects, Failure, Handler};
use tracing::{info, warn};

use intent::{Classifier, Intent};

#[derive(Debug)]
pub struct Triage {
    model: Option<Model>,
    classifiers: BTreeMap<BusinessId, Classifier>,
}

impl Triage {
    /// Without a model it recognises simple messages by examples: the shipped ones and each
    /// business's own.
    pub fn new(businesses: &Businesses, model: Option<Model>) -> Self {
        let classifiers = businesses
            .iter()
            .map(|business| {
                let own = business.examples.iter().flat_map(|example| {
                    example.phrases.iter().map(|phrase| (example.intent, phrase.as_str()))
                });
                let shipped = intent::shipped()
                    .map(|(intent, phrase)| -> (Intent, &str) { (intent, phrase) });
                (business.id.clone(), Classifier::train(shipped.chain(own)))
            })
            .collect();
        Self { model, classifiers }
    }
}

/// How much of the number's rate may be used up in advance: what is said waits no longer than this
/// after a flood of what is heard.
const IN_ADVANCE: Duration = Duration::from_secs(1);

/// What customers write takes from the number's rate, and can't be refused.
async fn count_towards_the_rate(inbound: &Inbound, context: &Context<'_>) {
    let rate = context.business().whatsapp.rates.number;
    let gate = Rates::number_gate(&inbound.address);
    // At worst the platform refuses an answer, which then comes later.
    if let Err(error) = context.state().pass(&gate, rate, IN_ADVANCE).await {
        warn!(%error, "a message was not counted towards the number's rate");
    }
}

impl Handler for Triage {
    const WORKER: &'static str = "triage";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let (now, rules) = (context.now(), context.business().rules.clone());
        match envelope.body.clone() {
            Body::MessageReceived(MessageReceived(inbound))
            | Body::MediaReceived(MediaReceived(inbound)) => {
                if envelope.cause.is_none() {
                    count_towards_the_rate(&inbound, context).await;
                }
                // The sweep sends a message under another id; what it is about stays the same.
                let id = envelope.correlation;
                Ok(Effects::change(move |conversation| {
                    conversation.receive(id, &inbound, now, &rules)
                }))
            }
            Body::TurnDue(due) => {
                Ok(Effects::change(move |conversation| {
                    let mut effects = conversation.due(due.turn, now);
                    // What another conversation of the customer's left behind.
                    effects.extend(conversation.go_on(now, &rules));
                    effects
                }))
            }
            Body::TurnGathered(gathered) => {
                let Some(question) = context.conversation().question(gathered.turn) else {
                    return Ok(Effects::none());
                };
                let decision = self.decide(&question, context).await;
                info!(?decision, turn = gathered.turn.0);
                Ok(Effects::change(move |conversation| {
                    conversation.decide(gathered.turn, decision.clone())
                }))
            }
            Body::TurnClosed(_) => {
                Ok(Effects::change(move |conversation| conversation.go_on(now, &rules)))
            }
            _ => Ok(Effects::none()),
        }
    }
}
