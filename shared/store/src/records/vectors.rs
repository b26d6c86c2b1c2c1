//! What entries mean, as vectors of an embedding model.
//!
//! An embedded file and a PostgreSQL without pgvector only keep them, and whoever searches reads
//! them into memory. With pgvector they lie in a column of its type, which is not in the
//! migrations because an installation may do without, and the database finds the nearest.

mod nearest;
mod weight;

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

pub use self::weight::DenseWeight;
use super::knowledge::EntryRow;
use super::{Error, KnowledgeEntry, Records, in_time, read, storable, transact, write};

/// Who finds the nearest vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorSearch {
    /// Whoever searches, in its own memory.
    Memory,
    /// The database, by pgvector.
    Database,
}

/// What an entry means.
#[derive(Clone, PartialEq)]
pub struct EntryVector {
    pub entry: Uuid,
    /// The entry's, when it said that.
    pub hash: String,
    pub vector: Vec<f32>,
}

type VectorRow = (Uuid, String, Vec<u8>, i64);

impl VectorSearch {
    /// Where the vectors lie.
    fn column(self) -> &'static str {
        match self {
            Self::Memory => "bytes",
            Self::Database => "embedding",
        }
    }
}

macro_rules! put {
    ($db:expr, $business:expr, $model:expr, $vectors:expr, $sql:expr, $value:expr) => {{
        // Whoever writes for a business writes alone, and numbers are given in the order of commits.
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO knowledge_indexing (business, written) VALUES ($1, 1)
             ON CONFLICT (business) DO UPDATE SET written = knowledge_indexing.written + 1
             RETURNING written",
        )
        .bind($business.as_str())
        .fetch_one(&mut *$db)
        .await?;
        for one in &$vectors {
            sqlx::query($sql)
                .bind(one.entry)
                .bind($business.as_str())
                .bind($model.as_str())
                .bind(one.hash.as_str())
                .bind(i32::try_from(one.vector.len()).unwrap_or(i32::MAX))
                .bind(number)
                .bind($value(&one.vector))
                .execute(&mut *$db)
                .await?;
        }
        Ok(())
    }};
}

