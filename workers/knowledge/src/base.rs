//! What one business knows, in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::BusinessId;
use retrieval::{Calibration, Hit, Index, Judgement, Nearness, Thesaurus};
use runtime::Business;
use store::Records;
use store::records::{EntryVector, KnowledgeCalibration, KnowledgeEntry, LEARNED};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Before the first load.
const NONE: i64 = -1;

/// The knowledge of one business, cheap to clone. It is searched while it is renewed.
#[derive(Clone)]
pub struct Base(Arc<Inner>);

struct Inner {
    business: BusinessId,
    /// Of the records, as they were when they were last read.
    version: AtomicI64,
    /// Held by the one who renews it.
    renewing: Mutex<()>,
    shelf: RwLock<Shelf>,
    /// The embedding model whose vectors it keeps.
    vectors_of: OnceLock<String>,
    /// How often they had been written when they were last read.
    vectors: AtomicI64,
}

struct Shelf {
    index: Index,
    entries: HashMap<Uuid, KnowledgeEntry>,
    /// Other ways to ask for an entry, learned from customers.
    phrasings: Phrasings,
    calibration: Calibration,
}

type Phrasings = HashMap<Uuid, Vec<String>>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Records(#[from] store::records::Error),
    #[error("index the knowledge of {0}")]
    Index(BusinessId, #[source] tokio::task::JoinError),
}

impl Base {
    /// Of a business, with its own thesaurus. It knows nothing until it is [renewed](Self::renew).
    pub fn of(business: &Business) -> Self {
        let mut thesaurus = Thesaurus::shipped();
        if let Some(own) = &business.knowledge.thesaurus {
            match Thesaurus::parse(own) {
                Ok(own) => thesaurus.extend(&own),
                Err(error) => {
                    let business = &business.id;
                    tracing::warn!(%business, %error, "its thesaurus can't be read");
                }
            }
        }
        Self::with(business.id.clone(), thesaurus)
    }

    fn with(business: BusinessId, thesaurus: Thesaurus) -> Self {
        let shelf = Shelf {
            index: Index::new(thesaurus),
            entries: HashMap::new(),
            phrasings: HashMap::new(),
            calibration: Calibration::conservative(),
        };
        Self(Arc::new(Inner {
            business,
            version: AtomicI64::new(NONE),
            renewing: Mutex::new(()),
            shelf: RwLock::new(shelf),
            vectors_of: OnceLock::new(),
            vectors: AtomicI64::new(0),
        }))
    }

    pub fn business(&self) -> &BusinessId {
        &self.0.business
    }

    /// The version of the records that it is at least as new as; none before the first load.
    pub(crate) fn version(&self) -> Option<i64> {
        Some(self.0.version.load(Ordering::Acquire)).filter(|version| *version != NONE)
    }

    /// Reads what it does not have yet. What is gone is forgotten before anything new is learned,
    /// and questions are answered meanwhile.
    pub async fn renew(&self, records: &Records) -> Result<(), Error> {
        let _alone = self.0.renewing.lock().await;
        let business = self.0.business.as_str();
        // Before the entries: they may then be newer than it says, and are read again.
        let version = records.knowledge_versions().await?.remove(business).unwrap_or_default();
        if self.version() == Some(version) {
            return Ok(());
        }
        let entries = records.entries(business).await?;
        let phrasings = records.phrasings(business).await?;
        self.write().calibration = calibration(records.calibrations(business).await?.first());
        let base = self.clone();
        let indexed = tokio::task::spawn_blocking(move || base.take(entries, phrasings)).await;
        let new = indexed.map_err(|error| Error::Index(self.0.business.clone(), error))?;
        if let Some(model) = self.0.vectors_of.get() {
            self.take_vectors(records.vectors_of(model, &new).await?);
        }
        self.0.version.store(version, Ordering::Release);
        Ok(())
    }

    /// From now on it has the vectors of this embedding model, as they are read.
    pub fn keep_vectors_of(&self, model: &str) {
        let _ = self.0.vectors_of.set(model.to_owned());
    }

    /// Reads the vectors that were written since it last did, if `written` says that there are any.
    pub async fn renew_vectors(
        &self,
        records: &Records,
        model: &str,
        written: i64,
    ) -> Result<(), store::records::Error> {
        let known = self.0.vectors.load(Ordering::Acquire);
        if known >= written || self.version().is_none() {
            return Ok(());
        }
        let (vectors, _) = records.vectors_after(self.0.business.as_str(), model, known).await?;
        self.take_vectors(vectors);
        self.0.vectors.store(written, Ordering::Release);
        Ok(())
    }

    /// Of entries that say what they said then.
    fn take_vectors(&self, vectors: Vec<EntryVector>) {
        for EntryVector { entry, hash, vector } in vectors {
            if self.says(entry, &hash) {
                self.write().index.set_vector(&entry.to_string(), vector);
            }
        }
    }

    /// Whether an entry is there and says what has this hash.
    pub(crate) fn says(&self, id: Uuid, hash: &str) -> bool {
        self.read().entries.get(&id).is_some_and(|entry| entry.hash == hash)
    }

    /// Whether somebody renews it now.
    pub(crate) fn is_being_renewed(&self) -> bool {
        self.0.renewing.try_lock().is_err()
    }

    /// An entry that it knows.
    pub fn entry(&self, id: Uuid) -> Option<KnowledgeEntry> {
        self.read().entries.get(&id).cloned()
    }

    /// How sure it is of an answer to the question, and what comes nearest.
    pub fn judge(&self, question: &str, nearness: Option<Nearness<'_>>) -> Judgement {
        let shelf = self.read();
        shelf.index.judge_near(question, nearness, &shelf.calibration)
    }

    /// What comes nearest to the question.
    pub fn search(&self, question: &str, nearness: Option<Nearness<'_>>, limit: usize) -> Vec<Hit> {
        self.read().index.search_near(question, nearness, limit)
    }

    /// The entries that come nearest to a text, the best first, with their scores.
    pub(crate) fn nearest(&self, text: &str, limit: usize) -> Vec<(KnowledgeEntry, f32)> {
        let shelf = self.read();
        let hits = shelf.index.search(text, limit).into_iter();
        let entry = |hit: Hit| {
            let id = Uuid::parse_str(&hit.id).ok()?;
            Some((shelf.entries.get(&id)?.clone(), hit.score))
        };
        hits.filter_map(entry).collect()
    }

    /// The ways to ask for an entry that were learned.
    pub(crate) fn phrasings(&self, id: Uuid) -> Vec<String> {
        self.read().phrasings.get(&id).cloned().unwrap_or_default()
    }

    /// Whether this is true of an entry.
    pub(crate) fn any(&self, is_true: impl FnMut(&KnowledgeEntry) -> bool) -> bool {
        self.read().entries.values().any(is_true)
    }

    pub fn len(&self) -> usize {
        self.read().entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes these entries all that it knows, and says which are new to it. It is never locked for
    /// longer than one of them.
    fn take(&self, entries: Vec<KnowledgeEntry>, mut phrasings: Phrasings) -> Vec<Uuid> {
        let mut new = Vec::new();
        // A question whose answer is still missing answers nothing.
        let entries: Vec<KnowledgeEntry> =
            entries.into_iter().filter(|entry| !entry.text.trim().is_empty()).collect();
        let said: HashMap<Uuid, &str> =
            entries.iter().map(|entry| (entry.id, entry.hash.as_str())).collect();
        let gone: Vec<Uuid> = {
            let shelf = self.read();
            let is_gone = |known: &&KnowledgeEntry| {
                said.get(&known.id) != Some(&known.hash.as_str())
                    || shelf.phrasings.get(&known.id) != phrasings.get(&known.id)
            };
            shelf.entries.values().filter(is_gone).map(|known| known.id).collect()
        };
        for id in gone {
            let mut shelf = self.write();
            shelf.index.remove(&id.to_string());
            shelf.entries.remove(&id);
            shelf.phrasings.remove(&id);
        }
        for entry in entries {
            if self.read().entries.contains_key(&entry.id) {
                continue;
            }
            let ways = phrasings.remove(&entry.id);
            let indexed = indexed(&entry, ways.as_deref().unwrap_or_default());
            let mut shelf = self.write();
            shelf.index.insert(indexed);
            if let Some(ways) = ways {
                shelf.phrasings.insert(entry.id, ways);
            }
            new.push(entry.id);
            shelf.entries.insert(entry.id, entry);
        }
        new
    }

    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.0.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.0.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An entry that was learned has no question of its own, only ways in which it was asked for: it is
/// used again under stricter conditions.
fn indexed(entry: &KnowledgeEntry, ways: &[String]) -> retrieval::Entry {
    let is_learned = entry.source == LEARNED;
    let asked = entry.question.iter().filter(|_| is_learned && ways.is_empty());
    retrieval::Entry {
        id: entry.id.to_string(),
        question: entry.question.clone().filter(|_| !is_learned),
        phrasings: ways.iter().chain(asked).cloned().collect(),
        text: entry.text.clone(),
        title: entry.title.clone(),
    }
}

fn calibration(stored: Option<&KnowledgeCalibration>) -> Calibration {
    let conservative = Calibration::conservative();
    let Some(stored) = stored else { return conservative };
    #[expect(clippy::cast_possible_truncation, reason = "the index counts in single precision")]
    let cut = stored.cut.map(|cut| cut as f32);
    Calibration { cut, labels: usize::try_from(stored.labels).unwrap_or_default(), ..conservative }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base")
            .field("business", &self.0.business)
            .field("version", &self.version())
            .field("entries", &self.len())
            .finish()
    }
}
