//! What operators and orchestrators ask a process: is it alive, is it ready, how is it doing.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use broker::Broker;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::{Lifecycle, Ports};

/// A dependency that has not answered by then is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a process is connected to, and can't work without.
#[derive(Debug, Clone)]
pub enum Needs {
    Everything(Ports),
    /// What only takes webhooks in keeps nothing by itself.
    Broker(Broker),
}

impl Needs {
    /// Each part, and whether it can be reached now.
    async fn parts(&self) -> Vec<(&'static str, bool)> {
        match self {
            Self::Broker(broker) => vec![("broker", broker.is_connected())],
            Self::Everything(ports) => {
                let (state, records) = tokio::join!(
                    tokio::time::timeout(PATIENCE, ports.state.ping()),
                    tokio::time::timeout(PATIENCE, ports.records.ping()),
                );
                vec![
                    ("broker", ports.broker.is_connected()),
                    ("state", matches!(state, Ok(Ok(())))),
                    ("records", matches!(records, Ok(Ok(())))),
                ]
            }
        }
    }

    /// Gives the connections up.
    pub async fn close(self) {
        match self {
            Self::Broker(broker) => broker.close().await,
            Self::Everything(ports) => ports.close().await,
        }
    }
}

#[derive(Clone)]
struct Admin {
    lifecycle: Lifecycle,
    needs: Needs,
    metrics: Option<PrometheusHandle>,
}

/// `/healthz`: the process answers. `/readyz`: it can do its work, with a word on each part.
/// `/metrics`: in Prometheus' text format.
pub fn router(needs: Needs, lifecycle: Lifecycle, metrics: Option<PrometheusHandle>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(Admin { lifecycle, needs, metrics })
}

async fn ready(State(admin): State<Admin>) -> impl IntoResponse {
    let mut parts = admin.needs.parts().await;
    parts.push(("running", !admin.lifecycle.is_stopping()));
    let ready = parts.iter().all(|(_, ready)| *ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: serde_json::Map<_, _> =
        parts.into_iter().map(|(name, ready)| (name.to_owned(), ready.into())).collect();
    (status, Json(json!({ "ready": ready, "parts": parts })))
}

async fn show_metrics(State(admin): State<Admin>) -> String {
    admin.metrics.map(|metrics| metrics.render()).unwrap_or_default()
}
