//! The lanes on which a business learns. None of them holds up a question.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::message::{AnswerLearned, AnswerReviewed};
use domain::{Body, BusinessId, Envelope};
use runtime::{Context, Effects, Failure, Handler};
use store::Records;
use store::records::{CandidateState, Sign};
use tracing::{info, warn};
use uuid::Uuid;

use super::outcome::{WINDOW_MS, judge};
use super::propose::propose;
use super::review::{self, Approval};
use super::{Error, signs};
use crate::base::Base;

/// Specialists' answers and what somebody decided about them.
#[derive(Debug, Clone)]
pub struct Learning {
    pub(crate) records: Records,
    pub(crate) bases: Arc<BTreeMap<BusinessId, Base>>,
}

/// What customers make of what they were told. It listens to messages that others answer, so it
/// fails for nothing but a database that is away: a message that died here would be taken for one
/// that was not answered.
#[derive(Debug, Clone)]
pub struct Outcomes(pub(crate) Learning);

impl Handler for Learning {
    const WORKER: &'static str = "knowledge";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Some(base) = self.bases.get(&envelope.business) else { return Ok(Effects::none()) };
        match &envelope.body {
            Body::AnswerLearned(learned) => self.learned(base, envelope, learned, context).await?,
            Body::AnswerReviewed(reviewed) => {
                self.reviewed(base, envelope, reviewed, context).await?;
            }
            _ => {}
        }
        Ok(Effects::none())
    }
}

impl Learning {
    async fn learned(
        &self,
        base: &Base,
        envelope: &Envelope,
        learned: &AnswerLearned,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (business, customer) = (context.business(), context.conversation().customer());
        let candidate = propose(&self.records, base, business, envelope, learned, customer).await?;
        let Some(candidate) = candidate else {
            info!("an answer of an erased conversation is not learned");
            return Ok(());
        };
        info!(candidate = %candidate.id, state = candidate.state.name(), "an answer was learned");
        // What it says of an answer that the bot gave before.
        let sign = signs::of_person(envelope, &learned.question, &learned.answer);
        self.take_in(base, sign).await
    }

    async fn reviewed(
        &self,
        base: &Base,
        envelope: &Envelope,
        reviewed: &AnswerReviewed,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (id, at) = (reviewed.candidate, envelope.time);
        let candidate = self.records.candidate(id).await?;
        let candidate = candidate.filter(|one| one.business == envelope.business.as_str());
        let Some(candidate) = candidate else {
            info!(candidate = %id, "what was reviewed is not there any more");
            return Ok(());
        };
        // Somebody has decided since, or this is the same once more.
        if candidate.reviewed_ms.is_some_and(|reviewed| reviewed >= at.as_millis()) {
            return Ok(());
        }
        let (records, business) = (&self.records, context.business());
        if !reviewed.approved {
            review::discard(records, business, id, at).await?;
        } else if candidate.state != CandidateState::Refused {
            review::approve(records, base, business, id, Approval::default(), at).await?;
        }
        info!(candidate = %id, approved = reviewed.approved, "reviewed");
        Ok(())
    }

    /// Records a sign and judges again what it may concern.
    async fn take_in(&self, base: &Base, sign: Sign) -> Result<(), Error> {
        self.records.record_sign(&sign).await?;
        self.judge(base, sign.conversation, sign.at_ms).await
    }

    pub(super) async fn judge(
        &self,
        base: &Base,
        conversation: Uuid,
        at_ms: i64,
    ) -> Result<(), Error> {
        let (from, to) = (at_ms - WINDOW_MS, at_ms + WINDOW_MS);
        let facts = self.records.facts(conversation, from, to).await?;
        if facts.uses.is_empty() {
            return Ok(());
        }
        let base = base.clone();
        let judged =
            tokio::task::spawn_blocking(move || judge(&facts, at_ms, &|id| base.entry(id))).await;
        let judged = match judged {
            Ok(judged) => judged,
            Err(error) => {
                warn!(%error, "what came of an answer was not judged");
                return Ok(());
            }
        };
        for (id, outcome, facts) in judged {
            self.records.judge_use(id, outcome, facts).await?;
        }
        Ok(())
    }
}

impl Handler for Outcomes {
    const WORKER: &'static str = "knowledge";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        match self.see(envelope, context).await {
            Err(failure @ Failure::Unavailable { .. }) => Err(failure),
            Err(failure) => {
                warn!(%failure, "what came of an answer is not known");
                Ok(Effects::none())
            }
            Ok(()) => Ok(Effects::none()),
        }
    }
}

impl Outcomes {
    async fn see(&self, envelope: &Envelope, context: &Context<'_>) -> Result<(), Failure> {
        let Self(learning) = self;
        let Some(base) = learning.bases.get(&envelope.business) else { return Ok(()) };
        let Some(sign) = signs::read(envelope, envelope.conversation.as_uuid()) else {
            return Ok(());
        };
        let conversation = context.find_conversation().await?.as_uuid();
        Ok(learning.take_in(base, Sign { conversation, ..sign }).await?)
    }
}
