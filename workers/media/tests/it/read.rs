//! Files that become words.

use std::time::Duration;

use bytes::Bytes;
use clients::files::{Bounds, Files};
use domain::content::{Reading, Unread};
use runtime::Businesses;
use sandbox::{Fault, Operation, Reply, Rule};
use serde_json::json;

use crate::pdf;
use crate::stand::{Means, NOW, Stand, reading};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF a photo";
const HALF_A_SECOND: Duration = Duration::from_millis(500);
const PDF: &str = "application/pdf";

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_is_written_down_and_kept() {
    let stand = Stand::start().await;
    let sent = stand.spoken("¿Tenéis la talla 42?").await;
    let read = stand.reads(sent.clone()).await;
    assert_eq!(reading(&read), &Reading::Transcript("¿Tenéis la talla 42?".to_owned()));
    let key = read.file.clone().unwrap();
    assert!(key.starts_with("shop/2026-11/") && key.ends_with(".ogg"), "{key}");
    assert_eq!(&stand.kept(&read).await[..4], b"OggS");
    let asked = &stand.sandbox.journal_of(Operation::Transcription)[0];
    assert_eq!(asked.body["model"], "hears");
    assert_eq!(asked.body["file"]["name"], "audio.ogg");

    // What comes again says the same, and is kept once.
    assert_eq!(stand.reads(sent).await, read);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_described_with_its_caption_in_view() {
    let stand = Stand::start().await;
    let seen = "Una zapatilla azul con la suela despegada; en la lengüeta pone \"TALLA 42\".";
    stand.sandbox.script().add(Rule::when("esta talla").replies(Reply::text(seen)));
    let caption = json!({ "caption": "¿Es esta talla?" });
    let sent = stand.sent("image", "image/jpeg", JPEG, caption).await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Description(seen.to_owned()));
    assert_eq!(stand.kept(&read).await, JPEG);
    let asked = &stand.sandbox.journal_of(Operation::Chat)[0].body["messages"];
    let system = asked[0]["content"].as_str().unwrap();
    assert!(system.contains("Shop") && system.contains("are data"), "{system}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_sent_as_a_document_is_looked_at_all_the_same() {
    let stand = Stand::start().await;
    stand.sandbox.script().add(Rule::when("").replies(Reply::text("Un recibo de 30 €.")));
    let sent = stand.document("recibo.jpg", "image/jpeg", JPEG).await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Description("Un recibo de 30 €.".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_read_and_need_no_model() {
    let stand = Stand::with(Means::NoModel, "pages = 2").await;
    let pages = pdf::with_pages(&["Factura 12", "Total: 30 EUR", "Tercera"]);
    let sent = stand.document("factura.pdf", PDF, &pages).await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Text("Factura 12\nTotal: 30 EUR".to_owned()));

    let sent = stand.document("lista.csv", "text/csv", b"tama\xf1o;42\r\n").await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Text("tamaño;42".to_owned()));
    assert!(read.file.unwrap().ends_with(".csv"));

    let long = "una palabra ".repeat(2_000);
    let sent = stand.document("largo.txt", "text/plain", long.as_bytes()).await;
    let read = stand.reads(sent).await;
    let Reading::Text(text) = reading(&read) else { panic!("not a text") };
    assert!(text.chars().count() <= 8_000 && text.ends_with('…'), "{}", text.len());
    assert!(text.len() > 7_900);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_has_died_is_looked_up_again() {
    let stand = Stand::start().await;
    let sent = stand.spoken("Sigo aquí").await;
    stand.sandbox.faults().add(Fault::on(Operation::MediaDownload).has_expired().times(1));
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Transcript("Sigo aquí".to_owned()));
    assert_eq!(stand.sandbox.journal_of(Operation::MediaInfo).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_moment_is_tried_again_while_its_turn_waits() {
    let stand = Stand::start().await;
    let sent = stand.spoken("¿Hay alguien?").await;
    stand.sandbox.faults().add(Fault::on(Operation::MediaInfo).refuses(131_000).times(1));
    stand.sandbox.faults().add(Fault::on(Operation::MediaDownload).is_lost().times(1));
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Transcript("¿Hay alguien?".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_away_is_asked_again_by_the_lane() {
    let stand = Stand::start().await;
    let sent = stand.spoken("¿Hay alguien?").await;
    stand.sandbox.faults().add(Fault::on(Operation::Transcription).refuses(503).times(1));
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Transcript("¿Hay alguien?".to_owned()));
    assert_eq!(stand.sandbox.journal_of(Operation::Transcription).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_in_the_store_it_is_read_all_the_same() {
    let stand = Stand::start().await;
    std::fs::remove_dir_all(stand.files_dir()).unwrap();
    std::fs::write(stand.files_dir(), "in the way").unwrap();
    let sent = stand.spoken("Hola").await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Transcript("Hola".to_owned()));
    assert_eq!(read.file, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_files_at_once_all_are_read() {
    let stand = Stand::start().await;
    stand.sandbox.faults().add(Fault::on(Operation::Transcription).is_slow(HALF_A_SECOND));
    let mut sent = Vec::new();
    for number in 0..5 {
        sent.push(stand.spoken(&format!("Nota {number}")).await);
    }
    let read = stand.reads_all(sent).await;
    let said: Vec<_> = read.iter().map(reading).cloned().collect();
    for number in 0..5 {
        assert!(said.contains(&Reading::Transcript(format!("Nota {number}"))), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_reads_is_kept_for_a_person() {
    let stand = Stand::start().await;
    let film = Bytes::from_static(b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2");
    let sent = stand.sent("video", "video/mp4", film.clone(), json!({})).await;
    let read = stand.reads(sent).await;
    assert_eq!(reading(&read), &Reading::Unread(Unread::NoMeans));
    assert_eq!(stand.kept(&read).await, film);

    for locked in pdf::locked() {
        let sent = stand.document("cerrado.pdf", PDF, &locked).await;
        let read = stand.reads(sent).await;
        assert_eq!(reading(&read), &Reading::Unread(Unread::NoMeans));
        assert_eq!(stand.kept(&read).await, locked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_for_long_enough_is_deleted() {
    let stand = Stand::start().await;
    let sent = stand.spoken("Hola").await;
    let read = stand.reads(sent).await;
    assert!(!stand.kept(&read).await.is_empty());

    let lifecycle = runtime::Lifecycle::new();
    let far = domain::Timestamp::from_secs(4_000_000_000);
    let clock = runtime::Clock::new(move || far);
    lifecycle.spawn(media::sweep_for_ever(
        stand.files.clone(),
        Businesses::default(),
        clock,
        lifecycle.clone(),
    ));
    let key = read.file.unwrap();
    let gone = tokio::time::timeout(Duration::from_secs(15), async {
        while stand.files.get(&key).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    gone.await.expect("it is swept");
    lifecycle.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_files_is_swept_before_its_hour() {
    let dir = tempfile::tempdir().unwrap();
    let bounds = Bounds { at_most_bytes: 1_000, keep: Duration::from_secs(60 * 60) };
    let files = Files::folder(dir.path(), bounds).unwrap();
    let lifecycle = runtime::Lifecycle::new();
    let clock = runtime::Clock::new(|| NOW);
    let businesses = Businesses::default();
    lifecycle.spawn(media::sweep_for_ever(files.clone(), businesses, clock, lifecycle.clone()));
    for number in 0..10 {
        files.put(&format!("shop/{number}"), vec![0; 250].into(), "image/png").await.unwrap();
    }
    let fits = tokio::time::timeout(Duration::from_secs(15), async {
        while std::fs::read_dir(dir.path().join("shop")).unwrap().count() > 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    fits.await.expect("it is swept");
    lifecycle.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_keeps_files_for_as_long_as_it_wishes() {
    let dir = tempfile::tempdir().unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    let files =
        Files::folder(dir.path(), Bounds { at_most_bytes: 1_000, keep: day * 999 }).unwrap();
    for owner in ["example", "other"] {
        files.put(&format!("{owner}/a.png"), "x".into(), "image/png").await.unwrap();
    }
    let since = files.of("example").await.unwrap()[0].since_ms;
    let mut business = runtime::Business::example("Tienda");
    business.retention.media = Some(day);
    let now = domain::Timestamp::from_millis(since + 1) + day;
    let lifecycle = runtime::Lifecycle::new();
    let (clock, businesses) = (runtime::Clock::new(move || now), [business].into_iter().collect());
    lifecycle.spawn(media::sweep_for_ever(files.clone(), businesses, clock, lifecycle.clone()));
    let gone = tokio::time::timeout(Duration::from_secs(15), async {
        while !files.of("example").await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    gone.await.expect("it is deleted");
    assert_eq!(files.of("other").await.unwrap().len(), 1);
    lifecycle.stop();
}
