//! What is said to a question.

mod amounts;
mod denial;
mod facts;
mod found;
mod model;
mod parts;
mod proof;
mod say;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clients::model::Model;
use domain::message::QuestionAsked;
use domain::{Body, BusinessId, Envelope};
use retrieval::Band;
use runtime::{Business, Businesses, Context, Effects, Failure, Handler, Lifecycle, metrics};
use store::Records;
use store::records::KnowledgeEntry;
use tracing::{info, warn};
use uuid::Uuid;

use crate::base::{Base, Error};
use crate::choice;
use crate::dense::{Dense, Nearest};
use crate::learn::{Learning, Outcomes, Told};
use found::{Found, Looked, Said};
pub(crate) use proof::speaks_to_a_machine;

/// How often the records are asked whether anything changed: a change is answered from within two
/// seconds (test `what_is_removed_is_no_longer_said`).
const EVERY: Duration = Duration::from_millis(500);
const CHOICES: usize = 3;
/// Of each of several questions.
const PASSAGES_OF_A_PART: usize = 2;

/// The worker, cheap to clone, with what each business knows.
#[derive(Debug, Clone)]
pub struct Knowledge {
    records: Records,
    bases: Arc<BTreeMap<BusinessId, Base>>,
    /// It writes answers from what was found.
    model: Option<Model>,
    dense: Dense,
}

impl Knowledge {
    /// Without a model it answers in the entries' own words, and finds them by words alone.
    pub fn new(
        businesses: &Businesses,
        records: Records,
        model: Option<Model>,
        vector_store: Option<String>,
    ) -> Self {
        let bases = businesses.iter().map(|business| (business.id.clone(), Base::of(business)));
        let dense = Dense::new(records.clone(), model.clone(), vector_store);
        Self { records, bases: Arc::new(bases.collect()), model, dense }
    }

    /// The workers that learn, from the same knowledge.
    pub fn learning(&self) -> (Learning, Outcomes) {
        let learning = Learning { records: self.records.clone(), bases: Arc::clone(&self.bases) };
        (learning.clone(), Outcomes(learning))
    }

