//! What customers write, and what the business's own people write to them from its phone.

use std::time::Duration;

use domain::content::MediaKind;
use domain::message::{HumanSpoke, Inbound, MediaReceived, MessageReceived};
use domain::{Content, Customer, Envelope, Timestamp};
use serde_json::{Map, Value};
use tracing::warn;

use super::content::content;
use super::element::{customer, integer, list, name, text, timestamp};
use super::translate::{Source, digest, provider_id};
use super::webhook::{Parts, elements};

/// The notices that give a customer another name.
const RENAMINGS: [&str; 2] = ["user_changed_number", "user_changed_user_id"];

impl Source<'_> {
    pub(super) fn messages_and_statuses(&self, parts: &Parts<'_>) -> Vec<Envelope> {
        let messages: Vec<Value> = elements(parts.messages).collect();
        let errors: Vec<Value> = elements(parts.errors).collect();
        for error in &errors {
            warn!(code = integer(error, "code"), "WhatsApp reports an error");
        }
        let mut envelopes: Vec<Envelope> = if messages.is_empty() {
            errors.iter().map(|error| self.error(error)).collect()
        } else {
            // Errors beside messages are about them.
            let is_only = messages.len() == 1;
            messages
                .iter()
                .zip(self.places())
                .map(|(message, place)| self.message(message, place, is_only, &errors))
                .collect()
        };
        envelopes.extend(elements(parts.statuses).filter_map(|status| self.status(&status)));
        envelopes
    }

    /// Nothing in an echo tells whether a person wrote it or the app by itself, as its greetings
    /// are: Meta documents no such sign.
    pub(super) fn echoes(&self, parts: &Parts<'_>) -> Vec<Envelope> {
        elements(parts.message_echoes).map(|echo| self.echo(&echo)).collect()
    }

    /// The customer's new user id, as a field of its own told it before the messages did. The
    /// phone number beside it is the new one, so the customer is who had the old id.
    pub(super) fn new_user_ids(&self, parts: &Parts<'_>) -> Vec<Envelope> {
        let updates = elements(parts.user_id_update);
        updates.filter_map(|update| self.new_user_id(update)).collect()
    }

    fn new_user_id(&self, update: Value) -> Option<Envelope> {
        let (id, sent_at) = (digest(&update), timestamp(&update, self.now));
        let user_id = update.get("user_id")?;
        let (previous, current) = (name(user_id, "previous"), name(user_id, "current")?);
        let customer = match &previous {
            Some(_) => customer(None, previous.clone()),
            None => customer(name(&update, "wa_id"), None),
        };
        let Value::Object(mut details) = update else { return None };
        details.insert("user_id".to_owned(), current.into());
        details.extend(previous.map(|id| ("previous_user_id".to_owned(), id.into())));
        let details = with_words_for_names(details.into());
        let content = Content::System { event: RENAMINGS[1].to_owned(), details };
        let address = self.number.clone();
        Some(self.received(Inbound {
            provider_id: id,
            sent_at,
            arrived_at: Some(self.now),
            customer,
            address,
            content,
            context: None,
        }))
    }

    /// When each message of a batch came in: one after the other.
    fn places(&self) -> impl Iterator<Item = Timestamp> {
        let now = self.now;
        (0..).map(move |place| now + Duration::from_millis(place))
    }

    fn message(
        &self,
        message: &Value,
        arrived_at: Timestamp,
        is_only: bool,
        errors: &[Value],
    ) -> Envelope {
        let mut content = content(message);
        let customer = match &mut content {
            Content::System { event, details } if RENAMINGS.contains(&event.as_str()) => {
                *details = with_words_for_names(details.take());
                former(message, details)
            }
            _ => self.sender(message, is_only),
        };
        self.received(Inbound {
            provider_id: provider_id(message).unwrap_or_else(|| digest(message)),
            sent_at: timestamp(message, self.now),
            arrived_at: Some(arrived_at),
            address: self.number.clone(),
            content,
            context: context(message, errors),
            customer,
        })
    }

    /// What the media worker reads first comes back from there as `message.received`. In a
    /// sticker is nothing to read, and what is sent to a group is nobody's to read.
    fn received(&self, inbound: Inbound) -> Envelope {
        let (id, customer) = (inbound.provider_id.clone(), inbound.customer.clone());
        let in_group = inbound.context.as_ref().is_some_and(|one| one.get("group_id").is_some());
        match &inbound.content {
            Content::Media(media) if media.kind != MediaKind::Sticker && !in_group => {
                self.envelope("message", &id, &customer, MediaReceived(inbound))
            }
            _ => self.envelope("message", &id, &customer, MessageReceived(inbound)),
        }
    }

    fn sender(&self, message: &Value, is_only: bool) -> Customer {
        let mut customer = self.contacts.customer(message, "from", "from_user_id");
        if is_only && customer.user_id.is_none() {
            // The only contact of an only message is its sender, also where the two are written
            // differently or the message names nobody.
            self.contacts.complete_by_the_only_one(&mut customer);
        }
        customer.phone = customer.phone.or_else(|| own_number(message));
        customer
    }

    fn echo(&self, echo: &Value) -> Envelope {
        let spoke = HumanSpoke {
            provider_id: provider_id(echo).unwrap_or_else(|| digest(echo)),
            at: timestamp(echo, self.now),
            customer: self.contacts.customer(echo, "to", "to_user_id"),
            address: self.number.clone(),
            content: content(echo),
        };
        let (id, customer) = (spoke.provider_id.clone(), spoke.customer.clone());
        self.envelope("echo", &id, &customer, spoke)
    }
}

