//! Looking at the dead and moving them.

use ::embedded::sqlx;
use bytes::Bytes;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::Shared;
use crate::clock::now_ms;
use crate::{DeadLetter, Depth, Error, Reason};

pub(super) async fn depth(shared: &Shared, queue: &str) -> Result<Depth, Error> {
    let (ready, dead): (i64, i64) = sqlx::query_as(
        "SELECT
            (SELECT count(*) FROM broker_message
             WHERE queue = $1 AND died_ms IS NULL AND ready_ms <= $2 AND process IS NOT $3),
            (SELECT count(*) FROM broker_message WHERE queue = $1 AND died_ms IS NOT NULL)",
    )
    .bind(queue)
    .bind(now_ms())
    .bind(shared.process)
    .fetch_one(shared.file.readers())
    .await
    .map_err(read)?;
    Ok(Depth { ready: ready.unsigned_abs(), dead: dead.unsigned_abs() })
}

pub(super) async fn look(
    shared: &Shared,
    queue: &str,
    limit: usize,
) -> Result<Vec<DeadLetter>, Error> {
    let rows = sqlx::query(
        "SELECT id, topic, queue, body, traceparent, reason, cause, attempt, first_failed_ms,
            died_ms
         FROM broker_message WHERE queue = $1 AND died_ms IS NOT NULL
         ORDER BY died_ms, seq LIMIT $2",
    )
    .bind(queue)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(shared.file.readers())
    .await
    .map_err(read)?;
    let letters: Result<_, _> = rows.iter().map(letter).collect();
    letters.map_err(read)
}

fn letter(row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    let body: Vec<u8> = row.try_get("body")?;
    let reason: &str = row.try_get("reason")?;
    Ok(DeadLetter {
        id: row.try_get("id")?,
        topic: row.try_get("topic")?,
        queue: row.try_get("queue")?,
        body: body.into(),
        traceparent: row.try_get("traceparent")?,
        reason: Reason::parse(reason).unwrap_or(Reason::Rejected),
        cause: row.try_get("cause")?,
        attempts: row.try_get("attempt")?,
        first_failed_ms: row.try_get("first_failed_ms")?,
        died_ms: row.try_get("died_ms")?,
    })
}

pub(super) async fn redrive(
    shared: &Shared,
    queue: &str,
    ids: Option<&[Uuid]>,
) -> Result<usize, Error> {
    let moved = change(shared, queue, ids, |queue, id| {
        sqlx::query(
            "UPDATE broker_message SET died_ms = NULL, reason = NULL, cause = NULL,
                first_failed_ms = NULL, attempt = 1, deliveries = 0, ready_ms = $3
             WHERE queue = $1 AND died_ms IS NOT NULL AND ($2 IS NULL OR id = $2)",
        )
        .bind(queue)
        .bind(id)
        .bind(now_ms())
    })
    .await?;
    shared.wake(queue);
    Ok(moved)
}

pub(super) async fn redrive_as(
    shared: &Shared,
    queue: &str,
    id: Uuid,
    body: Bytes,
) -> Result<bool, Error> {
    let name = queue.to_owned();
    let changed = shared.file.write(move |connection| {
        Box::pin(async move {
            sqlx::query(
                "UPDATE broker_message SET died_ms = NULL, reason = NULL, cause = NULL,
                    first_failed_ms = NULL, attempt = 1, deliveries = 0, ready_ms = $3, body = $4
                 WHERE queue = $1 AND died_ms IS NOT NULL AND id = $2",
            )
            .bind(name)
            .bind(id)
            .bind(now_ms())
            .bind(body.as_ref())
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
        })
    });
    let is_changed = changed.await? > 0;
    shared.wake(queue);
    Ok(is_changed)
}

pub(super) async fn discard(
    shared: &Shared,
    queue: &str,
    ids: Option<&[Uuid]>,
) -> Result<usize, Error> {
    change(shared, queue, ids, |queue, id| {
        sqlx::query(
            "DELETE FROM broker_message
             WHERE queue = $1 AND died_ms IS NOT NULL AND ($2 IS NULL OR id = $2)",
        )
        .bind(queue)
        .bind(id)
    })
    .await
}

type Statement = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// Runs a statement for each of the ids, or once without one.
async fn change(
    shared: &Shared,
    queue: &str,
    ids: Option<&[Uuid]>,
    statement: fn(String, Option<Uuid>) -> Statement,
) -> Result<usize, Error> {
    let queue = queue.to_owned();
    let ids = ids.map_or_else(|| vec![None], |ids| ids.iter().copied().map(Some).collect());
    let changed = shared.file.write(move |connection| {
        Box::pin(async move {
            let mut changed = 0;
            for id in ids {
                let done = statement(queue.clone(), id).execute(&mut *connection).await?;
                changed += done.rows_affected();
            }
            Ok(changed)
        })
    });
    Ok(usize::try_from(changed.await?).unwrap_or(usize::MAX))
}

/// Its process died with it too often; no worker is left to say so.
pub(super) async fn bury_crashed(
    connection: &mut SqliteConnection,
    seq: i64,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE broker_message SET process = NULL, died_ms = $2, reason = $3,
            first_failed_ms = COALESCE(first_failed_ms, $2),
            cause = 'its worker died with it too often'
         WHERE seq = $1",
    )
    .bind(seq)
    .bind(now_ms)
    .bind(Reason::Crashed.as_str())
    .execute(connection)
    .await
    .map(drop)
}

fn read(source: sqlx::Error) -> Error {
    Error::Embedded(::embedded::Error::Read(source))
}
