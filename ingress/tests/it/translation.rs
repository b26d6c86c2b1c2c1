//! What becomes of each thing that WhatsApp can send: the text files go in, the snapshots beside
//! this show what comes out.

use std::fmt::Write as _;

use axum::http::StatusCode;
use domain::Body;
use serde_json::{Value, json};

use crate::stand::{Stand, change, webhook};

const ELEMENTS: &str = include_str!("elements.txt");
const ALERTS: &str = include_str!("alerts.txt");

/// Each case is a `# title`, the elements of one webhook as `list element` and, of the form
/// `change …`, whole changes.
#[tokio::test]
async fn each_element_becomes_what_the_snapshot_shows() {
    let stand = Stand::new().await;
    let mut shown = String::new();
    for case in ELEMENTS.split("\n\n").filter(|case| !case.trim().is_empty()) {
        let mut value = json!({});
        let mut changes = Vec::new();
        let mut field = "messages";
        for line in case.lines().filter(|line| !line.starts_with('#')) {
            let (list, element) = line.split_once(' ').unwrap();
            let element: Value = serde_json::from_str(element).expect(line);
            if list == "change" {
                changes.push(element);
                continue;
            }
            if list == "message_echoes" {
                field = "smb_message_echoes";
            }
            if value[list].is_null() {
                value[list] = json!([]);
            }
            value[list].as_array_mut().unwrap().push(element);
        }
        changes.push(change(field, value));
        assert_eq!(stand.post(webhook(&changes)).await, StatusCode::OK);
        writeln!(shown, "{}", case.trim()).unwrap();
        for envelope in stand.published().await {
            let json: Value = serde_json::from_slice(&envelope.encode().unwrap()).unwrap();
            let (id, conversation) = (envelope.id, envelope.conversation);
            writeln!(shown, "=> {} {id} in {conversation}", envelope.kind()).unwrap();
            writeln!(shown, "   {}", json["data"]).unwrap();
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

/// Each line is the field of a change and its value, a webhook each.
#[tokio::test]
async fn each_notice_becomes_what_the_snapshot_shows() {
    let stand = Stand::new().await;
    let mut shown = String::new();
    for line in ALERTS.lines() {
        writeln!(shown, "{line}").unwrap();
        let Some((field, value)) = line.split_once(' ').filter(|(field, _)| *field != "#") else {
            continue;
        };
        let value: Value = serde_json::from_str(value).expect(line);
        let change = match field {
            "messages" | "history" => change(field, value),
            _ => json!({"field": field, "value": value}),
        };
        assert_eq!(stand.post(webhook(&[change])).await, StatusCode::OK);
        for envelope in stand.published().await {
            let Body::AlertRaised(alert) = envelope.body else { panic!("{line}") };
            let over = if alert.over { ", over" } else { "" };
            writeln!(shown, "=> {}{over}: {}", alert.severity.as_str(), alert.kind).unwrap();
            writeln!(shown, "   {}: {}", alert.subject, alert.details).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}
