//! What each business knows, as it was imported.
//!
//! A business's version is raised in the same transaction as every change, so that a copy which
//! was read after its version is at least as new as that version says.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Error, Records, read, storable, transact};

/// In one statement: well below the number of values that either database takes.
const ROWS: usize = 500;
/// The namespace of the ids of entries (UUID v5).
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2c1e_8f0a_5b7c_9a51_52e1_e0f0_0003);

/// Where entries came from: a file or a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnowledgeSource {
    pub business: String,
    /// Unique in its business.
    pub name: String,
    /// Its format, as a program names it.
    pub kind: String,
    /// Of what was imported, as it was.
    pub hash: String,
    pub imported_ms: i64,
}

/// A source with how many entries it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSummary {
    pub source: KnowledgeSource,
    pub entries: u64,
}

/// An entry as an importer makes it.
#[derive(Clone, PartialEq, Eq)]
pub struct KnowledgeDraft {
    /// Unique in its source, and the same when what it says is corrected: the entry keeps its id.
    pub key: String,
    /// Where it stands: the document's title, the section.
    pub title: Option<String>,
    pub question: Option<String>,
    /// The answer, or a passage.
    pub text: String,
}

/// An entry as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KnowledgeEntry {
    pub id: Uuid,
    pub business: String,
    pub source: String,
    /// From zero, in the order of the source.
    pub position: i32,
    pub title: Option<String>,
    pub question: Option<String>,
    pub text: String,
    /// Of what it says: another hash, other words.
    pub hash: String,
}

/// What became of a source's entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnowledgeChanges {
    pub added: usize,
    pub updated: usize,
    pub removed: usize,
    pub unchanged: usize,
}

impl KnowledgeChanges {
    pub fn any(self) -> bool {
        self.added + self.updated + self.removed > 0
    }
}

type SourceRow = (String, String, String, String, i64, i64);
pub(super) type EntryRow =
    (Uuid, String, String, i32, Option<String>, Option<String>, String, String);

impl KnowledgeEntry {
    pub(super) fn of(source: &KnowledgeSource, position: i32, draft: &KnowledgeDraft) -> Self {
        let KnowledgeDraft { key, title, question, text } = draft;
        let name = [&source.business, &source.name, key].map(|part| storable(part)).join("\0");
        let [title, question] = [title, question].map(|part| part.as_deref().map(storable));
        let text = storable(text);
        let mut hash = Sha256::new();
        for part in [title.as_deref(), question.as_deref(), Some(&text)] {
            // None of them holds a NUL, so that no two entries are told in the same bytes.
            hash.update(part.unwrap_or("\0"));
            hash.update("\0");
        }
        Self {
            id: Uuid::new_v5(&NAMESPACE, name.as_bytes()),
            business: storable(&source.business),
            source: storable(&source.name),
            position,
            title,
            question,
            text,
            hash: hex::encode(hash.finalize()),
        }
    }
}

/// For the two drivers, whose queries differ in type: whoever changes a business's knowledge
/// changes it alone until its transaction ends.
macro_rules! hold {
    ($db:expr, $business:expr) => {
        sqlx::query(
            "INSERT INTO knowledge_version (business, number) VALUES ($1, 0)
             ON CONFLICT (business) DO UPDATE SET number = knowledge_version.number",
        )
        .bind($business)
        .execute(&mut *$db)
        .await?
    };
}

macro_rules! raise {
    ($db:expr, $business:expr) => {
        sqlx::query("UPDATE knowledge_version SET number = number + 1 WHERE business = $1")
            .bind($business)
            .execute(&mut *$db)
            .await?
    };
}

pub(super) use {hold, raise};

macro_rules! replace {
    ($db:expr, $source:expr, $entries:expr) => {{
        let (source, entries): (KnowledgeSource, Vec<KnowledgeEntry>) = ($source, $entries);
        hold!($db, source.business.as_str());
        sqlx::query(
            "INSERT INTO knowledge_source (business, name, kind, hash, imported_ms)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (business, name) DO UPDATE
             SET kind = excluded.kind, hash = excluded.hash, imported_ms = excluded.imported_ms
             WHERE knowledge_source.hash <> excluded.hash
                 OR knowledge_source.kind <> excluded.kind",
        )
        .bind(source.business.as_str())
        .bind(source.name.as_str())
        .bind(source.kind.as_str())
        .bind(source.hash.as_str())
        .bind(source.imported_ms)
        .execute(&mut *$db)
        .await?;
        let there: Vec<(Uuid, i32, String)> = sqlx::query_as(
            "SELECT id, position, hash FROM knowledge_entry WHERE business = $1 AND source = $2",
        )
        .bind(source.business.as_str())
        .bind(source.name.as_str())
        .fetch_all(&mut *$db)
        .await?;
        let (changes, written, gone) = compare(there, entries);
        for ids in gone.chunks(ROWS) {
            let mut delete = sqlx::QueryBuilder::new("DELETE FROM knowledge_entry WHERE id IN (");
            let mut list = delete.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            delete.push(")").build().execute(&mut *$db).await?;
        }
        for rows in written.chunks(ROWS) {
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO knowledge_entry (id, business, source, position, title, question,
                     text, hash) ",
            );
            insert.push_values(rows, |mut row, entry| {
                row.push_bind(entry.id)
                    .push_bind(&entry.business)
                    .push_bind(&entry.source)
                    .push_bind(entry.position)
                    .push_bind(&entry.title)
                    .push_bind(&entry.question)
                    .push_bind(&entry.text)
                    .push_bind(&entry.hash);
            });
            insert
                .push(
                    " ON CONFLICT (id) DO UPDATE SET position = excluded.position,
                         title = excluded.title, question = excluded.question,
                         text = excluded.text, hash = excluded.hash",
                )
                .build()
                .execute(&mut *$db)
                .await?;
        }
        if changes.any() || !written.is_empty() {
            raise!($db, source.business.as_str());
        }
        Ok(changes)
    }};
}

