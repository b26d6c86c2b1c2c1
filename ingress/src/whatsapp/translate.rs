//! From a webhook to messages. Every entry, change, message and status is translated on its own,
//! so that an odd one spoils nothing (test
//! `every_element_of_a_batch_is_published_in_order_and_an_odd_one_spoils_nothing`).

use std::collections::HashSet;

use domain::message::{Delivery, DeliveryUpdated, HumanSpoke, Inbound, MessageReceived, ReplyMark};
use domain::{Body, Channel, ConversationId, Customer, Envelope, MessageId, Timestamp};
use runtime::{Business, Businesses};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tracing::{debug, warn};

use super::content::content;
use super::element::{customer, integer, list, name, text, timestamp};
use super::webhook::{Parts, changes, element, elements};

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
        let is_echo = match field {
            Some("messages") => false,
            Some("message_echoes" | "smb_message_echoes") => true,
            _ => {
                debug!(field, "a change that is not about messages is left out");
                continue;
            }
        };
        let parts = change.parts;
        let metadata = parts.metadata.map(|metadata| element(metadata.get())).unwrap_or_default();
        let number = name(&metadata, "phone_number_id").unwrap_or_default();
        let Some(business) = businesses.with_phone_number_id(&number) else {
            warn!(phone_number_id = number, "a webhook for a number that no business has");
            continue;
        };
        report(&parts);
        let source = Source { business, number, contacts: elements(parts.contacts).collect(), now };
        let translated =
            if is_echo { source.echoes(&parts) } else { source.messages_and_statuses(&parts) };
        envelopes.extend(translated.into_iter().filter(|one| seen.insert(one.id)));
    }
    Ok(envelopes)
}

/// What WhatsApp itself complains of; it concerns the operator and no customer.
fn report(parts: &Parts<'_>) {
    for error in elements(parts.errors) {
        warn!(code = integer(&error, "code"), "WhatsApp reports an error");
    }
}

struct Source<'a> {
    business: &'a Business,
    number: String,
    contacts: Vec<Value>,
    now: Timestamp,
}

