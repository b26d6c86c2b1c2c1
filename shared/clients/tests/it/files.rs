//! The store of files: one suite for a folder and for a bucket, the latter against a server that
//! checks signatures.
// long: one suite for both stores; split, they could not be compared.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use clients::files::{Bounds, Error, Files, S3Options, Swept};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::server::{Server, nowhere, text};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const ROOMY: Bounds = Bounds { at_most_bytes: 1_000_000, keep: DAY };

/// A store, and where its files really are.
struct Store {
    files: Files,
    /// Of the bucket's server.
    url: String,
    on_disk: PathBuf,
    _folder: TempDir,
}

fn folder(bounds: Bounds) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = folder.path().join("files");
    let files = Files::folder(&on_disk, bounds).unwrap();
    Store { files, url: String::new(), on_disk, _folder: folder }
}

async fn s3(bounds: Bounds) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = folder.path().join("bucket/relevo");
    fs::create_dir_all(&on_disk).unwrap();
    let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
    service.set_auth(SimpleAuth::from_single("id", "key"));
    let service = service.build();
    let app = Router::new().fallback(move |request: Request| {
        let service = service.clone();
        async move {
            if request.method() == Method::DELETE && request.uri().path().ends_with("stuck") {
                return StatusCode::FORBIDDEN.into_response();
            }
            let response = service.oneshot(request).await;
            response.unwrap_or_else(|_| panic!("no answer")).map(Body::new)
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let files = Files::s3(options(&url), bounds).unwrap();
    Store { files, url, on_disk, _folder: folder }
}

fn options(url: &str) -> S3Options {
    S3Options {
        endpoint: url.to_owned(),
        bucket: "bucket".to_owned(),
        region: "eu-west-1".to_owned(),
        prefix: "relevo".to_owned(),
        access_key_id: "id".to_owned(),
        secret_access_key: "key".into(),
        path_style: true,
    }
}

async fn both(bounds: Bounds) -> [Store; 2] {
    [folder(bounds), s3(bounds).await]
}

#[expect(clippy::disallowed_methods, reason = "the disk says when a file came, by this clock")]
fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Makes a file as old as if it had come at that time.
fn came_at(path: &Path, ms: i64) {
    let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap());
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

async fn get(store: &Store, key: &str) -> Option<Bytes> {
    store.files.get(key).await.unwrap()
}

async fn put(store: &Store, key: &str, bytes: &'static str) {
    store.files.put(key, bytes.into(), "text/plain").await.unwrap();
}

#[tokio::test]
async fn a_file_is_kept_replaced_and_deleted() {
    for store in both(ROOMY).await {
        let key = "luz/2026-11/0193f7a0.b-c_d.ogg";
        assert_eq!(get(&store, key).await, None);
        put(&store, key, "one").await;
        assert_eq!(get(&store, key).await.unwrap(), "one");
        put(&store, key, "two").await;
        assert_eq!(get(&store, key).await.unwrap(), "two");
        put(&store, "luz/2026-11/empty", "").await;
        assert_eq!(get(&store, "luz/2026-11/empty").await.unwrap(), "");
        store.files.delete(key).await.unwrap();
        assert_eq!(get(&store, key).await, None);
        store.files.delete(key).await.unwrap();
        store.files.delete("nobody/ever").await.unwrap();
    }
}

#[tokio::test]
async fn a_large_file_comes_back_as_it_was() {
    let bytes: Bytes = (0..5_000_000_u32).map(|i| i.to_le_bytes()[1]).collect();
    for store in both(ROOMY).await {
        store.files.put("large.bin", bytes.clone(), "application/octet-stream").await.unwrap();
        assert!(get(&store, "large.bin").await.unwrap() == bytes);
    }
}

#[tokio::test]
async fn a_key_names_nothing_outside_of_the_store() {
    let long = "k".repeat(513);
    let keys = [
        "",
        "/",
        "/etc/passwd",
        "a/",
        "a//b",
        "..",
        "../a",
        "a/../../b",
        "a/./b",
        ".hidden",
        "a/.hidden",
        "a b",
        "a\\b",
        "a\0b",
        "ñ",
        "a?b",
        "a%2e",
        &long,
    ];
    for store in both(ROOMY).await {
        for key in keys {
            let results = [
                store.files.put(key, "x".into(), "text/plain").await,
                store.files.get(key).await.map(drop),
                store.files.delete(key).await,
            ];
            for result in results {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Key), "{key}: {error:?}");
                assert!(!error.is_transient());
            }
        }
    }
}

