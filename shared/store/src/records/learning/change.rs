//! Changes of a candidate, with what follows for the entries.

use std::fmt;

use uuid::Uuid;

use super::super::knowledge::{hold, raise};
use super::super::{Error, KnowledgeEntry, Records, storable, transact};
use super::{Basis, CandidateState, LEARNED, entry_of, learned_entry};

/// What a candidate becomes.
#[derive(Clone)]
pub struct CandidateChange {
    pub id: Uuid,
    pub business: String,
    /// Which it had when this was decided.
    pub revision: i64,
    /// The version of the knowledge that this was decided from, where that matters.
    pub knowledge: Option<i64>,
    pub state: CandidateState,
    pub why: Option<String>,
    pub question: String,
    pub answer: String,
    pub entry: Option<Uuid>,
    pub expires_ms: Option<i64>,
    /// When somebody decided this; none if nobody did.
    pub reviewed_ms: Option<i64>,
    /// What it was checked against; none if that stays as it was.
    pub basis: Option<Vec<Basis>>,
    /// The learned entry that customers are told no more instead, and why.
    pub instead_of: Option<(Uuid, String)>,
    /// Candidates that are published with this one's entry and say something else by now: each
    /// becomes an entry of its own.
    pub apart: Vec<Uuid>,
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Done,
    /// The candidate or the knowledge has changed since: decide again.
    Stale,
}

/// A candidate of an entry: its id, its question and answer, its state.
type Row = (Uuid, String, String, String);

/// For the two drivers: makes the learned entry what its candidates say.
macro_rules! settle {
    ($db:expr, $business:expr, $entry:expr, $at_ms:expr) => {{
        let (business, entry): (&str, Uuid) = ($business, $entry);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, question, answer, state FROM learning_candidate
             WHERE business = $1 AND entry = $2 ORDER BY created_ms, id",
        )
        .bind(business)
        .bind(entry)
        .fetch_all(&mut *$db)
        .await?;
        let there: Option<(String,)> =
            sqlx::query_as("SELECT source FROM knowledge_entry WHERE id = $1")
                .bind(entry)
                .fetch_optional(&mut *$db)
                .await?;
        match settled(business, entry, there.as_ref().map(|(source,)| source.as_str()), &rows) {
            Settled::NotLearned => {}
            Settled::Gone => {
                sqlx::query("DELETE FROM knowledge_entry WHERE id = $1 AND source = $2")
                    .bind(entry)
                    .bind(LEARNED)
                    .execute(&mut *$db)
                    .await?;
                sqlx::query(
                    "DELETE FROM knowledge_source WHERE business = $1 AND name = $2 AND NOT EXISTS
                         (SELECT 1 FROM knowledge_entry e WHERE e.business = $1 AND e.source = $2)",
                )
                .bind(business)
                .bind(LEARNED)
                .execute(&mut *$db)
                .await?;
            }
            Settled::Kept(entry) => {
                sqlx::query(
                    "INSERT INTO knowledge_source (business, name, kind, hash, imported_ms)
                     VALUES ($1, $2, $2, '', $3) ON CONFLICT (business, name) DO NOTHING",
                )
                .bind(business)
                .bind(LEARNED)
                .bind($at_ms)
                .execute(&mut *$db)
                .await?;
                sqlx::query(
                    "INSERT INTO knowledge_entry (id, business, source, position, question, text,
                         hash)
                     VALUES ($1, $2, $3, 0, $4, $5, $6)
                     ON CONFLICT (id) DO UPDATE SET question = excluded.question,
                         text = excluded.text, hash = excluded.hash",
                )
                .bind(entry.id)
                .bind(business)
                .bind(LEARNED)
                .bind(entry.question)
                .bind(entry.text)
                .bind(entry.hash)
                .execute(&mut *$db)
                .await?;
            }
        }
    }};
}

macro_rules! put_aside {
    ($db:expr, $business:expr, $entry:expr, $why:expr, $at_ms:expr) => {{
        let done = sqlx::query(
            "UPDATE learning_candidate
             SET state = 'set_aside', why = $3, changed_ms = $4, revision = revision + 1
             WHERE business = $1 AND entry = $2 AND state = 'published'",
        )
        .bind($business)
        .bind($entry)
        .bind(storable($why))
        .bind($at_ms)
        .execute(&mut *$db)
        .await?;
        settle!($db, $business, $entry, $at_ms);
        done.rows_affected()
    }};
}

enum Settled {
    /// An imported entry, of which candidates are other ways to ask.
    NotLearned,
    /// No candidate says any more that customers are told it.
    Gone,
    Kept(KnowledgeEntry),
}

