//! What happens to what was learned without anybody's doing: it expires, its documents change, it
//! fails; and whoever shows it is told of every change.
//!
//! Every process that answers does this. Two that do it at once do the same: the ids of what they
//! publish are derived from what has changed.

use std::collections::BTreeMap;
use std::time::Duration;

use broker::Publication;
use domain::message::{AlertRaised, LearningChanged, LearningState, Severity};
use domain::{Body, BusinessId, ConversationId, Envelope, MessageId, Timestamp};
use runtime::{Businesses, Failure, Lifecycle, Ports, metrics};
use store::records::{Candidate, CandidateChange, CandidateState, Unweighed};
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use super::standing::{has_failed, is_weak, milestone};
use super::{Error, Learning, basis, review, why};

/// How often it is looked: a change is told within two seconds.
const EVERY: Duration = Duration::from_millis(500);
/// How often what is old is deleted.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
const SIGNS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const UNWANTED_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// At once; the rest follows the next time.
const AT_MOST: i64 = 200;
/// How an operator finds an entry that fails.
const ALERT: &str = "knowledge_fails";
/// For imported entries outcomes count for so long; those of a learned one since its approval.
const COUNTED: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Tends until the process stops.
pub async fn tend(learning: Learning, ports: Ports, lifecycle: Lifecycle) {
    let mut tender = Tender { learning, ports, seen: BTreeMap::new() };
    let mut forgotten: Option<Instant> = None;
    loop {
        if let Err(error) = tender.look().await {
            // With its sources on one line.
            let cause = Failure::from(error);
            warn!(%cause, "what was learned is looked after the next time");
        }
        if forgotten.is_none_or(|last| last.elapsed() > FORGET_EVERY) {
            forgotten = Some(Instant::now());
            tender.forget().await;
        }
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

struct Tender {
    learning: Learning,
    ports: Ports,
    /// The version of each business's knowledge whose documents were looked at.
    seen: BTreeMap<BusinessId, i64>,
}

impl Tender {
    async fn look(&mut self) -> Result<(), Error> {
        let now = self.ports.clock.now();
        self.expire(now).await?;
        self.check_documents(now).await?;
        self.weigh(now).await?;
        self.tell(now).await
    }

    async fn expire(&self, now: Timestamp) -> Result<(), Error> {
        for candidate in self.learning.records.expired_candidates(now.as_millis()).await? {
            let language = language(&self.ports.businesses, &candidate.business);
            self.set_aside(&candidate, why::expired(language), now).await?;
        }
        Ok(())
    }

    /// Only where the knowledge has changed since the last time.
    async fn check_documents(&mut self, now: Timestamp) -> Result<(), Error> {
        let records = self.learning.records.clone();
        let versions = records.knowledge_versions().await?;
        for (business, base) in self.learning.bases.clone().iter() {
            let version = versions.get(business.as_str()).copied().unwrap_or_default();
            if self.seen.get(business) == Some(&version) {
                continue;
            }
            let outdated = records.outdated_candidates(business.as_str()).await?;
            if !outdated.is_empty() {
                base.renew(&records).await?;
            }
            for candidate in outdated {
                let before = records.basis_of(candidate.id).await?;
                // It searches, which in a large base takes milliseconds.
                let (of, question) = (base.clone(), candidate.question.clone());
                let looked = tokio::task::spawn_blocking(move || {
                    let changed = basis::changed(&before, &of, &question);
                    (before, changed)
                });
                let (before, changed) = looked
                    .await
                    .map_err(|error| crate::base::Error::Index(business.clone(), error))?;
                if changed.is_empty() {
                    let basis = basis::renewed(&records, base, before).await?;
                    records.renew_basis(candidate.id, &basis).await?;
                } else {
                    let language = language(&self.ports.businesses, business.as_str());
                    self.set_aside(&candidate, why::outdated(&changed, language), now).await?;
                }
            }
            self.seen.insert(business.clone(), version);
        }
        Ok(())
    }

    /// Unless somebody was faster.
    async fn set_aside(
        &self,
        candidate: &Candidate,
        why: String,
        now: Timestamp,
    ) -> Result<(), Error> {
        let change = CandidateChange {
            state: CandidateState::SetAside,
            why: Some(why),
            ..review::change_of(candidate, now)
        };
        self.learning.records.change_candidate(change).await?;
        info!(candidate = %candidate.id, "set aside");
        Ok(())
    }

    /// What follows from outcomes that are new.
    async fn weigh(&self, now: Timestamp) -> Result<(), Error> {
        let records = &self.learning.records;
        let mut entries: BTreeMap<(String, Uuid), Vec<Unweighed>> = BTreeMap::new();
        for one in records.unweighed_uses(AT_MOST).await? {
            entries.entry((one.business.clone(), one.entry)).or_default().push(one);
        }
        for ((business, entry), uses) in entries {
            if !self.weigh_entry(&business, entry, now).await? {
                continue;
            }
            for one in uses {
                if records.weighed(one.id, one.outcome).await? && one.is_answer {
                    metrics::answer_judged(one.outcome.name());
                }
            }
        }
        Ok(())
    }

    /// Whether everything that follows is done. The operator is told before anything is changed,
    /// so that a repetition comes to the same.
    async fn weigh_entry(
        &self,
        business: &str,
        entry: Uuid,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let records = &self.learning.records;
        let all = records.candidates_of(business, entry).await?;
        let told = |one: &&Candidate| one.state == CandidateState::Published;
        let (helped, _) = records.outcomes_of(business, entry, 0).await?;
        for candidate in all.iter().filter(told) {
            let reached = milestone(helped);
            if reached > candidate.helped {
                records.candidate_helped(candidate.id, reached, now.as_millis()).await?;
            }
        }
        let approved = all.iter().filter(told).filter_map(|one| one.reviewed_ms).max();
        let since = approved.unwrap_or((now - COUNTED).as_millis());
        let (good, bad) = records.outcomes_of(business, entry, since).await?;
        let is_learned = all.iter().any(|one| told(&one));
        let fails = if is_learned { has_failed(good, bad) } else { is_weak(good, bad) };
        if !fails {
            return Ok(true);
        }
        if !self.alert(business, entry, (good, bad), is_learned, now).await {
            return Ok(false);
        }
        if is_learned {
            let language = language(&self.ports.businesses, business);
            let why = why::failed(bad, good + bad, language);
            records.put_aside(business, entry, &why, now.as_millis()).await?;
            info!(%entry, good, bad, "put aside: it fails");
        }
        Ok(true)
    }

    async fn alert(
        &self,
        business: &str,
        entry: Uuid,
        (good, bad): (i64, i64),
        is_learned: bool,
        now: Timestamp,
    ) -> bool {
        let done = if is_learned {
            "What was learned of it was put aside; look at it with relevo knowledge review."
        } else {
            "Correct it in its document, and import that again."
        };
        let alert = AlertRaised {
            kind: ALERT.to_owned(),
            severity: Severity::Warning,
            subject: entry.to_string(),
            details: format!("This entry helped {good} customers and did not help {bad}. {done}"),
            at: now,
            over: false,
        };
        let id = MessageId::from_uuid(entry)
            .derive(ALERT, usize::try_from(good + bad).unwrap_or_default());
        self.publish(id, business, Uuid::nil(), alert, now).await
    }

    /// Whoever shows a candidate hears of each of its changes, or of the last of them.
    async fn tell(&self, now: Timestamp) -> Result<(), Error> {
        let records = &self.learning.records;
        for candidate in records.untold_candidates(AT_MOST).await? {
            let revision = candidate.revision;
            // Of an erased customer nobody shows anything.
            if let Some(conversation) = candidate.conversation {
                let index = usize::try_from(revision).unwrap_or_default();
                let id = MessageId::from_uuid(candidate.id).derive("knowledge.learning", index);
                let changed = changed(&candidate);
                let told = self.publish(id, &candidate.business, conversation, changed, now).await;
                if !told {
                    return Ok(());
                }
            }
            records.candidate_told(candidate.id, revision).await?;
        }
        Ok(())
    }

    /// Whether it was published.
    async fn publish(
        &self,
        id: MessageId,
        business: &str,
        conversation: Uuid,
        body: impl Into<Body>,
        now: Timestamp,
    ) -> bool {
        let business = BusinessId::new(business);
        let conversation = ConversationId::from_uuid(conversation);
        let envelope = Envelope::from_outside(id, business, conversation, now, body);
        let body = match envelope.encode() {
            Ok(body) => body.into(),
            Err(error) => {
                warn!(%error, "a change was not told");
                return false;
            }
        };
        let topic = envelope.kind().as_str().to_owned();
        let publication =
            Publication { id: envelope.id.as_uuid(), topic, body, traceparent: None, delay: None };
        match self.ports.broker.publish(publication).await {
            // Where no queue takes it nobody shows it.
            Ok(()) | Err(broker::Error::Unroutable { .. }) => true,
            Err(error) => {
                warn!(%error, "a change was not told yet");
                false
            }
        }
    }

    async fn forget(&self) {
        let now = self.ports.clock.now();
        let (signs, unwanted) = (now - SIGNS_KEPT, now - UNWANTED_KEPT);
        let done =
            self.learning.records.forget_old_learning(signs.as_millis(), unwanted.as_millis());
        if let Err(error) = done.await {
            let cause = Failure::from(error);
            warn!(%cause, "what is old was not forgotten");
        }
    }
}

fn language(businesses: &Businesses, business: &str) -> domain::Language {
    let business = businesses.get(&BusinessId::new(business));
    business.map(|business| business.language()).unwrap_or_default()
}

fn changed(candidate: &Candidate) -> LearningChanged {
    LearningChanged {
        ticket: candidate.ticket.clone(),
        candidate: candidate.id,
        revision: u32::try_from(candidate.revision).unwrap_or(u32::MAX),
        state: match candidate.state {
            CandidateState::Proposed => LearningState::Proposed,
            CandidateState::Refused => LearningState::Refused,
            CandidateState::Conflict => LearningState::Conflict,
            CandidateState::Published => LearningState::Published,
            CandidateState::Discarded => LearningState::Discarded,
            CandidateState::SetAside => LearningState::SetAside,
        },
        question: candidate.question.clone(),
        answer: candidate.answer.clone(),
        why: candidate.why.clone(),
        helped: u32::try_from(candidate.helped).unwrap_or_default(),
    }
}
