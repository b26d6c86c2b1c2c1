//! Checks that every request needs, with the words of Notion's own answers.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::NotionError;

/// No keys but these.
pub(super) fn only(
    object: &Map<String, Value>,
    known: &[&str],
    path: &str,
) -> Result<(), NotionError> {
    match object.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        Some((key, value)) => {
            Err(NotionError::should(&format!("{path}.{key}"), "not present", value))
        }
        None => Ok(()),
    }
}

pub(super) fn string<'a>(value: &'a Value, path: &str) -> Result<&'a str, NotionError> {
    match value {
        Value::Null => Err(NotionError::should(path, "defined", value)),
        value => value.as_str().ok_or_else(|| NotionError::should(path, "a string", value)),
    }
}

/// With hyphens or without.
pub(super) fn uuid(text: &str, path: &str) -> Result<Uuid, NotionError> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    Uuid::parse_str(text)
        .ok()
        .filter(|_| is_plain)
        .ok_or_else(|| NotionError::should(path, "a valid uuid", &text.into()))
}

/// A flag that may be missing.
pub(super) fn flag(value: &Value, path: &str) -> Result<Option<bool>, NotionError> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        other => Err(NotionError::should(path, "a boolean or `undefined`", other)),
    }
}
