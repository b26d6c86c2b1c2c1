//! Chat completions: the request checked, the script asked, the answer in OpenAI's shape.

use serde_json::{Value, json};

use super::error::ModelError;
use super::image::{check_parts, images_of};
use super::schema::{smallest, strict_problem};
use super::{model_name, tokens};
use crate::clock::now_ms;
use crate::ids;
use crate::script::{Place, Reply};
use crate::world::World;

/// The documented parameters.
const FIELDS: &[&str] = &[
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

const ROLES: &[&str] = &["developer", "system", "user", "assistant", "tool"];

/// How much of the last user message is said back when no rule matches.
const ECHO_LENGTH: usize = 200;

pub(super) async fn complete(world: &World, body: &Value) -> Result<Value, ModelError> {
    let model = check(body)?;
    let request = ChatRequest(body);
    let (mut reply, delay) = world
        .script
        .reply(&request)
        .unwrap_or_else(|| (request.unscripted(), std::time::Duration::ZERO));
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    while let Reply::Computed(computed) = reply {
        reply = computed.reply(body);
    }
    let (message, finish_reason) = message(reply)?;
    let prompt = request.text_in(Place::Anywhere);
    let (prompt_tokens, completion_tokens) = (tokens(&prompt), tokens(&message.to_string()));
    Ok(json!({
        "id": format!("chatcmpl-{}", ids::token()),
        "object": "chat.completion",
        "created": now_ms() / 1000,
        "model": model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason,
        }],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }))
}

/// The assistant's message of a reply and its `finish_reason`.
fn message(reply: Reply) -> Result<(Value, &'static str), ModelError> {
    let mut message = json!({ "role": "assistant", "content": null, "refusal": null });
    let mut finish_reason = "stop";
    match reply {
        Reply::Text(text) => message["content"] = text.into(),
        Reply::Json(value) => message["content"] = value.to_string().into(),
        Reply::Refusal(text) => message["refusal"] = text.into(),
        Reply::Truncated(text) => {
            message["content"] = text.into();
            finish_reason = "length";
        }
        Reply::ToolCall { name, arguments } => {
            let arguments = match arguments {
                Value::String(raw) => raw,
                value => value.to_string(),
            };
            message["tool_calls"] = json!([{
                "id": format!("call_{}", ids::token()),
                "type": "function",
                "function": { "name": name, "arguments": arguments },
            }]);
            finish_reason = "tool_calls";
        }
        Reply::Error { status, quota, retry_after_s } => {
            return Err(ModelError::of_status(status, quota, retry_after_s));
        }
        Reply::Computed(_) => unreachable!("computed replies were resolved by the caller"),
    }
    Ok((message, finish_reason))
}

/// A request that was checked.
pub(crate) struct ChatRequest<'a>(&'a Value);

impl ChatRequest<'_> {
    /// The name of the structured output that is asked for.
    pub(crate) fn schema_name(&self) -> Option<&str> {
        self.0.pointer("/response_format/json_schema/name")?.as_str()
    }

    pub(crate) fn text_in(&self, place: Place) -> String {
        let messages = self.0["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let has_role = |message: &&Value, roles: &[&str]| {
            message["role"].as_str().is_some_and(|role| roles.contains(&role))
        };
        match place {
            Place::LastUser => {
                messages.iter().rfind(|m| has_role(m, &["user"])).map(content).unwrap_or_default()
            }
            Place::System => {
                join(messages.iter().filter(|m| has_role(m, &["system", "developer"])))
            }
            Place::Anywhere => join(messages.iter()),
        }
    }

    /// The pictures in the last user message.
    pub(crate) fn images(&self) -> Vec<Vec<u8>> {
        let mut messages = self.0["messages"].as_array().into_iter().flatten();
        messages.rfind(|m| m["role"] == "user").map(images_of).unwrap_or_default()
    }

    /// What is answered when no rule matches.
    fn unscripted(&self) -> Reply {
        if let Some(schema) = self.0.pointer("/response_format/json_schema/schema") {
            return Reply::Json(smallest(schema));
        }
        if self.0.pointer("/response_format/type") == Some(&json!("json_object")) {
            return Reply::Json(json!({}));
        }
        if let Some(function) = self.forced_tool() {
            return Reply::ToolCall {
                name: function["name"].as_str().unwrap_or_default().to_owned(),
                arguments: smallest(&function["parameters"]),
            };
        }
        let said: String = self.text_in(Place::LastUser).chars().take(ECHO_LENGTH).collect();
        Reply::text(format!("Eco: {said}"))
    }

    /// The tool that `tool_choice` does not leave open.
    fn forced_tool(&self) -> Option<&Value> {
        let mut functions = self.0["tools"].as_array()?.iter().map(|tool| &tool["function"]);
        match &self.0["tool_choice"] {
            Value::String(choice) if choice == "required" => functions.next(),
            Value::Object(choice) => {
                let name = choice.get("function")?.get("name")?;
                functions.find(|function| function["name"] == *name)
            }
            _ => None,
        }
    }
}

