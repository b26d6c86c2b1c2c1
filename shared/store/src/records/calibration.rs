//! How sure an answer must be, for each business.

use super::knowledge::{hold, raise};
use super::{Error, Records, read, storable, transact};

/// As it was learned from labelled outcomes.
#[derive(Clone, Debug, PartialEq)]
pub struct KnowledgeCalibration {
    /// From one; the highest counts.
    pub number: i64,
    /// From this confidence on an answer is given; absent: only what is asked in an entry's own
    /// words.
    pub cut: Option<f64>,
    /// The share of answers that should be right.
    pub promise: f64,
    /// From how many labels it was learned.
    pub labels: i64,
    pub at_ms: i64,
}

impl Records {
    /// A business's calibrations, the newest first; none if it was never calibrated.
    pub async fn calibrations(&self, business: &str) -> Result<Vec<KnowledgeCalibration>, Error> {
        let rows: Vec<(i64, Option<f64>, f64, i64, i64)> = read!(self, "read the calibration from", db => {
            sqlx::query_as(
                "SELECT number, cut, promise, labels, at_ms FROM knowledge_calibration
                 WHERE business = $1 ORDER BY number DESC",
            )
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        let one = |(number, cut, promise, labels, at_ms)| KnowledgeCalibration {
            number,
            cut,
            promise,
            labels,
            at_ms,
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// Puts a calibration above the ones before, whatever its number says, and raises the
    /// business's version (test `a_calibration_counts_until_the_next`).
    pub async fn calibrate(
        &self,
        business: &str,
        calibration: KnowledgeCalibration,
    ) -> Result<(), Error> {
        let business = storable(business);
        transact!(self, "calibrate in", db => {
            hold!(db, business.as_str());
            sqlx::query(
                "INSERT INTO knowledge_calibration (business, number, cut, promise, labels, at_ms)
                 SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5
                 FROM knowledge_calibration WHERE business = $1",
            )
            .bind(business.as_str())
            .bind(calibration.cut)
            .bind(calibration.promise)
            .bind(calibration.labels)
            .bind(calibration.at_ms)
            .execute(&mut *db)
            .await?;
            raise!(db, business.as_str());
            Ok(())
        })
    }
}
