//! Conversations that turn out to be one.

use uuid::Uuid;

use super::{Error, Records, transact};

/// Every table that says which conversation a row is of.
const REASSIGN: [&str; 6] = [
    "UPDATE inbound_message SET conversation = $2 WHERE conversation = $1",
    "UPDATE outbound_message SET conversation = $2 WHERE conversation = $1",
    "UPDATE customer_order SET conversation = $2 WHERE conversation = $1",
    "UPDATE learning_candidate SET conversation = $2 WHERE conversation = $1",
    "UPDATE knowledge_use SET conversation = $2 WHERE conversation = $1",
    "UPDATE knowledge_sign SET conversation = $2 WHERE conversation = $1",
];

impl Records {
    /// Whatever was of conversation `from` is now of `to`. What is recorded for `from` afterwards
    /// is not: do it again (test `a_merged_conversation_has_the_whole_history`).
    pub async fn reassign(&self, from: Uuid, to: Uuid) -> Result<(), Error> {
        transact!(self, "merge conversations in", db => {
            for statement in REASSIGN {
                sqlx::query(statement).bind(from).bind(to).execute(&mut *db).await?;
            }
            Ok(())
        })
    }
}
