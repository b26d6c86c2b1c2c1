//! What operators and orchestrators ask a process: is it alive, is it ready, how is it doing.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::{Lifecycle, Ports};

/// A dependency that has not answered by then is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which of its ports a process can't work without; `/readyz` shows the others all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Everything,
    /// What only takes webhooks in keeps nothing by itself.
    Broker,
}

#[derive(Clone)]
struct Admin {
    ports: Ports,
    lifecycle: Lifecycle,
    needs: Needs,
    metrics: Option<PrometheusHandle>,
}

/// `/healthz`: the process answers. `/readyz`: it can do its work, with a word on each part.
/// `/metrics`: in Prometheus' text format.
pub fn router(
    ports: Ports,
    lifecycle: Lifecycle,
    needs: Needs,
    metrics: Option<PrometheusHandle>,
) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(Admin { ports, lifecycle, needs, metrics })
}

async fn ready(State(admin): State<Admin>) -> impl IntoResponse {
    let (state, records) = tokio::join!(
        tokio::time::timeout(PATIENCE, admin.ports.state.ping()),
        tokio::time::timeout(PATIENCE, admin.ports.records.ping()),
    );
    let judges_stores = admin.needs == Needs::Everything;
    let parts = [
        ("broker", true, admin.ports.broker.is_connected()),
        ("state", judges_stores, matches!(state, Ok(Ok(())))),
        ("records", judges_stores, matches!(records, Ok(Ok(())))),
        ("running", true, !admin.lifecycle.is_stopping()),
    ];
    let ready = parts.iter().all(|(_, is_needed, ready)| *ready || !is_needed);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: serde_json::Map<_, _> =
        parts.into_iter().map(|(name, _, ready)| (name.to_owned(), ready.into())).collect();
    (status, Json(json!({ "ready": ready, "parts": parts })))
}

async fn show_metrics(State(admin): State<Admin>) -> String {
    admin.metrics.map(|metrics| metrics.render()).unwrap_or_default()
}
