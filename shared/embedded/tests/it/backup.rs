//! Copies of the file, made while it is written to, and put back.

use std::fs;

use embedded::{Error, File, back_up, restore, verify};

use crate::{insert, numbers, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_under_load_is_whole() {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = open(dir.path()).await;
    let writer = file.clone();
    let (report, mut answered) = tokio::sync::watch::channel(0_i64);
    let writing = tokio::spawn(async move {
        for n in 1..=2_000 {
            writer.write(move |db| Box::pin(async move { insert(db, n).await })).await.unwrap();
            report.send_replace(n);
        }
    });
    answered.wait_for(|n| *n >= 200).await.unwrap();
    let before = *answered.borrow();
    let copy = kept.path().join("relevo.db");
    back_up(dir.path(), &copy).await.unwrap();
    writing.await.unwrap();
    verify(&copy).await.unwrap();
    let copied = File::visit(kept.path()).await.unwrap();
    let there = numbers(&copied).await;
    let last = i64::try_from(there.len()).unwrap();
    assert!(last >= before, "{last} of at least {before}");
    assert_eq!(there, (1..=last).collect::<Vec<_>>(), "no gap");
    assert!(back_up(dir.path(), &copy).await.is_err(), "an older copy is not overwritten");
}

#[tokio::test]
async fn what_is_restored_is_what_was_copied_and_the_other_is_kept() {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = kept.path().join("copy.db");
    let file = open(dir.path()).await;
    file.write(|db| Box::pin(async move { insert(db, 1).await })).await.unwrap();
    back_up(dir.path(), &copy).await.unwrap();
    file.write(|db| Box::pin(async move { insert(db, 2).await })).await.unwrap();
    assert!(matches!(restore(&copy, dir.path()).await, Err(Error::InUse { .. })));
    file.close().await;

    let before = restore(&copy, dir.path()).await.unwrap().unwrap();
    assert!(before.exists());
    let file = File::open(dir.path()).await.unwrap();
    assert_eq!(numbers(&file).await, [1]);
    file.close().await;

    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(restore(&copy, elsewhere.path()).await.unwrap(), None);
    fs::copy(before, kept.path().join("relevo.db")).unwrap();
    let file = File::visit(kept.path()).await.unwrap();
    assert_eq!(numbers(&file).await, [1, 2], "what was there before is whole");
}

#[tokio::test]
async fn a_damaged_copy_is_refused_and_changes_nothing() {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = open(dir.path()).await;
    file.write(|db| Box::pin(async move { insert(db, 1).await })).await.unwrap();
    let copy = kept.path().join("copy.db");
    back_up(dir.path(), &copy).await.unwrap();
    file.close().await;
    let whole = fs::read(&copy).unwrap();
    for damaged in [Vec::new(), b"no database".to_vec(), whole[..whole.len() / 2].to_vec()] {
        fs::write(&copy, damaged).unwrap();
        assert!(matches!(restore(&copy, dir.path()).await, Err(Error::Damaged { .. })));
    }
    fs::remove_file(&copy).unwrap();
    assert!(matches!(restore(&copy, dir.path()).await, Err(Error::Damaged { .. })));
    let file = File::open(dir.path()).await.unwrap();
    assert_eq!(numbers(&file).await, [1]);
}
