//! The database that people work in: what it must have, and what is missing.

use clients::notion::{Database, Error, Notion, Schema, Source};
use domain::Language;
use runtime::business::NotionNames;
use serde_json::{Map, Value, json};

use crate::words;

/// What was found of one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Right(String),
    /// It can be added.
    Missing(String),
    /// It is there with another type, which somebody must change.
    Wrong {
        name: String,
        is: String,
        wanted: &'static str,
    },
    /// Some choices can be added.
    LacksChoices(String, Vec<String>),
}

/// The properties with their types, and the choices of those that have some.
fn wanted(names: &NotionNames, language: Language) -> Vec<(&String, &'static str, Vec<String>)> {
    let states = [
        &names.waiting,
        &names.taken,
        &names.send,
        &names.send_and_close,
        &names.answered,
        &names.closed,
    ];
    let learning = words::learnings(language).map(str::to_owned);
    let learning = learning.into_iter().chain([names.approve.clone(), names.discard.clone()]);
    vec![
        (&names.question, "title", Vec::new()),
        (&names.answer, "rich_text", Vec::new()),
        (&names.phone, "phone_number", Vec::new()),
        (&names.id, "rich_text", Vec::new()),
        (&names.status, "select", states.map(Clone::clone).to_vec()),
        (&names.reason, "select", Vec::new()),
        (&names.summary, "rich_text", Vec::new()),
        (&names.conversation, "rich_text", Vec::new()),
        (&names.assigned, "people", Vec::new()),
        (&names.delivery, "rich_text", Vec::new()),
        (&names.business, "select", Vec::new()),
        (&names.learning, "select", learning.collect()),
        (&names.proposal, "rich_text", Vec::new()),
        (&names.helped, "number", Vec::new()),
        (&names.attachments, "files", Vec::new()),
    ]
}

fn as_schema(kind: &str, choices: &[String]) -> Value {
    let options: Vec<Value> = choices.iter().map(|name| json!({ "name": name })).collect();
    match kind {
        "select" => json!({ "select": { "options": options } }),
        kind => json!({ kind: {} }),
    }
}

/// Makes a database beneath a page.
pub async fn create(
    notion: &Notion,
    page: &str,
    title: &str,
    names: &NotionNames,
    language: Language,
) -> Result<Database, Error> {
    let properties: Map<String, Value> = wanted(names, language)
        .into_iter()
        .map(|(name, kind, choices)| (name.clone(), as_schema(kind, &choices)))
        .collect();
    notion.create_database(page, title, Value::Object(properties)).await
}

/// Compares a database with what is wanted; with `completes`, adds what can be added.
pub async fn check(
    notion: &Notion,
    source: &Source,
    names: &NotionNames,
    language: Language,
    completes: bool,
) -> Result<Vec<Finding>, Error> {
    let schema = notion.schema(source).await?;
    let mut additions = Map::new();
    let mut findings = Vec::new();
    for (name, kind, choices) in wanted(names, language) {
        let finding = find(&schema, name, kind, &choices);
        match &finding {
            Finding::Missing(_) if kind == "title" => {
                // Every database has one title, under whatever name.
                let title = schema.types.iter().find(|(_, kind)| *kind == "title");
                if let Some((old, _)) = title {
                    additions.insert(old.clone(), json!({ "name": name }));
                }
            }
            Finding::Missing(_) => {
                additions.insert(name.clone(), as_schema(kind, &choices));
            }
            Finding::LacksChoices(_, missing) => {
                let mut all = schema.choices.get(name).cloned().unwrap_or_default();
                all.extend(missing.iter().cloned());
                additions.insert(name.clone(), as_schema(kind, &all));
            }
            Finding::Right(_) | Finding::Wrong { .. } => {}
        }
        findings.push(finding);
    }
    if completes && !additions.is_empty() {
        notion.change_schema(source, Value::Object(additions)).await?;
    }
    Ok(findings)
}

fn find(schema: &Schema, name: &String, kind: &'static str, choices: &[String]) -> Finding {
    let Some(is) = schema.types.get(name) else { return Finding::Missing(name.clone()) };
    if is != kind {
        return Finding::Wrong { name: name.clone(), is: is.clone(), wanted: kind };
    }
    let there = schema.choices.get(name).map(Vec::as_slice).unwrap_or_default();
    let missing: Vec<String> =
        choices.iter().filter(|choice| !there.contains(choice)).cloned().collect();
    match missing.is_empty() {
        true => Finding::Right(name.clone()),
        false => Finding::LacksChoices(name.clone(), missing),
    }
}
