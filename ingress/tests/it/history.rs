//! What was said before the number was connected comes by the thousand.

use std::collections::HashSet;
use std::sync::Mutex;

use axum::http::StatusCode;
use domain::conversation::Author;
use domain::message::HistoryReceived;
use domain::{Body, Envelope};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::stand::{Stand, change, summaries, text, webhook};

fn thread(customer: u64, messages: usize) -> Value {
    let messages: Vec<_> = (0..messages)
        .map(|n| {
            let mut message = text(&format!("wamid.{customer}.{n}"), &"x".repeat(120));
            let from = if n % 2 == 0 { customer } else { 34_911_111_111 };
            message["from"] = from.to_string().into();
            message["history_context"] = json!({"status": "READ"});
            message
        })
        .collect();
    json!({"id": customer.to_string(), "messages": messages})
}

fn history(threads: &[Value]) -> Value {
    let metadata = json!({"phase": 0, "chunk_order": 1, "progress": 55});
    change("history", json!({"history": [{"metadata": metadata, "threads": threads}]}))
}

fn received(envelope: &Envelope) -> &HistoryReceived {
    let Body::HistoryReceived(received) = &envelope.body else { panic!("{envelope:?}") };
    received
}

#[tokio::test]
async fn a_history_of_thousands_of_messages_arrives_in_pieces_and_in_order() {
    let stand = Stand::new().await;
    let now = change("messages", json!({"messages": [text("wamid.1", "uno")]}));
    let body = webhook(&[history(&[thread(34_600_000_001, 10_000)]), now]);
    assert!(body.len() > 2_500_000, "{}", body.len());
    assert_eq!(stand.post(body).await, StatusCode::OK);
    let published = stand.published().await;
    let (message, pieces) = published.split_first().unwrap();
    assert_eq!(summaries(std::slice::from_ref(message)), ["wamid.1: uno"]);
    assert_eq!(pieces.len(), 50);
    let mut count = 0;
    for piece in pieces {
        assert_eq!(piece.conversation, message.conversation);
        assert_eq!(received(piece).messages.len(), 200);
        for past in &received(piece).messages {
            assert_eq!(past.provider_id, format!("wamid.34600000001.{count}"));
            let by = if count % 2 == 0 { Author::Customer } else { Author::Person };
            assert_eq!(past.by, by);
            count += 1;
        }
    }
}

#[tokio::test]
async fn each_customer_has_a_history_of_their_own_and_it_has_the_same_ids_again() {
    let stand = Stand::new().await;
    let threads: Vec<_> =
        (0..60).map(|n| thread(34_600_000_000 + n, usize::try_from(5 * n).unwrap())).collect();
    let body = webhook(&[history(&threads)]);
    assert_eq!(stand.post(body.clone()).await, StatusCode::OK);
    let first = stand.published().await;
    stand.post(body).await;
    assert_eq!(stand.published().await, first);
    // Nobody said anything in the first, and those of more than 200 messages are two.
    assert_eq!(first.len(), 59 + 19);
    assert_eq!(first.iter().map(|one| one.conversation).collect::<HashSet<_>>().len(), 59);
    assert_eq!(first.iter().map(|one| one.id).collect::<HashSet<_>>().len(), first.len());
    let count: usize = first.iter().map(|one| received(one).messages.len()).sum();
    assert_eq!(count, (0..60).map(|n| 5 * n).sum::<usize>());
}

#[tokio::test]
async fn a_file_of_a_history_is_not_taken_for_the_place_that_was_kept_for_it() {
    let stand = Stand::new().await;
    let kept = json!({"from": "34600000001", "id": "wamid.1", "type": "media_placeholder"});
    let file =
        json!({"from": "34600000001", "id": "wamid.1", "type": "image", "image": {"id": "7"}});
    stand.post(webhook(&[history(&[json!({"id": "34600000001", "messages": [kept]})])])).await;
    stand.post(webhook(&[change("history", json!({"messages": [file]}))])).await;
    let [kept, file] = stand.published().await.try_into().unwrap();
    assert_ne!(kept.id, file.id);
    assert_eq!(kept.conversation, file.conversation);
    assert_eq!(received(&kept).messages[0].content.kind(), "unsupported");
    assert_eq!(received(&file).messages[0].content.kind(), "image");
}

#[tokio::test]
async fn a_small_webhook_does_not_wait_for_a_large_one() {
    let stand = Stand::new().await;
    let status = json!({"id": "wamid.1", "status": "of the future"});
    let large = webhook(&[change("messages", json!({"statuses": vec![status; 20_000]}))]);
    let small = webhook(&[]);
    let finished = Mutex::new(Vec::new());
    // Neither leads to anything that would have to be published.
    let post = async |body: String| {
        let size = body.len();
        assert_eq!(stand.post(body).await, StatusCode::OK);
        finished.lock().unwrap().push(size);
    };
    let sizes = vec![small.len(), large.len()];
    // There is one thread, and the large one begins.
    tokio::join!(post(large), post(small));
    assert_eq!(*finished.lock().unwrap(), sizes);
}

/// 3 MB take some seconds at most where nothing is optimised, in whatever they consist.
#[tokio::test]
async fn no_shape_of_three_megabytes_takes_long() {
    let stand = Stand::new().await;
    let contact = |n: u64| json!({"wa_id": n.to_string(), "user_id": format!("ES.{n}")});
    let short = |n: u64| json!({"from": n.to_string(), "id": n.to_string(), "type": "x"});
    let threads: Vec<_> =
        (0..15_000).map(|n| json!({"id": n.to_string(), "messages": [short(n)]})).collect();
    let one = json!({"id": "1", "messages": (0..65_000).map(short).collect::<Vec<_>>()});
    let mut with_contacts = history(&threads);
    with_contacts["value"]["contacts"] = (0..30_000).map(contact).collect();
    for (shape, change) in [
        ("one thread", history(&[one])),
        ("a long text", history(&[json!({"messages": [text("1", &"x".repeat(2_900_000))]})])),
        ("many threads and contacts", with_contacts),
        ("contacts of the app", change("smb_app_state_sync", json!({"state_sync": threads}))),
    ] {
        let body = webhook(&[change]);
        let (size, start) = (body.len(), Instant::now());
        assert!(size > 1_000_000, "{shape}: {size}");
        assert_eq!(stand.post(body).await, StatusCode::OK);
        let time = start.elapsed();
        eprintln!("{shape}: {size} bytes in {time:?}");
        assert!(time < Duration::from_secs(10), "{shape}: {time:?}");
        stand.published().await;
    }
}