#[tokio::test]
async fn what_is_kept_for_too_long_is_swept() {
    for store in both(ROOMY).await {
        put(&store, "luz/old", "four").await;
        put(&store, "luz/new", "five").await;
        let now = now_ms();
        came_at(&store.on_disk.join("luz/old"), now - DAY_MS - 1_000);
        came_at(&store.on_disk.join("luz/new"), now - DAY_MS + 10_000);
        let swept = store.files.sweep(now).await.unwrap();
        assert_eq!(swept, Swept { files: 1, bytes: 4, left: 0 });
        assert_eq!(get(&store, "luz/old").await, None);
        assert_eq!(get(&store, "luz/new").await.unwrap(), "five");
        assert_eq!(store.files.sweep(now).await.unwrap(), Swept::default());
    }
}

#[tokio::test]
async fn when_there_is_too_much_the_oldest_goes_first() {
    for store in both(Bounds { at_most_bytes: 10, keep: DAY }).await {
        let now = now_ms();
        for (key, age_ms) in [("a", 30_000), ("luz/b", 60_000), ("luz/2026/c", 10_000)] {
            put(&store, key, "five.").await;
            came_at(&store.on_disk.join(key), now - age_ms);
        }
        let swept = store.files.sweep(now).await.unwrap();
        assert_eq!(swept, Swept { files: 1, bytes: 5, left: 0 });
        assert_eq!(get(&store, "luz/b").await, None);
        assert!(get(&store, "a").await.is_some() && get(&store, "luz/2026/c").await.is_some());
    }
}

#[tokio::test]
async fn who_sends_most_costs_nobody_else_a_file() {
    for store in both(Bounds { at_most_bytes: 15, keep: DAY }).await {
        let now = now_ms();
        for (key, age_ms) in [("sol/a", 60_000), ("luz/b", 30_000), ("luz/c", 20_000)] {
            put(&store, key, "five.").await;
            came_at(&store.on_disk.join(key), now - age_ms);
        }
        put(&store, "luz/d", "five.").await;
        assert_eq!(store.files.sweep(now).await.unwrap().files, 1);
        assert_eq!(get(&store, "luz/b").await, None);
        assert!(get(&store, "sol/a").await.is_some());
    }
}

/// For a folder the unit test of the same name.
#[tokio::test]
async fn what_can_not_be_deleted_holds_up_nothing_else() {
    let store = s3(Bounds { at_most_bytes: 0, keep: DAY }).await;
    for key in ["luz/a", "luz/stuck", "luz/z"] {
        put(&store, key, "five.").await;
    }
    let swept = store.files.sweep(now_ms()).await.unwrap();
    assert_eq!(swept, Swept { files: 2, bytes: 10, left: 1 });
    assert!(get(&store, "luz/stuck").await.is_some());
}

#[tokio::test]
async fn a_store_that_grows_fast_is_due_for_a_sweep() {
    let store = folder(Bounds { at_most_bytes: 100, keep: DAY });
    let is_due = async || {
        let waited = Duration::from_millis(20);
        tokio::time::timeout(waited, store.files.clone().outgrown()).await.is_ok()
    };
    put(&store, "a", "five.").await;
    put(&store, "b", "five.").await;
    assert!(!is_due().await);
    put(&store, "c", "five.").await;
    assert!(is_due().await);
    store.files.sweep(now_ms()).await.unwrap();
    put(&store, "d", "five.").await;
    assert!(!is_due().await);
}