fn settled(business: &str, entry: Uuid, source: Option<&str>, rows: &[Row]) -> Settled {
    let is_founder = |(id, ..): &&Row| learned_entry(business, *id) == entry;
    let founder = rows.iter().find(is_founder);
    if source.is_some_and(|source| source != LEARNED) || (source.is_none() && founder.is_none()) {
        return Settled::NotLearned;
    }
    let told = |(.., state): &&Row| state == CandidateState::Published.name();
    // The answers of all of them are the same; the founder's words are the entry's.
    let Some(first) = founder.filter(told).or_else(|| rows.iter().find(told)) else {
        return Settled::Gone;
    };
    let (id, question, _, _) = first;
    let (_, _, answer, _) = founder.unwrap_or(first);
    let said = entry_of(business, *id, question.clone(), answer.clone());
    Settled::Kept(KnowledgeEntry { id: entry, ..said })
}

impl Records {
    /// Changes a candidate from the revision that it had, and makes the entries what the
    /// candidates say then, all of it or nothing; the business's version is raised if what
    /// customers are told has changed (test `what_is_approved_is_an_entry_until_it_is_taken_back`).
    pub async fn change_candidate(&self, change: CandidateChange) -> Result<Changed, Error> {
        transact!(self, "change a candidate in", db => {
            let business = storable(&change.business);
            hold!(db, business.as_str());
            let version: (i64,) =
                sqlx::query_as("SELECT number FROM knowledge_version WHERE business = $1")
                    .bind(business.as_str())
                    .fetch_one(&mut *db)
                    .await?;
            if change.knowledge.is_some_and(|decided_from| decided_from != version.0) {
                return Ok(Changed::Stale);
            }
            let before: Option<(String, Option<Uuid>)> = sqlx::query_as(
                "SELECT state, entry FROM learning_candidate
                 WHERE id = $1 AND business = $2 AND revision = $3",
            )
            .bind(change.id)
            .bind(business.as_str())
            .bind(change.revision)
            .fetch_optional(&mut *db)
            .await?;
            let Some((state, entry)) = before else { return Ok(Changed::Stale) };
            let changed = sqlx::query(
                "UPDATE learning_candidate
                 SET state = $3, why = $4, question = $5, answer = $6, entry = $7,
                     expires_ms = $8, reviewed_ms = COALESCE($9, reviewed_ms), changed_ms = $10,
                     revision = revision + 1
                 WHERE id = $1 AND revision = $2",
            )
            .bind(change.id)
            .bind(change.revision)
            .bind(change.state.name())
            .bind(change.why.as_deref().map(storable))
            .bind(storable(&change.question))
            .bind(storable(&change.answer))
            .bind(change.entry)
            .bind(change.expires_ms)
            .bind(change.reviewed_ms)
            .bind(change.at_ms)
            .execute(&mut *db)
            .await?;
            if changed.rows_affected() == 0 {
                return Ok(Changed::Stale);
            }
            if let Some(basis) = change.basis {
                sqlx::query("DELETE FROM learning_basis WHERE candidate = $1")
                    .bind(change.id)
                    .execute(&mut *db)
                    .await?;
                for one in basis {
                    sqlx::query(
                        "INSERT INTO learning_basis (candidate, source, hash, passages)
                         VALUES ($1, $2, $3, $4)",
                    )
                    .bind(change.id)
                    .bind(one.source)
                    .bind(one.hash)
                    .bind(one.passages)
                    .execute(&mut *db)
                    .await?;
                }
            }
            let was_told = state == CandidateState::Published.name();
            let mut affects = was_told || change.state == CandidateState::Published;
            if let Some((other, why)) = &change.instead_of {
                put_aside!(db, business.as_str(), *other, why, change.at_ms);
                affects = true;
            }
            for other in change.apart {
                let own = learned_entry(business.as_str(), other);
                sqlx::query(
                    "UPDATE learning_candidate
                     SET entry = $3, changed_ms = $4, revision = revision + 1
                     WHERE id = $1 AND business = $2 AND state = 'published'",
                )
                .bind(other)
                .bind(business.as_str())
                .bind(own)
                .bind(change.at_ms)
                .execute(&mut *db)
                .await?;
                settle!(db, business.as_str(), own, change.at_ms);
                affects = true;
            }
            for entry in [entry.filter(|_| was_told), change.entry].into_iter().flatten() {
                settle!(db, business.as_str(), entry, change.at_ms);
            }
            if affects {
                raise!(db, business.as_str());
            }
            Ok(Changed::Done)
        })
    }

    /// Customers are no longer told what was learned of this entry, and whoever shows it is told
    /// why; how many candidates those were (test `a_learned_entry_is_put_aside_with_all_its_ways`).
    pub async fn put_aside(
        &self,
        business: &str,
        entry: Uuid,
        why: &str,
        at_ms: i64,
    ) -> Result<u64, Error> {
        let (business, why) = (storable(business), why.to_owned());
        transact!(self, "put an entry aside in", db => {
            hold!(db, business.as_str());
            let changed = put_aside!(db, business.as_str(), entry, &why, at_ms);
            if changed > 0 {
                raise!(db, business.as_str());
            }
            Ok(changed)
        })
    }
}

impl fmt::Debug for CandidateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CandidateChange")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
