//! Identifiers. Two strings that could be confused have two types.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Channel, Customer, Timestamp};

/// The namespace of every identifier that Relevo derives (UUID v5).
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2c1e_8f0a_5b7c_9a51_52e1_e0f0_0001);

/// A business on this installation: the name of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BusinessId(String);

impl BusinessId {
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BusinessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A conversation of a business, on a channel, with a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(Uuid);

impl ConversationId {
    /// The same business, channel and customer always give the same id, so that every process
    /// finds the conversation without asking another. A user id counts more than a phone number.
    pub fn of(business: &BusinessId, channel: Channel, customer: &Customer) -> Self {
        let (kind, key) = match (&customer.user_id, &customer.phone) {
            (Some(user_id), _) => ("user", user_id.as_str()),
            (None, Some(phone)) => ("phone", phone.as_str()),
            (None, None) => ("nobody", ""),
        };
        let name = format!("conversation\0{business}\0{}\0{kind}\0{key}", channel.as_str());
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message between workers. Derived, never random: what arrives twice has the same id twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(Uuid);

impl MessageId {
    /// The id of what a provider told us, from the provider's own id of it.
    pub fn of_provider(
        business: &BusinessId,
        channel: Channel,
        what: &str,
        provider_id: &str,
    ) -> Self {
        let name = format!("provider\0{business}\0{}\0{what}\0{provider_id}", channel.as_str());
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    /// The id of the `index`-th message that `worker` publishes because of this one.
    #[must_use]
    pub fn derive(self, worker: &str, index: usize) -> Self {
        Self(Uuid::new_v5(&self.0, format!("{worker}\0{index}").as_bytes()))
    }

    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A turn of a conversation. Later turns have higher numbers; the numbers have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnId(pub u64);

/// How finely turns are numbered: so that their numbers are exact in any reader of JSON.
pub(crate) const TURNS_IN_A_MILLISECOND: u64 = 1024;

impl TurnId {
    /// When the turn was numbered: it opened then, or took the place of one that had.
    pub fn numbered_at(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0 / TURNS_IN_A_MILLISECOND).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for TurnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(business: &str, channel: Channel, customer: (&str, &str)) -> ConversationId {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (user_id, phone) = (known(customer.0), known(customer.1));
        let customer = Customer { user_id, phone, name: known("Ana") };
        ConversationId::of(&BusinessId::new(business), channel, &customer)
    }

    #[test]
    fn a_conversation_is_known_by_its_business_channel_and_customer() {
        let same = conversation("shop", Channel::Whatsapp, ("u1", ""));
        assert_eq!(conversation("shop", Channel::Whatsapp, ("u1", "341")), same);
        assert_eq!(same.to_string(), "5b98edbc-db16-59c0-838e-9f3beabe0916");
        for other in [
            conversation("other", Channel::Whatsapp, ("u1", "")),
            conversation("shop", Channel::Telegram, ("u1", "")),
            conversation("shop", Channel::Whatsapp, ("u2", "")),
            conversation("shop", Channel::Whatsapp, ("", "u1")),
            conversation("shop", Channel::Whatsapp, ("", "341")),
            conversation("shop", Channel::Whatsapp, ("", "")),
        ] {
            assert_ne!(other, same);
        }
    }

    #[test]
    fn derived_messages_differ_by_worker_and_place() {
        let id = MessageId::of_provider(&BusinessId::new("shop"), Channel::Whatsapp, "in", "1");
        assert_eq!(id.derive("triage", 1), id.derive("triage", 1));
        assert_ne!(id.derive("triage", 1), id.derive("triage", 2));
        assert_ne!(id.derive("triage", 1), id.derive("ledger", 1));
    }
}
