//! What an operator reads tells nothing about a customer.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::stand::{NUMBER, Stand, call, change, message, post, text, webhook};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_log_line_tells_who_wrote_or_what() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    // For the whole process: tests that run beside this one may tell as little.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let stand = Stand::new().await;
    let private = "un secreto";
    let change_of = |field| {
        let contacts = json!([{"profile": {"name": private}, "wa_id": "34600000001"}]);
        let status = json!({"id": "wamid.O", "status": private, "recipient_id": "34600000001"});
        change(
            field,
            json!({"contacts": contacts, "messages": [text("wamid.1", private)], "event": "E",
                "history": [{"threads": [{"id": "34600000001", "messages": [text("wamid.H", private)]}]}],
                "message_echoes": [{"id": "wamid.E", "to": "34600000001", "text": {"body": private}}],
                "statuses": [status], "errors": [{"code": 131_000, "title": private}]}),
        )
    };
    let all: Vec<_> = [
        "messages",
        "history",
        "smb_message_echoes",
        "smb_app_state_sync",
        "account_update",
        private,
    ]
    .into_iter()
    .map(change_of)
    .collect();
    stand.post(webhook(&all)).await;
    stand.post(webhook(&all).replace(NUMBER, "999")).await;
    call(&stand.router, post(None, webhook(&all))).await;
    stand.post(private).await;
    stand.published().await;
    stand.file.clone().close().await;
    stand.post(message(&text("wamid.1", private))).await;

    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for expected in [
        "webhook published",
        "field=\"smb_app_state_sync\"",
        "code=131000",
        "not about delivery",
        "phone_number_id=\"999\"",
        "X-Hub-Signature-256",
        "not JSON",
        "will deliver it again",
    ] {
        assert!(lines.contains(expected), "{expected} is not in\n{lines}");
    }
    for hidden in [private, "34600000001"] {
        assert!(!lines.contains(hidden), "{hidden} is in\n{lines}");
    }
}