    /// Renews what is old until the process stops, and makes the vectors that are missing.
    pub async fn stay_fresh(self, lifecycle: Lifecycle) {
        let bases: Vec<Base> = self.bases.values().cloned().collect();
        lifecycle.spawn(self.dense.clone().keep_up(bases, lifecycle.clone()));
        loop {
            match self.records.knowledge_versions().await {
                Ok(versions) => self.bases.values().for_each(|base| {
                    let version = versions.get(base.business().as_str()).copied();
                    if base.version() != Some(version.unwrap_or_default()) {
                        self.renew(base.clone());
                    }
                }),
                Err(error) => {
                    // With its sources on one line.
                    let cause = Failure::from(error);
                    warn!(%cause, "can't tell whether the knowledge is fresh");
                }
            }
            tokio::select! {
                () = lifecycle.stopping() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// On its own, so that a business with much to read holds up no other.
    fn renew(&self, base: Base) {
        if base.is_being_renewed() {
            return;
        }
        let records = self.records.clone();
        tokio::spawn(async move {
            let business = base.business();
            match base.renew(&records).await {
                Ok(()) => info!(%business, entries = base.len(), "knowledge renewed"),
                Err(error) => {
                    let cause = failure(error);
                    warn!(%business, %cause, "the knowledge stays as it was");
                }
            }
        });
    }

    /// Only of this business, and only what it knows now; with what is to be remembered of it.
    async fn find(
        &self,
        business: &Business,
        asked: &QuestionAsked,
    ) -> Result<(Found, Option<Told>), Failure> {
        let Some(base) = self.bases.get(&business.id) else { return Ok((Found::Nothing, None)) };
        if base.version().is_none() {
            base.renew(&self.records).await.map_err(failure)?;
        }
        let (tapped, words) = choice::read(&asked.question);
        if let Some(entry) = tapped.and_then(|id| base.entry(id)) {
            let found = Found::Answer(vec![Said::whole(&entry)]);
            return Ok((found, Some(Told::tapped(entry.id))));
        }
        let nearest = self.dense.nearest(base, words, asked.language).await;
        let (base, question) = (base.clone(), words.to_owned());
        let passages = if self.model.is_some() { business.knowledge.passages } else { 0 };
        // A large base takes milliseconds, for which the others of this thread should not wait.
        let looked =
            tokio::task::spawn_blocking(move || look(&base, &question, nearest.as_ref(), passages));
        let looked = looked.await.map_err(|error| Failure::retry(&error))?;
        let (confidence, best) = (looked.confidence, looked.hits.first().map(|entry| entry.id));
        let found = match self.answered_by_model(business, asked, words, &looked).await {
            Some(found) => found,
            None => found::without_model(looked, CHOICES),
        };
        let told = found.told(best, confidence);
        Ok((found, told))
    }

    /// What the model makes of what was found; `None` without one, while it is away, or when
    /// nothing that it says can be proven.
    async fn answered_by_model(
        &self,
        business: &Business,
        asked: &QuestionAsked,
        words: &str,
        looked: &Looked,
    ) -> Option<Found> {
        let model = self.model.as_ref().filter(|_| !looked.passages.is_empty())?;
        let opinion = model::ask(model, business, words, asked.language, &looked.passages).await;
        match opinion {
            Ok(opinion) => {
                metrics::model_called("answered");
                found::with_model(opinion, looked, words, business, CHOICES)
            }
            Err(error) => {
                metrics::model_called(error.as_str());
                warn!(%error, "answering without the model");
                None
            }
        }
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Records(error) => error.into(),
        Error::Index(..) => Failure::retry(&error),
    }
}

fn look(base: &Base, question: &str, nearest: Option<&Nearest>, passages: usize) -> Looked {
    let nearness = nearest.map(Nearest::as_nearness);
    let judgement = base.judge(question, nearness);
    info!(band = ?judgement.band, confidence = judgement.confidence, dense = nearest.is_some());
    let entries = |hits: &[retrieval::Hit]| -> Vec<KnowledgeEntry> {
        let ids = hits.iter().filter_map(|hit| Uuid::parse_str(&hit.id).ok());
        ids.filter_map(|id| base.entry(id)).collect()
    };
    let mut found = match passages {
        0 => Vec::new(),
        _ => entries(&base.search(question, nearness, passages)),
    };
    let mut parts = Vec::new();
    // Of several questions each has its passages before the later ones of the whole, which are
    // about its loudest part.
    let later = found.split_off(found.len().min(1));
    for part in parts::split(question).into_iter().filter(|part| part.words != question.trim()) {
        let judgement = base.judge(&part.question, None);
        let hits = entries(&judgement.hits);
        found.extend(hits.iter().take(PASSAGES_OF_A_PART).cloned());
        let answer = (judgement.band == Band::Answer).then(|| hits.into_iter().next()).flatten();
        parts.push((part, answer));
    }
    found.extend(later);
    let mut seen = Vec::new();
    found.retain(|entry| {
        let is_new = !seen.contains(&entry.id);
        seen.push(entry.id);
        is_new && !speaks_to_a_machine(&proof::whole(entry))
    });
    found.truncate(passages);
    let (band, confidence) = (Some(judgement.band), judgement.confidence);
    Looked { band, confidence, hits: entries(&judgement.hits), parts, passages: found }
}

impl Handler for Knowledge {
    const WORKER: &'static str = "knowledge";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Body::QuestionAsked(asked) = &envelope.body else { return Ok(Effects::none()) };
        let business = context.business();
        let (found, told) = self.find(business, asked).await?;
        if let Some(told) = told {
            self.learning().0.remember(envelope, asked, told);
        }
        Ok(Effects::publish(vec![say::say(found, asked, business)]))
    }
}

#[cfg(test)]
mod tests {
    use store::records::KnowledgeEntry;
    use uuid::Uuid;

    /// An entry whose id comes from what it says.
    pub(super) fn entry(question: Option<&str>, text: &str) -> KnowledgeEntry {
        KnowledgeEntry {
            id: Uuid::new_v5(&Uuid::nil(), text.as_bytes()),
            business: "shop".to_owned(),
            source: "knowledge/faq.md".to_owned(),
            position: 0,
            title: None,
            question: question.map(str::to_owned),
            text: text.to_owned(),
            hash: "1".to_owned(),
        }
    }
}
