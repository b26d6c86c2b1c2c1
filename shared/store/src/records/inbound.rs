//! What customers wrote, and what came of it.

use std::fmt;

use uuid::Uuid;

use super::erase::ERASED;
use super::{Error, Records, in_time, read, storable, write};

/// A message from a customer.
#[derive(Clone)]
pub struct Inbound {
    pub id: Uuid,
    pub business: String,
    pub conversation: Uuid,
    pub channel: String,
    pub provider_id: String,
    pub customer: String,
    pub kind: String,
    pub text: Option<String>,
    /// The whole message as JSON, to publish it again; it is kept until there is an outcome.
    pub envelope: String,
    pub received_ms: i64,
}

/// What came of the messages of a turn.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub messages: Vec<Uuid>,
    /// The conversation that the turn was in. A message may have come under another name of it.
    pub conversation: Uuid,
    pub outcome: String,
    pub turn: i64,
    pub at_ms: i64,
}

/// Which messages without an outcome to claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub received_before_ms: i64,
    /// Those that were not claimed since, or longer ago: see `longer_ms`.
    pub swept_before_ms: i64,
    /// After the n-th claim of a message the next waits n² times this longer.
    pub longer_ms: i64,
    /// A message that was claimed so often is left alone.
    pub sweeps_at_most: i64,
    /// How many at once.
    pub limit: i64,
    pub now_ms: i64,
}

/// A message that has no outcome yet, claimed by whoever got it.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsettled {
    pub id: Uuid,
    pub envelope: String,
    pub received_ms: i64,
    /// How many times it was claimed, this one included.
    pub sweeps: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub inbound: i64,
    pub unsettled: i64,
    /// How many messages had which outcome, by its name.
    pub outcomes: Vec<(String, i64)>,
    /// Outcomes of messages that were not recorded.
    pub unreceived: i64,
}

/// The same on both databases but for the lock: SQLite has one writer anyway.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH claimed AS (
                 SELECT id FROM inbound_message
                 WHERE outcome IS NULL AND received_ms < $1
                     AND swept_ms < $2 - sweeps * sweeps * $5 AND sweeps < $6
                 ORDER BY received_ms LIMIT $3 ",
            $lock,
            ")
             UPDATE inbound_message SET swept_ms = $4, sweeps = sweeps + 1
             WHERE id IN (SELECT id FROM claimed)
             RETURNING id, envelope, received_ms, sweeps"
        )
    };
}

