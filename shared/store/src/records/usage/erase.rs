//! What is deleted, with a customer or with time.

use uuid::Uuid;

use super::super::{Error, Records, transact};
use super::Forgotten;

impl Records {
    /// Deletes what a conversation asked and what it was told, and the candidates that came from
    /// it. What customers are told stays, cleaned as it is, and nothing says any more where it
    /// came from; [`learned_from`](Self::learned_from) lists it beforehand (test
    /// `an_erased_conversation_leaves_only_what_customers_are_told`).
    pub async fn forget_learning(&self, conversation: Uuid) -> Result<Forgotten, Error> {
        transact!(self, "forget a conversation in", db => {
            let mut deleted = [0; 3];
            for (count, statement) in deleted.iter_mut().zip([
                "DELETE FROM learning_candidate WHERE conversation = $1 AND state <> 'published'",
                "DELETE FROM knowledge_use WHERE conversation = $1",
                "DELETE FROM knowledge_sign WHERE conversation = $1",
            ]) {
                *count = sqlx::query(statement)
                    .bind(conversation)
                    .execute(&mut *db)
                    .await?
                    .rows_affected();
            }
            sqlx::query(
                "UPDATE learning_candidate SET conversation = NULL, ticket = ''
                 WHERE conversation = $1",
            )
            .bind(conversation)
            .execute(&mut *db)
            .await?;
            let [candidates, uses, signs] = deleted;
            Ok(Forgotten { candidates, uses, signs })
        })
    }

    /// Deletes signs from before a time, and candidates that nobody has wanted since another.
    pub async fn forget_old_learning(
        &self,
        signs_before_ms: i64,
        unwanted_before_ms: i64,
    ) -> Result<(), Error> {
        transact!(self, "forget what is old in", db => {
            sqlx::query("DELETE FROM knowledge_sign WHERE at_ms < $1")
                .bind(signs_before_ms)
                .execute(&mut *db)
                .await?;
            sqlx::query(
                "DELETE FROM learning_candidate
                 WHERE changed_ms < $1 AND state IN ('refused', 'discarded') AND told = revision",
            )
            .bind(unwanted_before_ms)
            .execute(&mut *db)
            .await
            .map(drop)
        })
    }
}
