//! How much an embedding model counts, as it was measured.

use super::super::{Error, Records, read, storable, write};

/// For one model in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseWeight {
    pub model: String,
    pub language: String,
    /// Beside the words, which count 1; zero for a model that does not help.
    pub weight: f32,
    /// How many questions it was measured by, and how many of them found their entry first.
    pub probes: i64,
    pub by_words: i64,
    pub with_weight: i64,
}

type Row = (String, String, f32, i64, i64, i64);

impl Records {
    /// What was measured of every model, or of one.
    pub async fn dense_weights(&self, model: Option<&str>) -> Result<Vec<DenseWeight>, Error> {
        let rows: Vec<Row> = read!(self, "read the weights of vectors from", db => {
            sqlx::query_as(
                "SELECT model, language, weight, probes, by_words, with_weight
                 FROM knowledge_weight ORDER BY model, language",
            )
            .fetch_all(db)
            .await
        })?;
        let weight = |(model, language, weight, probes, by_words, with_weight): Row| DenseWeight {
            model,
            language,
            weight,
            probes,
            by_words,
            with_weight,
        };
        let is_meant = |one: &DenseWeight| model.is_none_or(|model| one.model == model);
        Ok(rows.into_iter().map(weight).filter(is_meant).collect())
    }

    /// Keeps what was measured, in the place of what was before.
    pub async fn put_dense_weight(&self, measured: DenseWeight) -> Result<(), Error> {
        write!(self, "write a weight of vectors to", db => {
            sqlx::query(
                "INSERT INTO knowledge_weight
                     (model, language, weight, probes, by_words, with_weight)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (model, language) DO UPDATE SET weight = excluded.weight,
                     probes = excluded.probes, by_words = excluded.by_words,
                     with_weight = excluded.with_weight",
            )
            .bind(storable(&measured.model))
            .bind(storable(&measured.language))
            .bind(measured.weight)
            .bind(measured.probes)
            .bind(measured.by_words)
            .bind(measured.with_weight)
            .execute(db)
            .await
            .map(drop)
        })
    }
}
