//! Takes a customer out of the records.
//!
//! What is counted stays counted: a message keeps its kind, its time and its outcome, and loses
//! its words, its names and its conversation, for which another id stands in. Everything else
//! goes. Each step can be repeated, so that one that was cut short is run again (test
//! `an_erasure_that_was_cut_short_is_run_again`).

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Error, Held, Records, Subject, storable, transact, write};

/// What is on its way when a conversation is erased has arrived after this, or is a new message:
/// WhatsApp repeats a webhook for seven days.
pub const ERASURE_TTL_MS: i64 = 8 * 24 * 60 * 60 * 1000;
/// The outcome of a message that had none when it was erased: nothing will come of it any more.
pub(super) const ERASED: &str = "erased";
/// Within `transact!`: whether what was said then in a conversation is erased, however late it
/// arrives.
macro_rules! is_erased {
    ($db:ident, $conversation:expr, $at_ms:expr) => {
        sqlx::query_scalar::<_, bool>(
            "SELECT EXISTS (SELECT 1 FROM erasure WHERE conversation = $1 AND at_ms >= $2)",
        )
        .bind($conversation)
        .bind($at_ms)
        .fetch_one(&mut *$db)
        .await?
    };
}
pub(super) use is_erased;

/// So many rows in one transaction, so that nobody waits long.
const ROWS: i64 = 200;

/// Says of a delivery that what it is of was erased.
pub(super) const FORGET_DELIVERY: [&str; 3] = [
    "UPDATE delivery SET provider_id = $3, reply = NULL, error = NULL
     WHERE business = $1 AND provider_id = $2 AND NOT EXISTS (
         SELECT 1 FROM delivery AS known WHERE known.business = $1 AND known.provider_id = $3)",
    "DELETE FROM delivery WHERE business = $1 AND provider_id = $2 AND provider_id <> $3",
    // What the provider still says of it then finds this one.
    "INSERT INTO delivery (business, provider_id)
     SELECT $1, $3 WHERE CAST($2 AS text) IS NOT NULL
     ON CONFLICT (business, provider_id) DO NOTHING",
];

/// Of a message that is not recorded yet only the outcome is known; it is erased as it arrives.
const INBOUND: &str = "UPDATE inbound_message SET conversation = $2, provider_id = NULL,
         customer = NULL, text = NULL, envelope = NULL, imported = FALSE,
         outcome = COALESCE(outcome, $5), settled_ms = COALESCE(settled_ms, $3),
         erased_ms = CASE WHEN received_ms IS NOT NULL THEN $3 END
     WHERE id IN (
         SELECT id FROM inbound_message
         WHERE conversation = $1 AND (received_ms IS NULL OR received_ms <= $3) LIMIT $4)";
const OUTBOUND: &str = "SELECT reply, part, provider_id FROM outbound_message
     WHERE conversation = $1 AND at_ms <= $2 LIMIT $3";
const FORGET_OUTBOUND: &str = "UPDATE outbound_message SET conversation = $3, provider_id = $4,
         text = '', erased_ms = $5
     WHERE reply = $1 AND part = $2";

const TICKET_LINES: &str = "DELETE FROM ticket_note
     WHERE ticket IN (SELECT id FROM ticket WHERE conversation = $1)";
const TICKET_RELEASES: &str = "DELETE FROM ticket_release
     WHERE ticket IN (SELECT id FROM ticket WHERE conversation = $1)";

impl Records {
    /// Begins to erase the customer: from now on nothing that was said until `at_ms` is recorded
    /// of these conversations, however late it arrives. `stand_in` gives a fresh id for each, which
    /// nothing leads back to.
    pub async fn begin_erasure(
        &self,
        subject: &Subject,
        at_ms: i64,
        stand_in: impl Fn() -> Uuid,
    ) -> Result<(), Error> {
        let rows: Vec<(Uuid, Uuid)> =
            subject.conversations.iter().map(|conversation| (*conversation, stand_in())).collect();
        transact!(self, "begin an erasure in", db => {
            for (conversation, stand_in) in rows {
                // What was begun before keeps its stand-in, so that no turn is counted twice.
                sqlx::query(
                    "INSERT INTO erasure (conversation, stand_in, at_ms) VALUES ($1, $2, $3)
                     ON CONFLICT (conversation) DO UPDATE SET at_ms = excluded.at_ms
                     WHERE erasure.at_ms < excluded.at_ms",
                )
                .bind(conversation)
                .bind(stand_in)
                .bind(at_ms)
                .execute(&mut *db)
                .await?;
            }
            Ok(())
        })
    }

