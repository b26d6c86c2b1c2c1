#![allow(clippy::unwrap_used)] // A test that can't go on should stop where it is.

mod backup;
mod crash;

use std::path::Path;

use embedded::{Error, File, sqlx};
use sqlx::sqlite::SqliteConnection;

async fn open(dir: &Path) -> File {
    let file = File::open(dir).await.unwrap();
    file.write(|connection| {
        Box::pin(async move {
            sqlx::raw_sql("CREATE TABLE IF NOT EXISTS number (n INTEGER PRIMARY KEY) STRICT")
                .execute(connection)
                .await
        })
    })
    .await
    .unwrap();
    file
}

async fn insert(connection: &mut SqliteConnection, n: i64) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO number (n) VALUES ($1)").bind(n).execute(connection).await.map(drop)
}

async fn numbers(file: &File) -> Vec<i64> {
    sqlx::query_scalar("SELECT n FROM number ORDER BY n").fetch_all(file.readers()).await.unwrap()
}

#[tokio::test]
async fn a_job_that_fails_is_rolled_back_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = open(dir.path()).await;
    // Everything is asked at once, so that good and bad jobs share transactions.
    let writes = (0..400).map(|n| {
        file.write(move |connection| {
            Box::pin(async move {
                insert(connection, n).await?;
                match n % 4 {
                    0 => Err(sqlx::Error::RowNotFound),
                    1 => panic!("a bug in one job"),
                    2 => insert(connection, n).await,
                    _ => Ok(()),
                }
            })
        })
    });
    let outcomes = futures::future::join_all(writes).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        match n % 4 {
            0 | 2 => assert!(matches!(outcome, Err(Error::Write(_))), "{n}: {outcome:?}"),
            1 => assert!(matches!(outcome, Err(Error::Panicked)), "{n}: {outcome:?}"),
            _ => assert!(outcome.is_ok(), "{n}: {outcome:?}"),
        }
    }
    let expected: Vec<i64> = (0..400).filter(|n| n % 4 == 3).collect();
    assert_eq!(numbers(&file).await, expected);
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused_in_clear_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = open(dir.path()).await;
    let refused = File::open(dir.path()).await.unwrap_err();
    assert!(matches!(refused, Error::InUse { .. }));
    assert!(
        refused.to_string().starts_with("another relevo process is using the folder"),
        "{refused}"
    );
    file.close().await;
    File::open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn a_visitor_works_beside_the_process_that_serves() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(File::visit(dir.path()).await, Err(Error::Absent { .. })));
    let file = open(dir.path()).await;
    let visitor = File::visit(dir.path()).await.unwrap();
    for n in 0..50 {
        let writer = if n % 2 == 0 { &file } else { &visitor };
        writer.write(move |connection| Box::pin(insert(connection, n))).await.unwrap();
    }
    assert_eq!(numbers(&file).await, numbers(&visitor).await);
    assert_eq!(numbers(&file).await.len(), 50);
}

#[tokio::test]
async fn readers_can_not_write() {
    let dir = tempfile::tempdir().unwrap();
    let file = open(dir.path()).await;
    let refused = sqlx::query("INSERT INTO number (n) VALUES (1)").execute(file.readers()).await;
    assert!(refused.is_err());
    assert!(numbers(&file).await.is_empty());
}

#[tokio::test]
async fn writes_that_wait_are_finished_before_the_file_closes() {
    let dir = tempfile::tempdir().unwrap();
    let file = open(dir.path()).await;
    let writes: Vec<_> = (0..100)
        .map(|n| {
            let file = file.clone();
            tokio::spawn(async move {
                file.write(move |connection| Box::pin(insert(connection, n))).await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let handle = file.clone();
    file.close().await;
    let late = handle.write(move |connection| Box::pin(insert(connection, 100))).await;
    assert!(matches!(late, Err(Error::Closed)), "{late:?}");
    let mut written = Vec::new();
    for (n, write) in (0..).zip(writes) {
        match write.await.unwrap() {
            Ok(()) => written.push(n),
            Err(error) => assert!(matches!(error, Error::Closed), "{error}"),
        }
    }
    assert_eq!(numbers(&open(dir.path()).await).await, written);
}

#[tokio::test]
async fn what_was_deleted_is_found_nowhere_on_the_disk() {
    const WORDS: &str = "mi dirección es Calle Luna 7";
    let dir = tempfile::tempdir().unwrap();
    let file = open(dir.path()).await;
    let visitor = File::visit(dir.path()).await.unwrap();
    let on_disk = || {
        let files = std::fs::read_dir(dir.path()).unwrap();
        files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<_>>().concat()
    };
    let is_there = || on_disk().windows(WORDS.len()).any(|bytes| bytes == WORDS.as_bytes());
    let run = async |file: &File, statement: &'static str, text: String| {
        file.write(move |db| Box::pin(sqlx::query(statement).bind(text).execute(db)))
            .await
            .unwrap();
    };
    run(&file, "CREATE TABLE said (words TEXT) STRICT", String::new()).await;
    // Some of it fills pages of its own.
    for times in [1, 10, 1_000] {
        run(&file, "INSERT INTO said (words) VALUES ($1)", WORDS.repeat(times)).await;
    }
    assert!(is_there());
    run(&visitor, "DELETE FROM said WHERE words LIKE $1", format!("{WORDS}%")).await;
    assert!(visitor.empty_log().await.unwrap());
    assert!(!is_there());
    assert_eq!(numbers(&file).await, []);
}
