//! Ports as the settings name them.

use std::path::Path;
use std::time::Duration;

use runtime::{Clock, Ports, PortsError, Settings, Visit};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Everything in this folder, but for the state where a URL says otherwise.
fn settings(dir: &Path, state_url: Option<&str>) -> Settings {
    let shop = dir.join("shop");
    std::fs::create_dir_all(&shop).unwrap();
    std::fs::write(shop.join("business.toml"), "name = 'Shop'").unwrap();
    let dir = dir.to_str().unwrap();
    Settings::read(&|name| match name {
        "RELEVO_DATA_DIR" | "RELEVO_BUSINESS_DIR" => Some(dir.to_owned()),
        "RELEVO_STATE_URL" => state_url.map(str::to_owned),
        "WHATSAPP_ACCESS_TOKEN"
        | "WHATSAPP_APP_SECRET"
        | "WHATSAPP_VERIFY_TOKEN"
        | "WHATSAPP_PHONE_NUMBER_ID" => Some("1".to_owned()),
        _ => None,
    })
    .unwrap()
}

#[tokio::test]
async fn one_process_serves_and_another_may_only_visit() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), None);
    let ports = Ports::connect(&settings, Clock::system()).await.unwrap();
    let second = Ports::connect(&settings, Clock::system()).await;
    assert!(matches!(second, Err(PortsError::Embedded(embedded::Error::InUse { .. }))));
    let visitor = Ports::visit(&settings, Clock::system()).await.unwrap();
    assert_eq!(visitor.broker.depth("triage").await.unwrap().ready, 0);
    visitor.close().await;
    ports.close().await;
    Ports::connect(&settings, Clock::system()).await.unwrap().close().await;
}

#[tokio::test]
async fn a_start_waits_for_a_state_that_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), Some("redis://127.0.0.1:1"));
    let connect = Ports::connect(&settings, Clock::system());
    assert!(tokio::time::timeout(Duration::from_secs(1), connect).await.is_err());
}

#[tokio::test]
async fn what_waiting_cannot_mend_is_an_error_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), Some("redis://127.0.0.1:no-port"));
    let error = Ports::connect(&settings, Clock::system()).await.unwrap_err();
    assert_eq!(error.to_string(), "connect to the conversation state");
}

#[tokio::test]
async fn a_visit_says_soon_what_is_away() {
    let dir = tempfile::tempdir().unwrap();
    // The kernel takes the connection, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("redis://{}", silent.local_addr().unwrap());
    for url in ["redis://127.0.0.1:1", &silent] {
        let settings = settings(dir.path(), Some(url));
        let began = Instant::now();
        let error = Visit::new(&settings, Duration::from_secs(3)).state().await.unwrap_err();
        assert!(matches!(error, PortsError::State(_) | PortsError::Late { .. }), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{url}");
    }
}

#[tokio::test]
async fn a_visit_makes_no_file_and_no_schema() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), None);
    let visit = Visit::new(&settings, Visit::LIMIT);
    let absent = visit.records().await.unwrap_err();
    assert!(matches!(absent, PortsError::Embedded(embedded::Error::Absent { .. })), "{absent:?}");
    embedded::File::open(dir.path()).await.unwrap().close().await;
    for _ in 0..2 {
        let pending = visit.records().await.unwrap_err();
        assert!(matches!(pending, PortsError::Pending { count: 1.. }), "{pending:?}");
    }
    visit.records_of_any_version().await.unwrap().migrate().await.unwrap();
    visit.records().await.unwrap();
}
