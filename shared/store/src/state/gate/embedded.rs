//! Gates in the embedded file, under the clock of its machine.

use std::time::{Duration, SystemTime};

use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use super::super::embedded::Embedded;
use super::rule::Gate;
use super::{Block, Blocked, Error, Limit, Pass, duration, micros};

pub(in crate::state) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS state_gate (
        key TEXT NOT NULL PRIMARY KEY,
        seen INTEGER NOT NULL,
        refilled INTEGER NOT NULL,
        previous INTEGER NOT NULL,
        ticket INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        known INTEGER NOT NULL,
        strikes INTEGER NOT NULL,
        probe INTEGER NOT NULL,
        expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS state_gate_expires ON state_gate (expires);
";

const LOAD: &str = "SELECT seen, refilled, previous, ticket, ends, known, strikes, probe
    FROM state_gate WHERE key = $1 AND expires > $2";
const STORE: &str = "INSERT OR REPLACE INTO state_gate
        (key, seen, refilled, previous, ticket, ends, known, strikes, probe, expires)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
/// A few at each write: more than one is added, so that it keeps up.
const FORGET: &str = "DELETE FROM state_gate WHERE key IN (
    SELECT key FROM state_gate WHERE expires < $1 ORDER BY expires LIMIT 4)";

impl Embedded {
    pub(super) async fn pass(
        &self,
        key: String,
        limit: Limit,
        patience: Duration,
    ) -> Result<Pass, Error> {
        let patience = micros(patience);
        self.change("pass a gate", key, move |gate| gate.pass(limit, patience)).await
    }

    pub(super) async fn give_back(&self, key: String, ticket: u64) -> Result<(), Error> {
        self.change("give a place back at a gate", key, move |gate| gate.give_back(ticket)).await
    }

    pub(super) async fn block(&self, key: String, block: Block) -> Result<Blocked, Error> {
        self.change("block a gate", key, move |gate| gate.block(block)).await
    }

    pub(super) async fn unblock(&self, key: String, ticket: u64) -> Result<bool, Error> {
        const OPERATION: &str = "unblock a gate";
        // Asked after each request that got through, almost always in vain: that writes nothing.
        if !self.look(OPERATION, &key).await?.unblock(ticket) {
            return Ok(false);
        }
        self.change(OPERATION, key, move |gate| gate.unblock(ticket)).await
    }

    pub(super) async fn blocked(&self, key: String) -> Result<Option<Duration>, Error> {
        let gate = self.look("look at a gate", &key).await?;
        Ok(gate.blocked().map(duration))
    }

    async fn look(&self, operation: &'static str, key: &str) -> Result<Gate, Error> {
        let now = now();
        let gate: Option<Gate> = sqlx::query_as(LOAD)
            .bind(key)
            .bind(now)
            .fetch_optional(self.file.readers())
            .await
            .map_err(|source| Error::EmbeddedRead { operation, source })?;
        let gate = gate.unwrap_or_default();
        if gate.is_ahead_of(now) {
            return self.change(operation, key.to_owned(), |gate| *gate).await;
        }
        Ok(gate.at(now))
    }

    async fn change<T: Send + 'static>(
        &self,
        operation: &'static str,
        key: String,
        step: impl FnOnce(&mut Gate) -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.file
            .write(move |db| Box::pin(change(key, step, db)))
            .await
            .map_err(|source| Error::Embedded { operation, source })
    }
}

/// The clock is read here, where one writes at a time: nobody works with an older time than what
/// is stored.
async fn change<T>(
    key: String,
    step: impl FnOnce(&mut Gate) -> T,
    db: &mut SqliteConnection,
) -> Result<T, sqlx::Error> {
    let now = now();
    let loaded: Option<Gate> =
        sqlx::query_as(LOAD).bind(&key).bind(now).fetch_optional(&mut *db).await?;
    let loaded = loaded.unwrap_or_default();
    let mut gate = loaded.at(now);
    let answer = step(&mut gate);
    if gate != loaded.at(now) || loaded.is_ahead_of(now) {
        sqlx::query(STORE)
            .bind(key)
            .bind(gate.seen)
            .bind(gate.refilled)
            .bind(gate.previous)
            .bind(gate.ticket)
            .bind(gate.ends)
            .bind(gate.known)
            .bind(gate.strikes)
            .bind(gate.probe)
            .bind(gate.expires())
            .execute(&mut *db)
            .await?;
        sqlx::query(FORGET).bind(now).execute(db).await?;
    }
    Ok(answer)
}

#[expect(clippy::disallowed_methods, reason = "processes share it through nothing but the clock")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    micros(since.unwrap_or_default())
}

impl<'r> FromRow<'r, sqlx::sqlite::SqliteRow> for Gate {
    fn from_row(row: &'r sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
        let (seen, refilled, previous, ticket, ends, known, strikes, probe) =
            FromRow::from_row(row)?;
        Ok(Self { seen, refilled, previous, ticket, ends, known, strikes, probe })
    }
}
