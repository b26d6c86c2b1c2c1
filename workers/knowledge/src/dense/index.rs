//! Makes the vectors of entries, in the background and at its own pace.

use std::time::Duration;

use clients::model::Model;
use runtime::{Clock, Failure};
use store::Records;
use store::records::{EntryVector, KnowledgeEntry, VectorSearch};
use tracing::{info, warn};
use uuid::Uuid;

use crate::base::Base;

/// How often it is looked for entries without a vector.
const EVERY: Duration = Duration::from_millis(500);
/// After a failure.
const LATER: Duration = Duration::from_secs(10);
/// Entries of one batch; a process that dies loses no more.
const BATCH: i64 = 64;
/// Between two batches, in which questions have the endpoint for themselves.
const PAUSE: Duration = Duration::from_millis(200);
/// For longer than this nobody holds a business's vectors without having made any.
const LEASE: Duration = Duration::from_secs(90);

/// Who finds the nearest vectors; asks until the records answer.
pub(super) async fn prepare(records: &Records) -> VectorSearch {
    loop {
        match records.prepare_vectors().await {
            Ok(search) => return search,
            Err(error) => {
                let cause = Failure::from(error);
                warn!(%cause, "can't prepare the vectors");
            }
        }
        tokio::time::sleep(LATER).await;
    }
}

/// Keeps the vectors of all businesses up to date. One process at a time makes those of a business.
pub(super) async fn keep_up(
    records: &Records,
    search: VectorSearch,
    model: &Model,
    name: &str,
    bases: &[Base],
) {
    #[expect(clippy::disallowed_methods, reason = "it tells this process from every other")]
    let holder = Uuid::now_v7();
    let mut done: Vec<Option<i64>> = vec![None; bases.len()];
    loop {
        let mut pause = EVERY;
        for (base, done) in bases.iter().zip(&mut done) {
            // Nothing has changed since all of it had vectors.
            if base.version().is_none() || *done == base.version() {
                continue;
            }
            let version = base.version();
            match catch_up(records, search, (model, name), base, holder).await {
                Ok(true) => *done = version,
                Ok(false) => {}
                Err(cause) => {
                    warn!(business = %base.business(), %cause, "vectors are made later");
                    pause = LATER;
                }
            }
        }
        if search == VectorSearch::Memory {
            read(records, name, bases).await;
        }
        tokio::time::sleep(pause).await;
    }
}

/// What was written by whomever.
async fn read(records: &Records, name: &str, bases: &[Base]) {
    let versions = match records.vector_versions().await {
        Ok(versions) => versions,
        Err(error) => {
            let cause = Failure::from(error);
            warn!(%cause, "can't tell whether there are new vectors");
            return;
        }
    };
    for base in bases {
        let version = versions.get(base.business().as_str()).copied().unwrap_or_default();
        if let Err(error) = base.renew_vectors(records, name, version).await {
            let cause = Failure::from(error);
            warn!(business = %base.business(), %cause, "can't read the vectors");
        }
    }
}

/// Makes what is missing for one business; whether nothing is any more. False while another
/// process does.
async fn catch_up(
    records: &Records,
    search: VectorSearch,
    (model, name): (&Model, &str),
    base: &Base,
    holder: Uuid,
) -> Result<bool, Failure> {
    let business = base.business().as_str();
    let mut made = 0;
    loop {
        let entries = records.entries_without_vector(search, business, name, BATCH).await?;
        if entries.is_empty() {
            break;
        }
        let now = Clock::system().now().as_millis();
        let until = now + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        if !records.hold_indexing(business, holder, now, until).await? {
            return Ok(false);
        }
        let texts: Vec<String> = entries.iter().map(text_of).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = model.embed_all(&texts).await.map_err(|error| Failure::retry(&error))?;
        let dimensions = vectors.first().map(Vec::len).unwrap_or_default();
        let vectors = entries.into_iter().zip(vectors).map(|(entry, vector)| EntryVector {
            entry: entry.id,
            hash: entry.hash,
            vector,
        });
        let vectors: Vec<EntryVector> = vectors.collect();
        let count = vectors.len();
        records.put_vectors(search, business, name, vectors).await?;
        if search == VectorSearch::Database && made == 0 {
            records.index_vectors(business, name, dimensions).await?;
        }
        made += count;
        tokio::time::sleep(PAUSE).await;
    }
    if made > 0 {
        let forgotten = records.forget_vectors(business, Some(name)).await?;
        info!(business, made, forgotten, "vectors are up to date");
    }
    Ok(true)
}

/// What a vector is made of.
pub(super) fn text_of(entry: &KnowledgeEntry) -> String {
    of(entry.title.as_deref(), entry.question.as_deref(), &entry.text)
}

/// A question says best what its answer is about.
pub(super) fn of(title: Option<&str>, question: Option<&str>, text: &str) -> String {
    let parts = [title.filter(|_| question.is_none()), question, Some(text)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
