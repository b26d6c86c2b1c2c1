//! Logs and traces. One span for each delivery, linked to the publisher's through `traceparent`;
//! the first is that of the webhook. Names and attributes are OpenTelemetry's for messaging, and
//! `docs/tracing.md` shows them.
//!
//! Nothing here writes a message's text, a name, a number or a token
//! (test `no_line_holds_what_a_customer_wrote`).

use std::sync::atomic::{AtomicBool, Ordering};

use broker::{Broker, Delivery};
use domain::Envelope;
use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    TracerProvider as _,
};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::Lane;
use crate::settings::{LogFormat, Logging};

/// Whether somebody is told of spans; what only they need is left out else.
static TRACED: AtomicBool = AtomicBool::new(false);

fn is_traced() -> bool {
    TRACED.load(Ordering::Relaxed)
}

/// Keeps the exporter of traces; dropping it flushes what has not been sent.
#[must_use = "traces are exported while this is kept"]
#[derive(Debug)]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Begins to log, panics too, and to export traces as `service` when an endpoint is
    /// configured. Once per process.
    pub fn start(logging: &Logging, service: &str) -> Self {
        std::panic::set_hook(Box::new(log_panic));
        let lines =
            tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
        let lines = match logging.format {
            LogFormat::Text => {
                lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed()
            }
            LogFormat::Json => lines.json().boxed(),
        };
        let lines = lines.with_filter(filter(&logging.filter));
        let provider =
            logging.otlp_endpoint.as_deref().and_then(|endpoint| exporter(endpoint, service));
        TRACED.store(provider.is_some(), Ordering::Relaxed);
        // What is traced does not depend on what is logged.
        let traces = provider.as_ref().map(|provider| {
            let tracer = provider.tracer("relevo");
            tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_location(false)
                .with_target(false)
                .with_threads(false)
                .with_filter(filter("info"))
        });
        // Fails only when a subscriber is installed already, as in tests; then that one is used.
        let _ = tracing_subscriber::registry().with(lines).with(traces).try_init();
        Self(provider)
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take() {
            let _ = provider.shutdown();
        }
    }
}

/// Says where, and not what: a panic's words may quote what a customer wrote
/// (test `a_panic_is_logged_without_its_words`).
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panicked");
}

/// What is logged or traced. `lapin` warns of a message that came back by showing it whole, and calls
/// an error what is an answer, such as that there is no such queue; what matters of it is said here.
fn filter(text: &str) -> EnvFilter {
    EnvFilter::new(format!("{text},lapin=off"))
}

fn exporter(endpoint: &str, service: &str) -> Option<SdkTracerProvider> {
    let traces = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(traces)
        .build()
        .inspect_err(|error| eprintln!("traces are not exported: {error}"))
        .ok()?;
    let resource =
        opentelemetry_sdk::Resource::builder().with_service_name(service.to_owned()).build();
    Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// The span of a message from outside, from when the webhook at `route` was understood until the
/// broker has it. Its trace begins here; what could not be published is to be recorded as
/// [`failed`].
pub fn send_span(broker: &Broker, envelope: &Envelope, route: &'static str) -> Span {
    if !is_traced() {
        return Span::none();
    }
    let destination = envelope.kind().as_str();
    let span = tracing::info_span!(
        parent: None,
        "send",
        otel.name = format!("send {destination}"),
        otel.kind = "producer",
        message.type = destination,
        message.id = %envelope.id,
        conversation.id = %envelope.conversation,
        correlation.id = %envelope.correlation,
    );
    describe(&span, "send", destination.to_owned(), broker, envelope);
    span.set_attribute("http.route", route);
    span
}

/// What the span is about came to nothing.
pub fn failed(span: &Span) {
    span.set_status(Status::error(""));
}

/// The span of one delivery. Its trace is the publisher's; a message that came without one begins
/// its own.
pub(crate) fn process_span(
    worker: &'static str,
    lane: &Lane,
    broker: &Broker,
    envelope: &Envelope,
    delivery: &Delivery,
) -> Span {
    let kind = envelope.kind().as_str();
    // An error's level, so that every line bears these fields whatever is logged.
    let span = tracing::error_span!(
        parent: None,
        "process",
        otel.name = field::Empty,
        otel.kind = "consumer",
        worker,
        message.type = kind,
        message.id = %envelope.id,
        conversation.id = %envelope.conversation,
        correlation.id = %envelope.correlation,
        turn = field::Empty,
        attempt = delivery.attempt,
    );
    if let Some(turn) = envelope.body.turn() {
        span.record("turn", turn.0);
    }
    if !is_traced() {
        return span;
    }
    if let Some(parent) = delivery.traceparent.as_deref().and_then(parse_traceparent) {
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
    }
    let destination = format!("{kind}:{}", lane.queue);
    span.record("otel.name", format!("process {destination}"));
    describe(&span, "process", destination, broker, envelope);
    span
}

/// The attributes by which other programs know a span of messaging. They are no fields: lines of
/// the log have shorter ones.
fn describe(
    span: &Span,
    operation: &'static str,
    destination: String,
    broker: &Broker,
    envelope: &Envelope,
) {
    span.set_attribute("messaging.system", broker.system());
    span.set_attribute("messaging.operation.name", operation);
    span.set_attribute("messaging.operation.type", operation);
    span.set_attribute("messaging.destination.name", destination);
    span.set_attribute("messaging.message.id", envelope.id.to_string());
    span.set_attribute("messaging.message.conversation_id", envelope.correlation.to_string());
}

/// What is published now goes on under; a process that traces nothing passes on what came to it.
pub(crate) fn passed_on(came: Option<&str>) -> Option<String> {
    traceparent(&Span::current()).or_else(|| came.map(str::to_owned))
}

/// The `traceparent` under which the span publishes; none while nothing traces.
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let context = span.span_context();
    context.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            context.trace_id(),
            context.span_id(),
            context.trace_flags().to_u8()
        )
    })
}

/// Reads a `traceparent` of version 00; anything else is no parent.
fn parse_traceparent(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version != "00" || trace.len() != 32 || span.len() != 16 || parts.next().is_some() {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_and_nonsense_is_none() {
        let context =
            parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(context.is_sampled());
        for nonsense in [
            "",
            "00",
            "00-0-0-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
        ] {
            assert!(parse_traceparent(nonsense).is_none(), "{nonsense}");
        }
    }
}
