//! What was answered, and what the provider said became of it.

use std::fmt;

use uuid::Uuid;

use super::erase::{FORGET_DELIVERY, forgotten};
use super::{Error, Records, storable, transact, write};

/// A message to a customer: a reply, or one part of a long one.
#[derive(Clone)]
pub struct Outbound {
    pub reply: Uuid,
    /// From zero.
    pub part: i32,
    pub business: String,
    pub conversation: Uuid,
    /// The provider's id, once it is known.
    pub provider_id: Option<String>,
    pub author: Author,
    pub text: String,
    pub turn: Option<i64>,
    /// What outbound made of it.
    pub status: String,
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    Bot,
    Person,
}

/// What a provider said of a message.
#[derive(Clone)]
pub struct Delivery {
    pub business: String,
    pub provider_id: String,
    /// The reply that the provider was told it is part of.
    pub reply: Option<Uuid>,
    pub status: DeliveryStatus,
    pub error_code: Option<i64>,
    pub error: Option<String>,
    /// What it costs, where the provider says so.
    pub pricing: Option<Pricing>,
    pub at_ms: i64,
}

/// What a message costs, as its provider told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pricing {
    pub billable: Option<bool>,
    /// `service`, `utility`, `marketing`, ….
    pub category: Option<String>,
    /// `regular`, `free_customer_service`, ….
    pub kind: Option<String>,
}

/// Ordered by how much it says: the highest of those that arrived holds. `Sent` says that the
/// provider has it, so that a failure afterwards counts; a message that reached one of the
/// customer's devices has been delivered, whatever failed on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    Sent,
    Failed,
    Delivered,
    Read,
    Played,
}

/// Makes sure of the row, and holds it: whether it has reached the customer by now.
const HOLD_DELIVERY: &str = "INSERT INTO delivery (business, provider_id)
     SELECT $1, COALESCE((
         SELECT provider_id FROM delivery WHERE business = $1 AND provider_id = $3
     ), $2)
     WHERE TRUE
     ON CONFLICT (business, provider_id) DO UPDATE SET reply = delivery.reply
     RETURNING COALESCE(delivered_ms, read_ms, played_ms) IS NOT NULL";

