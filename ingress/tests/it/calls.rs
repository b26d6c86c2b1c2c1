//! Which calls are taken for a webhook.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::stand::{
    NUMBER, OTHER_NUMBER, OTHER_SECRET, SECRET, Stand, call, message, post, published, signature,
    summaries, text,
};

const MEGABYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_missing_or_wrong_signature_is_refused_and_nothing_is_published() {
    let stand = Stand::new().await;
    let body = message(&text("wamid.A1", "hola"));
    let right = signature(SECRET, body.as_bytes());
    for wrong in [
        None,
        Some(""),
        Some("sha256="),
        Some(&right[7..]),
        Some(&signature("another secret", body.as_bytes())),
        Some(&signature(SECRET, message(&text("wamid.A1", "otra")).as_bytes())),
    ] {
        let answer = call(&stand.router, post(wrong, body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong:?}");
    }
    assert!(stand.published().await.is_empty());
}

#[tokio::test]
async fn the_signature_is_of_the_bytes_and_not_of_what_they_mean() {
    let stand = Stand::new().await;
    let escaped = message(&text("wamid.A1", "TEXT"))
        .replace("TEXT", r"ma\u00f1ana \ud83d\udc4d http:\/\/x")
        .into_bytes();
    let plain = message(&text("wamid.A1", "mañana 👍 http://x"));
    let of_the_escaped = signature(SECRET, &escaped);
    let answer = call(&stand.router, post(Some(&of_the_escaped), plain)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stand.post(escaped).await, StatusCode::OK);
    assert_eq!(summaries(&stand.published().await), ["wamid.A1: mañana 👍 http://x"]);
}

#[tokio::test]
async fn one_business_can_not_speak_for_another() {
    let stand = Stand::new().await;
    let body = message(&text("wamid.A1", "hola"));
    let others = body.replace(NUMBER, OTHER_NUMBER);
    let cases = [
        (&body, OTHER_SECRET, 0),
        (&others, SECRET, 0),
        (&body, SECRET, 1),
        (&others, OTHER_SECRET, 1),
    ];
    for (body, secret, count) in cases {
        let signature = signature(secret, body.as_bytes());
        let answer = call(&stand.router, post(Some(&signature), body.clone())).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(stand.published().await.len(), count);
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_and_is_not_counted_as_a_webhook() {
    let metrics = runtime::metrics::install().unwrap();
    let stand = Stand::new().await;
    let half = message(&text("wamid.A1", "hola"));
    let half = &half[..half.len() - 1];
    let bodies: [&[u8]; 7] = [b"", b"hola", b"{]", b"[1,2", b"{} {}", b"\"\xff\"", half.as_bytes()];
    for body in bodies {
        assert_eq!(stand.post(body).await, StatusCode::BAD_REQUEST, "{body:?}");
    }
    assert_eq!(stand.post(message(&text("wamid.A1", "hola"))).await, StatusCode::OK);
    call(&stand.router, post(None, "{}")).await;
    let counted = metrics.render();
    assert!(
        counted.contains(r#"relevo_webhooks_total{source="whatsapp",status="200"}"#),
        "{counted}"
    );
    assert!(
        counted.contains(r#"relevo_webhooks_total{source="whatsapp",status="401"}"#),
        "{counted}"
    );
    assert!(!counted.contains(r#"status="400""#), "{counted}");
    assert_eq!(stand.published().await.len(), 1);
}

#[tokio::test]
async fn three_megabytes_are_taken_and_more_is_too_large() {
    let stand = Stand::new().await;
    let with_size = |size: usize| {
        let empty = message(&text("wamid.A1", ""));
        message(&text("wamid.A1", &"a".repeat(size - empty.len())))
    };
    for (size, status) in [
        (3 * MEGABYTE - 1, StatusCode::OK),
        (3 * MEGABYTE, StatusCode::OK),
        (3 * MEGABYTE + 1, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let body = with_size(size);
        assert_eq!(body.len(), size);
        assert_eq!(stand.post(body).await, status, "{size}");
    }
    let published = published(&stand.broker).await;
    assert_eq!(published.len(), 2);
    assert!(summaries(&published)[1].len() > 3 * MEGABYTE - 1000);
}

#[tokio::test]
async fn other_paths_and_methods_are_not_ours() {
    let stand = Stand::new().await;
    for (method, path, status) in [
        (Method::PUT, "/webhooks/whatsapp", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/", StatusCode::NOT_FOUND),
    ] {
        let mut request = post(None, "");
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(call(&stand.router, request).await.status, status);
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let stand = Stand::new().await;
    let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    tokio::time::pause();
    let answer = call(&stand.router, post(None, Body::from_stream(never))).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
}
