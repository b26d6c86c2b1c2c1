//! The envelope that every message travels in.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Body, BusinessId, ConversationId, Kind, MessageId, Timestamp};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("decode the envelope of a message")]
    Envelope(#[source] serde_json::Error),
    #[error("decode a message of the unknown type {0:?}")]
    UnknownType(String),
    #[error("decode the body of a {kind}")]
    Body { kind: Kind, source: serde_json::Error },
    #[error("encode a {kind}")]
    Encode { kind: Kind, source: serde_json::Error },
}

/// A message with what is needed to route it, to find where it came from and to know it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    pub id: MessageId,
    pub business: BusinessId,
    pub conversation: ConversationId,
    /// When it was made.
    pub time: Timestamp,
    /// The message because of which this one was made; a message from outside has none.
    pub cause: Option<MessageId>,
    /// The message from outside that began it all.
    pub correlation: MessageId,
    pub body: Body,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    id: MessageId,
    #[serde(rename = "type")]
    kind: std::borrow::Cow<'a, str>,
    business: BusinessId,
    conversation: ConversationId,
    time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<MessageId>,
    correlation: MessageId,
    data: Box<RawValue>,
}

impl Envelope {
    /// A message that comes from outside and has no cause within Relevo.
    pub fn from_outside(
        id: MessageId,
        business: BusinessId,
        conversation: ConversationId,
        time: Timestamp,
        body: impl Into<Body>,
    ) -> Self {
        Self { id, business, conversation, time, cause: None, correlation: id, body: body.into() }
    }

    /// The `index`-th message that `worker` makes because of this one.
    #[must_use]
    pub fn cause_of(&self, worker: &str, index: usize, time: Timestamp, body: Body) -> Self {
        Self {
            id: self.id.derive(worker, index),
            business: self.business.clone(),
            conversation: self.conversation,
            time,
            cause: Some(self.id),
            correlation: self.correlation,
            body,
        }
    }

    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let kind = self.kind();
        let failed = |source| Error::Encode { kind, source };
        serde_json::to_vec(&Wire {
            id: self.id,
            kind: kind.as_str().into(),
            business: self.business.clone(),
            conversation: self.conversation,
            time: self.time,
            cause: self.cause,
            correlation: self.correlation,
            data: self.body.to_raw().map_err(failed)?,
        })
        .map_err(failed)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let wire: Wire<'_> =
            serde_json::from_slice(bytes).map_err(|source| Error::Envelope(place(&source)))?;
        let kind =
            Kind::parse(&wire.kind).ok_or_else(|| Error::UnknownType(wire.kind.into_owned()))?;
        let body = kind
            .decode(wire.data.get())
            .map_err(|source| Error::Body { kind, source: place(&source) })?;
        Ok(Self {
            id: wire.id,
            business: wire.business,
            conversation: wire.conversation,
            time: wire.time,
            cause: wire.cause,
            correlation: wire.correlation,
            body,
        })
    }
}

/// The place of an error without its words, which may quote what a customer wrote.
fn place(error: &serde_json::Error) -> serde_json::Error {
    let (line, column) = (error.line(), error.column());
    serde::de::Error::custom(format!("{:?} error at line {line} column {column}", error.classify()))
}
