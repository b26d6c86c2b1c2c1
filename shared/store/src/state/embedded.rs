//! State in the embedded file.

use std::time::Duration;

use embedded::File;
use futures::future::BoxFuture;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::{
    CONVERSATION_TTL, Commit, Committed, EFFECTS_TTL, EffectsKey, Error, Loaded, gate, pause,
    process,
};

/// Effects are only ever added, so that the oldest have the smallest `rowid`. Aliases are kept:
/// they are small beside the records in the same file.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS state_conversation (
        id BLOB NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        document TEXT NOT NULL,
        written_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS state_conversation_written ON state_conversation (written_ms);
    CREATE TABLE IF NOT EXISTS state_effects (
        conversation BLOB NOT NULL,
        worker TEXT NOT NULL,
        message BLOB NOT NULL,
        effects TEXT NOT NULL,
        stored_ms INTEGER NOT NULL,
        UNIQUE (conversation, worker, message)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS state_alias (
        key TEXT NOT NULL PRIMARY KEY,
        conversation BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// More than one is added at a write, so that it keeps up.
const OLD_AT_A_WRITE: i64 = 4;
const OLD_AT_ONCE: i64 = 500;

/// State in the embedded file. A cheap handle.
#[derive(Clone, Debug)]
pub struct Embedded {
    pub(super) file: File,
}

impl Embedded {
    pub(super) async fn prepare(file: File) -> Result<Self, Error> {
        file.write(|db| {
            Box::pin(async move {
                sqlx::raw_sql(TABLES).execute(&mut *db).await?;
                sqlx::raw_sql(pause::TABLE).execute(&mut *db).await?;
                sqlx::raw_sql(process::TABLE).execute(&mut *db).await?;
                sqlx::raw_sql(gate::TABLE).execute(db).await
            })
        })
        .await
        .map_err(|source| Error::Embedded { operation: "make the tables", source })?;
        Ok(Self { file })
    }

    pub(super) async fn load(
        &self,
        conversation: Uuid,
        effects_of: Option<EffectsKey<'_>>,
    ) -> Result<Loaded, Error> {
        let (version, document, effects): (Option<i64>, _, _) = sqlx::query_as(
            "SELECT c.version, c.document, e.effects
             FROM (SELECT $1 AS id) AS asked
             LEFT JOIN state_conversation c ON c.id = asked.id
             LEFT JOIN state_effects e
               ON e.conversation = asked.id AND e.worker = $2 AND e.message = $3",
        )
        .bind(conversation)
        .bind(effects_of.map(|key| key.worker))
        .bind(effects_of.map(|key| key.message))
        .fetch_one(self.file.readers())
        .await
        .map_err(|source| Error::EmbeddedRead { operation: "load a conversation", source })?;
        let version = version.map_or(0, i64::cast_unsigned);
        Ok(Loaded { version, document, effects })
    }

    pub(super) async fn commit(
        &self,
        commit: Commit<'_>,
        life: Duration,
    ) -> Result<Committed, Error> {
        let step = Step {
            life,
            conversation: commit.conversation,
            expected: commit.expected.cast_signed(),
            document: commit.document.map(Into::into),
            effects: commit.effects.map(|(key, effects)| Effects {
                worker: key.worker.into(),
                message: key.message,
                text: effects.into(),
            }),
        };
        self.file
            .write(|db| Box::pin(step.run(db)))
            .await
            .map_err(|source| Error::Embedded { operation: "commit a conversation", source })
    }

    pub(super) async fn put_alias(&self, of: Uuid, conversation: Uuid) -> Result<(), Error> {
        let key = alias_key(of);
        let put = "INSERT INTO state_alias (key, conversation) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET conversation = excluded.conversation";
        self.file
            .write(move |db| Box::pin(sqlx::query(put).bind(key).bind(conversation).execute(db)))
            .await
            .map(drop)
            .map_err(|source| Error::Embedded { operation: "put an alias", source })
    }

    pub(super) async fn alias(&self, of: Uuid) -> Result<Option<Uuid>, Error> {
        sqlx::query_scalar("SELECT conversation FROM state_alias WHERE key = $1")
            .bind(alias_key(of))
            .fetch_optional(self.file.readers())
            .await
            .map_err(|source| Error::EmbeddedRead { operation: "look up an alias", source })
    }

    pub(super) async fn forget(&self, conversation: Uuid) -> Result<bool, Error> {
        let forget = [
            "DELETE FROM state_conversation WHERE id = $1",
            "DELETE FROM state_effects WHERE conversation = $1",
        ];
        self.delete("forget a conversation", move |db| {
            Box::pin(async move {
                let mut deleted = 0;
                for statement in forget {
                    let done = sqlx::query(statement).bind(conversation).execute(&mut *db).await?;
                    deleted += done.rows_affected();
                }
                Ok(deleted)
            })
        })
        .await
    }

    pub(super) async fn forget_alias(&self, of: Uuid) -> Result<bool, Error> {
        self.delete("forget an alias", move |db| {
            Box::pin(async move {
                let delete = sqlx::query("DELETE FROM state_alias WHERE key = $1");
                Ok(delete.bind(alias_key(of)).execute(db).await?.rows_affected())
            })
        })
        .await
    }

    pub(super) async fn forget_old(&self) -> Result<bool, Error> {
        self.delete("forget what is old", |db| {
            Box::pin(async move {
                let conversations = forget_conversations(OLD_AT_ONCE, &mut *db).await?;
                Ok(conversations + forget_effects(OLD_AT_ONCE, db).await?)
            })
        })
        .await
    }

    async fn delete<F>(&self, operation: &'static str, job: F) -> Result<bool, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<u64, sqlx::Error>>
            + Send
            + 'static,
    {
        let deleted = self.file.write(job).await;
        let deleted = deleted.map_err(|source| Error::Embedded { operation, source })?;
        Ok(deleted > 0)
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1")
            .execute(self.file.readers())
            .await
            .map(drop)
            .map_err(|source| Error::EmbeddedRead { operation: "ping", source })
    }
}

/// A [`Commit`] that owns what it holds, to be handed to the writer.
struct Step {
    life: Duration,
    conversation: Uuid,
    expected: i64,
    document: Option<String>,
    effects: Option<Effects>,
}

struct Effects {
    worker: String,
    message: Uuid,
    text: String,
}

impl Step {
    async fn run(self, db: &mut SqliteConnection) -> Result<Committed, sqlx::Error> {
        if let Some(effects) = &self.effects
            && let Some(decided) = effects.stored(self.conversation, db).await?
        {
            return Ok(Committed::AlreadyDecided(decided));
        }
        let version: Option<i64> =
            sqlx::query_scalar("SELECT version FROM state_conversation WHERE id = $1")
                .bind(self.conversation)
                .fetch_optional(&mut *db)
                .await?;
        let mut version = version.unwrap_or(0);
        if let Some(document) = &self.document {
            if version != self.expected || (version == 0 && self.has_alias(db).await?) {
                return Ok(Committed::Conflict);
            }
            version += 1;
            write_conversation(&self, version, document, db).await?;
        }
        if let Some(effects) = &self.effects {
            effects.store(self.conversation, db).await?;
        }
        Ok(Committed::Stored { version: version.cast_unsigned() })
    }
}

impl Step {
    async fn has_alias(&self, db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM state_alias WHERE key = $1)")
            .bind(alias_key(self.conversation))
            .fetch_one(db)
            .await
    }
}

fn alias_key(of: Uuid) -> String {
    format!("conversation:{of}")
}

/// What is to be kept shorter or longer than [`CONVERSATION_TTL`] counts as written so much earlier
/// or later.
async fn write_conversation(
    step: &Step,
    version: i64,
    document: &str,
    db: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO state_conversation (id, version, document, written_ms)
         VALUES ($1, $2, $3, unixepoch() * 1000 + $4)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version,
             document = excluded.document, written_ms = excluded.written_ms",
    )
    .bind(step.conversation)
    .bind(version)
    .bind(document)
    .bind(milliseconds(step.life).saturating_sub(milliseconds(CONVERSATION_TTL)))
    .execute(&mut *db)
    .await?;
    forget_conversations(OLD_AT_A_WRITE, db).await?;
    Ok(())
}

async fn forget_conversations(at_most: i64, db: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM state_conversation WHERE rowid IN (
             SELECT rowid FROM state_conversation
             WHERE written_ms < unixepoch() * 1000 - $1 ORDER BY written_ms LIMIT $2)",
    )
    .bind(milliseconds(CONVERSATION_TTL))
    .bind(at_most)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn forget_effects(at_most: i64, db: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM state_effects WHERE rowid IN (
             SELECT rowid FROM state_effects ORDER BY rowid LIMIT $2)
         AND stored_ms < unixepoch() * 1000 - $1",
    )
    .bind(milliseconds(EFFECTS_TTL))
    .bind(at_most)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

impl Effects {
    async fn stored(
        &self,
        conversation: Uuid,
        db: &mut SqliteConnection,
    ) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT effects FROM state_effects
             WHERE conversation = $1 AND worker = $2 AND message = $3",
        )
        .bind(conversation)
        .bind(&self.worker)
        .bind(self.message)
        .fetch_optional(db)
        .await
    }

    async fn store(
        &self,
        conversation: Uuid,
        db: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO state_effects (conversation, worker, message, effects, stored_ms)
             VALUES ($1, $2, $3, $4, unixepoch() * 1000)",
        )
        .bind(conversation)
        .bind(&self.worker)
        .bind(self.message)
        .bind(&self.text)
        .execute(&mut *db)
        .await?;
        forget_effects(OLD_AT_A_WRITE, db).await?;
        Ok(())
    }
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