    /// Erases what of this kind is held of the customer, after
    /// [`begin_erasure`](Self::begin_erasure); says how much that was.
    pub async fn erase(&self, kind: Held, subject: &Subject, at_ms: i64) -> Result<u64, Error> {
        let mut erased = 0;
        for conversation in &subject.conversations {
            erased += match kind {
                Held::MessagesIn => self.erase_inbound(*conversation, at_ms).await?,
                Held::MessagesOut => {
                    self.erase_outbound(&subject.business, *conversation, at_ms).await?
                }
                Held::Orders => {
                    // Its items go with it.
                    let statement = "DELETE FROM customer_order WHERE conversation = $1";
                    self.erase_rows(statement, *conversation).await?
                }
                Held::TicketLines => self.erase_rows(TICKET_LINES, *conversation).await?,
                Held::TicketReleases => self.erase_rows(TICKET_RELEASES, *conversation).await?,
                Held::Tickets => {
                    let statement = "DELETE FROM ticket WHERE conversation = $1";
                    self.erase_rows(statement, *conversation).await?
                }
                Held::Uses => {
                    let statement = "DELETE FROM knowledge_use WHERE conversation = $1";
                    self.erase_rows(statement, *conversation).await?
                }
                Held::Signs => {
                    let statement = "DELETE FROM knowledge_sign WHERE conversation = $1";
                    self.erase_rows(statement, *conversation).await?
                }
                Held::Learned => self.forget_learning(*conversation).await?.candidates,
                Held::Alerts => 0,
            };
        }
        if kind == Held::Alerts {
            for name in &subject.names {
                erased += self.erase_alerts(&subject.business, name).await?;
            }
        }
        Ok(erased)
    }

    /// Forgets that conversations were erased before then.
    pub async fn forget_erasures(&self, before_ms: i64) -> Result<u64, Error> {
        write!(self, "forget erasures in", db => {
            sqlx::query("DELETE FROM erasure WHERE at_ms < $1")
                .bind(before_ms)
                .execute(db)
                .await
                .map(|done| done.rows_affected())
        })
    }

    async fn stand_in(&self, conversation: Uuid) -> Result<Uuid, Error> {
        let found: Option<Uuid> = super::read!(self, "look for an erasure in", db => {
            sqlx::query_scalar("SELECT stand_in FROM erasure WHERE conversation = $1")
                .bind(conversation)
                .fetch_optional(db)
                .await
        })?;
        found.ok_or(Error::Foreign { operation: "look for an erasure in" })
    }

    async fn erase_inbound(&self, conversation: Uuid, at_ms: i64) -> Result<u64, Error> {
        let stand_in = self.stand_in(conversation).await?;
        let mut erased = 0;
        loop {
            let done = write!(self, "erase messages in", db => {
                sqlx::query(INBOUND)
                    .bind(conversation)
                    .bind(stand_in)
                    .bind(at_ms)
                    .bind(ROWS)
                    .bind(ERASED)
                    .execute(db)
                    .await
                    .map(|done| done.rows_affected())
            })?;
            erased += done;
            if done < ROWS.cast_unsigned() {
                return Ok(erased);
            }
        }
    }

    async fn erase_outbound(
        &self,
        business: &str,
        conversation: Uuid,
        at_ms: i64,
    ) -> Result<u64, Error> {
        let stand_in = self.stand_in(conversation).await?;
        let mut erased = 0;
        loop {
            let business = storable(business);
            let done = transact!(self, "erase replies in", db => {
                let rows: Vec<(Uuid, i32, Option<String>)> = sqlx::query_as(OUTBOUND)
                    .bind(conversation)
                    .bind(at_ms)
                    .bind(ROWS)
                    .fetch_all(&mut *db)
                    .await?;
                let count = rows.len() as u64;
                for (reply, part, provider_id) in rows {
                    let forgotten = provider_id.as_deref().map(|id| forgotten(&business, id));
                    for statement in FORGET_DELIVERY {
                        sqlx::query(statement)
                            .bind(&business)
                            .bind(&provider_id)
                            .bind(&forgotten)
                            .execute(&mut *db)
                            .await?;
                    }
                    sqlx::query(FORGET_OUTBOUND)
                        .bind(reply)
                        .bind(part)
                        .bind(stand_in)
                        .bind(forgotten)
                        .bind(at_ms)
                        .execute(&mut *db)
                        .await?;
                }
                Ok(count)
            })?;
            erased += done;
            if done < ROWS.cast_unsigned() {
                return Ok(erased);
            }
        }
    }

    async fn erase_rows(&self, statement: &'static str, conversation: Uuid) -> Result<u64, Error> {
        write!(self, "erase from", db => {
            sqlx::query(statement)
                .bind(conversation)
                .execute(db)
                .await
                .map(|done| done.rows_affected())
        })
    }

    async fn erase_alerts(&self, business: &str, name: &str) -> Result<u64, Error> {
        let (business, name) = (storable(business), storable(name));
        write!(self, "erase alerts in", db => {
            sqlx::query(
                "DELETE FROM alert
                 WHERE business = $1 AND (subject = $2 OR replace(details, $2, '') <> details)",
            )
            .bind(business)
            .bind(name)
            .execute(db)
            .await
            .map(|done| done.rows_affected())
        })
    }
}

/// What stands for a provider's id, which holds the customer's number: whoever has the id finds
/// it, and nothing leads back.
pub(super) fn forgotten(business: &str, provider_id: &str) -> String {
    let hash = Sha256::digest(format!("{business}\0{provider_id}"));
    format!("erased:{}", hex::encode(&hash[..16]))
}
