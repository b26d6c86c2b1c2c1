//! What an operator has paused: names that all processes look at.

use std::collections::BTreeSet;

use super::embedded::Embedded;
use super::redis::{Redis, read};
use super::{Error, State};

const LIST: &str = "ask what is paused";

pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS state_paused (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
";

impl State {
    /// From now on this is paused, until it is resumed (test `what_is_paused_stays_so_until_resumed`).
    pub async fn pause(&self, name: &str) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.note_paused("SADD", name).await,
            Self::Embedded(embedded) => {
                embedded
                    .note_paused("INSERT OR IGNORE INTO state_paused (name) VALUES ($1)", name)
                    .await
            }
        }
    }

    pub async fn resume(&self, name: &str) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.note_paused("SREM", name).await,
            Self::Embedded(embedded) => {
                embedded.note_paused("DELETE FROM state_paused WHERE name = $1", name).await
            }
        }
    }

    pub async fn paused(&self) -> Result<BTreeSet<String>, Error> {
        match self {
            Self::Redis(redis) => redis.paused().await,
            Self::Embedded(embedded) => embedded.paused().await,
        }
    }
}

impl Redis {
    async fn note_paused(&self, command: &str, name: &str) -> Result<(), Error> {
        let mut note = redis::cmd(command);
        note.arg(KEY).arg(name);
        self.query("note what is paused", &note).await.map(drop)
    }

    async fn paused(&self) -> Result<BTreeSet<String>, Error> {
        let mut members = redis::cmd("SMEMBERS");
        members.arg(KEY);
        read(LIST, self.query(LIST, &members).await?)
    }
}

const KEY: &str = "relevo:paused";

impl Embedded {
    async fn note_paused(&self, statement: &'static str, name: &str) -> Result<(), Error> {
        let name = name.to_owned();
        self.file
            .write(move |db| Box::pin(sqlx::query(statement).bind(name).execute(db)))
            .await
            .map(drop)
            .map_err(|source| Error::Embedded { operation: "note what is paused", source })
    }

    async fn paused(&self) -> Result<BTreeSet<String>, Error> {
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM state_paused")
            .fetch_all(self.file.readers())
            .await
            .map_err(|source| Error::EmbeddedRead { operation: LIST, source })?;
        Ok(names.into_iter().collect())
    }
}
