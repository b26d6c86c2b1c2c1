//! What operators and orchestrators are told.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use broker::Depth;
use domain::{BusinessId, Kind, Outcome};
use runtime::admin::Needs;
use runtime::metrics::{self, Handled};
use runtime::{Lifecycle, Ports, admin};
use serde_json::{Value, json};
use store::Records;
use tower::ServiceExt as _;

use crate::proxy::Proxy;
use crate::stand::{Stand, amqp_url, postgres_url, prefix, redis_url, until};

#[derive(Clone)]
struct Admin {
    needs: Needs,
    lifecycle: Lifecycle,
}

impl Admin {
    async fn get(&self, path: &str) -> (StatusCode, String) {
        let router = admin::router(self.needs.clone(), self.lifecycle.clone(), None);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// What is not ready.
    async fn missing(&self) -> Vec<String> {
        let (status, body) = self.get("/readyz").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        let parts = body["parts"].as_object().unwrap();
        assert_eq!(parts.len(), 4);
        let missing: Vec<String> = parts
            .iter()
            .filter(|(_, ready)| **ready == json!(false))
            .map(|(n, _)| n.clone())
            .collect();
        assert_eq!(status.is_success(), missing.is_empty());
        assert_eq!(body["ready"], json!(missing.is_empty()));
        if !missing.is_empty() {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!(self.get("/healthz").await, (StatusCode::OK, "ok".to_owned()));
        missing
    }
}

#[tokio::test]
async fn a_process_is_ready_until_it_stops() {
    let stand = Stand::embedded().await;
    let admin =
        Admin { needs: Needs::Everything(stand.ports.clone()), lifecycle: stand.lifecycle.clone() };
    assert!(admin.missing().await.is_empty());
    stand.lifecycle.stop();
    assert_eq!(admin.missing().await, ["running"]);
}

#[tokio::test]
async fn a_process_says_what_of_it_is_away() {
    let [amqp, redis, postgres] = [amqp_url(), redis_url(), postgres_url()];
    let amqp = Proxy::before(&amqp).await;
    let redis = Proxy::before(&redis).await;
    let postgres = Proxy::before(&postgres).await;
    let stand = Stand::servers_at(&amqp.url, &redis.url, &prefix()).await;
    let records = Records::postgres(&postgres.url).await.unwrap();
    let Ports { broker, state, businesses, clock, .. } = stand.ports.clone();
    let ports = Ports::new(broker, state, records, businesses, clock);
    let webhooks_alone =
        Admin { needs: Needs::Broker(ports.broker.clone()), lifecycle: stand.lifecycle.clone() };
    let admin = Admin { needs: Needs::Everything(ports), lifecycle: stand.lifecycle.clone() };
    until(|| async { admin.missing().await.is_empty() }).await;
    for (proxy, part) in [(&amqp, "broker"), (&redis, "state"), (&postgres, "records")] {
        proxy.refuse();
        until(|| async { admin.missing().await == [part] }).await;
        let (status, shown) = webhooks_alone.get("/readyz").await;
        assert_eq!(status.is_success(), part != "broker", "{shown}");
        assert_eq!(shown.contains("\"broker\":false"), part == "broker", "{shown}");
        proxy.pass();
        until(|| async { admin.missing().await.is_empty() }).await;
    }
    // A server that does not answer is not waited for.
    redis.mute();
    let began = tokio::time::Instant::now();
    assert_eq!(admin.missing().await, ["state"]);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn every_metric_is_shown_under_its_name() {
    let handle = metrics::install().expect("no other test installs one");
    metrics::handled("triage", Kind::MessageReceived, Handled::Waiting, Duration::from_millis(3));
    metrics::turn_closed(Outcome::Answered, 1);
    metrics::throttled("pair");
    metrics::sending_stopped(&BusinessId::new("shop"), true);
    metrics::media_read("audio", "read");
    metrics::alert_raised("warning");
    metrics::webhook_answered("whatsapp", 200);
    metrics::role_runs("triage".to_owned(), "0.1.0");
    metrics::sent("accepted", "message");
    metrics::delivered("utility");
    metrics::person_answered(Duration::from_hours(1));
    metrics::answered("offered");
    metrics::answer_judged("good");
    metrics::token_priced("prompt", 0.000_000_25);
    metrics::model_breaker("chat", true);
    metrics::window_closed("time");
    metrics::model_called("answered");
    metrics::swept(2);
    metrics::queue_depth("triage", &Depth { ready: 7, dead: 1 });
    metrics::lagged("triage", "triage.decide", Duration::from_millis(3));
    metrics::turn_came_to(Kind::TurnClosed, Duration::from_millis(3));
    metrics::tokens_used("triage", 100, 10);
    let stand = Stand::embedded().await;
    let router =
        admin::router(Needs::Everything(stand.ports.clone()), Lifecycle::new(), Some(handle));
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let shown = std::str::from_utf8(&body).unwrap();
    for name in metrics::NAMES {
        assert!(shown.contains(&format!("# HELP {name} ")), "{name}");
        assert!(shown.lines().any(|line| line.starts_with(name)), "{name}");
    }
    assert!(
        shown.contains(
            r#"relevo_messages_total{worker="triage",type="message.received.v1",outcome="waiting"}"#
        ),
        "{shown}"
    );
    assert!(shown.contains(r#"relevo_handle_seconds_bucket{worker="triage",le="0.005"} 1"#));
    for (le, count) in [("1800", 0), ("3600", 1), ("172800", 1)] {
        let bucket = format!(r#"relevo_person_answer_seconds_bucket{{le="{le}"}} {count}"#);
        assert!(shown.contains(&bucket), "{bucket} is not in {shown}");
    }
}