/// More than S3 lists at once.
#[tokio::test]
async fn a_sweep_sees_all_of_many_files() {
    for store in both(Bounds { at_most_bytes: 1_002, keep: DAY }).await {
        for number in 0..1_005 {
            fs::write(store.on_disk.join(format!("{number}")), "x").unwrap();
        }
        let swept = store.files.sweep(now_ms()).await.unwrap();
        assert_eq!(swept, Swept { files: 3, bytes: 3, left: 0 });
    }
}

#[tokio::test]
async fn a_sweep_leaves_what_is_not_the_stores() {
    let store = s3(Bounds { at_most_bytes: 0, keep: DAY }).await;
    let beside = store.on_disk.with_file_name("relevo-not.txt");
    fs::write(&beside, "precious").unwrap();
    put(&store, "a", "x").await;
    assert_eq!(store.files.sweep(now_ms()).await.unwrap().files, 1);
    assert!(beside.exists());

    let store = folder(Bounds { at_most_bytes: 0, keep: DAY });
    let beside = store.on_disk.with_file_name("beside");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("precious"), "precious").unwrap();
    std::os::unix::fs::symlink(&beside, store.on_disk.join("link")).unwrap();
    put(&store, "a", "x").await;
    assert_eq!(store.files.sweep(now_ms()).await.unwrap().files, 1);
    assert!(beside.join("precious").exists());
}

