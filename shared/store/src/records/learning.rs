//! What specialists' answers taught: candidates, and the entries that some of them became.
//!
//! A candidate that is published is either an entry of the source [`LEARNED`], or another way to
//! ask for an entry that is there. Which entries there are follows from the candidates' states, in
//! the transaction that changes them.

mod change;
mod propose;

use std::collections::HashMap;
use std::fmt;

use uuid::Uuid;

use super::{Error, KnowledgeDraft, KnowledgeEntry, KnowledgeSource, Records, read};
use super::{transact, write};

pub use change::{CandidateChange, Changed};

/// The source of the entries that candidates became. No file has this name: it has no ending.
pub const LEARNED: &str = "learned";

/// The columns of a [`Candidate`], in the order of [`Row`].
macro_rules! columns {
    () => {
        "id, business, conversation, ticket, question, answer, language, state, why, revision,
         entry, helped, created_ms, changed_ms, reviewed_ms, expires_ms"
    };
}

type Row = (
    Uuid,
    String,
    Option<Uuid>,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
    Option<Uuid>,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
);

/// An answer that may be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Of the message that brought it.
    pub id: Uuid,
    pub business: String,
    /// Absent once its customer was erased.
    pub conversation: Option<Uuid>,
    pub ticket: String,
    pub question: String,
    pub answer: String,
    /// Its code.
    pub language: String,
    pub state: CandidateState,
    pub why: Option<String>,
    /// Raised with every change; the first is 1.
    pub revision: i64,
    /// The entry that it is, or that it is another way to ask for.
    pub entry: Option<Uuid>,
    /// How many customers its entry has helped, as far as it was told.
    pub helped: i64,
    pub created_ms: i64,
    pub changed_ms: i64,
    /// When somebody last decided about it.
    pub reviewed_ms: Option<i64>,
    /// From then on customers are not told it.
    pub expires_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateState {
    Proposed,
    Refused,
    Conflict,
    Published,
    Discarded,
    SetAside,
}

/// A document that a candidate was checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    pub source: String,
    /// Of the source as it was.
    pub hash: String,
    /// Those of its passages that were nearest, a line each.
    pub passages: String,
}

