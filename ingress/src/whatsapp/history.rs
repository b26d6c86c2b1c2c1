//! What was said before the number was connected. One webhook may hold thousands of messages, of
//! many customers.

use domain::conversation::Author;
use domain::message::{HistoryReceived, Past, Severity};
use domain::{Customer, Envelope};
use serde::Deserialize;
use serde_json::{Value, json};

use super::content::content;
use super::element::{explanation, integer, name, timestamp};
use super::notice::Notice;
use super::translate::{Source, digest, provider_id};
use super::webhook::{Parts, Raw, element, elements, items, read};

/// So many messages go into one of ours, which stays far below what any broker takes.
const AT_ONCE: usize = 200;
/// The business wants to keep its history to itself.
const NOT_SHARED: i64 = 2_593_109;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    threads: Raw<'a>,
    errors: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Thread<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    messages: Raw<'a>,
}

impl Source<'_> {
    pub(super) fn history(&self, parts: &Parts<'_>) -> Vec<Envelope> {
        let mut envelopes = Vec::new();
        for chunk in items(parts.history).map(|chunk| read::<Chunk<'_>>(Some(chunk))) {
            envelopes.extend(elements(chunk.errors).map(|error| self.not_shared(&error)));
            for thread in items(chunk.threads).map(|thread| read::<Thread<'_>>(Some(thread))) {
                self.thread(&thread, &mut envelopes);
            }
        }
        // What was in the files of the last two weeks follows message by message.
        for message in elements(parts.messages) {
            let (partner, past) = (self.partner(&message), self.past(&message));
            envelopes.extend(self.piece(&partner, vec![past]));
        }
        envelopes
    }

    fn thread(&self, thread: &Thread<'_>, envelopes: &mut Vec<Envelope>) {
        let id = json!({ "id": thread.id.map(|id| element(id.get())) });
        let mut partner = self.contacts.customer(&id, "id", "");
        let mut messages = Vec::new();
        for message in elements(thread.messages) {
            if partner.phone.is_none() || partner.user_id.is_none() {
                let named = self.partner(&message);
                if partner.phone.is_none() || named.phone == partner.phone {
                    partner.phone = partner.phone.or(named.phone);
                    partner.user_id = partner.user_id.or(named.user_id);
                    partner.name = partner.name.or(named.name);
                }
            }
            messages.push(self.past(&message));
        }
        let mut messages = messages.into_iter();
        while let Some(piece) = self.piece(&partner, messages.by_ref().take(AT_ONCE).collect()) {
            envelopes.push(piece);
        }
    }

    /// A piece of a history under an id that the same piece has again. A file's message comes
    /// first without and then with the file, so the ids of the messages alone would not do.
    fn piece(&self, customer: &Customer, messages: Vec<Past>) -> Option<Envelope> {
        messages.first()?;
        let names: Vec<_> =
            messages.iter().map(|past| [&*past.provider_id, past.content.kind()]).collect();
        let id = digest(json!(names));
        let address = self.number.clone();
        let received = HistoryReceived { customer: customer.clone(), address, messages };
        Some(self.envelope("history", &id, customer, received))
    }

    fn past(&self, message: &Value) -> Past {
        Past {
            provider_id: provider_id(message).unwrap_or_else(|| digest(message)),
            at: timestamp(message, self.now),
            by: if self.is_ours(message) { Author::Person } else { Author::Customer },
            content: content(message),
        }
    }

    fn partner(&self, message: &Value) -> Customer {
        let (phone, user_id) =
            if self.is_ours(message) { ("to", "to_user_id") } else { ("from", "from_user_id") };
        self.contacts.customer(message, phone, user_id)
    }

    fn is_ours(&self, message: &Value) -> bool {
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
        let says_so = message.pointer("/history_context/from_me").and_then(Value::as_bool);
        says_so.unwrap_or_else(|| {
            name(message, "from").is_some_and(|from| {
                let own = digits(&self.display);
                !own.is_empty() && digits(&from) == own
            })
        })
    }

    fn not_shared(&self, error: &Value) -> Envelope {
        let code = integer(error, "code");
        let details = if code == Some(NOT_SHARED) {
            "the business does not share what was said before; conversations begin without it"
                .to_owned()
        } else {
            format!(
                "what was said before does not come: {}",
                explanation(error).unwrap_or_else(|| "WhatsApp does not say why".to_owned())
            )
        };
        let subject = format!("history of number {}", self.number);
        let notice = Notice { severity: Severity::Info, over: false, subject, details };
        self.alert("history", notice, error)
    }
}
