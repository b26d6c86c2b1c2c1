//! How much an embedding model is worth beside the words, measured on questions that ship.
//!
//! A model that knows a language badly spoils what words find well, so each language is measured,
//! once for each model; the weight may be zero.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use clients::model::{Error, Model};
use domain::Language;
use retrieval::quality::{FaqFile, shipped};
use retrieval::{Probe, Thesaurus, probe_weight};
use runtime::Failure;
use store::Records;
use store::records::DenseWeight;
use tracing::{info, warn};

use super::index;

/// After a failure.
const LATER: Duration = Duration::from_secs(30);

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub weight: f32,
    /// Questions that were asked, and how many of them found their entry first: by words alone,
    /// and with the weight.
    pub probes: usize,
    pub by_words: usize,
    pub with_weight: usize,
    /// By vectors alone.
    pub by_vectors: usize,
}

/// Knows the weight of every language in the end: measured before, or now.
pub(super) async fn keep_up(
    records: &Records,
    model: &Model,
    name: &str,
    weights: &RwLock<BTreeMap<Language, f32>>,
) {
    for language in Language::ALL {
        loop {
            match known(records, model, name, language).await {
                Ok(weight) => {
                    let mut weights = weights.write().unwrap_or_else(PoisonError::into_inner);
                    weights.insert(language, weight);
                    break;
                }
                Err(cause) => {
                    warn!(%cause, language = language.as_str(), "the model is measured later");
                }
            }
            tokio::time::sleep(LATER).await;
        }
    }
}

async fn known(
    records: &Records,
    model: &Model,
    name: &str,
    language: Language,
) -> Result<f32, Failure> {
    let kept = records.dense_weights(Some(name)).await?;
    if let Some(kept) = kept.iter().find(|one| one.language == language.as_str()) {
        return Ok(kept.weight);
    }
    let measured =
        measure(model, &probes_of(language)).await.map_err(|error| Failure::retry(&error))?;
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    records
        .put_dense_weight(DenseWeight {
            model: name.to_owned(),
            language: language.as_str().to_owned(),
            weight: measured.weight,
            probes: number(measured.probes),
            by_words: number(measured.by_words),
            with_weight: number(measured.with_weight),
        })
        .await?;
    info!(language = language.as_str(), ?measured, "measured what vectors are worth");
    Ok(measured.weight)
}

/// What ships has no Portuguese; a model that knows Spanish well knows it too.
fn probes_of(language: Language) -> FaqFile {
    match language {
        Language::Es | Language::Pt => shipped::spanish(),
        Language::En => shipped::english(),
    }
}

/// Measures a model on entries and questions whose entry is known.
pub async fn measure(model: &Model, file: &FaqFile) -> Result<Measured, Error> {
    let mut index = file.index(&Thesaurus::shipped());
    let texts: Vec<String> = file
        .entries
        .iter()
        .map(|entry| index::of(entry.title.as_deref(), entry.question.as_deref(), &entry.text))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = model.embed_all(&texts).await?;
    for (entry, vector) in file.entries.iter().zip(vectors) {
        index.set_vector(&entry.id, vector);
    }
    let asked: Vec<(&str, &String)> = file
        .questions
        .iter()
        .filter_map(|one| Some((one.text.as_str(), one.right.as_ref()?)))
        .collect();
    let texts: Vec<&str> = asked.iter().map(|(text, _)| *text).collect();
    let vectors = model.embed_all(&texts).await?;
    let probes = asked.iter().zip(vectors).map(|((question, right), vector)| Probe {
        question: (*question).to_owned(),
        vector,
        right: (*right).clone(),
    });
    let probes: Vec<Probe> = probes.collect();
    let measuring = tokio::task::spawn_blocking(move || {
        let weight = probe_weight(&index, &probes);
        let right = |weight: f32| {
            let first = |one: &Probe| index.search_with(&one.question, &one.vector, weight, 1);
            let is_right = |one: &&Probe| first(one).first().is_some_and(|hit| hit.id == one.right);
            probes.iter().filter(is_right).count()
        };
        Measured {
            weight,
            probes: probes.len(),
            by_words: right(0.0),
            with_weight: right(weight),
            by_vectors: right(ALONE),
        }
    });
    Ok(measuring.await.expect("measuring does not panic"))
}

/// So much that the words count for nothing.
const ALONE: f32 = 1e6;
