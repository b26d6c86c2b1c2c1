//! What is older than a business wishes to keep it.

use super::{Error, Records, transact};

/// What to delete: of one business, before that time, so many of each kind at once.
#[derive(Clone, Debug)]
pub struct Older {
    pub business: String,
    pub than_ms: i64,
    pub limit: i64,
}

/// One of them is deleted after the other, what hangs on another before it. A message without an
/// outcome is never among them. `$1` is the business, `$2` the time, `$3` how many.
const DELETE: [&str; 8] = [
    "DELETE FROM inbound_message WHERE id IN (
         SELECT id FROM inbound_message
         WHERE business = $1 AND received_ms < $2 AND outcome IS NOT NULL
         ORDER BY received_ms LIMIT $3)",
    "DELETE FROM delivery WHERE business = $1 AND provider_id IN (
         SELECT provider_id FROM outbound_message WHERE business = $1 AND at_ms < $2
         ORDER BY at_ms, reply, part LIMIT $3)",
    "DELETE FROM outbound_message WHERE (reply, part) IN (
         SELECT reply, part FROM outbound_message WHERE business = $1 AND at_ms < $2
         ORDER BY at_ms, reply, part LIMIT $3)",
    "DELETE FROM customer_order WHERE id IN (
         SELECT id FROM customer_order WHERE business = $1 AND received_ms < $2
         ORDER BY received_ms LIMIT $3)",
    // What the provider said of messages that are not recorded.
    "DELETE FROM delivery WHERE business = $1 AND provider_id IN (
         SELECT d.provider_id FROM delivery d
         WHERE d.business = $1
             AND COALESCE(d.played_ms, d.read_ms, d.delivered_ms, d.failed_ms, d.sent_ms) < $2
             AND NOT EXISTS (
                 SELECT 1 FROM outbound_message o
                 WHERE o.business = d.business AND o.provider_id = d.provider_id)
         LIMIT $3)",
    // What was used is counted longer; what was asked is not kept.
    "UPDATE knowledge_use SET question = '' WHERE id IN (
         SELECT id FROM knowledge_use
         WHERE business = $1 AND at_ms < $2 AND question <> '' ORDER BY at_ms LIMIT $3)",
    "DELETE FROM knowledge_sign WHERE id IN (
         SELECT id FROM knowledge_sign WHERE business = $1 AND at_ms < $2
         ORDER BY at_ms LIMIT $3)",
    // What nobody has decided about.
    "DELETE FROM learning_candidate WHERE id IN (
         SELECT id FROM learning_candidate
         WHERE business = $1 AND changed_ms < $2 AND state IN ('proposed', 'conflict')
         ORDER BY changed_ms LIMIT $3)",
];

impl Records {
    /// Deletes a batch of the messages that are older, with what became of them, what they ordered
    /// and what was to be learned of them, and says how many rows that were; less than the limit means that nothing is left
    /// (test `what_is_old_goes_in_batches_and_what_has_no_outcome_stays`).
    pub async fn delete_messages(&self, older: &Older) -> Result<u64, Error> {
        let older = older.clone();
        transact!(self, "delete what is old from", db => {
            let mut most = 0;
            for statement in DELETE {
                let done = sqlx::query(statement)
                    .bind(&older.business)
                    .bind(older.than_ms)
                    .bind(older.limit)
                    .execute(&mut *db)
                    .await?;
                most = done.rows_affected().max(most);
            }
            Ok(most)
        })
    }
}
