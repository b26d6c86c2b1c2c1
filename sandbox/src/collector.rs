//! A collector of traces, on a port of its own: takes spans over OTLP/HTTP, keeps them, and shows a
//! trace as a tree in text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode as Outcome;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::lock;

type Exports = Arc<Mutex<Vec<Bytes>>>;

/// A running collector. Dropping it stops it.
#[derive(Debug)]
pub struct Collector {
    url: String,
    exports: Exports,
    server: JoinHandle<()>,
}

/// A span as it was exported; ids are in hexadecimal.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: Option<String>,
    /// `service.name` of the process.
    pub service: String,
    pub name: String,
    pub start_ns: u64,
    pub end_ns: u64,
    pub has_failed: bool,
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    /// Listens, and keeps what is exported from then on.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start() -> anyhow::Result<Self> {
        let exports = Exports::default();
        let routes = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&exports));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen")?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(async move { drop(axum::serve(listener, routes).await) });
        Ok(Self { url, exports, server })
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` wants.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The exports as they came, each a protobuf message.
    #[must_use]
    pub fn exports(&self) -> Vec<Bytes> {
        lock(&self.exports).clone()
    }

    /// Every span so far.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.exports().iter().filter_map(|export| spans(export.clone()).ok()).flatten().collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(exports): State<Exports>, body: Bytes) -> StatusCode {
    if spans(body.clone()).is_err() {
        return StatusCode::BAD_REQUEST;
    }
    lock(&exports).push(body);
    StatusCode::OK
}

fn spans(export: Bytes) -> Result<Vec<Span>, prost::DecodeError> {
    let mut all = Vec::new();
    for process in ExportTraceServiceRequest::decode(export)?.resource_spans {
        let resource = attributes(process.resource.unwrap_or_default().attributes);
        let service = resource.get("service.name").cloned().unwrap_or_default();
        let spans = process.scope_spans.into_iter().flat_map(|scope| scope.spans);
        all.extend(spans.map(|span| read(span, &service)));
    }
    Ok(all)
}

fn read(span: otlp::Span, service: &str) -> Span {
    Span {
        trace: hex::encode(span.trace_id),
        id: hex::encode(span.span_id),
        parent: (!span.parent_span_id.is_empty()).then(|| hex::encode(span.parent_span_id)),
        service: service.to_owned(),
        name: span.name,
        start_ns: span.start_time_unix_nano,
        end_ns: span.end_time_unix_nano,
        has_failed: span.status.is_some_and(|status| status.code() == Outcome::Error),
        attributes: attributes(span.attributes),
    }
}

fn attributes(all: Vec<KeyValue>) -> BTreeMap<String, String> {
    all.into_iter().map(|one| (one.key, text(one.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        other => format!("{other:?}"),
    }
}

/// The spans as a tree: each under the one that caused it, with the milliseconds from the first
/// span's start to its own, how many it took, whose it is, and what is not as always.
#[must_use]
pub fn tree(spans: &[Span]) -> String {
    let mut sorted: Vec<&Span> = spans.iter().collect();
    sorted.sort_by_key(|span| span.start_ns);
    let began = sorted.first().map_or(0, |span| span.start_ns);
    let is_root = |span: &&Span| !spans.iter().any(|one| span.parent.as_ref() == Some(&one.id));
    let mut text = String::from(" start   took\n");
    for root in sorted.iter().copied().filter(is_root) {
        branch(&mut text, &sorted, root, began, 0);
    }
    text
}

fn branch(text: &mut String, sorted: &[&Span], span: &Span, began: u64, depth: usize) {
    let ms = |ns: u64| (ns + 500_000) / 1_000_000;
    let (start, took) = (ms(span.start_ns - began), ms(span.end_ns.saturating_sub(span.start_ns)));
    let indent = "  ".repeat(depth);
    let attempt = span.attributes.get("attempt").filter(|attempt| *attempt != "1");
    let attempt = attempt.map(|attempt| format!(" attempt {attempt}")).unwrap_or_default();
    let failed = if span.has_failed { " failed" } else { "" };
    let (service, name) = (&span.service, &span.name);
    let _ = writeln!(text, "{start:>6} {took:>6}  {indent}{service} {name}{attempt}{failed}");
    for child in sorted.iter().filter(|one| one.parent.as_ref() == Some(&span.id)) {
        branch(text, sorted, child, began, depth + 1);
    }
}
