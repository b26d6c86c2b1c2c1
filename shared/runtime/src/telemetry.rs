//! Logs and traces. One span for each delivery, linked to the publisher's through `traceparent`.
//!
//! Nothing here writes a message's text, a name, a number or a token
//! (test `no_line_holds_what_a_customer_wrote`).

use broker::Delivery;
use domain::{Envelope, MessageId};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::{LogFormat, Logging};

/// Keeps the exporter of traces; dropping it flushes what has not been sent.
#[must_use = "traces are exported while this is kept"]
#[derive(Debug)]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Begins to log, panics too, and to export traces when an endpoint is configured. Once per
    /// process.
    pub fn start(logging: &Logging) -> Self {
        std::panic::set_hook(Box::new(log_panic));
        let filter = filter(&logging.filter);
        let lines =
            tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
        let lines = match logging.format {
            LogFormat::Text => {
                lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed()
            }
            LogFormat::Json => lines.json().boxed(),
        };
        let lines = lines.with_filter(filter);
        let provider = logging.otlp_endpoint.as_deref().and_then(exporter);
        // What is traced does not depend on what is logged.
        let traces = provider.as_ref().map(|provider| {
            let tracer = provider.tracer("relevo");
            tracing_opentelemetry::layer().with_tracer(tracer).with_filter(LevelFilter::INFO)
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

/// What is logged. `lapin` warns of a message that came back by showing it whole, and calls an error
/// what is an answer, such as that there is no such queue; what matters of it is said here.
fn filter(text: &str) -> EnvFilter {
    EnvFilter::new(format!("{text},lapin=off"))
}

fn exporter(endpoint: &str) -> Option<SdkTracerProvider> {
    let traces = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(traces)
        .build()
        .inspect_err(|error| eprintln!("traces are not exported: {error}"))
        .ok()?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name("relevo").build();
    Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// The span of one delivery. Its trace is the publisher's; a message without one begins a trace
/// that is named after the message from outside, so that logs and traces find each other.
pub(crate) fn delivery_span(
    worker: &'static str,
    envelope: &Envelope,
    delivery: &Delivery,
) -> Span {
    // An error's level, so that every line bears these fields whatever is logged.
    let span = tracing::error_span!(
        "deliver",
        otel.kind = "consumer",
        worker,
        message.type = envelope.kind().as_str(),
        message.id = %envelope.id,
        conversation.id = %envelope.conversation,
        correlation.id = %envelope.correlation,
        turn = field::Empty,
        attempt = delivery.attempt,
    );
    if let Some(turn) = envelope.body.turn() {
        span.record("turn", turn.0);
    }
    let parent = delivery
        .traceparent
        .as_deref()
        .and_then(parse_traceparent)
        .unwrap_or_else(|| origin(envelope.correlation));
    let parent = opentelemetry::Context::new().with_remote_span_context(parent);
    let _ = span.set_parent(parent);
    span
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

fn origin(correlation: MessageId) -> SpanContext {
    let (trace, _) = correlation.as_uuid().as_u64_pair();
    let trace_id = TraceId::from_bytes(*correlation.as_uuid().as_bytes());
    SpanContext::new(trace_id, SpanId::from(trace | 1), TraceFlags::SAMPLED, true, TraceState::NONE)
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
