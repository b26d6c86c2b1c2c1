//! Migrations, on both databases.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::AssertSqlSafe;
use store::Records;
use store::records::{Error, Migration};

use crate::records::claim;
use crate::servers::Pair;

on_both_databases! { empty =>
    a_second_migration_has_nothing_to_do,
    migrations_that_race_are_applied_once,
    a_database_of_a_newer_version_is_refused,
    a_database_to_which_a_newer_version_only_added_is_worked_with,
    a_migration_that_was_changed_afterwards_is_refused,
    a_database_of_the_first_version_keeps_what_it_has,
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

async fn a_database_to_which_a_newer_version_only_added_is_worked_with(Pair { one, other }: Pair) {
    one.migrate().await.unwrap();
    let newer = |version: i64, sql: &str| {
        format!(
            "INSERT INTO schema_migration (version, name, sql) VALUES ({version}, 'new', '{sql}')"
        )
    };
    execute(&one, &newer(9000, "-- additive\nCREATE TABLE later (id BIGINT)")).await;
    assert_eq!(other.pending().await.unwrap(), []);
    assert_eq!(other.migrate().await.unwrap(), []);
    execute(&one, &newer(9001, "DROP TABLE inbound_message -- additive\n")).await;
    let refused = other.migrate().await.unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 9001, .. }), "{refused}");
}

async fn a_migration_that_was_changed_afterwards_is_refused(Pair { one, other }: Pair) {
    one.migrate().await.unwrap();
    execute(&one, "UPDATE schema_migration SET sql = sql || ' ' WHERE version = 1").await;
    let refused = other.migrate().await.unwrap_err();
    assert!(matches!(refused, Error::Changed { version: 1 }), "{refused}");
}

async fn a_database_of_the_first_version_keeps_what_it_has(Pair { one, other }: Pair) {
    let (first, id) = match &one {
        Records::Postgres(_) => {
            (include_str!("../../../../migrations/postgres/0001_messages.sql"), "gen_random_uuid()")
        }
        Records::Sqlite(_) => {
            (include_str!("../../../../migrations/sqlite/0001_messages.sql"), "randomblob(16)")
        }
    };
    execute(&one, first).await;
    let quoted = first.replace('\'', "''");
    let applied = format!(
        "CREATE TABLE schema_migration (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL,
             sql TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
         INSERT INTO schema_migration (version, name, sql) VALUES (1, '0001_messages', '{quoted}');
         INSERT INTO inbound_message (id, kind, envelope, received_ms)
             VALUES ({id}, 'text', 'kept', 5);
         UPDATE inbound_message SET conversation = id;
         INSERT INTO outbound_message (reply, part, business, conversation, author, text, status,
                 at_ms, provider_id)
             SELECT id, 0, 'otra', id, 'bot', 'Yes', 'accepted', 7, 'wamid.A1'
             FROM inbound_message;
         INSERT INTO delivery (business, provider_id, read_ms) VALUES ('otra', 'wamid.A1', 9);"
    );
    execute(&one, &applied).await;
    assert_eq!(other.migrate().await.unwrap(), Migration::all()[1..]);
    let kept = other.claim_unsettled(claim(i64::MAX, 1)).await.unwrap();
    assert_eq!(kept[0].envelope, "kept");
    assert_eq!(other.history(kept[0].id, 10).await.unwrap().len(), 2);
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
