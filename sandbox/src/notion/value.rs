//! The values of properties: what may be written, what is read, and what a person sees of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::NotionError;
use super::file::{self, Files};
use super::schema::{Kind, Property};
use super::workspace::{At, Page, Person, Workspace, user_reference};
use super::{check, rich_text, time};

const LONGEST_URL: usize = 2_000;
const LONGEST_EMAIL: usize = 200;
const LONGEST_PHONE: usize = 200;
const MOST_ITEMS: usize = 100;

/// What a value may refer to.
pub(super) struct Known<'a> {
    pub(super) people: &'a [Person],
    pub(super) files: &'a Files,
}

/// Checks a value for a property and gives it as it is kept. Options of a select are made as they come.
pub(super) fn write(
    property: &mut Property,
    given: &Value,
    path: &str,
    known: &Known<'_>,
) -> Result<Value, NotionError> {
    let kind = property.kind;
    let named = given.get("type").and_then(Value::as_str).is_none_or(|name| name == kind.name());
    let Some(value) = given.get(kind.name()).filter(|_| named) else {
        return Err(NotionError::validation(format!(
            "{} is expected to be {}.",
            property.name,
            kind.name()
        )));
    };
    if kind.is_read_only() {
        return Err(NotionError::validation(format!(
            "{} is of type {}, which cannot be updated through the API.",
            property.name,
            kind.name()
        )));
    }
    let path = &format!("{path}.{}", kind.name());
    match kind {
        Kind::Title | Kind::RichText => rich_text::write(value, path),
        _ if value.is_null() => Ok(Value::Null),
        Kind::PhoneNumber => text(value, LONGEST_PHONE, path),
        Kind::Email => text(value, LONGEST_EMAIL, path),
        Kind::Url => text(value, LONGEST_URL, path),
        Kind::Select => choice(property, value, path),
        Kind::Status => status(property, value, path),
        Kind::MultiSelect => {
            list(value, path, |item, path| choice(property, item, &path)).map(Value::from)
        }
        Kind::Date => date(value, path),
        Kind::Checkbox if value.is_boolean() => Ok(value.clone()),
        Kind::Checkbox => Err(NotionError::should(path, "a boolean", value)),
        Kind::Number if value.is_number() => Ok(value.clone()),
        Kind::Number => Err(NotionError::should(path, "a number", value)),
        Kind::People => {
            list(value, path, |item, path| person(item, &path, known.people)).map(Value::from)
        }
        Kind::Files => {
            list(value, path, |item, path| attached(item, &path, known.files)).map(Value::from)
        }
        Kind::UniqueId
        | Kind::Button
        | Kind::CreatedTime
        | Kind::LastEditedTime
        | Kind::CreatedBy
        | Kind::LastEditedBy => Ok(Value::Null),
    }
}

fn text(value: &Value, most: usize, path: &str) -> Result<Value, NotionError> {
    let text = check::string(value, path)?;
    rich_text::longest(text, most, path)?;
    Ok(if text.is_empty() { Value::Null } else { text.into() })
}

fn list(
    value: &Value,
    path: &str,
    mut each: impl FnMut(&Value, String) -> Result<Value, NotionError>,
) -> Result<Vec<Value>, NotionError> {
    let Some(items) = value.as_array() else {
        return Err(NotionError::should(path, "an array", value));
    };
    if items.len() > MOST_ITEMS {
        return Err(NotionError::too_many(path, MOST_ITEMS, items.len()));
    }
    items.iter().enumerate().map(|(at, item)| each(item, format!("{path}[{at}]"))).collect()
}

fn by_id(property: &Property, value: &Value) -> Option<Value> {
    let id = value.get("id")?;
    property.choices.iter().find(|choice| choice["id"] == *id).cloned()
}

fn choice(property: &mut Property, value: &Value, path: &str) -> Result<Value, NotionError> {
    if value.get("id").is_some() && value.get("name").is_none() {
        return by_id(property, value).ok_or_else(|| {
            NotionError::validation(format!("Select option does not exist: {}.", value["id"]))
        });
    }
    let path = format!("{path}.name");
    let name = check::string(&value["name"], &path)?;
    property.choose(name, &path)
}

fn status(property: &Property, value: &Value, path: &str) -> Result<Value, NotionError> {
    let named = || property.choices.iter().find(|choice| choice["name"] == value["name"]).cloned();
    if let Some(found) = by_id(property, value).or_else(named) {
        return Ok(found);
    }
    let name = check::string(&value["name"], &format!("{path}.name"))?;
    Err(NotionError::validation(format!(
        "Invalid status option. Status option \"{name}\" does not exist."
    )))
}

fn date(value: &Value, path: &str) -> Result<Value, NotionError> {
    for key in ["start", "end"] {
        let given = &value[key];
        if given.is_null() && key == "end" {
            continue;
        }
        let path = format!("{path}.{key}");
        let text = check::string(given, &path)?;
        if time::read(text).is_none() {
            return Err(NotionError::should(&path, "a valid ISO 8601 date string", given));
        }
    }
    Ok(json!({ "start": value["start"], "end": value["end"], "time_zone": value["time_zone"] }))
}