fn join<'a>(messages: impl Iterator<Item = &'a Value>) -> String {
    messages.map(content).collect::<Vec<_>>().join("\n")
}

/// The text of a message, which is a string or a list of parts.
fn content(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// Refuses what OpenAI refuses, and what this stand-in does not do.
fn check(body: &Value) -> Result<&str, ModelError> {
    let object = body.as_object().ok_or_else(ModelError::not_json)?;
    if let Some(unknown) = object.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(ModelError::unknown_parameter(unknown));
    }
    let model = model_name(body)?;
    check_messages(body)?;
    check_tools(body)?;
    check_response_format(body)?;
    if body["stream"] == true {
        return Err(ModelError::invalid("stream", "The sandbox does not stream."));
    }
    if !matches!(body["n"].as_u64(), None | Some(1)) {
        return Err(ModelError::invalid("n", "The sandbox gives one choice."));
    }
    for (param, highest) in [("temperature", 2.0), ("top_p", 1.0)] {
        if body[param].as_f64().is_some_and(|given| !(0.0..=highest).contains(&given)) {
            let message = format!("Invalid '{param}': expected a value between 0 and {highest}.");
            return Err(ModelError::invalid(param, message));
        }
    }
    Ok(model)
}

fn check_messages(body: &Value) -> Result<(), ModelError> {
    let messages = body["messages"].as_array().ok_or_else(|| ModelError::missing("messages"))?;
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
        return Err(ModelError::invalid("messages", message));
    }
    let mut open_calls: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let param = format!("messages[{at}]");
        let role = message["role"].as_str().unwrap_or_default();
        if !ROLES.contains(&role) {
            let text = format!("Invalid value: '{role}'. Supported values are: {ROLES:?}");
            return Err(ModelError::invalid(&format!("{param}.role"), text));
        }
        let calls = message["tool_calls"].as_array();
        let has_content = message["content"].is_string() || message["content"].is_array();
        if !has_content && calls.is_none() && message["refusal"].is_null() {
            let text = "Invalid value for 'content': expected a string, got null.";
            return Err(ModelError::invalid(&format!("{param}.content"), text));
        }
        check_parts(message, &param)?;
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(found) = open_calls.iter().position(|open| *open == id) else {
                let text = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
                return Err(ModelError::invalid(&format!("{param}.role"), text));
            };
            open_calls.swap_remove(found);
        } else if !open_calls.is_empty() {
            let text = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
            return Err(ModelError::invalid(&param, text));
        }
        open_calls.extend(calls.into_iter().flatten().filter_map(|call| call["id"].as_str()));
    }
    Ok(())
}

fn check_tools(body: &Value) -> Result<(), ModelError> {
    let tools = body["tools"].as_array();
    for (at, tool) in tools.into_iter().flatten().enumerate() {
        let param = format!("tools[{at}].function");
        check_name(&tool["function"]["name"], &format!("{param}.name"))?;
        if tool["function"]["strict"] == true {
            check_strict(&tool["function"]["parameters"], &param)?;
        }
    }
    if tools.is_none() && !body["tool_choice"].is_null() {
        let message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return Err(ModelError::invalid("tool_choice", message));
    }
    Ok(())
}

fn check_response_format(body: &Value) -> Result<(), ModelError> {
    let format = &body["response_format"];
    if format.is_null() {
        return Ok(());
    }
    match format["type"].as_str() {
        Some("text") => Ok(()),
        Some("json_object") => {
            let prompt = ChatRequest(body).text_in(Place::Anywhere).to_lowercase();
            if prompt.contains("json") {
                return Ok(());
            }
            let message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
            Err(ModelError::invalid("messages", message))
        }
        Some("json_schema") => {
            let named = &format["json_schema"];
            check_name(&named["name"], "response_format.json_schema.name")?;
            if !named["schema"].is_object() {
                return Err(ModelError::missing("response_format.json_schema.schema"));
            }
            if named["strict"] == true {
                check_strict(&named["schema"], "response_format")?;
            }
            Ok(())
        }
        _ => {
            let message =
                "Invalid value. Supported values are: 'json_object', 'json_schema', and 'text'.";
            Err(ModelError::invalid("response_format.type", message))
        }
    }
}

fn check_name(name: &Value, param: &str) -> Result<(), ModelError> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match name.as_str() {
        None => Err(ModelError::missing(param)),
        Some(name) if (1..=64).contains(&name.len()) && name.chars().all(is_word) => Ok(()),
        Some(_) => {
            let message = format!(
                "Invalid '{param}': expected a string that matches the pattern '^[a-zA-Z0-9_-]+$' of at most 64 characters."
            );
            Err(ModelError::invalid(param, message))
        }
    }
}

fn check_strict(schema: &Value, param: &str) -> Result<(), ModelError> {
    match strict_problem(schema) {
        Some(problem) => {
            let message = format!("Invalid schema for {param}: {problem}");
            Err(ModelError::invalid(param, message))
        }
        None => Ok(()),
    }
}