/// The customer's own number, when they gave it because they were asked to. A card of any other
/// origin is somebody's.
fn own_number(message: &Value) -> Option<String> {
    let [card] = list(message, "contacts") else { return None };
    // Meta's documents show the origin beside the cards; webhooks that were recorded have it in
    // the card. Of the others, `other`, the customer chose whose number it is.
    let origin = text(card, "origin").or_else(|| text(message, "origin"));
    if origin.as_deref() != Some("contact_request") {
        return None;
    }
    let phone = list(card, "phones").first()?;
    // Without its country a number is not anybody's.
    let dialled = || {
        let international = text(phone, "phone")?.strip_prefix('+')?.to_owned();
        Some(international.chars().filter(char::is_ascii_digit).collect())
    };
    let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
    name(phone, "wa_id").or_else(dialled).filter(is_number).filter(|number| !number.is_empty())
}

/// Whom a renaming is about, as they were called before it. Since August 2026 it says itself what
/// their user id was; what names the new one is of no use for finding them.
fn former(message: &Value, details: &Value) -> Customer {
    let previous = name(details, "previous_user_id").or_else(|| name(message, "from_user_id"));
    let mut customer = customer(name(message, "from"), previous);
    if customer.phone.is_some() && customer.user_id == name(details, "user_id") {
        customer.user_id = None;
    }
    customer
}

/// The new names as texts, whatever they came as: who follows a renaming compares them.
fn with_words_for_names(mut details: Value) -> Value {
    for key in ["wa_id", "user_id"] {
        if let Some(name) = text(&details, key) {
            details[key] = name.into();
        }
    }
    details
}

/// What a message refers to and what its content has no place for: a quoted message or product,
/// the advertisement it came from, what stood beneath a chosen row, what went wrong.
fn context(message: &Value, errors: &[Value]) -> Option<Value> {
    let errors = (!errors.is_empty()).then(|| Value::from(errors));
    let parts: Map<_, _> = [
        ("context", message.get("context")),
        ("referral", message.get("referral")),
        ("group_id", message.get("group_id")),
        ("origin", message.get("origin")),
        ("description", message.pointer("/interactive/list_reply/description")),
        ("url", message.pointer("/location/url")),
        ("errors", message.get("errors").or(errors.as_ref())),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?.clone())))
    .collect();
    (!parts.is_empty()).then(|| parts.into())
}