/// What becomes of the entries that are there when these take their place, which of them must be
/// written, and which ones go. One that only moved is written and counts as unchanged.
fn compare(
    there: Vec<(Uuid, i32, String)>,
    entries: Vec<KnowledgeEntry>,
) -> (KnowledgeChanges, Vec<KnowledgeEntry>, Vec<Uuid>) {
    let mut there: HashMap<Uuid, (i32, String)> =
        there.into_iter().map(|(id, position, hash)| (id, (position, hash))).collect();
    let (mut changes, mut written) = (KnowledgeChanges::default(), Vec::new());
    for entry in entries {
        match there.remove(&entry.id) {
            None => changes.added += 1,
            Some((_, hash)) if hash != entry.hash => changes.updated += 1,
            Some((position, _)) => {
                changes.unchanged += 1;
                if position == entry.position {
                    continue;
                }
            }
        }
        written.push(entry);
    }
    changes.removed = there.len();
    (changes, written, there.into_keys().collect())
}

impl Records {
    /// Puts these entries in the place of what the source had: what is changed is updated, what is
    /// gone is removed, and the same again changes nothing (tests
    /// `a_source_that_is_imported_again_changes_what_changed`,
    /// `the_same_import_again_changes_nothing`, `imports_that_race_end_up_as_one_of_them`). Of two
    /// drafts with the same key the last counts.
    pub async fn replace_source(
        &self,
        source: KnowledgeSource,
        drafts: &[KnowledgeDraft],
    ) -> Result<KnowledgeChanges, Error> {
        let source = KnowledgeSource {
            business: storable(&source.business),
            name: storable(&source.name),
            ..source
        };
        let entries: BTreeMap<Uuid, KnowledgeEntry> = (0..)
            .zip(drafts)
            .map(|(position, draft)| KnowledgeEntry::of(&source, position, draft))
            .map(|entry| (entry.id, entry))
            .collect();
        let entries: Vec<KnowledgeEntry> = entries.into_values().collect();
        transact!(self, "import knowledge into", db => replace!(db, source, entries))
    }

    /// Removes a source with its entries, and says how many those were; none if there is no such
    /// source (test `a_source_that_is_removed_takes_its_entries_along`).
    pub async fn remove_source(&self, business: &str, name: &str) -> Result<Option<u64>, Error> {
        let (business, name) = (storable(business), storable(name));
        transact!(self, "remove knowledge from", db => {
            hold!(db, business.as_str());
            let entries =
                sqlx::query("DELETE FROM knowledge_entry WHERE business = $1 AND source = $2")
                    .bind(business.as_str())
                    .bind(name.as_str())
                    .execute(&mut *db)
                    .await?;
            let sources =
                sqlx::query("DELETE FROM knowledge_source WHERE business = $1 AND name = $2")
                    .bind(business.as_str())
                    .bind(name.as_str())
                    .execute(&mut *db)
                    .await?;
            if sources.rows_affected() == 0 {
                return Ok(None);
            }
            raise!(db, business.as_str());
            Ok(Some(entries.rows_affected()))
        })
    }

    /// A business's sources, by name.
    pub async fn sources(&self, business: &str) -> Result<Vec<SourceSummary>, Error> {
        let rows: Vec<SourceRow> = read!(self, "read the sources of knowledge from", db => {
            sqlx::query_as(
                "SELECT s.business, s.name, s.kind, s.hash, s.imported_ms,
                     (SELECT COUNT(*) FROM knowledge_entry e
                      WHERE e.business = s.business AND e.source = s.name)
                 FROM knowledge_source s WHERE s.business = $1 ORDER BY s.name",
            )
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        let summary = |(business, name, kind, hash, imported_ms, entries): SourceRow| {
            let source = KnowledgeSource { business, name, kind, hash, imported_ms };
            SourceSummary { source, entries: entries.cast_unsigned() }
        };
        Ok(rows.into_iter().map(summary).collect())
    }

    /// All that a business knows, by source, in the source's order; nothing of another business
    /// (test `a_business_sees_only_its_own_knowledge`).
    pub async fn entries(&self, business: &str) -> Result<Vec<KnowledgeEntry>, Error> {
        let rows: Vec<EntryRow> = read!(self, "read the knowledge from", db => {
            sqlx::query_as(
                "SELECT id, business, source, position, title, question, text, hash
                 FROM knowledge_entry WHERE business = $1 ORDER BY source, position, id",
            )
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        Ok(rows.into_iter().map(KnowledgeEntry::from).collect())
    }

    /// How often each business's knowledge has changed; one that never had any is not there. One
    /// question for all of them, because it is asked all the time.
    pub async fn knowledge_versions(&self) -> Result<BTreeMap<String, i64>, Error> {
        let rows: Vec<(String, i64)> = read!(self, "read the versions of knowledge from", db => {
            sqlx::query_as("SELECT business, number FROM knowledge_version").fetch_all(db).await
        })?;
        Ok(rows.into_iter().collect())
    }
}

impl From<EntryRow> for KnowledgeEntry {
    fn from((id, business, source, position, title, question, text, hash): EntryRow) -> Self {
        Self { id, business, source, position, title, question, text, hash }
    }
}

/// An answer may have been learned from what somebody wrote.
impl fmt::Debug for KnowledgeEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnowledgeEntry")
            .field("id", &self.id)
            .field("source", &self.source)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KnowledgeDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnowledgeDraft").field("chars", &self.text.len()).finish_non_exhaustive()
    }
}
