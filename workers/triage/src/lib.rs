//! Owns the turn: gathers what the customer wrote and decides who answers.

mod decide;
pub mod intent;
pub mod language;
mod model;

use std::collections::BTreeMap;

use clients::model::Model;
use domain::{Body, BusinessId, Envelope};
use runtime::{Businesses, Context, Effects, Failure, Handler};
use tracing::info;

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

impl Handler for Triage {
    const WORKER: &'static str = "triage";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let (now, rules) = (context.now(), context.business().rules.clone());
        match envelope.body.clone() {
            Body::MessageReceived(received) => {
                // The sweep sends a message under another id; what it is about stays the same.
                let id = envelope.correlation;
                Ok(Effects::change(move |conversation| {
                    conversation.receive(id, &received.0, now, &rules)
                }))
            }
            Body::TurnDue(due) => {
                Ok(Effects::change(move |conversation| conversation.due(due.turn, now)))
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
