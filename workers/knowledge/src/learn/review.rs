//! What somebody decides about a candidate.
//!
//! A decision is made from the knowledge as it is and written only if that has not changed
//! meanwhile; otherwise it is made again. Deciding the same twice changes nothing.

use std::time::Duration;

use domain::Timestamp;
use runtime::Business;
use store::Records;
use store::records::{
    Candidate, CandidateChange, CandidateState, Changed, KnowledgeEntry, LEARNED, Use, UseOutcome,
    learned_entry,
};
use uuid::Uuid;

use super::alike::{Standing, compare, says_the_same};
use super::guard::{Around, guard};
use super::propose::is_known;
use super::{Error, basis, why};
use crate::base::Base;

/// How often a decision is made again when somebody was faster.
const RACES: usize = 16;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How a candidate is approved.
#[derive(Debug, Clone, Copy, Default)]
pub struct Approval {
    /// What was learned before, and says something else, is put aside.
    pub replaces: bool,
}

/// What came of an approval.
#[derive(Debug)]
pub enum Approved {
    /// Customers are told it.
    Published(Candidate),
    /// They were told it already.
    Already(Candidate),
    /// This says something else to the same question, and was not to be replaced.
    Contradicts { candidate: Candidate, entry: KnowledgeEntry },
    /// It is in the knowledge already, here.
    Known { candidate: Candidate, entry: KnowledgeEntry },
}

/// Makes it something that customers are told (tests
/// `what_was_approved_is_answered_within_two_seconds`,
/// `an_approval_that_contradicts_a_document_is_a_conflict`).
pub async fn approve(
    records: &Records,
    base: &Base,
    business: &Business,
    id: Uuid,
    approval: Approval,
    now: Timestamp,
) -> Result<Approved, Error> {
    for _ in 0..RACES {
        let candidate = own(records, business, id).await?;
        match candidate.state {
            CandidateState::Published => return Ok(Approved::Already(candidate)),
            CandidateState::Refused => return Err(Error::Refused(candidate.why)),
            _ => {}
        }
        base.renew(records).await?;
        let version = base.version();
        let mine = learned_entry(business.id.as_str(), id);
        let (question, answer) = (candidate.question.clone(), candidate.answer.clone());
        let language = business.language();
        let change = CandidateChange {
            knowledge: version,
            reviewed_ms: Some(now.as_millis()),
            ..change_of(&candidate, now)
        };
        let standing = compare(base, &question, &answer, Some(mine));
        let (entry, instead_of) = match standing {
            Standing::New => (mine, None),
            Standing::AnotherWay(entry) => (entry.id, None),
            Standing::Contradicts(entry) if approval.replaces && entry.source == LEARNED => {
                (mine, Some((entry.id, why::replaced(language))))
            }
            Standing::Contradicts(entry) => {
                let is_learned = entry.source == LEARNED;
                let why = why::contradicts(&entry, is_learned, language);
                let conflict = CandidateState::Conflict;
                let is_new = candidate.state != conflict || candidate.why.as_ref() != Some(&why);
                let change = CandidateChange { state: conflict, why: Some(why), ..change };
                if is_new && records.change_candidate(change).await? == Changed::Stale {
                    continue;
                }
                let candidate = own(records, business, id).await?;
                return Ok(Approved::Contradicts { candidate, entry: *entry });
            }
            Standing::Known(entry) => {
                let why = Some(why::known(&entry, language));
                let change = CandidateChange {
                    state: CandidateState::Discarded,
                    why,
                    entry: None,
                    ..change
                };
                if records.change_candidate(change).await? == Changed::Stale {
                    continue;
                }
                let candidate = own(records, business, id).await?;
                return Ok(Approved::Known { candidate, entry: *entry });
            }
        };
        // Who joined this one before its words were others goes on being told what was approved.
        let told = |one: &Candidate| one.state == CandidateState::Published && one.id != id;
        let joined = records.candidates_of(business.id.as_str(), mine).await?;
        let apart = joined
            .into_iter()
            .filter(|one| entry == mine && told(one) && !says_the_same(&one.answer, &answer));
        let apart = apart.map(|one| one.id).collect();
        let basis = basis::of(records, base, &question, &answer).await?;
        let change = CandidateChange {
            state: CandidateState::Published,
            why: None,
            entry: Some(entry),
            expires_ms: expiry(business, &question, &answer, now),
            basis: Some(basis),
            instead_of,
            apart,
            ..change
        };
        if records.change_candidate(change).await? == Changed::Done {
            return Ok(Approved::Published(own(records, business, id).await?));
        }
    }
    Err(Error::Raced)
}

/// Nobody wants it: customers are not told it, whatever they were told before.
pub async fn discard(
    records: &Records,
    business: &Business,
    id: Uuid,
    now: Timestamp,
) -> Result<Candidate, Error> {
    let discarded = |candidate: &Candidate| {
        let is_done =
            matches!(candidate.state, CandidateState::Discarded | CandidateState::Refused);
        let change = change_of(candidate, now);
        (!is_done).then_some(CandidateChange {
            state: CandidateState::Discarded,
            why: None,
            entry: None,
            reviewed_ms: Some(now.as_millis()),
            ..change
        })
    };
    change(records, business, id, discarded).await
}