impl CandidateState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Refused => "refused",
            Self::Conflict => "conflict",
            Self::Published => "published",
            Self::Discarded => "discarded",
            Self::SetAside => "set_aside",
        }
    }

    fn named(name: &str) -> Option<Self> {
        use CandidateState as S;
        [S::Proposed, S::Refused, S::Conflict, S::Published, S::Discarded, S::SetAside]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// The entry that a candidate is once it is published, if it is one of its own. The same while
/// its words are edited.
pub fn learned_entry(business: &str, candidate: Uuid) -> Uuid {
    entry_of(business, candidate, String::new(), String::new()).id
}

fn entry_of(business: &str, candidate: Uuid, question: String, text: String) -> KnowledgeEntry {
    let source = KnowledgeSource {
        business: business.to_owned(),
        name: LEARNED.to_owned(),
        kind: LEARNED.to_owned(),
        hash: String::new(),
        imported_ms: 0,
    };
    let key = candidate.to_string();
    KnowledgeEntry::of(
        &source,
        0,
        &KnowledgeDraft { key, title: None, question: Some(question), text },
    )
}

impl Records {
    pub async fn candidate(&self, id: Uuid) -> Result<Option<Candidate>, Error> {
        let row: Option<Row> = read!(self, "read a candidate from", db => {
            sqlx::query_as(concat!("SELECT ", columns!(), " FROM learning_candidate WHERE id = $1"))
                .bind(id)
                .fetch_optional(db)
                .await
        })?;
        row.map(candidate).transpose()
    }

    /// A business's candidates, the oldest first.
    pub async fn candidates(&self, business: &str) -> Result<Vec<Candidate>, Error> {
        let rows: Vec<Row> = read!(self, "read candidates from", db => {
            sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM learning_candidate
                 WHERE business = $1 ORDER BY created_ms, id"
            ))
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(candidate).collect()
    }

    /// The candidates that are this entry, or another way to ask for it.
    pub async fn candidates_of(
        &self,
        business: &str,
        entry: Uuid,
    ) -> Result<Vec<Candidate>, Error> {
        let rows: Vec<Row> = read!(self, "read candidates from", db => {
            sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM learning_candidate
                 WHERE business = $1 AND entry = $2 ORDER BY created_ms, id"
            ))
            .bind(business)
            .bind(entry)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(candidate).collect()
    }

    /// What came from a conversation and is told to customers.
    pub async fn learned_from(&self, conversation: Uuid) -> Result<Vec<Candidate>, Error> {
        let rows: Vec<Row> = read!(self, "read candidates from", db => {
            sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM learning_candidate
                 WHERE conversation = $1 AND state = 'published' ORDER BY created_ms, id"
            ))
            .bind(conversation)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(candidate).collect()
    }

    /// Those whose change nobody was told yet, of all businesses.
    pub async fn untold_candidates(&self, limit: i64) -> Result<Vec<Candidate>, Error> {
        let rows: Vec<Row> = read!(self, "read candidates from", db => {
            sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM learning_candidate
                 WHERE told < revision ORDER BY changed_ms, id LIMIT $1"
            ))
            .bind(limit)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(candidate).collect()
    }

    /// Says up to which revision somebody was told.
    pub async fn candidate_told(&self, id: Uuid, revision: i64) -> Result<(), Error> {
        write!(self, "note what was told of a candidate in", db => {
            sqlx::query("UPDATE learning_candidate SET told = $2 WHERE id = $1 AND told < $2")
                .bind(id)
                .bind(revision)
                .execute(db)
                .await
                .map(drop)
        })
    }

    /// How many customers a candidate's entry has helped, to be told; nothing happens if as many
    /// were told before.
    pub async fn candidate_helped(&self, id: Uuid, helped: i64, at_ms: i64) -> Result<(), Error> {
        write!(self, "note whom a candidate helped in", db => {
            sqlx::query(
                "UPDATE learning_candidate
                 SET helped = $2, changed_ms = $3, revision = revision + 1
                 WHERE id = $1 AND helped < $2",
            )
            .bind(id)
            .bind(helped)
            .bind(at_ms)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// Published ones whose time is over, of all businesses.
    pub async fn expired_candidates(&self, now_ms: i64) -> Result<Vec<Candidate>, Error> {
        let rows: Vec<Row> = read!(self, "read candidates from", db => {
            sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM learning_candidate
                 WHERE state = 'published' AND expires_ms <= $1 ORDER BY expires_ms, id LIMIT 500"
            ))
            .bind(now_ms)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(candidate).collect()
    }

    /// Published ones of a business that were checked against a document which has changed or
    /// gone since.
    pub async fn outdated_candidates(&self, business: &str) -> Result<Vec<Candidate>, Error> {
        let rows: Vec<Row> = read!(self, "read candidates from", db => {
            sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM learning_candidate
                 WHERE business = $1 AND state = 'published' AND id IN (
                     SELECT b.candidate FROM learning_basis b LEFT JOIN knowledge_source s
                         ON s.business = $1 AND s.name = b.source
                     WHERE s.hash IS NULL OR s.hash <> b.hash)
                 ORDER BY created_ms, id"
            ))
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(candidate).collect()
    }

    /// What a candidate was checked against, by source.
    pub async fn basis_of(&self, candidate: Uuid) -> Result<Vec<Basis>, Error> {
        let rows: Vec<(String, String, String)> = read!(self, "read what was checked from", db => {
            sqlx::query_as(
                "SELECT source, hash, passages FROM learning_basis WHERE candidate = $1
                 ORDER BY source",
            )
            .bind(candidate)
            .fetch_all(db)
            .await
        })?;
        let basis = |(source, hash, passages)| Basis { source, hash, passages };
        Ok(rows.into_iter().map(basis).collect())
    }

    /// The documents have changed, and nothing that matters to the candidate.
    pub async fn renew_basis(&self, candidate: Uuid, basis: &[Basis]) -> Result<(), Error> {
        let basis = basis.to_vec();
        transact!(self, "note what was checked in", db => {
            for one in basis {
                sqlx::query(
                    "UPDATE learning_basis SET hash = $3 WHERE candidate = $1 AND source = $2",
                )
                .bind(candidate)
                .bind(one.source)
                .bind(one.hash)
                .execute(&mut *db)
                .await?;
            }
            Ok(())
        })
    }

    /// The ways to ask for each entry that were learned.
    pub async fn phrasings(&self, business: &str) -> Result<HashMap<Uuid, Vec<String>>, Error> {
        let rows: Vec<(Uuid, String)> = read!(self, "read phrasings from", db => {
            sqlx::query_as(
                "SELECT entry, question FROM learning_candidate
                 WHERE business = $1 AND state = 'published' AND entry IS NOT NULL
                 ORDER BY created_ms, id",
            )
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        let mut phrasings: HashMap<Uuid, Vec<String>> = HashMap::new();
        for (entry, question) in rows {
            phrasings.entry(entry).or_default().push(question);
        }
        Ok(phrasings)
    }
}

fn candidate(row: Row) -> Result<Candidate, Error> {
    let (id, business, conversation, ticket, question, answer, language, state, why, ..) = row;
    let (.., revision, entry, helped, created_ms, changed_ms, reviewed_ms, expires_ms) = row;
    let state = CandidateState::named(&state)
        .ok_or(Error::Foreign { operation: "read a candidate from" })?;
    Ok(Candidate {
        id,
        business,
        conversation,
        ticket,
        question,
        answer,
        language,
        state,
        why,
        revision,
        entry,
        helped,
        created_ms,
        changed_ms,
        reviewed_ms,
        expires_ms,
    })
}

/// What a customer asked and a specialist answered.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("id", &self.id)
            .field("business", &self.business)
            .field("state", &self.state)
            .field("revision", &self.revision)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}
