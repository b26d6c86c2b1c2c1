//! Embeddings without a model: words and parts of words, hashed into a vector.
//!
//! Texts that share words or stems are close, others are nearly orthogonal. It knows no synonyms.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::ModelError;
use super::{model_name, tokens};
use crate::chat::fnv;

const DEFAULT_DIMENSIONS: usize = 1536;
const MOST_DIMENSIONS: u64 = 3072;
const MOST_INPUTS: usize = 2048;
const MOST_TOKENS: usize = 8192;
const MOST_TOKENS_IN_ALL: usize = 300_000;

const FIELDS: &[&str] = &["model", "input", "dimensions", "encoding_format", "user"];

pub(super) fn embed(body: &Value) -> Result<Value, ModelError> {
    let object = body.as_object().ok_or_else(ModelError::not_json)?;
    if let Some(unknown) = object.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(ModelError::unknown_parameter(unknown));
    }
    let model = model_name(body)?;
    let inputs = inputs(body)?;
    let dimensions = match body.get("dimensions") {
        None | Some(Value::Null) => DEFAULT_DIMENSIONS,
        Some(given) => given
            .as_u64()
            .filter(|n| (1..=MOST_DIMENSIONS).contains(n))
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| {
                let message = format!("'dimensions' must be between 1 and {MOST_DIMENSIONS}.");
                ModelError::invalid("dimensions", message)
            })?,
    };
    let as_base64 = match body.get("encoding_format").and_then(Value::as_str) {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => {
            let message = "'encoding_format' must be 'float' or 'base64'.";
            return Err(ModelError::invalid("encoding_format", message));
        }
    };
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, dimensions);
            let embedding = if as_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                STANDARD.encode(bytes).into()
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let used: usize = inputs.iter().map(|text| tokens(text)).sum();
    Ok(json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": { "prompt_tokens": used, "total_tokens": used },
    }))
}

fn inputs(body: &Value) -> Result<Vec<&str>, ModelError> {
    let refuse = |message: &str| Err(ModelError::invalid("input", message));
    let inputs: Vec<&str> = match &body["input"] {
        Value::Null => return Err(ModelError::missing("input")),
        Value::String(one) => vec![one],
        Value::Array(several) => {
            let texts: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
            match texts {
                Some(texts) => texts,
                None => return refuse("'input' must be a string or an array of strings."),
            }
        }
        _ => return refuse("'input' must be a string or an array of strings."),
    };
    if inputs.is_empty() || inputs.len() > MOST_INPUTS || inputs.iter().any(|i| i.is_empty()) {
        return refuse("'$.input' is invalid.");
    }
    if inputs.iter().any(|text| tokens(text) > MOST_TOKENS) {
        return refuse("This model's maximum context length is 8192 tokens.");
    }
    if inputs.iter().map(|text| tokens(text)).sum::<usize>() > MOST_TOKENS_IN_ALL {
        return refuse("Requested tokens exceed the maximum of 300000 per request.");
    }
    Ok(inputs)
}

/// How near two texts are, between 0 and 1.
pub(super) fn nearness(one: &str, other: &str) -> f32 {
    let (one, other) = (vector(one, DEFAULT_DIMENSIONS), vector(other, DEFAULT_DIMENSIONS));
    one.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>().clamp(0.0, 1.0)
}

/// A vector of length one; the same text gives the same vector on every machine.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut weights: HashMap<u64, f32> = HashMap::new();
    for word in fold(text).split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        // Short words are mostly articles and prepositions.
        let weight = if word.chars().count() <= 3 { 0.25 } else { 1.0 };
        *weights.entry(fnv(word)).or_default() += weight;
        let marked: Vec<char> = format!("<{word}>").chars().collect();
        for length in [3, 4, 5] {
            for gram in marked.windows(length) {
                let gram: String = gram.iter().collect();
                *weights.entry(fnv(&gram)).or_default() += weight * 0.5;
            }
        }
    }
    let mut vector = vec![0.0_f32; dimensions];
    for (hash, weight) in weights {
        // Two numbers from one hash: where, and with which sign, so that collisions cancel out.
        let at = usize::try_from(hash % dimensions as u64).unwrap_or_default();
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[at] += sign * weight.sqrt();
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length == 0.0 {
        // Nothing but signs: still a vector of length one.
        vector[0] = 1.0;
        return vector;
    }
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

/// Lower case without the accents of the languages that Relevo ships.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            other => other,
        })
        .collect()
}