/// Gives it other words and proposes them, whatever it was: customers are told it after the next
/// approval. An operator's words pass the same guards.
pub async fn edit(
    records: &Records,
    base: &Base,
    business: &Business,
    id: Uuid,
    (question, answer): (Option<String>, Option<String>),
    now: Timestamp,
) -> Result<Candidate, Error> {
    base.renew(records).await?;
    for _ in 0..RACES {
        let candidate = own(records, business, id).await?;
        let question = question.clone().unwrap_or_else(|| candidate.question.clone());
        let answer = answer.clone().unwrap_or_else(|| candidate.answer.clone());
        let is_known = |what: &str| is_known(base, what);
        let (kept, refusal) =
            guard(&question, &answer, &Around { names: &[], is_known: &is_known });
        if let Some(refusal) = refusal {
            return Err(Error::Refused(Some(why::refused(refusal, business.language()))));
        }
        let change = CandidateChange {
            state: CandidateState::Proposed,
            why: None,
            question: kept.question,
            answer: kept.answer,
            entry: None,
            ..change_of(&candidate, now)
        };
        if records.change_candidate(change).await? == Changed::Done {
            return own(records, business, id).await;
        }
    }
    Err(Error::Raced)
}

/// What was learned as one entry, and who was told it.
#[derive(Debug)]
pub struct Undone {
    pub candidates: Vec<Candidate>,
    /// The newest first.
    pub uses: Vec<(Use, Option<UseOutcome>)>,
}

/// Takes a learned entry back, by its own id or that of a candidate of it, and says which
/// conversations it was used in (test `what_was_learned_is_taken_back_with_its_uses`).
pub async fn undo(
    records: &Records,
    business: &Business,
    id: Uuid,
    now: Timestamp,
) -> Result<Undone, Error> {
    let name = business.id.as_str();
    let candidate = records.candidate(id).await?.filter(|one| one.business == name);
    let candidates = match &candidate {
        Some(Candidate { entry: Some(entry), .. }) if *entry == learned_entry(name, id) => {
            records.candidates_of(name, *entry).await?
        }
        Some(one) => vec![one.clone()],
        None => records.candidates_of(name, id).await?,
    };
    if candidates.is_empty() {
        return Err(Error::Absent(id));
    }
    let entry = candidates.iter().find_map(|one| one.entry).unwrap_or(id);
    let is_alone = candidates.iter().any(|one| learned_entry(name, one.id) == entry);
    let uses = if is_alone { records.uses_of(name, entry).await? } else { Vec::new() };
    let mut undone = Vec::new();
    for candidate in candidates {
        undone.push(take_back(records, business, candidate.id, now).await?);
    }
    Ok(Undone { candidates: undone, uses })
}

async fn take_back(
    records: &Records,
    business: &Business,
    id: Uuid,
    now: Timestamp,
) -> Result<Candidate, Error> {
    let taken_back = |candidate: &Candidate| {
        let change = change_of(candidate, now);
        (candidate.state != CandidateState::Discarded).then_some(CandidateChange {
            state: CandidateState::Discarded,
            why: Some(why::undone(business.language())),
            reviewed_ms: Some(now.as_millis()),
            ..change
        })
    };
    change(records, business, id, taken_back).await
}

/// Changes it as it then is, if there is something to change.
async fn change(
    records: &Records,
    business: &Business,
    id: Uuid,
    of: impl Fn(&Candidate) -> Option<CandidateChange>,
) -> Result<Candidate, Error> {
    for _ in 0..RACES {
        let candidate = own(records, business, id).await?;
        let Some(change) = of(&candidate) else { return Ok(candidate) };
        if records.change_candidate(change).await? == Changed::Done {
            return own(records, business, id).await;
        }
    }
    Err(Error::Raced)
}

/// A change that changes nothing yet.
pub(super) fn change_of(candidate: &Candidate, now: Timestamp) -> CandidateChange {
    CandidateChange {
        id: candidate.id,
        business: candidate.business.clone(),
        revision: candidate.revision,
        knowledge: None,
        state: candidate.state,
        why: candidate.why.clone(),
        question: candidate.question.clone(),
        answer: candidate.answer.clone(),
        entry: candidate.entry,
        expires_ms: candidate.expires_ms,
        reviewed_ms: None,
        basis: None,
        instead_of: None,
        apart: Vec::new(),
        at_ms: now.as_millis(),
    }
}

/// Only of this business.
async fn own(records: &Records, business: &Business, id: Uuid) -> Result<Candidate, Error> {
    let candidate = records.candidate(id).await?;
    candidate.filter(|one| one.business == business.id.as_str()).ok_or(Error::Absent(id))
}

/// Prices, stock and hours hold for a short while.
fn expiry(business: &Business, question: &str, answer: &str, now: Timestamp) -> Option<i64> {
    let (kept, _) = guard(question, answer, &Around { names: &[], is_known: &|_| true });
    let days = business.learning.days(kept.changes)?;
    Some((now + DAY * days).as_millis())
}
