//! Makes the vectors of entries, in the background and at its own pace.

use std::collections::HashSet;
use std::time::Duration;

use clients::model::{Error, Model};
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

/// So many say that an endpoint takes nothing.
const REFUSED_IN_A_ROW: usize = 8;

/// Entries, as they were, that the endpoint refuses.
type Refused = HashSet<(Uuid, String)>;

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
    let mut refused = Refused::new();
    loop {
        let mut pause = EVERY;
        for (base, done) in bases.iter().zip(&mut done) {
            // Nothing has changed since all of it had vectors.
            if base.version().is_none() || *done == base.version() {
                continue;
            }
            let version = base.version();
            match catch_up(records, search, (model, name), base, holder, &mut refused).await {
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
    refused: &mut Refused,
) -> Result<bool, Failure> {
    let business = base.business().as_str();
    let mut made = 0;
    loop {
        let limit = BATCH + i64::try_from(refused.len()).unwrap_or_default();
        let mut entries = records.entries_without_vector(search, business, name, limit).await?;
        entries.retain(|entry| !refused.contains(&(entry.id, entry.hash.clone())));
        if entries.is_empty() {
            break;
        }
        let now = Clock::system().now().as_millis();
        let until = now + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        if !records.hold_indexing(business, holder, now, until).await? {
            return Ok(false);
        }
        let vectors = vectors(model, entries, refused).await?;
        let Some(first) = vectors.first() else { continue };
        let dimensions = first.vector.len();
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

/// The vectors of entries, but for those that the endpoint refuses alone: they are found by words.
/// Where it refuses one after the other and takes none, it is the endpoint that is at fault.
async fn vectors(
    model: &Model,
    entries: Vec<KnowledgeEntry>,
    refused: &mut Refused,
) -> Result<Vec<EntryVector>, Failure> {
    let (mut made, mut alone) = (Vec::new(), Vec::new());
    let mut left = vec![entries];
    while let Some(mut batch) = left.pop() {
        let texts: Vec<String> = batch.iter().map(text_of).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        match model.embed_all(&texts).await {
            Ok(vectors) => {
                let of = |(entry, vector): (KnowledgeEntry, Vec<f32>)| EntryVector {
                    entry: entry.id,
                    hash: entry.hash,
                    vector,
                };
                made.extend(batch.into_iter().zip(vectors).map(of));
            }
            Err(Error::Rejected { status: 400 | 413 | 422, .. }) if batch.len() > 1 => {
                let later = batch.split_off(batch.len() / 2);
                left.extend([later, batch]);
            }
            Err(error @ Error::Rejected { status: 400 | 413 | 422, .. }) => {
                alone.extend(batch.into_iter().map(|entry| (entry.id, entry.hash)));
                let is_all = left.is_empty() && alone.len() > 1;
                if made.is_empty() && (is_all || alone.len() >= REFUSED_IN_A_ROW) {
                    return Err(Failure::retry(&error));
                }
            }
            Err(error) => return Err(Failure::retry(&error)),
        }
    }
    for (entry, hash) in alone {
        warn!(%entry, "the endpoint refuses this entry: it has no vector");
        refused.insert((entry, hash));
    }
    Ok(made)
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
