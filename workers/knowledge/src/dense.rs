//! What lies near to a question in meaning: by vectors of our own, or by a vector store of
//! OpenAI's. Whatever fails here, what is found by words goes on.

mod index;
mod weight;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use clients::model::Model;
use domain::Language;
use retrieval::{Near, Nearness};
use runtime::{Lifecycle, metrics};
use store::Records;
use store::records::VectorSearch;
use tracing::{info, warn};
use uuid::Uuid;

use crate::base::Base;
pub use weight::{Measured, measure};

/// Longer a customer does not wait for what is only a help. The client gives up before, so that an
/// endpoint that hangs is left alone (test
/// `an_endpoint_that_hangs_is_waited_for_three_times_and_then_left_alone`).
const PATIENCE: Duration = Duration::from_secs(3);
/// How many the database is asked for.
const NEAREST: i64 = 50;
/// The attributes of a file in a vector store.
pub const BUSINESS: &str = "business";
pub const ENTRY: &str = "entry";
pub const HASH: &str = "hash";
/// How much a vector store counts: its own model is known to be good in every language, and what
/// ships to measure others by is not in it.
const STORE_WEIGHT: f32 = 1.0;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dense {
    records: Records,
    means: Means,
    /// Who finds the nearest vectors, once it is known.
    search: Arc<RwLock<Option<VectorSearch>>>,
    /// By language, as far as they are measured.
    weights: Arc<RwLock<BTreeMap<Language, f32>>>,
}

#[derive(Debug, Clone)]
enum Means {
    /// Words alone.
    None,
    Vectors {
        model: Model,
        name: String,
    },
    Store {
        model: Model,
        id: String,
    },
}

/// What is near to a question.
#[derive(Debug)]
pub enum Nearest {
    Vector { vector: Vec<f32>, weight: f32 },
    Measured { scores: HashMap<String, f32>, weight: f32 },
}

impl Nearest {
    pub fn as_nearness(&self) -> Nearness<'_> {
        match self {
            Self::Vector { vector, weight } => {
                Nearness { of: Near::Vector(vector), weight: *weight }
            }
            Self::Measured { scores, weight } => {
                Nearness { of: Near::Measured(scores), weight: *weight }
            }
        }
    }
}

impl Dense {
    pub fn new(records: Records, model: Option<Model>, store: Option<String>) -> Self {
        let means = match (model, store) {
            (Some(model), Some(id)) => Means::Store { model, id },
            (Some(model), None) => match model.embedding_model().map(str::to_owned) {
                Some(name) => Means::Vectors { model, name },
                None => Means::None,
            },
            (None, _) => Means::None,
        };
        Self { records, means, search: Arc::default(), weights: Arc::default() }
    }

    /// What is near to a question, if that is known and counts.
    pub async fn nearest(
        &self,
        base: &Base,
        question: &str,
        language: Language,
    ) -> Option<Nearest> {
        let found = match &self.means {
            Means::None => return None,
            Means::Vectors { model, name } => {
                let weight = self.weight(language).filter(|weight| *weight > 0.0)?;
                let search = self.search()?;
                let found = self.by_vectors(base, question, (model, name), search, weight);
                tokio::time::timeout(PATIENCE, found).await
            }
            Means::Store { model, id } => {
                tokio::time::timeout(PATIENCE, by_store(base, question, model, id)).await
            }
        };
        found.unwrap_or_else(|_| {
            metrics::model_called("unavailable");
            warn!("what is near was not found in time; searching by words alone");
            None
        })
    }

    async fn by_vectors(
        &self,
        base: &Base,
        question: &str,
        (model, name): (&Model, &str),
        search: VectorSearch,
        weight: f32,
    ) -> Option<Nearest> {
        let vector = match model.embed(question).await {
            Ok(vector) => vector,
            Err(error) => {
                metrics::model_called(error.as_str());
                warn!(%error, "searching by words alone");
                return None;
            }
        };
        metrics::model_called("embedded");
        if search == VectorSearch::Memory {
            return Some(Nearest::Vector { vector, weight });
        }
        let business = base.business().as_str();
        match self.records.nearest(business, name, &vector, NEAREST).await {
            Ok(found) => {
                let of_now = |(id, hash, score): (Uuid, String, f32)| {
                    base.says(id, &hash).then(|| (id.to_string(), score))
                };
                let scores = found.into_iter().filter_map(of_now).collect();
                Some(Nearest::Measured { scores, weight })
            }
            Err(error) => {
                let cause = runtime::Failure::from(error);
                warn!(%cause, "searching by words alone");
                None
            }
        }
    }

    fn search(&self) -> Option<VectorSearch> {
        *self.search.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn weight(&self, language: Language) -> Option<f32> {
        self.weights.read().unwrap_or_else(PoisonError::into_inner).get(&language).copied()
    }

    /// Reads what others have made and measured, for a few questions to a base that is renewed.
    pub async fn visit(&self, base: &Base) -> Result<(), store::records::Error> {
        let Means::Vectors { name, .. } = &self.means else { return Ok(()) };
        let search = self.records.prepare_vectors().await?;
        *self.search.write().unwrap_or_else(PoisonError::into_inner) = Some(search);
        let measured = self.records.dense_weights(Some(name)).await?;
        let weight = |language: Language| {
            let own = measured.iter().find(|one| one.language == language.as_str())?;
            Some((language, own.weight))
        };
        *self.weights.write().unwrap_or_else(PoisonError::into_inner) =
            Language::ALL.into_iter().filter_map(weight).collect();
        if search == VectorSearch::Memory {
            let versions = self.records.vector_versions().await?;
            let written = versions.get(base.business().as_str()).copied().unwrap_or_default();
            base.renew_vectors(&self.records, name, written).await?;
        }
        Ok(())
    }

    /// Makes the vectors that are missing and measures what they are worth, until the process
    /// stops.
    pub(crate) async fn keep_up(self, bases: Vec<Base>, lifecycle: Lifecycle) {
        let Means::Vectors { model, name } = self.means.clone() else { return };
        let work = async {
            let search = index::prepare(&self.records).await;
            info!(model = name, ?search, "what is known is searched by vectors too");
            *self.search.write().unwrap_or_else(PoisonError::into_inner) = Some(search);
            if search == VectorSearch::Memory {
                bases.iter().for_each(|base| base.keep_vectors_of(&name));
            }
            tokio::join!(
                index::keep_up(&self.records, search, &model, &name, &bases),
                weight::keep_up(&self.records, &model, &name, &self.weights),
            )
        };
        tokio::select! {
            () = lifecycle.stopping() => {}
            _ = work => {}
        }
    }
}

async fn by_store(base: &Base, question: &str, model: &Model, id: &str) -> Option<Nearest> {
    let business = base.business().as_str();
    match model.search_store(id, question, (BUSINESS, business)).await {
        Ok(found) => {
            metrics::model_called("searched");
            let mut scores = HashMap::new();
            for near in found {
                let text = |key: &str| near.attributes.get(key).map(String::as_str);
                let entry = text(ENTRY).and_then(|id| Uuid::parse_str(id).ok());
                if let Some(entry) = entry.filter(|id| base.says(*id, text(HASH).unwrap_or(""))) {
                    let score = scores.entry(entry.to_string()).or_insert(near.score);
                    *score = near.score.max(*score);
                }
            }
            Some(Nearest::Measured { scores, weight: STORE_WEIGHT })
        }
        Err(error) => {
            metrics::model_called(error.as_str());
            warn!(%error, "the vector store is away; searching by words alone");
            None
        }
    }
}
