//! The servers that `scripts/test` starts, and a place of its own on them for each test.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgPool, Row as _, TypeInfo as _, ValueRef as _};
use store::Records;
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) fn redis_url() -> String {
    variable("RELEVO_TEST_REDIS_URL")
}

/// The records as two processes see them.
pub(crate) struct Pair {
    pub(crate) one: Records,
    pub(crate) other: Records,
}

/// Runs each test on a fresh PostgreSQL database and on a fresh SQLite file.
macro_rules! on_both_databases {
    ($prepare:ident => $($test:ident),* $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let database = $crate::servers::Postgres::create().await;
                let (one, other) = (database.connect().await, database.connect().await);
                super::$prepare(&one).await;
                super::$test($crate::servers::Pair { one, other }).await;
                database.remove().await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                let one = embedded::File::open(folder.path()).await.unwrap();
                let other = embedded::File::visit(folder.path()).await.unwrap();
                let (one, other) = (store::Records::embedded(one), store::Records::embedded(other));
                super::$prepare(&one).await;
                super::$test($crate::servers::Pair { one, other }).await;
            })*
        }
    };
}

/// A fresh database.
pub(crate) struct Postgres {
    server: PgPool,
    name: String,
    pub(crate) url: String,
}

impl Postgres {
    pub(crate) async fn create() -> Self {
        Self::create_at("RELEVO_TEST_POSTGRES_URL").await
    }

    /// On the server that this variable names.
    pub(crate) async fn create_at(name: &str) -> Self {
        let url = variable(name);
        let server = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        let name = format!("relevo_{}", fresh().simple());
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(create).execute(&server).await.unwrap();
        let (base, query) = url.split_once('?').unwrap_or((&url, ""));
        let (host, _) = base.split_at(base.rfind('/').unwrap());
        let url = format!("{host}/{name}?{query}");
        Self { server, name, url }
    }

    /// As another process would see it.
    pub(crate) async fn connect(&self) -> Records {
        Records::postgres(&self.url).await.unwrap()
    }

    pub(crate) async fn remove(self) {
        let drop = AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        sqlx::query(drop).execute(&self.server).await.unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "only tests are told this way where the servers are")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test"))
}

#[expect(clippy::disallowed_methods, reason = "tests share a server and must not meet there")]
pub(crate) fn fresh() -> Uuid {
    Uuid::new_v4()
}

/// Waits for a condition, with a limit.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The rows of a statement as text, a line each.
pub(crate) async fn dump(records: &Records, statement: &'static str) -> String {
    let lines: Vec<String> = match records {
        Records::Postgres(pool) => {
            let json = format!("SELECT row_to_json(t)::text FROM ({statement}) t");
            sqlx::query_scalar(AssertSqlSafe(json)).fetch_all(pool).await.unwrap()
        }
        Records::Sqlite(file) => {
            let rows = sqlx::query(statement).fetch_all(file.readers()).await.unwrap();
            let cell = |row: &SqliteRow, index: usize| {
                let value = row.try_get_raw(index).unwrap();
                match value.type_info().name() {
                    _ if value.is_null() => String::new(),
                    "TEXT" => row.get::<String, _>(index),
                    "BLOB" => row.get::<Uuid, _>(index).to_string(),
                    _ => row.get::<i64, _>(index).to_string(),
                }
            };
            let line = |row: &SqliteRow| {
                (0..row.len()).map(|index| cell(row, index)).collect::<Vec<_>>().join(" ")
            };
            rows.iter().map(line).collect()
        }
    };
    lines.into_iter().map(|line| line + "\n").collect()
}
