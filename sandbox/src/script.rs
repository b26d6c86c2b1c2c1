//! What the model answers: rules, the first that matches wins.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lock;
use crate::model::{ChatRequest, fold};

/// One rule of the script: when the conversation says this, answer that.
///
/// The pattern is compared without case and accents. `|` separates alternatives, `*` stands for anything in
/// between, and a pattern may be anywhere in the text: `horario|a que hora * abr` matches "¿A qué hora
/// abrís?". The empty pattern matches always.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    when: String,
    #[serde(default, rename = "in")]
    place: Place,
    /// Only requests whose `response_format` has this name.
    #[serde(default)]
    schema: Option<String>,
    /// How often it still answers; without it, always.
    #[serde(default)]
    times: Option<u32>,
    /// How long the model thinks first.
    #[serde(default)]
    after_ms: u64,
    #[serde(rename = "reply")]
    reply: Reply,
}

/// Where a rule looks for its pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The last message of role `user`.
    #[default]
    LastUser,
    /// All messages of the roles `system` and `developer`.
    System,
    /// All messages.
    Anywhere,
}

/// What the model says. Under `response_format` a text is sent as it is: that is how a model breaks a schema.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    Text(String),
    /// Written out as the message's content.
    Json(Value),
    /// A call of a tool. A string as arguments is sent as it is, so that it may be invalid JSON.
    ToolCall {
        name: String,
        arguments: Value,
    },
    Refusal(String),
    /// A text that ends with `finish_reason: length`.
    Truncated(String),
    /// An error answer in the real shape: of 429 a rate limit, or `quota: true` for `insufficient_quota`.
    Error {
        status: u16,
        #[serde(default)]
        quota: bool,
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// Decided by the test from the request's JSON.
    #[serde(skip)]
    Computed(Computed),
}

/// See [`Reply::computed`].
#[derive(Clone)]
pub struct Computed(Arc<dyn Fn(&Value) -> Reply + Send + Sync>);

impl Computed {
    pub(crate) fn reply(&self, request: &Value) -> Reply {
        (self.0)(request)
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}

// Answers are texts for customers.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Json(_) => "Json",
            Self::ToolCall { .. } => "ToolCall",
            Self::Refusal(_) => "Refusal",
            Self::Truncated(_) => "Truncated",
            Self::Error { .. } => "Error",
            Self::Computed(_) => "Computed",
        })
    }
}

impl Reply {
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    #[must_use]
    pub fn tool_call(name: impl Into<String>, arguments: Value) -> Self {
        Self::ToolCall { name: name.into(), arguments }
    }

    /// JSON that ends in the middle.
    #[must_use]
    pub fn invalid_json() -> Self {
        Self::text("{\"answer\": \"")
    }

    #[must_use]
    pub fn error(status: u16) -> Self {
        Self::Error { status, quota: false, retry_after_s: None }
    }

    /// A closure over the request's JSON.
    pub fn computed(reply: impl Fn(&Value) -> Self + Send + Sync + 'static) -> Self {
        Self::Computed(Computed(Arc::new(reply)))
    }
}

/// A rule without its reply yet.
#[derive(Clone, Debug)]
pub struct When {
    pattern: String,
    place: Place,
    schema: Option<String>,
}

impl When {
    /// Looks elsewhere than in the last user message.
    #[must_use]
    pub fn found_in(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Only for requests whose `response_format` has this name.
    #[must_use]
    pub fn for_schema(mut self, name: &str) -> Self {
        self.schema = Some(name.to_owned());
        self
    }

    #[must_use]
    pub fn replies(self, reply: Reply) -> Rule {
        Rule {
            when: self.pattern,
            place: self.place,
            schema: self.schema,
            times: None,
            after_ms: 0,
            reply,
        }
    }
}

impl Rule {
    /// When the last user message matches this pattern.
    #[must_use]
    pub fn when(pattern: &str) -> When {
        When { pattern: pattern.to_owned(), place: Place::default(), schema: None }
    }

    /// Whatever is asked.
    #[must_use]
    pub fn always() -> When {
        Self::when("")
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Thinks so long before it answers.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.after_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    fn matches(&self, request: &ChatRequest<'_>) -> bool {
        let schema = self.schema.as_deref();
        self.times != Some(0)
            && schema.is_none_or(|name| request.schema_name() == Some(name))
            && matches_pattern(&self.when, &request.text_in(self.place))
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (fold(pattern), fold(text));
    pattern.split('|').any(|alternative| {
        let mut rest = text.as_str();
        alternative.trim().split('*').map(str::trim).all(|piece| {
            let Some(at) = rest.find(piece) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
            true
        })
    })
}

/// The script of one sandbox's model. Without a matching rule it answers with the smallest instance of the
/// schema that is asked for, or else says the last user message back.
#[derive(Debug, Default)]
pub struct Script {
    rules: Mutex<Vec<Rule>>,
    /// What is heard in a file, by its SHA-256.
    transcripts: Mutex<HashMap<[u8; 32], String>>,
    /// What is seen in a picture, by its SHA-256.
    descriptions: Mutex<HashMap<[u8; 32], String>>,
}

impl Script {
    /// After the rules that are already there.
    pub fn add(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }

    /// The transcription endpoint hears this text in these bytes.
    pub fn transcribes(&self, bytes: &[u8], text: &str) {
        lock(&self.transcripts).insert(Sha256::digest(bytes).into(), text.to_owned());
    }

    /// Whoever shows the model these bytes in the last user message is answered with this text, before any
    /// rule.
    pub fn describes(&self, bytes: &[u8], text: &str) {
        lock(&self.descriptions).insert(Sha256::digest(bytes).into(), text.to_owned());
    }

    pub fn clear(&self) {
        lock(&self.rules).clear();
        lock(&self.transcripts).clear();
        lock(&self.descriptions).clear();
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        lock(&self.rules)
            .iter()
            .filter(|rule| !matches!(rule.reply, Reply::Computed(_)))
            .cloned()
            .collect()
    }

    pub(crate) fn heard_in(&self, bytes: &[u8]) -> String {
        let key: [u8; 32] = Sha256::digest(bytes).into();
        lock(&self.transcripts).get(&key).cloned().unwrap_or_default()
    }

    fn seen_in(&self, images: &[Vec<u8>]) -> Option<String> {
        let descriptions = lock(&self.descriptions);
        images.iter().find_map(|image| {
            let key: [u8; 32] = Sha256::digest(image).into();
            descriptions.get(&key).cloned()
        })
    }

    /// The reply of the first rule that matches, and how long to think before it.
    pub(crate) fn reply(&self, request: &ChatRequest<'_>) -> Option<(Reply, Duration)> {
        if let Some(seen) = self.seen_in(&request.images()) {
            return Some((Reply::Text(seen), Duration::ZERO));
        }
        let mut rules = lock(&self.rules);
        let rule = rules.iter_mut().find(|rule| rule.matches(request))?;
        rule.times = rule.times.map(|times| times - 1);
        Some((rule.reply.clone(), Duration::from_millis(rule.after_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn patterns_ignore_case_and_accents_and_know_two_signs() {
        let rows = [
            ("", "lo que sea", true),
            ("horario", "¿Qué HORARIO tenéis?", true),
            ("a que hora * abr", "¿A qué hora abrís?", true),
            ("abr * a que hora", "¿A qué hora abrís?", false),
            ("precio|cuesta", "¿Cuánto cuesta?", true),
            ("precio|vale", "¿Cuánto cuesta?", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern}");
        }
    }
}