fn person(item: &Value, path: &str, people: &[Person]) -> Result<Value, NotionError> {
    let path = format!("{path}.id");
    let id = check::uuid(check::string(&item["id"], &path)?, &path)?;
    if people.iter().all(|person| person.id != id) {
        return Err(NotionError::validation(format!(
            "User with ID {id} is not in this workspace."
        )));
    }
    Ok(id.to_string().into())
}

fn attached(item: &Value, path: &str, files: &Files) -> Result<Value, NotionError> {
    // A file that a client has read may be written back as it is.
    if let Some(id) =
        item["file"]["url"].as_str().and_then(|url| url.split("/notion/files/").nth(1))
    {
        let id = check::uuid(id.split('/').next().unwrap_or_default(), path)?;
        return Ok(json!({ "name": item["name"], "type": "file", "file": { "id": id } }));
    }
    let (kind, content) = file::reference(files, item, path)?;
    let name = match item["name"].as_str() {
        Some(name) => name.to_owned(),
        None if kind == "external" => content["url"].as_str().unwrap_or_default().to_owned(),
        None => "file".to_owned(),
    };
    Ok(json!({ "name": name, "type": kind, kind: content }))
}

/// A property of a page as it is read.
pub(super) fn read(workspace: &Workspace, at: &At<'_>, property: &Property, page: &Page) -> Value {
    let content = content(workspace, at, property, page);
    let kind = property.kind.name();
    json!({ "id": property.encoded_id(), "type": kind, kind: content })
}

fn content(workspace: &Workspace, at: &At<'_>, property: &Property, page: &Page) -> Value {
    let kept = page.values.get(&property.id);
    match property.kind {
        Kind::Title | Kind::RichText | Kind::MultiSelect => {
            kept.cloned().unwrap_or_else(|| json!([]))
        }
        Kind::Files => {
            let mut files = kept.cloned().unwrap_or_else(|| json!([]));
            workspace.files.give_addresses(&mut files, at);
            files
        }
        Kind::People => {
            let ids = kept.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let people = ids.iter().filter_map(|id| workspace.person(id.as_str()?.parse().ok()?));
            people.map(|person| person_json(workspace, person)).collect()
        }
        Kind::Checkbox => kept.cloned().unwrap_or(Value::Bool(false)),
        Kind::UniqueId => json!({ "prefix": property.prefix(), "number": page.number }),
        Kind::Button => json!({}),
        Kind::CreatedTime => time::minute(page.times.created_ms).into(),
        Kind::LastEditedTime => time::minute(page.times.edited_ms).into(),
        Kind::CreatedBy => user_reference(page.times.created_by),
        Kind::LastEditedBy => user_reference(page.times.edited_by),
        _ => kept.cloned().unwrap_or_default(),
    }
}

pub(super) fn person_json(workspace: &Workspace, person: &Person) -> Value {
    let is_bot = person.id == workspace.bot.id;
    let mut user = json!({
        "object": "user",
        "id": person.id,
        "name": person.name,
        "avatar_url": null,
        "type": if is_bot { "bot" } else { "person" },
    });
    if is_bot {
        user["bot"] = json!({
            "owner": { "type": "workspace", "workspace": true },
            "workspace_name": workspace.name,
            "workspace_id": workspace.id,
        });
    } else {
        user["person"] = json!({});
    }
    user
}

/// What a person reads in this property.
pub(crate) fn plain(workspace: &Workspace, property: &Property, page: &Page) -> String {
    let kept = page.values.get(&property.id).unwrap_or(&Value::Null);
    let names = |key: &str| -> Vec<String> {
        let items = kept.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item[key].as_str().map(str::to_owned)).collect()
    };
    match property.kind {
        Kind::Title | Kind::RichText => rich_text::plain(kept),
        Kind::Select | Kind::Status => kept["name"].as_str().unwrap_or_default().to_owned(),
        Kind::MultiSelect | Kind::Files => names("name").join(", "),
        Kind::Date => kept["start"].as_str().unwrap_or_default().to_owned(),
        Kind::Checkbox => kept.as_bool().unwrap_or(false).to_string(),
        Kind::Number => {
            if kept.is_null() {
                String::new()
            } else {
                kept.to_string()
            }
        }
        Kind::People => {
            let ids = kept.as_array().map(Vec::as_slice).unwrap_or_default();
            let names = ids.iter().filter_map(|id| workspace.person(id.as_str()?.parse().ok()?));
            names.map(|person| person.name.clone()).collect::<Vec<_>>().join(", ")
        }
        Kind::UniqueId => match property.prefix().as_str() {
            Some(prefix) => format!("{prefix}-{}", page.number),
            None => page.number.to_string(),
        },
        Kind::CreatedTime => time::minute(page.times.created_ms),
        Kind::LastEditedTime => time::minute(page.times.edited_ms),
        Kind::CreatedBy => name_of(workspace, page.times.created_by),
        Kind::LastEditedBy => name_of(workspace, page.times.edited_by),
        Kind::Button => String::new(),
        Kind::PhoneNumber | Kind::Url | Kind::Email => kept.as_str().unwrap_or_default().to_owned(),
    }
}

pub(crate) fn name_of(workspace: &Workspace, id: Uuid) -> String {
    workspace.person(id).map(|person| person.name.clone()).unwrap_or_default()
}
