//! What is said to a question.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::message::{HandoffReason, HandoffRequested, QuestionAsked, ReplyReady};
use domain::{Body, BusinessId, Effect, Envelope, Outcome};
use retrieval::Band;
use runtime::business::Text;
use runtime::{Business, Businesses, Context, Effects, Failure, Handler, Lifecycle};
use store::Records;
use store::records::{KnowledgeEntry, UseKind};
use tracing::{info, warn};
use uuid::Uuid;

use crate::base::{Base, Error};
use crate::choice;
use crate::learn::{Learning, Outcomes, Told};

/// How often the records are asked whether anything changed: a change is answered from within two
/// seconds (test `what_is_removed_is_no_longer_said`).
const EVERY: Duration = Duration::from_millis(500);
const CHOICES: usize = 3;

/// The worker, cheap to clone, with what each business knows.
#[derive(Debug, Clone)]
pub struct Knowledge {
    records: Records,
    bases: Arc<BTreeMap<BusinessId, Base>>,
}

/// What was found for a question.
enum Found {
    Answer(KnowledgeEntry, Option<f32>),
    Offer(Vec<KnowledgeEntry>, f32),
    Nothing,
}

impl Found {
    /// What the customer is told, as far as it will be judged; a choice was made by the customer.
    fn told(&self) -> Option<Told> {
        let id = |entry: &KnowledgeEntry| entry.id;
        Some(match self {
            Self::Answer(entry, confidence) => {
                let kind = confidence.map_or(UseKind::Tapped, |_| UseKind::Answered);
                Told { kind, entries: vec![entry.id], confidence: *confidence }
            }
            Self::Offer(entries, confidence) => Told {
                kind: UseKind::Offered,
                entries: entries.iter().map(id).collect(),
                confidence: Some(*confidence),
            },
            Self::Nothing => return None,
        })
    }
}

impl Knowledge {
    pub fn new(businesses: &Businesses, records: Records) -> Self {
        let bases =
            businesses.iter().map(|business| (business.id.clone(), Base::new(business.id.clone())));
        Self { records, bases: Arc::new(bases.collect()) }
    }

    /// The workers that learn, from the same knowledge.
    pub fn learning(&self) -> (Learning, Outcomes) {
        let learning = Learning { records: self.records.clone(), bases: Arc::clone(&self.bases) };
        (learning.clone(), Outcomes(learning))
    }

    /// Renews what is old until the process stops.
    pub async fn stay_fresh(self, lifecycle: Lifecycle) {
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

    /// Only of this business, and only what it knows now.
    async fn find(&self, business: &BusinessId, question: &str) -> Result<Found, Failure> {
        let Some(base) = self.bases.get(business) else { return Ok(Found::Nothing) };
        if base.version().is_none() {
            base.renew(&self.records).await.map_err(failure)?;
        }
        let (tapped, words) = choice::read(question);
        if let Some(entry) = tapped.and_then(|id| base.entry(id)) {
            return Ok(Found::Answer(entry, None));
        }
        let (base, words) = (base.clone(), words.to_owned());
        // A large base takes milliseconds, for which the others of this thread should not wait.
        let found = tokio::task::spawn_blocking(move || judged(&base, &words)).await;
        found.map_err(|error| Failure::retry(&error))
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Records(error) => error.into(),
        Error::Index(..) => Failure::retry(&error),
    }
}

fn judged(base: &Base, question: &str) -> Found {
    let judgement = base.judge(question);
    info!(band = ?judgement.band, confidence = judgement.confidence);
    let ids = judgement.hits.iter().filter_map(|hit| Uuid::parse_str(&hit.id).ok());
    let mut entries = ids.filter_map(|id| base.entry(id)).take(CHOICES);
    match judgement.band {
        Band::Answer => {
            let confidence = Some(judgement.confidence);
            entries.next().map_or(Found::Nothing, |entry| Found::Answer(entry, confidence))
        }
        Band::Offer => {
            let entries: Vec<KnowledgeEntry> = entries.collect();
            if entries.is_empty() {
                Found::Nothing
            } else {
                Found::Offer(entries, judgement.confidence)
            }
        }
        Band::HandOff => Found::Nothing,
    }
}

impl Handler for Knowledge {
    const WORKER: &'static str = "knowledge";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Body::QuestionAsked(asked) = &envelope.body else { return Ok(Effects::none()) };
        let found = self.find(&envelope.business, &asked.question).await?;
        if let Some(told) = found.told() {
            self.learning().0.remember(envelope, asked, told);
        }
        Ok(Effects::publish(vec![say(found, asked, context.business())]))
    }
}

fn say(found: Found, asked: &QuestionAsked, business: &Business) -> Effect {
    let QuestionAsked { turn, epoch, language, .. } = asked;
    match found {
        Found::Answer(entry, _) => {
            info!(decision = "answer", entry = %entry.id);
            Effect::now(ReplyReady::answer(*turn, *epoch, entry.text, Outcome::Answered))
        }
        Found::Offer(entries, _) => {
            info!(decision = "offer", entries = entries.len());
            let text = business.say(Text::Offer, Some(*language));
            let reply = ReplyReady::answer(*turn, *epoch, text, Outcome::Answered);
            let choices = entries.iter().map(choice::of).collect();
            Effect::now(ReplyReady { choices, ..reply })
        }
        Found::Nothing => {
            info!(decision = "hand off", reason = "nothing that is known answers it");
            Effect::now(HandoffRequested {
                turn: *turn,
                epoch: *epoch,
                reason: HandoffReason::NoAnswer,
                language: *language,
                summary: choice::read(&asked.question).1.to_owned(),
                partial: None,
            })
        }
    }
}
