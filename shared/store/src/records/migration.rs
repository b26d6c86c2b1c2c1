//! Versioned migrations. Not `sqlx::migrate`: its lock stays behind when it fails, SQLite gets
//! none, and it leaves a database half migrated; here all pending migrations are one transaction.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{PgPool, Row};

use super::{Error, Records};

/// One step of the schema, from the files `migrations/{sqlite,postgres}/<name>.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal => $name:literal),* $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sqlite: migrations!(@file "sqlite", $name),
            postgres: migrations!(@file "postgres", $name),
        }),*]
    };
    (@file $database:literal, $name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"), "/../../migrations/", $database, "/", $name, ".sql"
        ))
    };
}

/// All of them, in order. A file that is published is never changed: add another; one with which the
/// version before can work says so in its first line ([`ADDITIVE`]).
const MIGRATIONS: &[Migration] = migrations![
    1 => "0001_messages",
    2 => "0002_whatsapp",
    3 => "0003_knowledge",
    4 => "0004_erasure",
    5 => "0005_vectors",
    6 => "0006_tickets",
    7 => "0007_learning",
];

/// How a migration begins that only adds what older programs need not know. Those go on beside it,
/// and may also be started after it: while a deploy is rolling.
const ADDITIVE: &str = "-- additive\n";

/// The text is kept with each, so that a file that was changed afterwards is noticed.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    sql TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)";
const APPLIED: &str = "SELECT version, sql FROM schema_migration ORDER BY version";
const APPLY: &str = "INSERT INTO schema_migration (version, name, sql) VALUES ($1, $2, $3)";

/// Any number of our own: whoever holds it migrates.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7305438104721)";

/// Applies what is pending on a connection that holds the database alone. A refusal is an answer,
/// not an error of the driver: it has written nothing that matters.
macro_rules! apply_pending {
    ($name:ident, $connection:ty, $sql:expr) => {
        async fn $name(db: &mut $connection) -> Result<Result<Vec<Migration>, Error>, sqlx::Error> {
            sqlx::raw_sql(TABLE).execute(&mut *db).await?;
            let rows = sqlx::query(APPLIED).fetch_all(&mut *db).await?;
            let pending = match applied(&rows, $sql) {
                Ok(applied) => &MIGRATIONS[applied..],
                Err(refusal) => return Ok(Err(refusal)),
            };
            for migration in pending {
                let sql = $sql(migration);
                sqlx::raw_sql(sql).execute(&mut *db).await?;
                sqlx::query(APPLY)
                    .bind(migration.version)
                    .bind(migration.name)
                    .bind(sql)
                    .execute(&mut *db)
                    .await?;
            }
            Ok(Ok(pending.to_vec()))
        }
    };
}

apply_pending!(apply_to_sqlite, SqliteConnection, Migration::for_sqlite);
apply_pending!(apply_to_postgres, PgConnection, Migration::for_postgres);

impl Records {
    /// Applies what is pending, all of it or nothing, and says what that was. Any number of
    /// processes may do it at once (test `migrations_that_race_are_applied_once`). A database to
    /// which a newer version did more than add is refused and left as it is (tests
    /// `a_database_of_a_newer_version_is_refused`,
    /// `a_database_to_which_a_newer_version_only_added_is_worked_with`).
    pub async fn migrate(&self) -> Result<Vec<Migration>, Error> {
        const OPERATION: &str = "migrate";
        match self {
            Self::Sqlite(file) => file
                .write(|db| Box::pin(apply_to_sqlite(db)))
                .await
                .map_err(|source| Error::embedded(OPERATION, source))?,
            Self::Postgres(pool) => {
                migrate_postgres(pool).await.map_err(|source| Error::database(OPERATION, source))?
            }
        }
    }

    /// What [`Records::migrate`] would apply.
    pub async fn pending(&self) -> Result<Vec<Migration>, Error> {
        const OPERATION: &str = "read the migrations of";
        let applied = match self {
            Self::Sqlite(file) => {
                let exists = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'";
                let rows = async {
                    match sqlx::query(exists).fetch_optional(file.readers()).await? {
                        Some(_) => sqlx::query(APPLIED).fetch_all(file.readers()).await,
                        None => Ok(Vec::new()),
                    }
                };
                let rows = rows.await.map_err(|source| Error::database(OPERATION, source))?;
                applied(&rows, Migration::for_sqlite)?
            }
            Self::Postgres(pool) => {
                let exists = "SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL";
                let rows = async {
                    match sqlx::query(exists).fetch_optional(pool).await? {
                        Some(_) => sqlx::query(APPLIED).fetch_all(pool).await,
                        None => Ok(Vec::new()),
                    }
                };
                let rows = super::in_time(OPERATION, rows).await?;
                applied(&rows, Migration::for_postgres)?
            }
        };
        Ok(MIGRATIONS[applied..].to_vec())
    }
}

impl Migration {
    /// All that this version knows, in order.
    pub fn all() -> &'static [Migration] {
        MIGRATIONS
    }

    fn for_sqlite(&self) -> &'static str {
        self.sqlite
    }

    fn for_postgres(&self) -> &'static str {
        self.postgres
    }
}

async fn migrate_postgres(pool: &PgPool) -> Result<Result<Vec<Migration>, Error>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query(POSTGRES_LOCK).execute(&mut *transaction).await?;
    let outcome = apply_to_postgres(&mut transaction).await?;
    if outcome.is_ok() {
        transaction.commit().await?;
    }
    Ok(outcome)
}

/// How many of the known migrations the database has, if all others that it has only add.
fn applied<R>(rows: &[R], sql: fn(&Migration) -> &'static str) -> Result<usize, Error>
where
    R: Row,
    for<'a> &'a str: sqlx::ColumnIndex<R>,
    for<'r> i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let foreign = |_| Error::Foreign { operation: "read the migrations of" };
    for (index, row) in rows.iter().enumerate() {
        let version: i64 = row.try_get("version").map_err(foreign)?;
        let text: String = row.try_get("sql").map_err(foreign)?;
        match MIGRATIONS.get(index) {
            None if text.starts_with(ADDITIVE) => {}
            None => {
                let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
                return Err(Error::Newer { found: version, known });
            }
            Some(known) if known.version != version || sql(known) != text => {
                return Err(Error::Changed { version });
            }
            Some(_) => {}
        }
    }
    Ok(rows.len().min(MIGRATIONS.len()))
}
