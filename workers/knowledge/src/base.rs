//! What one business knows, in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::BusinessId;
use retrieval::{Calibration, Index, Judgement, Thesaurus};
use store::Records;
use store::records::KnowledgeEntry;
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
    calibration: Calibration,
}

struct Shelf {
    index: Index,
    entries: HashMap<Uuid, KnowledgeEntry>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Records(#[from] store::records::Error),
    #[error("index the knowledge of {0}")]
    Index(BusinessId, #[source] tokio::task::JoinError),
}

impl Base {
    /// Knows nothing until it is [renewed](Self::renew).
    pub fn new(business: BusinessId) -> Self {
        let shelf = Shelf { index: Index::new(Thesaurus::shipped()), entries: HashMap::new() };
        Self(Arc::new(Inner {
            business,
            version: AtomicI64::new(NONE),
            renewing: Mutex::new(()),
            shelf: RwLock::new(shelf),
            calibration: Calibration::conservative(),
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
        let base = self.clone();
        let indexed = tokio::task::spawn_blocking(move || base.take(entries)).await;
        indexed.map_err(|error| Error::Index(self.0.business.clone(), error))?;
        self.0.version.store(version, Ordering::Release);
        Ok(())
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
    pub fn judge(&self, question: &str) -> Judgement {
        self.read().index.judge(question, &self.0.calibration)
    }

    pub fn len(&self) -> usize {
        self.read().entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes these entries all that it knows. It is never locked for longer than one of them.
    fn take(&self, entries: Vec<KnowledgeEntry>) {
        // A question whose answer is still missing answers nothing.
        let entries: Vec<KnowledgeEntry> =
            entries.into_iter().filter(|entry| !entry.text.trim().is_empty()).collect();
        let said: HashMap<Uuid, &str> =
            entries.iter().map(|entry| (entry.id, entry.hash.as_str())).collect();
        let is_gone = |known: &&KnowledgeEntry| said.get(&known.id) != Some(&known.hash.as_str());
        let gone: Vec<Uuid> =
            self.read().entries.values().filter(is_gone).map(|known| known.id).collect();
        for id in gone {
            let mut shelf = self.write();
            shelf.index.remove(&id.to_string());
            shelf.entries.remove(&id);
        }
        for entry in entries {
            if self.read().entries.contains_key(&entry.id) {
                continue;
            }
            let indexed = retrieval::Entry {
                id: entry.id.to_string(),
                question: entry.question.clone(),
                phrasings: Vec::new(),
                text: entry.text.clone(),
                title: entry.title.clone(),
            };
            let mut shelf = self.write();
            shelf.index.insert(indexed);
            shelf.entries.insert(entry.id, entry);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.0.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.0.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
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
