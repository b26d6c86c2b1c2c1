//! From a webhook to messages. Every entry, change, message and status is translated on its own,
//! so that an odd one spoils nothing (test
//! `every_element_of_a_batch_is_published_in_order_and_an_odd_one_spoils_nothing`).

use std::collections::HashSet;

use domain::{Body, Channel, ConversationId, Customer, Envelope, MessageId, Timestamp};
use runtime::{Business, Businesses};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tracing::{debug, warn};

use super::alert;
use super::contacts::Contacts;
use super::element::{name, text};
use super::notice;
use super::webhook::{Change, Parts, changes, element, elements};

const CHANNEL: Channel = Channel::Whatsapp;
/// Ids of Meta's have about 60 bytes. What is much longer is none, and no index takes it.
const LONGEST_ID: usize = 512;

/// Everything in a webhook that concerns one of the businesses, each once, in its order. An error
/// says that the body is not JSON.
pub(super) fn translate(
    body: &[u8],
    businesses: &Businesses,
    now: Timestamp,
) -> serde_json::Result<Vec<Envelope>> {
    let mut envelopes: Vec<Envelope> = Vec::new();
    let mut seen = HashSet::new();
    for change in changes(body)? {
        let field = change.field();
        let of_number: fn(&Source<'_>, &Parts<'_>) -> Vec<Envelope> = match field {
            Some("messages") => |source, parts| source.messages_and_statuses(parts),
            Some("message_echoes" | "smb_message_echoes") => |source, parts| source.echoes(parts),
            Some("history") => |source, parts| source.history(parts),
            Some("user_id_update") => |source, parts| source.new_user_ids(parts),
            _ => {
                if let Some(reader) = field.and_then(notice::reader) {
                    let raised = alert::of_account(reader, &change, businesses, now);
                    envelopes.extend(raised.filter(|one| seen.insert(one.id)));
                } else {
                    debug!(field, "a change that concerns nobody here is left out");
                }
                continue;
            }
        };
        let parts = change.parts();
        let Some(source) = Source::of(&change, &parts, businesses, now) else { continue };
        envelopes.extend(of_number(&source, &parts).into_iter().filter(|one| seen.insert(one.id)));
    }
    Ok(envelopes)
}

/// What a change at one of a business's numbers is read with.
pub(super) struct Source<'a> {
    pub(super) business: &'a Business,
    /// The number's id, which is the business's address.
    pub(super) number: String,
    /// The number itself, as it is shown to people.
    pub(super) display: String,
    pub(super) contacts: Contacts,
    pub(super) head: &'a Value,
    pub(super) now: Timestamp,
}

impl<'a> Source<'a> {
    fn of(
        change: &'a Change<'_>,
        parts: &Parts<'_>,
        businesses: &'a Businesses,
        now: Timestamp,
    ) -> Option<Self> {
        let metadata = parts.metadata.map(|metadata| element(metadata.get())).unwrap_or_default();
        let number = name(&metadata, "phone_number_id").unwrap_or_default();
        let Some(business) = businesses.with_phone_number_id(&number) else {
            warn!(phone_number_id = number, "a webhook for a number that no business has");
            return None;
        };
        Some(Self {
            business,
            number,
            display: text(&metadata, "display_phone_number").unwrap_or_default(),
            contacts: elements(parts.contacts).collect(),
            head: &change.head,
            now,
        })
    }

    /// An envelope with a message from outside that is known by `provider_id` among all that are
    /// `what`.
    pub(super) fn envelope(
        &self,
        what: &str,
        provider_id: &str,
        customer: &Customer,
        body: impl Into<Body>,
    ) -> Envelope {
        self.envelope_in(
            conversation(self.business, customer, provider_id),
            what,
            provider_id,
            body,
        )
    }

    pub(super) fn envelope_in(
        &self,
        conversation: ConversationId,
        what: &str,
        provider_id: &str,
        body: impl Into<Body>,
    ) -> Envelope {
        envelope(self.business, conversation, what, provider_id, self.now, body)
    }
}

pub(super) fn envelope(
    business: &Business,
    conversation: ConversationId,
    what: &str,
    provider_id: &str,
    now: Timestamp,
    body: impl Into<Body>,
) -> Envelope {
    let id = MessageId::of_provider(&business.id, CHANNEL, what, provider_id);
    Envelope::from_outside(id, business.id.clone(), conversation, now, body)
}

/// The customer's conversation. A message of nobody has one of its own: two people who are not
/// named are not one.
pub(super) fn conversation(
    business: &Business,
    customer: &Customer,
    provider_id: &str,
) -> ConversationId {
    if customer.phone.is_none() && customer.user_id.is_none() {
        let unknown = Customer { user_id: Some(provider_id.to_owned()), ..Customer::default() };
        return ConversationId::of(&business.id, CHANNEL, &unknown);
    }
    ConversationId::of(&business.id, CHANNEL, customer)
}

pub(super) fn provider_id(element: &Value) -> Option<String> {
    name(element, "id").filter(|id| id.len() <= LONGEST_ID)
}

/// Without an id of Meta's the contents name an element, so that a repetition is still known.
pub(super) fn digest(contents: impl std::fmt::Display) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(contents.to_string())))
}
