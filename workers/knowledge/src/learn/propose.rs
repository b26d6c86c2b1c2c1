//! From a specialist's answer to a candidate.

use domain::message::AnswerLearned;
use domain::{Customer, Envelope};
use runtime::Business;
use store::Records;
use store::records::{Candidate, CandidateState, KnowledgeEntry, LEARNED, learned_entry};
use uuid::Uuid;

use super::alike::{Standing, compare};
use super::guard::{Around, Kept, Refusal, guard, has_number};
use super::review::{Approval, approve};
use super::{Error, why, word};
use crate::base::Base;

/// Records what may come of an answer, once for each message, and publishes it at once where the
/// business wants that; nothing of a conversation that was erased (test `what_a_specialist_answered_waits_for_one_approval`).
pub(crate) async fn propose(
    records: &Records,
    base: &Base,
    business: &Business,
    envelope: &Envelope,
    learned: &AnswerLearned,
    customer: &Customer,
) -> Result<Option<Candidate>, Error> {
    let id = envelope.id.derive("knowledge.learned", 0).as_uuid();
    let candidate = match records.candidate(id).await? {
        Some(candidate) => candidate,
        None => {
            base.renew(records).await?;
            let (kept, refusal) = guarded(base, learned, customer);
            let (state, why) = proposed(base, business, id, &kept, refusal);
            let candidate = Candidate {
                id,
                business: business.id.to_string(),
                conversation: Some(envelope.conversation.as_uuid()),
                ticket: learned.ticket.clone(),
                question: kept.question,
                answer: kept.answer,
                language: learned.language.as_str().to_owned(),
                state,
                why,
                revision: 1,
                entry: None,
                helped: 0,
                created_ms: envelope.time.as_millis(),
                changed_ms: envelope.time.as_millis(),
                reviewed_ms: None,
                expires_ms: None,
            };
            match records.propose(&candidate).await? {
                Some(candidate) => candidate,
                None => return Ok(None),
            }
        }
    };
    let publishes = business.learning.publishes_by_itself()
        && candidate.state == CandidateState::Proposed
        && candidate.revision == 1;
    if publishes {
        approve(records, base, business, id, Approval::default(), envelope.time).await?;
    }
    Ok(Some(candidate))
}

/// The answer as it would be kept, and why it can't be.
fn guarded(base: &Base, learned: &AnswerLearned, customer: &Customer) -> (Kept, Option<Refusal>) {
    let name = customer.name.as_deref().unwrap_or_default();
    let names: Vec<String> = word::words(name)
        .into_iter()
        .map(|word| word.folded)
        .filter(|name| name.chars().count() > 2)
        .collect();
    let is_known = |what: &str| is_known(base, what);
    guard(&learned.question, &learned.answer, &Around { names: &names, is_known: &is_known })
}

/// What the business says in its own documents is no secret of anybody's.
pub(super) fn is_known(base: &Base, what: &str) -> bool {
    let is_number = !what.is_empty() && what.bytes().all(|byte| byte.is_ascii_digit());
    let says = |entry: &KnowledgeEntry| match is_number {
        true => has_number(&entry.text, what),
        false => entry.text.to_lowercase().contains(&what.to_lowercase()),
    };
    base.any(|entry| entry.source != LEARNED && says(entry))
}

fn proposed(
    base: &Base,
    business: &Business,
    id: Uuid,
    kept: &Kept,
    refusal: Option<Refusal>,
) -> (CandidateState, Option<String>) {
    let language = business.language();
    if let Some(refusal) = refusal {
        return (CandidateState::Refused, Some(why::refused(refusal, language)));
    }
    let own = learned_entry(business.id.as_str(), id);
    match compare(base, &kept.question, &kept.answer, Some(own)) {
        Standing::New | Standing::AnotherWay(_) => (CandidateState::Proposed, None),
        Standing::Known(entry) => (CandidateState::Discarded, Some(why::known(&entry, language))),
        Standing::Contradicts(entry) => {
            let is_learned = entry.source == LEARNED;
            (CandidateState::Conflict, Some(why::contradicts(&entry, is_learned, language)))
        }
    }
}
