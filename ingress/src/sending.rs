//! Messages on their way from a webhook to the broker, each at the beginning of its trace.

use broker::{Broker, Publication};
use bytes::Bytes;
use domain::Envelope;
use runtime::telemetry;
use tracing::{Span, warn};

pub(crate) struct Sending {
    publications: Vec<Publication>,
    /// Each lasts until the broker has confirmed.
    spans: Vec<Span>,
}

impl Sending {
    /// From the webhook at `route`. What can't be encoded is left out.
    pub(crate) fn new(envelopes: &[Envelope], broker: &Broker, route: &'static str) -> Self {
        let sent = |envelope| sent(envelope, broker, route);
        let (publications, spans) = envelopes.iter().filter_map(sent).unzip();
        Self { publications, spans }
    }

    pub(crate) fn count(&self) -> usize {
        self.publications.len()
    }

    pub(crate) async fn publish(self, broker: &Broker) -> Result<(), broker::Error> {
        let published = broker.publish_all(self.publications).await;
        if published.is_err() {
            self.spans.iter().for_each(telemetry::failed);
        }
        published
    }
}

fn sent(envelope: &Envelope, broker: &Broker, route: &'static str) -> Option<(Publication, Span)> {
    let body = envelope
        .encode()
        .inspect_err(|error| warn!(%error, message.id = %envelope.id, "left out of its batch"))
        .ok()?;
    let span = telemetry::send_span(broker, envelope, route);
    let publication = Publication {
        id: envelope.id.as_uuid(),
        topic: envelope.kind().as_str().to_owned(),
        body: Bytes::from(body),
        traceparent: telemetry::traceparent(&span),
        delay: None,
    };
    Some((publication, span))
}