impl Records {
    /// Records a message once; what was recorded first stays, but for its kind and its text: a
    /// voice note is recorded again when its words are known (test
    /// `a_transcript_joins_its_message`).
    ///
    /// A message from an imported history that comes after all is as if it had not been imported:
    /// it has no outcome until its turn has one (test
    /// `what_comes_after_its_import_waits_for_an_outcome`).
    ///
    /// What was erased stays erased, and of a conversation that was erased nothing is recorded but
    /// that there was a message (test `what_arrives_late_brings_nothing_back`).
    pub async fn record_inbound(&self, inbound: &Inbound) -> Result<(), Error> {
        let inbound = inbound.clone();
        write!(self, "record a message in", db => {
            sqlx::query(
                "WITH gone AS (
                     SELECT stand_in FROM erasure WHERE conversation = $3 AND at_ms >= $10
                 )
                 INSERT INTO inbound_message (id, business, conversation, channel, provider_id,
                     customer, kind, text, envelope, received_ms, outcome, settled_ms, erased_ms)
                 SELECT $1, $2, COALESCE((SELECT stand_in FROM gone), $3), $4,
                     CASE WHEN NOT EXISTS (SELECT 1 FROM gone) THEN $5 END,
                     CASE WHEN NOT EXISTS (SELECT 1 FROM gone) THEN $6 END, $7,
                     CASE WHEN NOT EXISTS (SELECT 1 FROM gone) THEN $8 END,
                     CASE WHEN NOT EXISTS (SELECT 1 FROM gone) THEN $9 END, $10,
                     CASE WHEN EXISTS (SELECT 1 FROM gone) THEN $11 END,
                     CASE WHEN EXISTS (SELECT 1 FROM gone) THEN $10 END,
                     CASE WHEN EXISTS (SELECT 1 FROM gone) THEN $10 END
                 WHERE TRUE
                 ON CONFLICT (id) DO UPDATE SET
                     business = COALESCE(inbound_message.business, excluded.business),
                     conversation = CASE WHEN excluded.erased_ms IS NULL
                         THEN COALESCE(inbound_message.conversation, excluded.conversation)
                         ELSE excluded.conversation END,
                     channel = COALESCE(inbound_message.channel, excluded.channel),
                     provider_id = CASE WHEN excluded.erased_ms IS NULL
                         THEN COALESCE(inbound_message.provider_id, excluded.provider_id) END,
                     customer = CASE WHEN excluded.erased_ms IS NULL
                         THEN COALESCE(inbound_message.customer, excluded.customer) END,
                     kind = excluded.kind,
                     text = CASE WHEN excluded.erased_ms IS NULL
                         THEN COALESCE(excluded.text, inbound_message.text) END,
                     received_ms = CASE WHEN inbound_message.imported THEN excluded.received_ms
                         ELSE COALESCE(inbound_message.received_ms, excluded.received_ms) END,
                     envelope = CASE WHEN excluded.erased_ms IS NULL
                             AND (inbound_message.outcome IS NULL OR inbound_message.imported)
                         THEN COALESCE(inbound_message.envelope, excluded.envelope) END,
                     outcome = COALESCE(CASE WHEN NOT inbound_message.imported
                         THEN inbound_message.outcome END, excluded.outcome),
                     settled_ms = COALESCE(CASE WHEN NOT inbound_message.imported
                         THEN inbound_message.settled_ms END, excluded.settled_ms),
                     imported = FALSE, erased_ms = excluded.erased_ms
                 WHERE inbound_message.erased_ms IS NULL",
            )
            .bind(inbound.id)
            .bind(storable(&inbound.business))
            .bind(inbound.conversation)
            .bind(storable(&inbound.channel))
            .bind(storable(&inbound.provider_id))
            .bind(storable(&inbound.customer))
            .bind(storable(&inbound.kind))
            .bind(inbound.text.as_deref().map(storable))
            .bind(storable(&inbound.envelope))
            .bind(inbound.received_ms)
            .bind(ERASED)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// Records the outcome of each message, also of one that is not recorded yet. The first
    /// outcome of a message stays (test `the_first_outcome_stays_in_whatever_order_things_arrive`),
    /// and with it the message is no longer kept to be published again (test
    /// `what_has_an_outcome_is_not_kept_twice`). Says how many messages had none before.
    pub async fn record_outcome(&self, outcome: &Outcome) -> Result<u64, Error> {
        let outcome = outcome.clone();
        write!(self, "record an outcome in", db => {
            let mut settled = 0;
            for message in &outcome.messages {
                let done = sqlx::query(
                    "INSERT INTO inbound_message (id, conversation, outcome, turn, settled_ms)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (id) DO UPDATE SET conversation = excluded.conversation,
                         outcome = excluded.outcome, turn = excluded.turn,
                         settled_ms = excluded.settled_ms, envelope = NULL, imported = FALSE
                     WHERE inbound_message.outcome IS NULL OR inbound_message.imported",
                )
                .bind(message)
                .bind(outcome.conversation)
                .bind(storable(&outcome.outcome))
                .bind(outcome.turn)
                .bind(outcome.at_ms)
                .execute(&mut *db)
                .await?;
                settled += done.rows_affected();
            }
            Ok(settled)
        })
    }

    /// Claims messages without an outcome, the oldest first. They count as claimed at `now_ms`. Of
    /// several processes that claim at once each gets others (test
    /// `sweepers_that_race_claim_each_message_once`). One that is claimed in vain waits longer each
    /// time (test `what_is_claimed_in_vain_waits_longer_each_time_and_is_left_in_the_end`).
    pub async fn claim_unsettled(&self, claim: Claim) -> Result<Vec<Unsettled>, Error> {
        const OPERATION: &str = "claim unsettled messages in";
        // The two drivers' queries differ in type, so that no function can hold both.
        macro_rules! claim_on {
            ($statement:expr, $db:expr) => {
                sqlx::query_as($statement)
                    .bind(claim.received_before_ms)
                    .bind(claim.swept_before_ms)
                    .bind(claim.limit)
                    .bind(claim.now_ms)
                    .bind(claim.longer_ms)
                    .bind(claim.sweeps_at_most)
                    .fetch_all($db)
            };
        }
        let rows: Vec<(Uuid, String, i64, i64)> = match self {
            Self::Sqlite(file) => file
                .write(move |db| Box::pin(async move { claim_on!(claim!(""), db).await }))
                .await
                .map_err(|source| Error::embedded(OPERATION, source))?,
            Self::Postgres(pool) => {
                in_time(OPERATION, claim_on!(claim!("FOR UPDATE SKIP LOCKED"), pool)).await?
            }
        };
        let mut claimed: Vec<Unsettled> = rows
            .into_iter()
            .map(|(id, envelope, received_ms, sweeps)| Unsettled {
                id,
                envelope,
                received_ms,
                sweeps,
            })
            .collect();
        claimed.sort_by_key(|message| message.received_ms);
        Ok(claimed)
    }

    /// When the oldest message came that has no outcome yet.
    pub async fn oldest_unsettled_ms(&self) -> Result<Option<i64>, Error> {
        read!(self, "look for the oldest message without an outcome in", db => {
            sqlx::query_scalar(
                "SELECT MIN(received_ms) FROM inbound_message WHERE outcome IS NULL",
            )
            .fetch_one(db)
            .await
        })
    }

    /// Counts every message: for an operator or a test, not for every scrape of the metrics.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let rows: Vec<(Option<String>, bool, i64)> = read!(self, "count the messages in", db => {
            sqlx::query_as(
                "SELECT outcome, received_ms IS NOT NULL, COUNT(*) FROM inbound_message
                 GROUP BY 1, 2 ORDER BY 1",
            )
            .fetch_all(db)
            .await
        })?;
        let mut counts = Counts::default();
        for (outcome, received, count) in rows {
            if !received {
                counts.unreceived += count;
                continue;
            }
            counts.inbound += count;
            match outcome {
                Some(outcome) => counts.outcomes.push((outcome, count)),
                None => counts.unsettled += count,
            }
        }
        Ok(counts)
    }
}

// These hold what customers wrote: `Debug` shows which message it is, and no more.

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("received_ms", &self.received_ms)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsettled")
            .field("id", &self.id)
            .field("received_ms", &self.received_ms)
            .field("sweeps", &self.sweeps)
            .finish_non_exhaustive()
    }
}
