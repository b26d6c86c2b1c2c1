//! The nearest vectors, by pgvector.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::super::{Error, Records, in_time, storable};
use super::VectorSearch;

/// So many dimensions pgvector can index as they are, and so many as halves.
const WHOLE: usize = 2_000;
const HALVES: usize = 4_000;
/// How many the index looks at; pgvector's own 40 is less than is asked for.
const LOOKED_AT: &str = "SET LOCAL hnsw.ef_search = 100";
/// Any number of our own: whoever holds it prepares the column.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7305438104722)";
const COLUMN: &str = "ALTER TABLE knowledge_vector ADD COLUMN IF NOT EXISTS embedding vector";

/// The type that a vector of this length is compared as, and how; none if it can't be indexed.
fn kind(dimensions: usize) -> (String, Option<&'static str>) {
    let whole = format!("vector({dimensions})");
    if dimensions <= WHOLE {
        (whole, Some("vector_cosine_ops"))
    } else if dimensions <= HALVES {
        (format!("halfvec({dimensions})"), Some("halfvec_cosine_ops"))
    } else {
        (whole, None)
    }
}

/// As pgvector reads it.
pub(super) fn to_text(vector: &[f32]) -> String {
    let mut text = String::from("[");
    for (at, number) in vector.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string can't fail.
        let _ = write!(text, "{comma}{number}");
    }
    text.push(']');
    text
}

/// Of one business, one model and one length: its index holds nothing else, so that there is no
/// filter that could leave too few.
fn condition(business: &str, model: &str, dimensions: usize) -> String {
    let quoted = |text: &str| format!("'{}'", storable(text).replace('\'', "''"));
    let (business, model) = (quoted(business), quoted(model));
    format!("business = {business} AND model = {model} AND dimensions = {dimensions}")
}

/// The beginning of the names of a business's indexes, and what follows for a model.
fn index_name(business: &str, model: &str, dimensions: usize) -> (String, String) {
    let short = |text: String| hex::encode(&Sha256::digest(text)[..8]);
    let prefix = format!("knowledge_vector_{}_", short(business.to_owned()));
    (prefix, short(format!("{model}\0{dimensions}")))
}

impl Records {
    /// Prepares the database to keep vectors, and says who will find the nearest: the database
    /// where pgvector is, or can be made to be. Any number of processes may do it at once.
    pub async fn prepare_vectors(&self) -> Result<VectorSearch, Error> {
        let Self::Postgres(pool) = self else { return Ok(VectorSearch::Memory) };
        let prepared = async {
            let mut transaction = pool.begin().await?;
            sqlx::query(LOCK).execute(&mut *transaction).await?;
            sqlx::raw_sql("CREATE EXTENSION IF NOT EXISTS vector")
                .execute(&mut *transaction)
                .await?;
            sqlx::raw_sql(COLUMN).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        match in_time("prepare the vectors of", prepared).await {
            Ok(()) => Ok(VectorSearch::Database),
            // Not there, or not this user's to make.
            Err(error) if error.is_refusal() => {
                let error: &dyn std::error::Error = &error;
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                tracing::warn!(cause, "no pgvector here: vectors are searched in memory");
                Ok(VectorSearch::Memory)
            }
            Err(error) => Err(error),
        }
    }

    /// Who finds the nearest as it is now; prepares nothing.
    pub async fn vector_search(&self) -> Result<VectorSearch, Error> {
        let Self::Postgres(pool) = self else { return Ok(VectorSearch::Memory) };
        let extension = "SELECT 1 FROM pg_extension WHERE extname = 'vector'";
        let found = in_time("look for pgvector in", sqlx::query(extension).fetch_optional(pool));
        Ok(if found.await?.is_some() { VectorSearch::Database } else { VectorSearch::Memory })
    }

    /// Makes the index for a business's vectors of a model, unless it is there, and drops those
    /// for its other models. Only where the database searches.
    pub async fn index_vectors(
        &self,
        business: &str,
        model: &str,
        dimensions: usize,
    ) -> Result<(), Error> {
        let Self::Postgres(pool) = self else { return Ok(()) };
        let (prefix, own) = index_name(business, model, dimensions);
        let name = format!("{prefix}{own}");
        let (kind, operators) = kind(dimensions);
        let condition = condition(business, model, dimensions);
        let indexed = async {
            let mut transaction = pool.begin().await?;
            sqlx::query(LOCK).execute(&mut *transaction).await?;
            let old: Vec<String> = sqlx::query_scalar(
                "SELECT indexname::text FROM pg_indexes
                 WHERE schemaname = ANY(current_schemas(false)) AND tablename = 'knowledge_vector'
                     AND starts_with(indexname::text, $1) AND indexname <> $2",
            )
            .bind(&prefix)
            .bind(&name)
            .fetch_all(&mut *transaction)
            .await?;
            for old in old {
                let drop = AssertSqlSafe(format!("DROP INDEX IF EXISTS {old}"));
                sqlx::query(drop).execute(&mut *transaction).await?;
            }
            if let Some(operators) = operators {
                let create = AssertSqlSafe(format!(
                    "CREATE INDEX IF NOT EXISTS {name} ON knowledge_vector
                     USING hnsw ((embedding::{kind}) {operators}) WHERE {condition}"
                ));
                sqlx::query(create).execute(&mut *transaction).await?;
            }
            transaction.commit().await
        };
        in_time("index the vectors of", indexed).await
    }

    /// The entries of a business whose vectors of this model are nearest, with the hash of what
    /// they said and the cosine; nothing where the database does not search (test
    /// `the_nearest_vectors_are_found_by_the_database`).
    pub async fn nearest(
        &self,
        business: &str,
        model: &str,
        vector: &[f32],
        limit: i64,
    ) -> Result<Vec<(Uuid, String, f32)>, Error> {
        let Self::Postgres(pool) = self else { return Ok(Vec::new()) };
        let (kind, _) = kind(vector.len());
        let condition = condition(business, model, vector.len());
        let select = format!(
            "SELECT entry, hash, (1 - ((embedding::{kind}) <=> $1::text::{kind}))::real
             FROM knowledge_vector WHERE {condition} AND embedding IS NOT NULL
             ORDER BY (embedding::{kind}) <=> $1::text::{kind} LIMIT $2"
        );
        let found = async {
            let mut transaction = pool.begin().await?;
            sqlx::query(LOOKED_AT).execute(&mut *transaction).await?;
            sqlx::query_as(AssertSqlSafe(select))
                // Planned for these values each time: only then does the index fit.
                .persistent(false)
                .bind(to_text(vector))
                .bind(limit)
                .fetch_all(&mut *transaction)
                .await
        };
        in_time("search the vectors of", found).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_leave_its_quotes() {
        let condition = condition("shop", "it's; DROP TABLE x", 3);
        assert_eq!(
            condition,
            "business = 'shop' AND model = 'it''s; DROP TABLE x' AND dimensions = 3"
        );
    }

    #[test]
    fn long_vectors_are_indexed_as_halves_and_longer_ones_not_at_all() {
        assert_eq!(kind(384), ("vector(384)".to_owned(), Some("vector_cosine_ops")));
        assert_eq!(kind(3072), ("halfvec(3072)".to_owned(), Some("halfvec_cosine_ops")));
        assert_eq!(kind(4096).1, None);
    }

    #[test]
    fn a_vector_is_written_as_pgvector_reads_it() {
        assert_eq!(to_text(&[1.0, -0.5, 1e-8]), "[1,-0.5,0.00000001]");
    }
}
