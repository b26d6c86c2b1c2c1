//! Files of which nothing can be made: each a word to the customer, none an error.

use std::time::Duration;

use domain::content::{Media, Reading, Unread};
use sandbox::{Fault, Operation, Reply, Rule};
use serde_json::json;

use crate::pdf;
use crate::stand::{Means, Stand, reading};

const PDF: &str = "application/pdf";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF a photo";

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[track_caller]
fn is_unread(read: &Media, why: Unread) {
    assert_eq!(reading(read), &Reading::Unread(why));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_not_fetched() {
    let stand = Stand::with(Means::All, "file_mb = 1").await;
    let large = [b"%PDF-1.7".as_slice(), &vec![b' '; 1024 * 1024]].concat();
    let sent = stand.document("catálogo.pdf", PDF, &large).await;
    let read = stand.reads(sent).await;
    is_unread(&read, Unread::TooLarge);
    assert_eq!(read.file, None);
    assert!(stand.sandbox.journal_of(Operation::MediaDownload).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_opens_is_not_even_looked_up() {
    let stand = Stand::start().await;
    let sent = stand.document("fotos.zip", "application/zip", b"PK\x03\x04").await;
    is_unread(&stand.reads(sent).await, Unread::WrongType);
    assert!(stand.sandbox.journal_of(Operation::MediaInfo).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_says_is_neither_read_nor_kept() {
    let stand = Stand::start().await;
    let sent = stand.document("factura.pdf", PDF, b"MZ\x90\0\x03 a program").await;
    let read = stand.reads(sent).await;
    is_unread(&read, Unread::Suspicious);
    assert_eq!(read.file, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_changed_on_the_way_is_fetched_again_and_not_believed() {
    let stand = Stand::start().await;
    let mut sent = stand.document("factura.pdf", PDF, &pdf::with_pages(&["Hola"])).await;
    sent.sha256 = Some("0".repeat(64));
    let read = stand.reads(sent).await;
    is_unread(&read, Unread::Suspicious);
    assert_eq!(read.file, None);
    assert!(stand.sandbox.journal_of(Operation::MediaDownload).len() > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_platform_no_longer_has_is_gone() {
    let stand = Stand::start().await;
    let sent = stand.spoken("Hola").await;
    stand.sandbox.faults().add(Fault::on(Operation::MediaDownload).has_expired());
    is_unread(&stand.reads(sent.clone()).await, Unread::Gone);
    stand.sandbox.reset();
    is_unread(&stand.reads(sent).await, Unread::Gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_blank_pages_are_empty() {
    let stand = Stand::start().await;
    let sent = stand.spoken("Subtítulos realizados por la comunidad de Amara.org").await;
    is_unread(&stand.reads(sent).await, Unread::Empty);
    let sent = stand.document("blanco.pdf", PDF, &pdf::with_pages(&[""])).await;
    is_unread(&stand.reads(sent).await, Unread::Empty);
    let sent = stand.document("vacío.txt", "text/plain", b" \n").await;
    is_unread(&stand.reads(sent).await, Unread::Empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_what_is_heard_or_seen_is_kept_for_a_person() {
    let stand = Stand::with(Means::NoModel, "").await;
    let spoken = stand.spoken("Hola").await;
    let photo = stand.sent("image", "image/jpeg", JPEG, json!({})).await;
    for sent in [spoken, photo] {
        let read = stand.reads(sent).await;
        is_unread(&read, Unread::NoMeans);
        assert!(read.file.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_does_not_transcribe_is_no_means() {
    let stand = Stand::start().await;
    let sent = stand.spoken("Hola").await;
    stand.sandbox.faults().add(Fault::on(Operation::Transcription).refuses(404));
    is_unread(&stand.reads(sent).await, Unread::NoMeans);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_declines_has_failed() {
    let stand = Stand::start().await;
    stand.sandbox.script().add(Rule::when("").replies(Reply::Refusal("No.".to_owned())));
    let sent = stand.sent("image", "image/jpeg", JPEG, json!({})).await;
    is_unread(&stand.reads(sent).await, Unread::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_is_left_when_its_turn_waits_no_longer() {
    let stand = Stand::start().await;
    stand.sandbox.faults().add(Fault::on(Operation::Transcription).refuses(500));
    let sent = stand.spoken("Hola").await;
    let read = stand.reads_of(sent, secs(30)).await;
    is_unread(&read, Unread::Failed);
    assert!(read.file.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_is_refused_is_told_in_time_and_fetched_later() {
    for operation in [Operation::MediaInfo, Operation::MediaDownload] {
        let stand = Stand::start().await;
        let sent = stand.spoken("Hola").await;
        stand.sandbox.faults().add(Fault::on(operation).refuses(190));
        is_unread(&stand.reads_of(sent.clone(), secs(30)).await, Unread::Failed);

        stand.sandbox.faults().clear();
        let read = stand.reads_of(sent, secs(20 * 60)).await;
        assert_eq!(reading(&read), &Reading::Transcript("Hola".to_owned()));
        assert!(read.file.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_had_for_a_day_is_left() {
    let stand = Stand::start().await;
    let sent = stand.spoken("Hola").await;
    stand.sandbox.faults().add(Fault::on(Operation::MediaInfo).refuses(190));
    is_unread(&stand.reads_of(sent, secs(24 * 60 * 60)).await, Unread::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_sends_too_much_for_a_model_is_told_of_what_needs_none() {
    let stand = Stand::start().await;
    stand.sandbox.script().add(Rule::when("").replies(Reply::text("Una foto.")));
    for number in 1..=12 {
        let sent = stand.sent("image", "image/jpeg", JPEG, json!({})).await;
        let read = stand.reads(sent).await;
        match number {
            ..=10 => assert_eq!(reading(&read), &Reading::Description("Una foto.".to_owned())),
            _ => is_unread(&read, Unread::NoMeans),
        }
        assert!(read.file.is_some());
    }
    assert_eq!(stand.sandbox.journal_of(Operation::Chat).len(), 10);
    let sent = stand.document("lista.txt", "text/plain", b"Talla 42").await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Text("Talla 42".to_owned()));
}
