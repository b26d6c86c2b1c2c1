//! Migrations, on both databases.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::AssertSqlSafe;
use store::Records;
use store::records::{Error, Migration};

use crate::servers::{Pair, Postgres};

on_both_databases! { empty =>
    a_second_migration_has_nothing_to_do,
    migrations_that_race_are_applied_once,
    a_database_of_a_newer_version_is_refused,
    a_migration_that_was_changed_afterwards_is_refused,
}

async fn empty(_: &Records) {}

async fn a_second_migration_has_nothing_to_do(Pair { one, other }: Pair) {
    assert_eq!(one.pending().await.unwrap(), Migration::all());
    assert_eq!(one.migrate().await.unwrap(), Migration::all());
    for records in [one, other] {
        assert_eq!(records.pending().await.unwrap(), []);
        assert_eq!(records.migrate().await.unwrap(), []);
    }
}

async fn migrations_that_race_are_applied_once(Pair { one, other }: Pair) {
    let both = [one, other].map(|records| tokio::spawn(async move { records.migrate().await }));
    let mut applied = Vec::new();
    for migration in both {
        applied.extend(migration.await.unwrap().unwrap());
    }
    assert_eq!(applied, Migration::all());
}

async fn a_database_of_a_newer_version_is_refused(Pair { one, other }: Pair) {
    one.migrate().await.unwrap();
    execute(&one, "INSERT INTO schema_migration (version, name, sql) VALUES (9000, 'new', '')")
        .await;
    for refused in [other.migrate().await.unwrap_err(), other.pending().await.unwrap_err()] {
        assert!(matches!(refused, Error::Newer { found: 9000, .. }), "{refused}");
        assert!(refused.to_string().contains("newer relevo"), "{refused}");
        assert!(!refused.is_transient());
    }
}

async fn a_migration_that_was_changed_afterwards_is_refused(Pair { one, other }: Pair) {
    one.migrate().await.unwrap();
    execute(&one, "UPDATE schema_migration SET sql = sql || ' ' WHERE version = 1").await;
    let refused = other.migrate().await.unwrap_err();
    assert!(matches!(refused, Error::Changed { version: 1 }), "{refused}");
}

#[test]
fn every_file_is_in_the_binary_and_both_databases_have_the_same() {
    let known: BTreeSet<String> =
        Migration::all().iter().map(|migration| format!("{}.sql", migration.name)).collect();
    for database in ["sqlite", "postgres"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files, known, "{database}");
    }
}

#[test]
fn versions_count_from_one_and_stand_in_the_names() {
    for (migration, version) in Migration::all().iter().zip(1..) {
        assert_eq!(migration.version, version);
        assert!(migration.name.starts_with(&format!("{version:04}_")), "{}", migration.name);
    }
}

pub(crate) async fn execute(records: &Records, sql: &str) {
    let sql = AssertSqlSafe(sql);
    match records {
        Records::Postgres(pool) => drop(sqlx::raw_sql(sql).execute(pool).await.unwrap()),
        Records::Sqlite(file) => {
            let sql = sqlx::SqlSafeStr::into_sql_str(sql);
            let done = file.write(|db| {
                Box::pin(async move { sqlx::raw_sql(sql).execute(db).await.map(drop) })
            });
            done.await.unwrap();
        }
    }
}