#[tokio::test]
async fn a_folder_is_read_by_nobody_else() {
    let store = folder(ROOMY);
    put(&store, "luz/2026-11/a", "x").await;
    let mode =
        |path: &str| fs::metadata(store.on_disk.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(["", "luz", "luz/2026-11"].map(mode), [0o700; 3]);
    assert_eq!(mode("luz/2026-11/a"), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_being_replaced_is_the_old_one_or_the_new_one() {
    let store = folder(ROOMY);
    let contents = ["a", "b"].map(|letter| Bytes::from(letter.repeat(100_000)));
    store.files.put("k", contents[0].clone(), "text/plain").await.unwrap();
    let writer = tokio::spawn({
        let (files, contents) = (store.files.clone(), contents.clone());
        async move {
            for bytes in contents.into_iter().cycle().take(50) {
                files.put("k", bytes, "text/plain").await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let found = get(&store, "k").await.unwrap();
        assert!(contents.contains(&found));
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn what_a_dead_process_left_unfinished_is_swept_after_an_hour() {
    let store = folder(ROOMY);
    put(&store, "luz/a", "x").await;
    let unfinished = store.on_disk.join("luz/.halfway");
    fs::write(&unfinished, "hal").unwrap();
    let now = now_ms();
    assert_eq!(store.files.sweep(now).await.unwrap(), Swept::default());
    came_at(&unfinished, now - 2 * 60 * 60 * 1000);
    assert_eq!(store.files.sweep(now).await.unwrap(), Swept { files: 1, bytes: 3, left: 0 });
    assert!(get(&store, "luz/a").await.is_some());
}

#[tokio::test]
async fn a_folder_that_went_away_is_made_again_and_one_that_is_a_file_is_told() {
    let store = folder(ROOMY);
    fs::remove_dir_all(&store.on_disk).unwrap();
    assert_eq!(get(&store, "a").await, None);
    assert_eq!(store.files.sweep(now_ms()).await.unwrap(), Swept::default());
    put(&store, "a", "x").await;
    put(&store, "luz/a", "x").await;
    assert_eq!((get(&store, "a/b").await, get(&store, "luz").await), (None, None));
    let error = store.files.put("a/b", "x".into(), "text/plain").await.unwrap_err();
    assert_eq!(error.to_string(), "write a file in the folder of files");
    assert!(!error.is_transient());
    let error = Files::folder(store.on_disk.join("a"), ROOMY).unwrap_err();
    assert_eq!(error.to_string(), "make a place in the folder of files");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_trying_again_is_no_use() {
    let store = s3(ROOMY).await;
    let wrong = S3Options { secret_access_key: "wrong".into(), ..options(&store.url) };
    let files = Files::s3(wrong, ROOMY).unwrap();
    let results = [
        files.put("a", "x".into(), "text/plain").await,
        files.get("a").await.map(drop),
        files.delete("a").await,
        files.sweep(0).await.map(drop),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(error.to_string().contains("403 (SignatureDoesNotMatch)"), "{error}");
        assert!(!error.is_transient());
    }
    let shown = format!("{files:?}");
    assert!(!shown.contains("wrong"), "{shown}");
}

#[tokio::test]
async fn what_an_s3_endpoint_answers_is_told_apart() {
    let table = [
        (404, "<Error><Code>NoSuchBucket</Code></Error>", "404 (NoSuchBucket)", false),
        (301, "<Error><Code>PermanentRedirect</Code></Error>", "301 (PermanentRedirect)", false),
        (503, "<Error><Code>SlowDown</Code></Error>", "503 (SlowDown)", true),
        (500, "<html>oops</html>", "500 (no code)", true),
        (429, "", "429 (no code)", true),
    ];
    for (status, body, expected, is_transient) in table {
        let server = Server::playing([text(status, body)]).await;
        let files = Files::s3(options(&server.url), ROOMY).unwrap();
        let errors = [files.get("a").await.unwrap_err(), files.delete("a").await.unwrap_err()];
        for error in errors {
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.is_transient(), is_transient, "{error}");
        }
    }
    let server = Server::playing([text(200, "<html>a list?</html>")]).await;
    let error = Files::s3(options(&server.url), ROOMY).unwrap().sweep(0).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable), "{error:?}");
}

#[tokio::test]
async fn an_s3_endpoint_out_of_reach_is_transient_and_no_signature_is_shown() {
    let nowhere = nowhere();
    let files = Files::s3(options(&nowhere.url), ROOMY).unwrap();
    let error = files.get("a").await.unwrap_err();
    assert!(error.is_transient());
    assert!(!format!("{error:?}").contains("X-Amz"), "{error:?}");
}

#[test]
fn wrong_options_are_named() {
    let good = || options("https://s3.eu-west-1.amazonaws.com");
    let table = [
        (S3Options { endpoint: "s3".to_owned(), ..good() }, "set up the S3 client"),
        (S3Options { bucket: String::new(), ..good() }, "the S3 bucket is missing"),
        (S3Options { region: String::new(), ..good() }, "the S3 region is missing"),
        (S3Options { prefix: "/".to_owned(), ..good() }, "the prefix in the S3 bucket is missing"),
        (S3Options { prefix: "a/../b".to_owned(), ..good() }, "the key of a file is not made"),
        (
            S3Options { bucket: "no host".to_owned(), path_style: false, ..good() },
            "make an address out of the S3 endpoint and bucket",
        ),
    ];
    for (options, expected) in table {
        let error = Files::s3(options, ROOMY).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn one_owners_files_are_listed_and_the_old_ones_deleted() {
    for store in [folder(ROOMY), s3(ROOMY).await] {
        let files = &store.files;
        for key in ["shop/2026-11/a.ogg", "shop/2026-12/b.pdf", "shop2/2026-11/c.ogg"] {
            files.put(key, "five.".into(), "audio/ogg").await.unwrap();
        }
        let keys = async |owner: &str| {
            let mut keys: Vec<String> =
                files.of(owner).await.unwrap().into_iter().map(|file| file.key).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys("shop").await, ["shop/2026-11/a.ogg", "shop/2026-12/b.pdf"]);
        assert_eq!(keys("nobody").await, [] as [&str; 0]);
        assert!(files.of("../shop").await.is_err());
        assert_eq!(files.of("shop").await.unwrap()[0].bytes, 5);
        assert_eq!(files.delete_older("shop", 0).await.unwrap(), Swept::default());
        let swept = files.delete_older("shop", i64::MAX).await.unwrap();
        assert_eq!(swept, Swept { files: 2, bytes: 10, left: 0 });
        assert_eq!(keys("shop").await, [] as [&str; 0]);
        assert_eq!(keys("shop2").await, ["shop2/2026-11/c.ogg"]);
    }
}
