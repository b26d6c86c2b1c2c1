//! Everything that the records hold of one customer.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::{Error, Held, Records, Subject, read};

/// The columns of a row, by their names.
pub type Fields = Vec<(String, Field)>;

/// A value, whichever database it comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Nothing,
    Text(String),
    Integer(i64),
    Real(f64),
    Truth(bool),
    Id(Uuid),
}

/// How the rows of one kind are found: `$1` is the conversation, or the business and `$2` a name.
enum Find {
    InConversation(&'static str),
    ByName(&'static str),
}

impl Held {
    fn find(self) -> Find {
        match self {
            Self::MessagesIn => Find::InConversation(
                "SELECT id, conversation, channel, provider_id, customer, kind, text, received_ms,
                     outcome, turn, settled_ms,
                     CASE WHEN imported THEN 'history' ELSE 'live' END AS origin
                 FROM inbound_message WHERE conversation = $1 ORDER BY received_ms, id",
            ),
            Self::MessagesOut => Find::InConversation(
                "SELECT o.reply, o.part, o.conversation, o.provider_id, o.author, o.text, o.turn,
                     o.status, o.at_ms, d.sent_ms, d.delivered_ms, d.read_ms, d.played_ms,
                     d.failed_ms, d.error_code, d.error, d.category, d.pricing_type
                 FROM outbound_message o LEFT JOIN delivery d
                     ON d.business = o.business AND d.provider_id = o.provider_id
                 WHERE o.conversation = $1 ORDER BY o.at_ms, o.part",
            ),
            Self::Orders => Find::InConversation(
                "SELECT o.id, o.conversation, o.catalog_id, o.text, o.received_ms, i.position,
                     i.product_id, i.quantity, i.price, i.currency
                 FROM customer_order o LEFT JOIN customer_order_item i ON i.customer_order = o.id
                 WHERE o.conversation = $1 ORDER BY o.received_ms, o.id, i.position",
            ),
            Self::Uses => Find::InConversation(
                "SELECT id, conversation, turn, entry, kind, place, confidence, question, at_ms,
                     outcome, why
                 FROM knowledge_use WHERE conversation = $1 ORDER BY at_ms, place, id",
            ),
            Self::Signs => Find::InConversation(
                "SELECT id, conversation, turn, kind, question, answer, at_ms
                 FROM knowledge_sign WHERE conversation = $1 ORDER BY at_ms, id",
            ),
            Self::Learned => Find::InConversation(
                "SELECT id, conversation, ticket, question, answer, language, state, why,
                     created_ms, reviewed_ms, expires_ms
                 FROM learning_candidate WHERE conversation = $1 ORDER BY created_ms, id",
            ),
            Self::Alerts => Find::ByName(
                "SELECT id, kind, severity, subject, details, at_ms, resolved_ms FROM alert
                 WHERE business = $1 AND (subject = $2 OR replace(details, $2, '') <> details)
                 ORDER BY at_ms, id",
            ),
        }
    }
}

impl Records {
    /// What of this kind is held of the customer, row by row, the oldest of each conversation
    /// first (test `all_that_is_held_of_a_customer_is_exported_and_nothing_of_others`).
    pub async fn held(&self, kind: Held, subject: &Subject) -> Result<Vec<Fields>, Error> {
        let mut rows = Vec::new();
        match kind.find() {
            Find::InConversation(statement) => {
                for conversation in &subject.conversations {
                    let found: Vec<Fields> = read!(self, "export from", db => {
                        let found = sqlx::query(statement).bind(conversation).fetch_all(db).await?;
                        found.iter().map(Readable::fields).collect()
                    })?;
                    rows.extend(found);
                }
            }
            Find::ByName(statement) => {
                for name in &subject.names {
                    let found: Vec<Fields> = read!(self, "export from", db => {
                        let query = sqlx::query(statement).bind(&subject.business).bind(name);
                        query.fetch_all(db).await?.iter().map(Readable::fields).collect()
                    })?;
                    rows.extend(found);
                }
            }
        }
        Ok(rows)
    }
}

trait Readable {
    fn fields(&self) -> Result<Fields, sqlx::Error>;
}

macro_rules! readable {
    ($row:ty) => {
        impl Readable for $row {
            fn fields(&self) -> Result<Fields, sqlx::Error> {
                let field = |index: usize| -> Result<Field, sqlx::Error> {
                    let value = self.try_get_raw(index)?;
                    if value.is_null() {
                        return Ok(Field::Nothing);
                    }
                    Ok(match value.type_info().name() {
                        "INTEGER" | "INT8" => Field::Integer(self.try_get(index)?),
                        "INT4" => Field::Integer(self.try_get::<i32, _>(index)?.into()),
                        "REAL" | "FLOAT8" => Field::Real(self.try_get(index)?),
                        "BOOL" | "BOOLEAN" => Field::Truth(self.try_get(index)?),
                        "BLOB" | "UUID" => Field::Id(self.try_get(index)?),
                        _ => Field::Text(self.try_get(index)?),
                    })
                };
                let columns = self.columns().iter();
                columns.map(|one| Ok((one.name().to_owned(), field(one.ordinal())?))).collect()
            }
        }
    };
}

readable!(SqliteRow);
readable!(PgRow);
