//! What answers were taken from.

use std::fmt;

use uuid::Uuid;

use super::{Error, Records, read, storable, transact};

/// An entry that an answer was taken from.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerSource {
    pub entry: Uuid,
    /// Of the file or page that it stood in.
    pub name: String,
    /// Its own words that said it; none where all of it was said.
    pub quote: Option<String>,
}

impl Records {
    /// Records what a reply was taken from; a second time changes nothing (test
    /// `what_an_answer_was_taken_from_is_kept`).
    pub async fn record_sources(
        &self,
        reply: Uuid,
        sources: Vec<AnswerSource>,
    ) -> Result<(), Error> {
        transact!(self, "record the sources of an answer in", db => {
            for (position, source) in (0_i32..).zip(&sources) {
                sqlx::query(
                    "INSERT INTO outbound_source (reply, position, entry, name, quote)
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (reply, position) DO NOTHING",
                )
                .bind(reply)
                .bind(position)
                .bind(source.entry)
                .bind(storable(&source.name))
                .bind(source.quote.as_deref().map(storable))
                .execute(&mut *db)
                .await?;
            }
            Ok(())
        })
    }

    /// What a reply was taken from, in order.
    pub async fn sources_of(&self, reply: Uuid) -> Result<Vec<AnswerSource>, Error> {
        let rows: Vec<(Uuid, String, Option<String>)> = read!(self, "read the sources of an answer from", db => {
            sqlx::query_as(
                "SELECT entry, name, quote FROM outbound_source
                 WHERE reply = $1 ORDER BY position",
            )
            .bind(reply)
            .fetch_all(db)
            .await
        })?;
        let source = |(entry, name, quote)| AnswerSource { entry, name, quote };
        Ok(rows.into_iter().map(source).collect())
    }
}

/// An answer may have been learned from what somebody wrote.
impl fmt::Debug for AnswerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerSource")
            .field("entry", &self.entry)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
