//! What was said before Relevo was there.

use std::collections::BTreeSet;
use std::fmt;

use uuid::Uuid;

use super::{Author, Error, Records, storable, transact};

/// In one statement: well below the number of values that either database takes.
const ROWS: usize = 500;
/// The outcome of a customer's message that nobody is to answer any more.
const NOTED: &str = "noted";
const ACCEPTED: &str = "accepted";

/// A message from the history that a platform hands over.
#[derive(Clone)]
pub struct HistoryMessage {
    /// The id that the message would have had, had it come on its day.
    pub id: Uuid,
    pub business: String,
    pub conversation: Uuid,
    pub channel: String,
    pub provider_id: String,
    pub author: HistoryAuthor,
    pub customer: Option<String>,
    pub kind: String,
    pub text: Option<String>,
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryAuthor {
    Customer,
    /// A person of the business.
    Business,
}

/// For the two drivers, whose queries differ in type.
macro_rules! insert {
    ($db:expr, $messages:expr) => {{
        let (asked, said): (Vec<_>, Vec<_>) =
            $messages.into_iter().partition(|message| message.author == HistoryAuthor::Customer);
        for rows in asked.chunks(ROWS) {
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO inbound_message (id, business, conversation, channel, provider_id,
                     customer, kind, text, received_ms, settled_ms, outcome, imported) ",
            );
            insert.push_values(rows, |mut row, message| {
                row.push_bind(message.id)
                    .push_bind(storable(&message.business))
                    .push_bind(message.conversation)
                    .push_bind(storable(&message.channel))
                    .push_bind(storable(&message.provider_id))
                    .push_bind(message.customer.as_deref().map(storable))
                    .push_bind(storable(&message.kind))
                    .push_bind(message.text.as_deref().map(storable))
                    .push_bind(message.at_ms)
                    .push_bind(message.at_ms)
                    .push_bind(NOTED)
                    .push_bind(true);
            });
            insert.push(" ON CONFLICT (id) DO NOTHING").build().execute(&mut *$db).await?;
        }
        for rows in said.chunks(ROWS) {
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO outbound_message (reply, part, business, conversation, provider_id,
                     author, text, status, at_ms)
                 SELECT * FROM (",
            );
            insert.push_values(rows, |mut row, message| {
                row.push_bind(message.id)
                    .push_bind(0_i32)
                    .push_bind(storable(&message.business))
                    .push_bind(message.conversation)
                    .push_bind(storable(&message.provider_id))
                    .push_bind(Author::Person.name())
                    .push_bind(storable(message.text.as_deref().unwrap_or_default()))
                    .push_bind(ACCEPTED)
                    .push_bind(message.at_ms);
            });
            // The third column is the business, the fifth the provider's id.
            insert
                .push(
                    ") AS said WHERE NOT EXISTS (
                         SELECT 1 FROM outbound_message AS ours
                         WHERE ours.business = said.column3 AND ours.provider_id = said.column5)
                     ON CONFLICT (reply, part) DO NOTHING",
                )
                .build()
                .execute(&mut *$db)
                .await?;
        }
        Ok(())
    }};
}

impl Records {
    /// Records messages from before, all of them or none. What is recorded already stays as it is,
    /// and nothing of it is ever swept (tests `a_history_is_recorded_once_and_changes_nothing`,
    /// `histories_that_race_are_recorded_once`, `a_history_of_thousands_is_recorded_in_a_moment`).
    pub async fn record_history(&self, mut messages: Vec<HistoryMessage>) -> Result<(), Error> {
        // In one order, so that two that record the same never wait for each other.
        messages.sort_unstable_by_key(|message| message.id);
        let conversations: BTreeSet<Uuid> =
            messages.iter().map(|message| message.conversation).collect();
        transact!(self, "record a history in", db => {
            for conversation in conversations {
                // What was erased does not come back with a history that was on its way.
                let erased: Option<i64> =
                    sqlx::query_scalar("SELECT at_ms FROM erasure WHERE conversation = $1")
                        .bind(conversation)
                        .fetch_optional(&mut *db)
                        .await?;
                if let Some(erased) = erased {
                    messages.retain(|one| one.conversation != conversation || one.at_ms > erased);
                }
            }
            insert!(db, messages)
        })
    }
}

/// It holds what was said: `Debug` shows which message it is, and no more.
impl fmt::Debug for HistoryMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryMessage")
            .field("id", &self.id)
            .field("author", &self.author)
            .field("kind", &self.kind)
            .field("at_ms", &self.at_ms)
            .finish_non_exhaustive()
    }
}
