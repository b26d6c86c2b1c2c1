//! What the elements of a webhook lie in: entries, and in each entry changes.
//!
//! Every level is read on its own and what does not have its shape is empty. The elements stay as
//! they came, and what is not asked for is skipped and never built up: the contacts of a phone can
//! be 3 MB that nobody here wants (test `no_shape_of_three_megabytes_takes_long`).

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tracing::warn;

use super::element::shallow;

pub(super) type Raw<'a> = Option<&'a RawValue>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Webhook<'a> {
    #[serde(borrow)]
    entry: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    time: Raw<'a>,
    changes: Raw<'a>,
}

/// Something that happened: `field` says to what, its value what.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    field: Raw<'a>,
    value: Raw<'a>,
    /// Of the entry: the `id` of the account, and the `timestamp` where it has one.
    #[serde(skip)]
    pub(super) head: Value,
}

/// The parts of a change's value that are about messages.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Parts<'a> {
    #[serde(borrow)]
    pub(super) metadata: Raw<'a>,
    pub(super) contacts: Raw<'a>,
    pub(super) messages: Raw<'a>,
    pub(super) statuses: Raw<'a>,
    pub(super) message_echoes: Raw<'a>,
    pub(super) user_id_update: Raw<'a>,
    pub(super) history: Raw<'a>,
    pub(super) errors: Raw<'a>,
}

/// Every change of every entry. An error says that this is not JSON at all.
pub(super) fn changes(body: &[u8]) -> serde_json::Result<impl Iterator<Item = Change<'_>>> {
    let webhook = serde_json::from_slice::<Webhook<'_>>(body)
        // Of another shape, or not JSON.
        .or_else(|_| serde_json::from_slice::<&RawValue>(body).map(|_| Webhook::default()))?;
    let entries = items(webhook.entry).map(|entry| read::<Entry<'_>>(Some(entry)));
    Ok(entries.flat_map(|entry| {
        let value = |raw: Raw<'_>| raw.map(|raw| element(raw.get()));
        let head = json!({ "id": value(entry.id), "timestamp": value(entry.time) });
        items(entry.changes).map(move |change| Change { head: head.clone(), ..read(Some(change)) })
    }))
}

impl<'a> Change<'a> {
    /// The name of the field, where it looks like one and so is fit for a log.
    pub(super) fn field(&self) -> Option<&'a str> {
        let field = self.field?.get().strip_prefix('"')?.strip_suffix('"')?;
        let is_name = field.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_name.then_some(field)
    }

    pub(super) fn parts(&self) -> Parts<'a> {
        read(self.value)
    }

    /// The whole value, for a field that is not about messages.
    pub(super) fn value(&self) -> Value {
        self.value.map(|value| element(value.get())).unwrap_or_default()
    }
}

pub(super) fn read<'a, T: Deserialize<'a> + Default>(raw: Raw<'a>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// What a list holds; what anything else holds is nothing.
pub(super) fn items(list: Raw<'_>) -> impl Iterator<Item = &RawValue> {
    read::<Vec<&RawValue>>(list).into_iter()
}

/// The elements of a list. What is no object is no element.
pub(super) fn elements(list: Raw<'_>) -> impl Iterator<Item = Value> {
    let all = items(list).map(|raw| element(raw.get()));
    all.filter(|element| {
        let is_one = element.is_object();
        if !is_one {
            warn!("an element of a webhook that is no object is left out");
        }
        is_one
    })
}

/// An element on its own. One that can't be held, because it is nested too deeply or has a number
/// of 400 digits, is kept as its text.
pub(super) fn element(json: &str) -> Value {
    shallow(json)
        .or_else(|| shallow(&with_whole_characters(json)))
        .unwrap_or_else(|| json!({ "unreadable": json }))
}

/// Puts U+FFFD for every escaped half of a character. A name or a text that was cut after so many
/// UTF-16 units can end in the middle of an emoji, and no parser takes that.
fn with_whole_characters(json: &str) -> String {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let escape = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                whole.push('\u{fffd}');
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        whole.push_str(&rest[..escape]);
        rest = &rest[escape..];
    }
    whole.push_str(rest);
    whole
}

/// The UTF-16 unit that `\uXXXX` at the beginning stands for.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_replaced_and_nothing_else() {
        for (json, text) in [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude00\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83d\ud83d\ude00\n\u00f1""#, "\u{fffd}😀\nñ"),
            (r#""\\ud83d \ud83dñ\/""#, "\\ud83d \u{fffd}ñ/"),
        ] {
            assert_eq!(element(json), *text, "{json}");
        }
    }

    #[test]
    fn what_no_value_holds_is_kept_as_text() {
        for json in ["1e999", r#"{"a":1e999}"#, &("[".repeat(200) + &"]".repeat(200))] {
            assert_eq!(element(json), json!({ "unreadable": json }));
        }
    }
}
