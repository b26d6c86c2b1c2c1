//! Meta asks once whether a URL is ours.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::stand::{Answer, Stand, call};

async fn ask(query: &str) -> Answer {
    let stand = Stand::new().await;
    let uri = format!("/webhooks/whatsapp?{query}");
    call(&stand.router, Request::get(uri).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_challenge_comes_back_when_the_token_is_right() {
    for token in ["example", "other%20token"] {
        let query =
            format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}&new=1");
        let answer = ask(&query).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "1158201444"));
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    }
}

#[tokio::test]
async fn anything_but_a_right_handshake_is_refused() {
    for query in [
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=example",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=example",
        "",
    ] {
        assert_eq!(ask(query).await.status, StatusCode::FORBIDDEN, "{query}");
    }
}
