//! What each process says of itself, for as long as it goes on saying so.

use std::time::Duration;

use uuid::Uuid;

use super::embedded::{Embedded, milliseconds};
use super::redis::{Redis, read};
use super::{Error, State};

const NOTE: &str = "note a process";
const LIST: &str = "list the processes";

pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS state_process (
        id BLOB NOT NULL PRIMARY KEY,
        says TEXT NOT NULL,
        until_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

impl State {
    /// Keeps what a process says of itself, in the place of what it said before, for so long (test
    /// `what_a_process_says_is_kept_for_a_while`).
    pub async fn note_process(&self, id: Uuid, says: &str, life: Duration) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.note_process(id, says, life).await,
            Self::Embedded(embedded) => embedded.note_process(id, says, life).await,
        }
    }

    /// What all processes say that have said something lately.
    pub async fn processes(&self) -> Result<Vec<String>, Error> {
        match self {
            Self::Redis(redis) => redis.processes().await,
            Self::Embedded(embedded) => embedded.processes().await,
        }
    }
}

/// The ids, by when each has had its time; whoever notes a process takes away those that had it.
const IDS: &str = "relevo:{process}";

fn key(id: &str) -> String {
    format!("{IDS}:{id}")
}

impl Redis {
    async fn note_process(&self, id: Uuid, says: &str, life: Duration) -> Result<(), Error> {
        let (id, life) = (id.to_string(), milliseconds(life).to_string());
        let keys = [IDS.to_owned(), key(&id)];
        self.note(NOTE, &keys, &[&id, says, &life]).await.map(drop)
    }

    async fn processes(&self) -> Result<Vec<String>, Error> {
        let mut all = redis::cmd("ZRANGE");
        all.arg(IDS).arg(0).arg(-1);
        let ids: Vec<String> = read(LIST, self.query(LIST, &all).await?)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = redis::cmd("MGET");
        get.arg(ids.iter().map(|id| key(id)).collect::<Vec<_>>());
        let says: Vec<Option<String>> = read(LIST, self.query(LIST, &get).await?)?;
        Ok(says.into_iter().flatten().collect())
    }
}

impl Embedded {
    async fn note_process(&self, id: Uuid, says: &str, life: Duration) -> Result<(), Error> {
        let (says, life) = (says.to_owned(), milliseconds(life));
        self.file
            .write(move |db| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM state_process WHERE until_ms <= unixepoch() * 1000")
                        .execute(&mut *db)
                        .await?;
                    sqlx::query(
                        "INSERT OR REPLACE INTO state_process (id, says, until_ms)
                         VALUES ($1, $2, unixepoch() * 1000 + $3)",
                    )
                    .bind(id)
                    .bind(says)
                    .bind(life)
                    .execute(db)
                    .await
                })
            })
            .await
            .map(drop)
            .map_err(|source| Error::Embedded { operation: NOTE, source })
    }

    async fn processes(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar(
            "SELECT says FROM state_process WHERE until_ms > unixepoch() * 1000 ORDER BY id",
        )
        .fetch_all(self.file.readers())
        .await
        .map_err(|source| Error::EmbeddedRead { operation: LIST, source })
    }
}
