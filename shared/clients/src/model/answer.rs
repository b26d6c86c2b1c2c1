//! Reading a chat completion.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Answer, Error, Unusable};

/// The model's words and what they cost.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Completion {
    content: String,
    prompt_tokens: u64,
    completion_tokens: u64,
}

impl Completion {
    /// A text that was cut off is not asked for again: the same limit would cut it again.
    pub(super) fn parse(body: Value) -> Result<Self, Error> {
        let body: Body = serde_json::from_value(body).map_err(|_| Unusable::NoCompletion)?;
        let choice = body.choices.into_iter().next().ok_or(Unusable::NoCompletion)?;
        let finish = choice.finish_reason.as_deref();
        if choice.message.refusal.is_some_and(|words| !words.is_empty())
            || finish == Some("content_filter")
        {
            return Err(Error::Refused);
        }
        if finish == Some("length") {
            return Err(Unusable::CutOff.into());
        }
        let usage = body.usage.unwrap_or_default();
        Ok(Self {
            content: choice.message.content.unwrap_or_default(),
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
        })
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(unfenced(&self.content))
    }

    pub(super) fn words(&self) -> Result<&str, Error> {
        let words = self.content.trim();
        if words.is_empty() { Err(Unusable::Empty.into()) } else { Ok(words) }
    }

    pub(super) fn answer<T>(&self, value: T) -> Answer<T> {
        Answer {
            value,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
        }
    }

    pub(super) fn add_cost_of(&mut self, other: &Self) {
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
    }

    /// The messages that show the model its answer and say what is wrong with it.
    pub(super) fn objection(&self, problem: &serde_json::Error) -> Vec<Value> {
        let objection = format!(
            "Your answer could not be read: {problem}. \
             Answer again with nothing but one JSON object that follows the schema."
        );
        let objection = json!({ "role": "user", "content": objection });
        if self.content.is_empty() {
            // Endpoints reject an empty message.
            return vec![objection];
        }
        vec![json!({ "role": "assistant", "content": self.content }), objection]
    }
}

/// The text without the code fence that models like to put around JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else {
        return text;
    };
    inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).trim()
}

#[derive(Deserialize)]
struct Body {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails here has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_code_fence_is_taken_off() {
        let table = [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (" \n{\"a\":1}\n", r#"{"a":1}"#),
            ("```json\n{\"a\":1}\n```", r#"{"a":1}"#),
            ("```\n{\"a\":1}\n```\n", r#"{"a":1}"#),
            ("```{\"a\":1}```", r#"{"a":1}"#),
            ("``", "``"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(unfenced(text), expected, "{text}");
        }
    }

    #[test]
    fn what_odd_endpoints_leave_out_is_not_missed() {
        let body = json!({ "choices": [{ "message": { "content": "{}" } }] });
        let expected =
            Completion { content: "{}".to_owned(), prompt_tokens: 0, completion_tokens: 0 };
        assert_eq!(Completion::parse(body).unwrap(), expected);
    }

    #[test]
    fn what_ends_without_an_answer_says_why() {
        let choice = |message: Value, reason: &str| json!({ "choices": [{ "message": message, "finish_reason": reason }] });
        let table = [
            (json!([]), "NoCompletion"),
            (json!({ "choices": [] }), "NoCompletion"),
            (choice(json!({ "content": "{\"a\"" }), "length"), "CutOff"),
            (choice(json!({ "content": null, "refusal": "I can't" }), "stop"), "Refused"),
            (choice(json!({ "content": "" }), "content_filter"), "Refused"),
        ];
        for (body, expected) in table {
            let error = Completion::parse(body).unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        }
    }
}