/// Of an entry that says something else by now, or nothing, no vector is kept.
macro_rules! put_into {
    ($column:literal, $value:literal) => {
        concat!(
            "INSERT INTO knowledge_vector
                 (entry, business, model, hash, dimensions, number, ",
            $column,
            ")
             SELECT $1, $2, $3, $4, $5, $6, ",
            $value,
            "
             WHERE EXISTS (SELECT 1 FROM knowledge_entry WHERE id = $1 AND hash = $4)
             ON CONFLICT (entry, model) DO UPDATE SET hash = excluded.hash,
                 dimensions = excluded.dimensions, number = excluded.number, ",
            $column,
            " = excluded.",
            $column
        )
    };
}

impl Records {
    /// Entries that say something and have no vector of this model for it, in the order of their
    /// sources.
    pub async fn entries_without_vector(
        &self,
        search: VectorSearch,
        business: &str,
        model: &str,
        limit: i64,
    ) -> Result<Vec<KnowledgeEntry>, Error> {
        let sql = format!(
            "SELECT e.id, e.business, e.source, e.position, e.title, e.question, e.text, e.hash
             FROM knowledge_entry e LEFT JOIN knowledge_vector v
                 ON v.entry = e.id AND v.model = $2 AND v.hash = e.hash AND v.{} IS NOT NULL
             WHERE e.business = $1 AND v.entry IS NULL AND TRIM(e.text) <> ''
             ORDER BY e.source, e.position, e.id LIMIT $3",
            search.column()
        );
        let rows: Vec<EntryRow> = read!(self, "look for entries without a vector in", db => {
            sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
                .bind(business)
                .bind(model)
                .bind(limit)
                .fetch_all(db)
                .await
        })?;
        Ok(rows.into_iter().map(KnowledgeEntry::from).collect())
    }

    /// Keeps vectors, in the place of older ones of the same entries and model (tests
    /// `a_vector_is_kept_until_its_entry_says_something_else`, `vectors_that_race_are_all_read`).
    pub async fn put_vectors(
        &self,
        search: VectorSearch,
        business: &str,
        model: &str,
        vectors: Vec<EntryVector>,
    ) -> Result<(), Error> {
        let (business, model) = (storable(business), storable(model));
        match search {
            VectorSearch::Memory => {
                transact!(self, "write vectors to", db => {
                    put!(db, business, model, vectors, put_into!("bytes", "$7"), to_bytes)
                })
            }
            VectorSearch::Database => {
                let Self::Postgres(pool) = self else { return Ok(()) };
                let answer = async {
                    let mut transaction = pool.begin().await?;
                    let db = &mut *transaction;
                    let done: Result<(), sqlx::Error> = async {
                        put!(
                            db,
                            business,
                            model,
                            vectors,
                            put_into!("embedding", "$7::text::vector"),
                            nearest::to_text
                        )
                    }
                    .await;
                    done?;
                    transaction.commit().await
                };
                in_time("write vectors to", answer).await
            }
        }
    }

    /// Forgets a business's vectors of every other model, or of all, and says how many those were.
    pub async fn forget_vectors(&self, business: &str, but: Option<&str>) -> Result<u64, Error> {
        let (business, but) = (storable(business), storable(but.unwrap_or_default()));
        write!(self, "forget vectors in", db => {
            sqlx::query("DELETE FROM knowledge_vector WHERE business = $1 AND model <> $2")
                .bind(business)
                .bind(but)
                .execute(db)
                .await
                .map(|done| done.rows_affected())
        })
    }

    /// How many vectors of this model a business has.
    pub async fn count_vectors(&self, business: &str, model: &str) -> Result<u64, Error> {
        let count: i64 = read!(self, "count the vectors of", db => {
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM knowledge_vector v JOIN knowledge_entry e
                     ON e.id = v.entry AND e.hash = v.hash
                 WHERE v.business = $1 AND v.model = $2",
            )
            .bind(business)
            .bind(model)
            .fetch_one(db)
            .await
        })?;
        Ok(count.cast_unsigned())
    }

    /// How often vectors were written for each business.
    pub async fn vector_versions(&self) -> Result<BTreeMap<String, i64>, Error> {
        let rows: Vec<(String, i64)> = read!(self, "read the versions of vectors from", db => {
            sqlx::query_as("SELECT business, written FROM knowledge_indexing").fetch_all(db).await
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The vectors in memory's form that were written after this version, with the version of each
    /// last one; all of them after 0.
    pub async fn vectors_after(
        &self,
        business: &str,
        model: &str,
        version: i64,
    ) -> Result<(Vec<EntryVector>, i64), Error> {
        let rows: Vec<VectorRow> = read!(self, "read vectors from", db => {
            sqlx::query_as(
                "SELECT entry, hash, bytes, number FROM knowledge_vector
                 WHERE business = $1 AND model = $2 AND number > $3 AND bytes IS NOT NULL
                 ORDER BY number",
            )
            .bind(business)
            .bind(model)
            .bind(version)
            .fetch_all(db)
            .await
        })?;
        let version = rows.last().map_or(version, |row| row.3);
        Ok((rows.into_iter().map(EntryVector::from).collect(), version))
    }

    /// The vectors in memory's form of some entries.
    pub async fn vectors_of(
        &self,
        model: &str,
        entries: &[Uuid],
    ) -> Result<Vec<EntryVector>, Error> {
        const ROWS: usize = 500;
        let mut vectors = Vec::new();
        for ids in entries.chunks(ROWS) {
            let rows: Vec<VectorRow> = read!(self, "read vectors from", db => {
                let mut select = sqlx::QueryBuilder::new(
                    "SELECT entry, hash, bytes, number FROM knowledge_vector
                     WHERE bytes IS NOT NULL AND model = ",
                );
                select.push_bind(model).push(" AND entry IN (");
                let mut list = select.separated(", ");
                for id in ids {
                    list.push_bind(*id);
                }
                select.push(")").build_query_as().fetch_all(db).await
            })?;
            vectors.extend(rows.into_iter().map(EntryVector::from));
        }
        Ok(vectors)
    }

    /// Makes this holder the one who makes a business's vectors until that time, unless another
    /// one is; false if so (test `one_at_a_time_makes_vectors`).
    pub async fn hold_indexing(
        &self,
        business: &str,
        holder: Uuid,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<bool, Error> {
        let business = storable(business);
        write!(self, "claim the vectors of", db => {
            sqlx::query(
                "INSERT INTO knowledge_indexing (business, holder, until_ms) VALUES ($1, $2, $3)
                 ON CONFLICT (business) DO UPDATE
                 SET holder = excluded.holder, until_ms = excluded.until_ms
                 WHERE knowledge_indexing.holder IS NULL OR knowledge_indexing.holder = $2
                     OR knowledge_indexing.until_ms <= $4",
            )
            .bind(business)
            .bind(holder)
            .bind(until_ms)
            .bind(now_ms)
            .execute(db)
            .await
            .map(|done| done.rows_affected() > 0)
        })
    }
}

fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

impl From<VectorRow> for EntryVector {
    fn from((entry, hash, bytes, _): VectorRow) -> Self {
        let (numbers, _) = bytes.as_chunks::<4>();
        Self { entry, hash, vector: numbers.iter().copied().map(f32::from_le_bytes).collect() }
    }
}

/// A vector says almost as much as its text.
impl fmt::Debug for EntryVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryVector")
            .field("entry", &self.entry)
            .field("dimensions", &self.vector.len())
            .finish_non_exhaustive()
    }
}
