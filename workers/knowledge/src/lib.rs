//! Answers from the knowledge base, or says that it cannot.
//!
//! There is no knowledge base yet, so it always says that it cannot: a person takes the question.

use domain::message::{HandoffReason, HandoffRequested};
use domain::{Body, Effect, Envelope};
use runtime::{Context, Effects, Failure, Handler};
use tracing::info;

#[derive(Debug, Clone, Copy, Default)]
pub struct Knowledge;

impl Handler for Knowledge {
    const WORKER: &'static str = "knowledge";
    const USES_CONVERSATION: bool = false;

    async fn handle(
        &self,
        envelope: &Envelope,
        _context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        let Body::QuestionAsked(asked) = &envelope.body else { return Ok(Effects::none()) };
        info!(decision = "hand off", reason = "nothing is known");
        Ok(Effects::publish(vec![Effect::now(HandoffRequested {
            turn: asked.turn,
            epoch: asked.epoch,
            reason: HandoffReason::NoAnswer,
            language: asked.language,
            summary: asked.question.clone(),
        })]))
    }
}
