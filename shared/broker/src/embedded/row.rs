//! The table: a row is a message in one queue.

use ::embedded::sqlx;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use crate::Publication;

/// `AUTOINCREMENT`, because a number must not be used again while somebody holds a receipt for it.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS broker_message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id BLOB NOT NULL,
    topic TEXT NOT NULL,
    body BLOB NOT NULL,
    traceparent TEXT,
    ready_ms INTEGER NOT NULL,
    process BLOB,
    attempt INTEGER NOT NULL DEFAULT 1,
    deliveries INTEGER NOT NULL DEFAULT 0,
    first_failed_ms INTEGER,
    cause TEXT,
    reason TEXT,
    died_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS broker_message_ready
    ON broker_message (queue, ready_ms, seq) WHERE died_ms IS NULL;
CREATE INDEX IF NOT EXISTS broker_message_dead
    ON broker_message (queue, died_ms, seq) WHERE died_ms IS NOT NULL;
";

pub(super) async fn create(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(SCHEMA).execute(connection).await?;
    Ok(())
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    queue: &str,
    publication: &Publication,
    ready_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO broker_message (queue, id, topic, body, traceparent, ready_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(queue)
    .bind(publication.id)
    .bind(&publication.topic)
    .bind(&publication.body[..])
    .bind(&publication.traceparent)
    .bind(ready_ms)
    .execute(connection)
    .await?;
    Ok(())
}

/// A row that this process has in hand.
pub(super) struct Claimed {
    pub(super) seq: i64,
    pub(super) ready_ms: i64,
    pub(super) id: Uuid,
    pub(super) topic: String,
    pub(super) body: Vec<u8>,
    pub(super) traceparent: Option<String>,
    pub(super) attempt: u32,
    pub(super) deliveries: u32,
    pub(super) first_failed_ms: Option<i64>,
}

impl Claimed {
    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get("seq")?,
            ready_ms: row.try_get("ready_ms")?,
            id: row.try_get("id")?,
            topic: row.try_get("topic")?,
            body: row.try_get("body")?,
            traceparent: row.try_get("traceparent")?,
            attempt: row.try_get("attempt")?,
            deliveries: row.try_get("deliveries")?,
            first_failed_ms: row.try_get("first_failed_ms")?,
        })
    }
}

/// Takes up to `most` rows that are due and in no hand of this process, the oldest first.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    queue: &str,
    process: Uuid,
    now_ms: i64,
    most: u32,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query(
        "UPDATE broker_message SET process = $1, deliveries = deliveries + 1
         WHERE seq IN (
            SELECT seq FROM broker_message
            WHERE queue = $2 AND died_ms IS NULL AND ready_ms <= $3 AND process IS NOT $1
            ORDER BY ready_ms, seq LIMIT $4
         )
         RETURNING seq, ready_ms, id, topic, body, traceparent, attempt, deliveries,
            first_failed_ms",
    )
    .bind(process)
    .bind(queue)
    .bind(now_ms)
    .bind(most)
    .fetch_all(connection)
    .await?;
    let mut claimed: Vec<_> = rows.iter().map(Claimed::read).collect::<Result<_, _>>()?;
    claimed.sort_unstable_by_key(|row| (row.ready_ms, row.seq));
    Ok(claimed)
}

/// When the next row that nobody has in hand becomes due.
pub(super) async fn next_ready_ms(
    connection: &mut SqliteConnection,
    queue: &str,
    process: Uuid,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT ready_ms FROM broker_message
         WHERE queue = $1 AND died_ms IS NULL AND process IS NOT $2
         ORDER BY ready_ms, seq LIMIT 1",
    )
    .bind(queue)
    .bind(process)
    .fetch_optional(connection)
    .await
}
