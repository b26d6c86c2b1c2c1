//! Questions that a page marks for machines: `FAQPage` of schema.org, as JSON-LD.

use std::collections::BTreeSet;

use serde_json::Value;

use super::content::Around;
use super::render;
use super::tree::{self, Tree};
use crate::Block;
use crate::apart::Deadline;
use crate::question::squeezed;

/// Of one page.
const QUESTIONS_MAX: usize = 2_000;
/// Objects in objects.
const DEPTH_MAX: usize = 16;

/// Questions with their answers.
pub(super) fn marked(tree: &Tree, until: Deadline) -> Vec<(String, String)> {
    let is_marked = |at: &usize| {
        tree.name(*at) == Some("script")
            && tree.attribute(*at, "type").is_some_and(|one| one.contains("ld+json"))
    };
    let mut marked = Vec::new();
    for script in tree.within(tree.root()).filter(is_marked) {
        // A page's mistake in what it says to machines spoils nothing.
        if let Ok(value) = serde_json::from_str::<Value>(&tree.text(script)) {
            gather(&value, 0, &mut marked);
        }
    }
    marked.into_iter().map(|(question, text)| (question, plain(&text, until))).collect()
}

fn gather(value: &Value, depth: usize, marked: &mut Vec<(String, String)>) {
    if depth > DEPTH_MAX || marked.len() >= QUESTIONS_MAX {
        return;
    }
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    match value {
        Value::Array(values) => values.iter().for_each(|one| gather(one, depth + 1, marked)),
        Value::Object(_) if is_question(value) => {
            let answer = match value.get("acceptedAnswer") {
                Some(Value::Array(answers)) => answers.first(),
                answer => answer,
            };
            let question = text(value, "name").or_else(|| text(value, "text"));
            let answer = answer.and_then(|answer| text(answer, "text"));
            if let (Some(question), Some(answer)) = (question, answer) {
                marked.push((squeezed(&question), answer));
            }
        }
        Value::Object(fields) => fields.values().for_each(|one| gather(one, depth + 1, marked)),
        _ => {}
    }
}

fn is_question(value: &Value) -> bool {
    match value.get("@type") {
        Some(Value::Array(types)) => types.iter().any(|one| one == "Question"),
        Some(one) => one == "Question",
        None => false,
    }
}

/// An answer may be written in HTML.
fn plain(text: &str, until: Deadline) -> String {
    let tree = tree::parse(text, until);
    let blocks = render::blocks(&tree, tree.root(), Around::Kept);
    blocks.into_iter().map(Block::flat).collect::<Vec<_>>().join("\n\n")
}

/// Adds what the page does not show as a question already.
pub(super) fn add(blocks: &mut Vec<Block>, marked: Vec<(String, String)>) {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let mut shown: BTreeSet<String> = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading { text, .. } if text.ends_with('?') => Some(letters(text)),
            Block::Answer { question, .. } => Some(letters(question)),
            _ => None,
        })
        .collect();
    for (question, text) in marked {
        if shown.insert(letters(&question)) {
            blocks.push(Block::Answer { question, text });
        }
    }
}
