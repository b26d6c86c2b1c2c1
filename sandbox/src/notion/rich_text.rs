//! Rich text: what a client may write, and what it reads back.

use serde_json::{Map, Value, json};

use super::error::NotionError;

const LONGEST_CONTENT: usize = 2_000;
const LONGEST_LINK: usize = 2_000;
const LONGEST_EQUATION: usize = 1_000;
const MOST_OBJECTS: usize = 100;
const STYLES: [&str; 5] = ["bold", "italic", "strikethrough", "underline", "code"];

/// Checks an array of rich text and completes it to what is read back.
pub(super) fn write(given: &Value, path: &str) -> Result<Value, NotionError> {
    let Some(items) = given.as_array() else {
        return Err(NotionError::should(path, "an array", given));
    };
    if items.len() > MOST_OBJECTS {
        return Err(NotionError::too_many(path, MOST_OBJECTS, items.len()));
    }
    let mut written = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let item = write_one(item, &format!("{path}[{at}]"))?;
        if item["plain_text"] != "" {
            written.push(item);
        }
    }
    Ok(written.into())
}

fn write_one(item: &Value, path: &str) -> Result<Value, NotionError> {
    let known = ["type", "text", "mention", "equation", "annotations", "plain_text", "href"];
    let Some(object) = item.as_object() else {
        return Err(NotionError::should(path, "an object", item));
    };
    super::check::only(object, &known, path)?;
    let kind = item["type"].as_str().or_else(|| {
        ["text", "mention", "equation"].into_iter().find(|kind| item.get(*kind).is_some())
    });
    let mut written = json!({ "type": kind, "annotations": annotations(item, path)? });
    match kind {
        Some("text") => {
            let path = format!("{path}.text");
            let content =
                super::check::string(&item["text"]["content"], &format!("{path}.content"))?;
            longest(content, LONGEST_CONTENT, &format!("{path}.content"))?;
            let link = link(&item["text"]["link"], &format!("{path}.link"))?;
            written["text"] = json!({ "content": content, "link": link });
            written["plain_text"] = content.into();
            written["href"] = link["url"].clone();
        }
        Some("equation") => {
            let path = format!("{path}.equation.expression");
            let expression = super::check::string(&item["equation"]["expression"], &path)?;
            longest(expression, LONGEST_EQUATION, &path)?;
            written["equation"] = json!({ "expression": expression });
            written["plain_text"] = expression.into();
            written["href"] = Value::Null;
        }
        Some("mention") => {
            let (mention, text) = mention(&item["mention"], &format!("{path}.mention"))?;
            written["mention"] = mention;
            written["plain_text"] = text.into();
            written["href"] = Value::Null;
        }
        _ => {
            let path = format!("{path}.text");
            return Err(NotionError::should(&path, "defined", &item["text"]));
        }
    }
    Ok(written)
}

fn annotations(item: &Value, path: &str) -> Result<Value, NotionError> {
    let mut annotations = Map::new();
    for style in STYLES {
        let given = &item["annotations"][style];
        if !given.is_null() && !given.is_boolean() {
            let path = format!("{path}.annotations.{style}");
            return Err(NotionError::should(&path, "a boolean", given));
        }
        annotations.insert(style.to_owned(), given.as_bool().unwrap_or(false).into());
    }
    let color = item["annotations"]["color"].as_str().unwrap_or("default");
    annotations.insert("color".to_owned(), color.into());
    Ok(Value::Object(annotations))
}

fn link(given: &Value, path: &str) -> Result<Value, NotionError> {
    if given.is_null() {
        return Ok(Value::Null);
    }
    let path = format!("{path}.url");
    let url = super::check::string(&given["url"], &path)?;
    longest(url, LONGEST_LINK, &path)?;
    if !url.starts_with('/') && reqwest::Url::parse(url).is_err() {
        return Err(NotionError::validation("Invalid URL for link."));
    }
    Ok(json!({ "url": url }))
}

fn mention(given: &Value, path: &str) -> Result<(Value, String), NotionError> {
    for kind in ["user", "page"] {
        if let Some(id) = given[kind]["id"].as_str() {
            let id = super::check::uuid(id, &format!("{path}.{kind}.id"))?;
            let mut object = json!({ "id": id });
            if kind == "user" {
                object["object"] = "user".into();
            }
            return Ok((json!({ "type": kind, kind: object }), format!("@{id}")));
        }
    }
    if let Some(start) = given["date"]["start"].as_str() {
        return Ok((json!({ "type": "date", "date": given["date"] }), start.to_owned()));
    }
    Err(NotionError::should(&format!("{path}.user"), "defined", &given["user"]))
}

pub(super) fn longest(text: &str, most: usize, path: &str) -> Result<(), NotionError> {
    // Notion counts as JavaScript does, in UTF-16.
    let length = text.encode_utf16().count();
    if length > most { Err(NotionError::too_many(path, most, length)) } else { Ok(()) }
}

/// What a person reads.
pub(crate) fn plain(rich_text: &Value) -> String {
    let items = rich_text.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item["plain_text"].as_str()).collect()
}

/// A text without marks, in pieces that fit.
pub(crate) fn unmarked(text: &str) -> Value {
    let mut items = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // A character is at most two units of UTF-16.
        let end = rest.char_indices().nth(LONGEST_CONTENT / 2).map_or(rest.len(), |(at, _)| at);
        items.push(json!({ "type": "text", "text": { "content": &rest[..end] } }));
        rest = &rest[end..];
    }
    items.into()
}