impl Records {
    /// Records a message, or what became known of it since: the later `at_ms` holds. Of a
    /// conversation that was erased nothing is recorded but that there was one.
    pub async fn record_outbound(&self, outbound: &Outbound) -> Result<(), Error> {
        let outbound = outbound.clone();
        let business = storable(&outbound.business);
        let provider_id = outbound.provider_id.as_deref().map(storable);
        let forgotten = provider_id.as_deref().map(|id| forgotten(&business, id));
        write!(self, "record a reply in", db => {
            let recorded: Option<bool> = sqlx::query_scalar(
                "WITH gone AS (
                     SELECT stand_in FROM erasure WHERE conversation = $4 AND at_ms >= $10
                 )
                 INSERT INTO outbound_message (reply, part, business, conversation, provider_id,
                     author, text, turn, status, at_ms, erased_ms)
                 SELECT $1, $2, $3, COALESCE((SELECT stand_in FROM gone), $4),
                     CASE WHEN EXISTS (SELECT 1 FROM gone) THEN $11 ELSE $5 END, $6,
                     CASE WHEN EXISTS (SELECT 1 FROM gone) THEN '' ELSE $7 END, $8, $9, $10,
                     CASE WHEN EXISTS (SELECT 1 FROM gone) THEN $10 END
                 WHERE TRUE
                 ON CONFLICT (reply, part) DO UPDATE SET
                     conversation = CASE WHEN excluded.erased_ms IS NULL
                         THEN outbound_message.conversation ELSE excluded.conversation END,
                     provider_id = COALESCE(excluded.provider_id, outbound_message.provider_id),
                     text = excluded.text, status = excluded.status, at_ms = excluded.at_ms,
                     erased_ms = excluded.erased_ms
                 WHERE excluded.at_ms >= outbound_message.at_ms
                     AND outbound_message.erased_ms IS NULL
                 RETURNING erased_ms IS NOT NULL",
            )
            .bind(outbound.reply)
            .bind(outbound.part)
            .bind(&business)
            .bind(outbound.conversation)
            .bind(&provider_id)
            .bind(outbound.author.name())
            .bind(storable(&outbound.text))
            .bind(outbound.turn)
            .bind(storable(&outbound.status))
            .bind(outbound.at_ms)
            .bind(&forgotten)
            .fetch_optional(&mut *db)
            .await?;
            if recorded == Some(true) {
                // What the provider has said of it already.
                for statement in FORGET_DELIVERY {
                    sqlx::query(statement)
                        .bind(&business)
                        .bind(&provider_id)
                        .bind(&forgotten)
                        .execute(&mut *db)
                        .await?;
                }
            }
            Ok(())
        })
    }

    /// Records a status, also of a message that is not recorded yet. It never takes one back, and
    /// why a message failed is kept (test `a_status_never_goes_back_in_whatever_order_they_arrive`),
    /// as is what it costs (test `what_a_message_costs_is_kept`). Of a message that was erased it
    /// is kept without the message (test `what_arrives_late_brings_nothing_back`).
    ///
    /// To whoever is the first to say that the message reached its customer it gives what that
    /// costs, as far as it is known (test `a_message_reaches_its_customer_once`).
    pub async fn record_delivery(&self, delivery: &Delivery) -> Result<Option<Pricing>, Error> {
        let delivery = delivery.clone();
        let at = |status| (delivery.status == status).then_some(delivery.at_ms);
        let sent = at(DeliveryStatus::Sent);
        let delivered = at(DeliveryStatus::Delivered);
        let read = at(DeliveryStatus::Read);
        let played = at(DeliveryStatus::Played);
        let failed = at(DeliveryStatus::Failed);
        let pricing = delivery.pricing.unwrap_or_default();
        let business = storable(&delivery.business);
        let provider_id = storable(&delivery.provider_id);
        // If the message was erased, this is its name.
        let forgotten = forgotten(&business, &provider_id);
        let reaches = delivered.or(read).or(played).is_some();
        transact!(self, "record a delivery in", db => {
            let mut is_first = false;
            if reaches {
                let has_reached: bool = sqlx::query_scalar(HOLD_DELIVERY)
                    .bind(&business)
                    .bind(&provider_id)
                    .bind(&forgotten)
                    .fetch_one(&mut *db)
                    .await?;
                is_first = !has_reached;
            }
            let (billable, category, kind) = sqlx::query_as(
                "INSERT INTO delivery (business, provider_id, reply, sent_ms, delivered_ms,
                     read_ms, played_ms, failed_ms, error_code, error, billable, category,
                     pricing_type)
                 SELECT $1, COALESCE((
                         SELECT provider_id FROM delivery WHERE business = $1 AND provider_id = $14
                     ), $2), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
                 WHERE TRUE
                 ON CONFLICT (business, provider_id) DO UPDATE SET
                     reply = CASE WHEN delivery.provider_id <> $14
                         THEN COALESCE(delivery.reply, excluded.reply) END,
                     sent_ms = COALESCE(delivery.sent_ms, excluded.sent_ms),
                     delivered_ms = COALESCE(delivery.delivered_ms, excluded.delivered_ms),
                     read_ms = COALESCE(delivery.read_ms, excluded.read_ms),
                     played_ms = COALESCE(delivery.played_ms, excluded.played_ms),
                     failed_ms = COALESCE(delivery.failed_ms, excluded.failed_ms),
                     error_code = COALESCE(delivery.error_code, excluded.error_code),
                     error = CASE WHEN delivery.provider_id <> $14
                         THEN COALESCE(delivery.error, excluded.error) END,
                     billable = COALESCE(delivery.billable, excluded.billable),
                     category = COALESCE(delivery.category, excluded.category),
                     pricing_type = COALESCE(delivery.pricing_type, excluded.pricing_type)
                 RETURNING billable, category, pricing_type",
            )
            .bind(business)
            .bind(provider_id)
            .bind(delivery.reply)
            .bind(sent)
            .bind(delivered)
            .bind(read)
            .bind(played)
            .bind(failed)
            .bind(delivery.error_code)
            .bind(delivery.error.as_deref().map(storable))
            .bind(pricing.billable)
            .bind(pricing.category.as_deref().map(storable))
            .bind(pricing.kind.as_deref().map(storable))
            .bind(forgotten)
            .fetch_one(db)
            .await?;
            Ok(is_first.then_some(Pricing { billable, category, kind }))
        })
    }
}

impl Author {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Person => "person",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Bot, Self::Person].into_iter().find(|author| author.name() == name)
    }
}

// These hold what was said to customers: `Debug` shows which message it is, and no more.

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("reply", &self.reply)
            .field("part", &self.part)
            .field("status", &self.status)
            .field("at_ms", &self.at_ms)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("reply", &self.reply)
            .field("status", &self.status)
            .field("error_code", &self.error_code)
            .field("pricing", &self.pricing)
            .field("at_ms", &self.at_ms)
            .finish_non_exhaustive()
    }
}