impl Source<'_> {
    fn messages_and_statuses(&self, parts: &Parts<'_>) -> Vec<Envelope> {
        let messages: Vec<Value> = elements(parts.messages).collect();
        let is_only = messages.len() == 1;
        let received = messages.iter().map(|message| self.message(message, is_only));
        received.chain(elements(parts.statuses).filter_map(|status| self.status(&status))).collect()
    }

    fn echoes(&self, parts: &Parts<'_>) -> Vec<Envelope> {
        elements(parts.message_echoes).map(|echo| self.echo(&echo)).collect()
    }

    fn message(&self, message: &Value, is_only: bool) -> Envelope {
        let mut customer = self.customer(message, "from", "from_user_id");
        if let [contact] = &*self.contacts
            && is_only
            && customer.user_id.is_none()
        {
            // The only contact of an only message is its sender, also where the two are written
            // differently or the message names nobody.
            complete(&mut customer, contact);
        }
        let inbound = Inbound {
            provider_id: provider_id(message).unwrap_or_else(|| digest(message)),
            sent_at: timestamp(message, self.now),
            address: self.number.clone(),
            content: content(message),
            context: context(message),
            customer,
        };
        let id = self.id("message", &inbound.provider_id);
        let conversation = self.conversation(&inbound.customer, &inbound.provider_id);
        self.envelope(id, conversation, MessageReceived(inbound))
    }

    fn status(&self, status: &Value) -> Option<Envelope> {
        let provider_id = provider_id(status)?;
        let name_of_status = status.get("status")?.as_str()?;
        let delivery = match name_of_status {
            "failed" => Delivery::Failed,
            "sent" => Delivery::Sent,
            "delivered" => Delivery::Delivered,
            "read" => Delivery::Read,
            "played" => Delivery::Played,
            _ => {
                debug!("a status that is not about delivery is left out");
                return None;
            }
        };
        let mark = text(status, "biz_opaque_callback_data")
            .and_then(|data| data.parse::<ReplyMark>().ok());
        let error = list(status, "errors").first();
        let updated = DeliveryUpdated {
            status: delivery,
            at: timestamp(status, self.now),
            reply: mark.map(|mark| mark.part),
            error_code: error.and_then(|error| integer(error, "code")),
            error: error.and_then(explanation),
            billable: status.pointer("/pricing/billable").and_then(Value::as_bool),
            provider_id,
        };
        let id = self.id("status", &format!("{}\0{name_of_status}", updated.provider_id));
        let conversation = if let Some(mark) = mark {
            mark.conversation
        } else {
            let recipient = self.customer(status, "recipient_id", "recipient_user_id");
            self.conversation(&recipient, &updated.provider_id)
        };
        Some(self.envelope(id, conversation, updated))
    }

    fn echo(&self, echo: &Value) -> Envelope {
        let spoke = HumanSpoke {
            provider_id: provider_id(echo).unwrap_or_else(|| digest(echo)),
            at: timestamp(echo, self.now),
            customer: self.customer(echo, "to", "to_user_id"),
            address: self.number.clone(),
            content: content(echo),
        };
        let conversation = self.conversation(&spoke.customer, &spoke.provider_id);
        self.envelope(self.id("echo", &spoke.provider_id), conversation, spoke)
    }

    /// The customer whom these two fields of an element name, with what their contact adds.
    fn customer(&self, element: &Value, phone: &str, user_id: &str) -> Customer {
        let mut customer = customer(name(element, phone), name(element, user_id));
        let is = |contact: &Value, key, own: &Option<String>| {
            own.is_some() && text(contact, key) == *own
        };
        let theirs = self.contacts.iter().find(|contact| {
            is(contact, "wa_id", &customer.phone) || is(contact, "user_id", &customer.user_id)
        });
        if let Some(contact) = theirs {
            complete(&mut customer, contact);
        }
        customer
    }

    fn id(&self, what: &str, provider_id: &str) -> MessageId {
        MessageId::of_provider(&self.business.id, CHANNEL, what, provider_id)
    }

    /// The customer's conversation. A message of nobody has one of its own: two people who are
    /// not named are not one.
    fn conversation(&self, customer: &Customer, provider_id: &str) -> ConversationId {
        let business = &self.business.id;
        if customer.phone.is_none() && customer.user_id.is_none() {
            let unknown = Customer { user_id: Some(provider_id.to_owned()), ..Customer::default() };
            return ConversationId::of(business, CHANNEL, &unknown);
        }
        ConversationId::of(business, CHANNEL, customer)
    }

    fn envelope(
        &self,
        id: MessageId,
        conversation: ConversationId,
        body: impl Into<Body>,
    ) -> Envelope {
        Envelope::from_outside(id, self.business.id.clone(), conversation, self.now, body)
    }
}

fn complete(customer: &mut Customer, contact: &Value) {
    customer.phone = customer.phone.take().or_else(|| name(contact, "wa_id"));
    customer.user_id = customer.user_id.take().or_else(|| name(contact, "user_id"));
    customer.name = contact.get("profile").and_then(|profile| name(profile, "name"));
}

/// The details say most. Titles are to go, and details can stand where their object should.
fn explanation(error: &Value) -> Option<String> {
    let data = error.get("error_data");
    data.and_then(|data| text(data, "details").or_else(|| data.as_str().map(str::to_owned)))
        .or_else(|| text(error, "title"))
        .or_else(|| text(error, "message"))
}

fn provider_id(element: &Value) -> Option<String> {
    name(element, "id").filter(|id| id.len() <= LONGEST_ID)
}

/// Without an id of Meta's the contents name an element, so that a repetition is still known.
fn digest(element: &Value) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(element.to_string())))
}

/// What a message refers to: a quoted message or product, and the advertisement it came from.
fn context(message: &Value) -> Option<Value> {
    let parts: serde_json::Map<_, _> = ["context", "referral", "group_id"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), message.get(key)?.clone())))
        .collect();
    (!parts.is_empty()).then(|| parts.into())
}
