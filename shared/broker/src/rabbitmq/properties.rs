//! What travels with a message beside its body, as AMQP properties and `x-relevo-…` headers.
//! Attempts are counted here and not by the broker, whose versions count different things.

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString};
use uuid::Uuid;

use crate::clock::now_ms;
use crate::delivery::Failure;
use crate::{DeadLetter, Delivery, Publication, Reason};

const TRACEPARENT: &str = "traceparent";
const ATTEMPT: &str = "x-relevo-attempt";
const FIRST_FAILED: &str = "x-relevo-first-failed-ms";
const CAUSE: &str = "x-relevo-cause";
const REASON: &str = "x-relevo-reason";
const DIED: &str = "x-relevo-died-ms";

const PERSISTENT: u8 = 2;
/// For messages that somebody else put into a queue without an id of ours: the same body has the
/// same id each time it comes.
const FOREIGN: Uuid = Uuid::from_u128(0x6c3f_1c0e_5d0b_4f0c_9a53_0f6f_6a1e_2b47);

pub(super) fn of_publication(publication: &Publication) -> BasicProperties {
    let properties = identified(publication.id);
    match &publication.traceparent {
        Some(traceparent) => properties.with_headers(traced(traceparent)),
        None => properties,
    }
}

pub(super) fn of_retry(delivery: &Delivery, failure: &Failure<'_>) -> BasicProperties {
    copy(delivery.id, &delivery.topic).with_headers(history(delivery, failure))
}

pub(super) fn of_dead(
    delivery: &Delivery,
    reason: Reason,
    failure: &Failure<'_>,
) -> BasicProperties {
    let mut headers = history(delivery, failure);
    headers.insert(REASON.into(), text(reason.as_str()));
    headers.insert(DIED.into(), now_ms().into());
    copy(delivery.id, &delivery.topic).with_headers(headers)
}

pub(super) fn of_redriven(letter: &DeadLetter) -> BasicProperties {
    let properties = copy(letter.id, &letter.topic);
    match &letter.traceparent {
        Some(traceparent) => properties.with_headers(traced(traceparent)),
        None => properties,
    }
}

fn identified(id: Uuid) -> BasicProperties {
    BasicProperties::default().with_message_id(id.to_string().into()).with_delivery_mode(PERSISTENT)
}

/// A copy is routed by the name of its queue, so its topic travels as its type.
fn copy(id: Uuid, topic: &str) -> BasicProperties {
    identified(id).with_type(topic.into())
}

fn traced(traceparent: &str) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert(TRACEPARENT.into(), text(traceparent));
    headers
}

fn history(delivery: &Delivery, failure: &Failure<'_>) -> FieldTable {
    let mut headers = delivery.traceparent.as_deref().map_or_else(FieldTable::default, traced);
    headers.insert(ATTEMPT.into(), i64::from(failure.attempt).into());
    headers.insert(FIRST_FAILED.into(), failure.first_failed_ms.into());
    headers.insert(CAUSE.into(), text(failure.cause));
    headers
}

/// A message as it was read.
pub(super) struct Read {
    pub(super) id: Uuid,
    pub(super) topic: String,
    pub(super) body: Bytes,
    pub(super) traceparent: Option<String>,
    pub(super) attempt: u32,
    pub(super) first_failed_ms: Option<i64>,
}

impl Read {
    pub(super) fn new(message: &lapin::message::Delivery, body: Bytes) -> Self {
        let properties = &message.properties;
        let id = message_id(properties).unwrap_or_else(|| Uuid::new_v5(&FOREIGN, &body));
        let topic = properties.kind().as_ref().unwrap_or(&message.routing_key);
        Self {
            id,
            topic: topic.to_string(),
            body,
            traceparent: string(properties, TRACEPARENT),
            attempt: number(properties, ATTEMPT)
                .and_then(|attempt| attempt.try_into().ok())
                .unwrap_or(1),
            first_failed_ms: number(properties, FIRST_FAILED),
        }
    }
}

pub(super) fn message_id(properties: &BasicProperties) -> Option<Uuid> {
    properties.message_id().as_ref()?.as_str().parse().ok()
}

/// Without our headers the letter was put there by RabbitMQ: it went beyond the delivery limit.
pub(super) fn dead_letter(queue: &str, message: lapin::message::Delivery) -> DeadLetter {
    let mut message = message;
    let body = Bytes::from(std::mem::take(&mut message.data));
    let read = Read::new(&message, body);
    let properties = &message.properties;
    let reason = string(properties, REASON).and_then(|reason| Reason::parse(&reason));
    let died_ms =
        number(properties, DIED).or_else(|| dead_lettered_ms(properties)).unwrap_or_else(now_ms);
    let (topic, cause) = match reason {
        Some(_) => (read.topic, string(properties, CAUSE)),
        // RabbitMQ has replaced the routing key by the dead queue's name.
        None => (original_topic(properties).unwrap_or(read.topic), None),
    };
    DeadLetter {
        id: read.id,
        topic,
        queue: queue.to_owned(),
        body: read.body,
        traceparent: read.traceparent,
        reason: reason.unwrap_or(Reason::Crashed),
        cause: cause.unwrap_or_else(|| "its worker died with it too often".to_owned()),
        attempts: read.attempt,
        first_failed_ms: read.first_failed_ms.unwrap_or(died_ms),
        died_ms,
    }
}

fn original_topic(properties: &BasicProperties) -> Option<String> {
    if let Some(topic) = properties.kind() {
        return Some(topic.to_string());
    }
    let keys = death(properties)?.inner().get("routing-keys")?;
    let key = keys.as_array()?.as_slice().first()?;
    Some(key.as_long_string()?.to_string())
}

fn dead_lettered_ms(properties: &BasicProperties) -> Option<i64> {
    let seconds = death(properties)?.inner().get("time")?.as_timestamp()?;
    i64::try_from(seconds).ok()?.checked_mul(1000)
}

/// What RabbitMQ noted when it dead-lettered the message for its deliveries. A message that was
/// delayed has another note, of having expired there.
fn death(properties: &BasicProperties) -> Option<&FieldTable> {
    let deaths = header(properties, "x-death")?.as_array()?;
    deaths.as_slice().iter().filter_map(AMQPValue::as_field_table).find(|death| {
        let reason = death.inner().get("reason");
        reason.and_then(AMQPValue::as_long_string) == Some(&LongString::from("delivery_limit"))
    })
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn string(properties: &BasicProperties, name: &str) -> Option<String> {
    let value = header(properties, name)?.as_long_string()?;
    Some(value.to_string())
}

fn number(properties: &BasicProperties, name: &str) -> Option<i64> {
    header(properties, name)?.as_long_long_int()
}

fn text(text: &str) -> AMQPValue {
    LongString::from(text).into()
}
