//! Ports as the settings name them.

use std::path::Path;
use std::time::Duration;

use runtime::{Clock, Ports, PortsError, Settings};

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
