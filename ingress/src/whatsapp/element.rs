//! Reading an element of a webhook as it really comes: strings for numbers, numbers for strings,
//! fields that are missing, and a sender that is a phone number, a user id, both or neither.

use std::time::Duration;

use domain::{Customer, Timestamp};
use serde_json::Value;

const DEEPEST: usize = 100;
/// Two clocks can differ; more than this is another unit or nonsense.
const SKEW: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// A text that says something, as the ones must that name somebody or something.
pub(super) fn name(value: &Value, key: &str) -> Option<String> {
    text(value, key).filter(|text| !text.is_empty())
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn integer(value: &Value, key: &str) -> Option<i64> {
    let value = value.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A number that JSON can hold again: neither infinite nor none.
pub(super) fn number(value: &Value, key: &str) -> Option<f64> {
    let value = value.get(key)?;
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
}

/// The element's time, from its Unix seconds; `now` where it has none or one that can't be.
pub(super) fn timestamp(value: &Value, now: Timestamp) -> Timestamp {
    integer(value, "timestamp")
        .filter(|seconds| *seconds > 0)
        .map(Timestamp::from_secs)
        .filter(|time| *time <= now + SKEW)
        .unwrap_or(now)
}

/// Reads JSON that the workers can read too: a parser follows 128 levels, and a message puts some
/// of its own around it (test `deep_nesting_is_no_danger`).
pub(super) fn shallow(json: &str) -> Option<Value> {
    serde_json::from_str(json).ok().filter(|value| depth(value) <= DEEPEST)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// What is said of an error, without whatever could be a phone number. The details say most;
/// titles are to go, and details can stand where their object should.
pub(super) fn explanation(error: &Value) -> Option<String> {
    let data = error.get("error_data");
    data.and_then(|data| text(data, "details").or_else(|| data.as_str().map(str::to_owned)))
        .or_else(|| text(error, "title"))
        .or_else(|| text(error, "message"))
        .map(|said| masked(&said))
}

/// Longer than any code of an error.
const DIGITS_OF_A_NUMBER: usize = 7;

fn masked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let runs = chars.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
    let is_number = |run: &[char]| run.len() >= DIGITS_OF_A_NUMBER && run[0].is_ascii_digit();
    runs.flat_map(|run| if is_number(run) { &['…'] } else { run }).collect()
}

/// A customer from the two fields that may name them. Where a user id stands in the phone
/// number's place, as it does for some customers without a number, it is taken for what it is.
pub(super) fn customer(phone: Option<String>, user_id: Option<String>) -> Customer {
    let (phone, in_phone) = match phone {
        Some(phone) if is_user_id(&phone) => (None, Some(phone)),
        phone => (phone, None),
    };
    Customer { user_id: user_id.or(in_phone), phone, name: None }
}

/// `ES.123…`: a country, a full stop, letters and digits.
fn is_user_id(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    })
}
