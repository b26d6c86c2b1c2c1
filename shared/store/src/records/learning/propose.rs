//! What is recorded of an answer that may be kept.

use super::super::erase::is_erased;
use super::super::{Error, Records, storable, transact};
use super::Candidate;

impl Records {
    /// Records a candidate once, and returns what is recorded under its id; nothing of what was
    /// erased (tests `a_candidate_that_comes_twice_is_one`,
    /// `nothing_is_learned_of_an_erased_conversation`).
    pub async fn propose(&self, candidate: &Candidate) -> Result<Option<Candidate>, Error> {
        let (one, id) = (candidate.clone(), candidate.id);
        let is_erased = transact!(self, "record a candidate in", db => {
            if is_erased!(db, one.conversation, one.created_ms) {
                return Ok(true);
            }
            sqlx::query(
                "INSERT INTO learning_candidate (id, business, conversation, ticket, question,
                     answer, language, state, why, revision, entry, created_ms, changed_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $11)
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(one.id)
            .bind(storable(&one.business))
            .bind(one.conversation)
            .bind(storable(&one.ticket))
            .bind(storable(&one.question))
            .bind(storable(&one.answer))
            .bind(one.language)
            .bind(one.state.name())
            .bind(one.why.as_deref().map(storable))
            .bind(one.entry)
            .bind(one.created_ms)
            .execute(db)
            .await?;
            Ok(false)
        })?;
        match is_erased {
            true => Ok(None),
            false => self.candidate(id).await,
        }
    }
}
