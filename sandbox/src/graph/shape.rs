//! The shape that a request's JSON must have, as a table, and the check that refuses all else.

use serde_json::{Map, Value};

use super::error::GraphError;

/// A field of an object: its name, whether it must be there, its shape.
pub(super) struct Field(pub(super) &'static str, pub(super) Need, pub(super) Shape);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

pub(super) enum Shape {
    /// A string of at most so many characters, checked by the Graph API.
    Text(usize),
    /// A string of at most so many characters, which may be empty.
    Symbol(usize),
    /// A string of one to so many characters, checked by WhatsApp, which calls it by this name.
    Label(&'static str, usize),
    /// One of these strings.
    Word(&'static [&'static str]),
    Flag,
    Number,
    Object(&'static [Field]),
    /// One to so many items of a shape; WhatsApp calls them by this name.
    List(&'static str, usize, &'static Shape),
    /// Not looked into.
    Anything,
}

/// Checks an object against its fields. `path` is where it stands, as Meta writes it: `text['body']`.
pub(super) fn check(
    object: &Map<String, Value>,
    fields: &[Field],
    path: &str,
) -> Result<(), GraphError> {
    if let Some(unknown) =
        object.keys().find(|key| fields.iter().all(|field| field.0 != key.as_str()))
    {
        let place = if path.is_empty() { String::new() } else { format!(" on param \"{path}\"") };
        return Err(GraphError::bad_parameter(&format!("Unexpected key \"{unknown}\"{place}.")));
    }
    for Field(name, need, shape) in fields {
        let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}['{name}']") };
        match object.get(*name) {
            Some(Value::Null) | None if *need == Need::Required => {
                return Err(missing(&path));
            }
            Some(Value::Null) | None => {}
            Some(value) => check_value(value, shape, &path)?,
        }
    }
    Ok(())
}

pub(super) fn missing(path: &str) -> GraphError {
    GraphError::with_details(131_008, format!("The parameter {path} is required."))
}

fn check_value(value: &Value, shape: &Shape, path: &str) -> Result<(), GraphError> {
    let wrong =
        |what: &str| Err(GraphError::bad_parameter(&format!("Param {path} must be {what}.")));
    match shape {
        Shape::Anything => {}
        Shape::Flag if value.is_boolean() => {}
        Shape::Flag => return wrong("a boolean"),
        Shape::Number if value.is_number() => {}
        Shape::Number => return wrong("a number"),
        Shape::Symbol(longest) => match value.as_str() {
            Some(text) if text.chars().count() <= *longest => {}
            _ => return wrong(&format!("a string of at most {longest} characters")),
        },
        Shape::Text(longest) => match value.as_str() {
            None => return wrong("a string"),
            Some("") => return Err(missing(path)),
            Some(text) if text.chars().count() > *longest => {
                return wrong(&format!("at most {longest} characters long"));
            }
            Some(_) => {}
        },
        Shape::Label(name, longest) => match value.as_str() {
            None => return wrong("a string"),
            Some(text) if text.is_empty() || text.chars().count() > *longest => {
                return Err(GraphError::with_details(
                    131_009,
                    format!("{name} length invalid. Min length: 1, Max length: {longest}"),
                ));
            }
            Some(_) => {}
        },
        Shape::Word(words) => match value.as_str() {
            Some(word) if words.contains(&word) => {}
            _ => return wrong(&format!("one of {{{}}}", words.join(", "))),
        },
        Shape::Object(fields) => match value.as_object() {
            Some(object) => check(object, fields, path)?,
            None => return wrong("a JSON object"),
        },
        Shape::List(name, most, of) => match value.as_array() {
            None => return wrong("an array"),
            Some(items) if items.is_empty() || items.len() > *most => {
                return Err(GraphError::with_details(
                    131_009,
                    format!(
                        "Invalid {name} count. Min allowed {name}: 1, Max allowed {name}: {most}"
                    ),
                ));
            }
            Some(items) => {
                for (at, item) in items.iter().enumerate() {
                    check_value(item, of, &format!("{path}[{at}]"))?;
                }
            }
        },
    }
    Ok(())
}
