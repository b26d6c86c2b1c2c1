//! Queries of a data source: filtered, sorted, by pages of at most a hundred.

use std::cmp::Ordering;

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::filter::{Filter, property_of};
use super::page::page_json;
use super::schema::{Kind, Property};
use super::workspace::{At, DataSource, Page, Workspace};
use super::{check, rich_text, time};

const LARGEST_PAGE: u64 = 100;

pub(super) fn query(
    at: &At<'_>,
    workspace: &Workspace,
    source: Uuid,
    body: &Value,
    only: &[&str],
) -> Answer {
    let source = workspace.source(source)?;
    let empty = json!({});
    let body = if body.is_null() { &empty } else { body };
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    let mut known = vec!["filter", "sorts", "start_cursor", "page_size", "in_trash"];
    known.push(if at.version.has_data_sources() { "result_type" } else { "archived" });
    check::only(object, &known, "body")?;
    let paging = Paging::read(body)?;
    let in_trash = super::read_trash(at, body)?.unwrap_or(false);
    let filter = object
        .get("filter")
        .map(|filter| Filter::read(filter, source, "body.filter", 0))
        .transpose()?;
    let sorts = Sort::read_all(&body["sorts"], source)?;
    if let Some(only) = only.iter().find(|key| source.property(key).is_none()) {
        return Err(NotionError::validation(format!(
            "Could not find property with name or id: {only}"
        )));
    }

    // The newest first, as the real one gives them when nobody asks for an order.
    let mut pages: Vec<&Page> =
        source.rows.iter().rev().filter_map(|id| workspace.pages.get(id)).collect();
    pages.sort_by(|a, b| {
        sorts.iter().map(|sort| sort.compare(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    });
    // A cursor is found before the filter, so that it holds when its page does not match any more.
    let pages = paging.after(pages, |page| page.id)?;
    let mut matching = pages.into_iter().filter(|page| {
        page.in_trash == in_trash && filter.as_ref().is_none_or(|f| f.takes(page, at.now_ms))
    });
    let results: Vec<Value> =
        matching.by_ref().take(paging.size).map(|p| page_json(at, workspace, p, only)).collect();
    Ok(list(&results, matching.next().map(|page| page.id), "page_or_data_source"))
}

/// Where a list goes on and how much of it is wanted.
pub(super) struct Paging {
    start: Option<Uuid>,
    pub(super) size: usize,
}

impl Paging {
    pub(super) fn read(body: &Value) -> Result<Self, NotionError> {
        Self::of(&body["start_cursor"], &body["page_size"], "body")
    }

    /// Of the query of a `GET`.
    pub(super) fn of_query(call: &crate::call::Call) -> Result<Self, NotionError> {
        let start = call.query.get("start_cursor").map_or(Value::Null, |s| s.as_str().into());
        let size = match call.query.get("page_size") {
            Some(text) => text.parse::<u64>().map_or_else(|_| text.as_str().into(), Value::from),
            None => Value::Null,
        };
        Self::of(&start, &size, "query")
    }

    fn of(start: &Value, size: &Value, at: &str) -> Result<Self, NotionError> {
        let size = match size {
            Value::Null => LARGEST_PAGE,
            given => match given.as_u64() {
                None => {
                    return Err(NotionError::should(&format!("{at}.page_size"), "a number", given));
                }
                Some(0) => {
                    return Err(NotionError::should(&format!("{at}.page_size"), "≥ `1`", given));
                }
                Some(size) if size > LARGEST_PAGE => {
                    return Err(NotionError::should(&format!("{at}.page_size"), "≤ `100`", given));
                }
                Some(size) => size,
            },
        };
        let start = match start {
            Value::Null => None,
            given => {
                let path = format!("{at}.start_cursor");
                Some(check::uuid(check::string(given, &path)?, &path)?)
            }
        };
        Ok(Self { start, size: usize::try_from(size).unwrap_or(100) })
    }

    /// What is left from the cursor on.
    pub(super) fn after<T>(
        &self,
        mut items: Vec<T>,
        id: impl Fn(&T) -> Uuid,
    ) -> Result<Vec<T>, NotionError> {
        let Some(start) = self.start else {
            return Ok(items);
        };
        match items.iter().position(|item| id(item) == start) {
            Some(at) => Ok(items.split_off(at)),
            None => Err(NotionError::validation(format!(
                "The start_cursor provided is invalid: {start}"
            ))),
        }
    }

    /// The first of these, as an answer.
    pub(super) fn cut(&self, mut items: Vec<(Uuid, Value)>, kind: &str) -> Answer {
        items = self.after(items, |(id, _)| *id)?;
        let rest = if items.len() > self.size { items.split_off(self.size) } else { Vec::new() };
        let results: Vec<Value> = items.into_iter().map(|(_, item)| item).collect();
        Ok(list(&results, rest.first().map(|(id, _)| *id), kind))
    }
}

pub(super) fn list(results: &[Value], next: Option<Uuid>, kind: &str) -> Value {
    json!({
        "object": "list",
        "results": results,
        "next_cursor": next,
        "has_more": next.is_some(),
        "type": kind,
        kind: {},
    })
}

struct Sort {
    by: By,
    is_descending: bool,
}

enum By {
    Created,
    Edited,
    Property(Box<Property>),
}

impl Sort {
    fn read_all(given: &Value, source: &DataSource) -> Result<Vec<Self>, NotionError> {
        let sorts = match given {
            Value::Null => return Ok(Vec::new()),
            Value::Array(sorts) => sorts,
            other => return Err(NotionError::should("body.sorts", "an array", other)),
        };
        sorts.iter().enumerate().map(|(at, sort)| Self::read(sort, at, source)).collect()
    }

    fn read(sort: &Value, at: usize, source: &DataSource) -> Result<Self, NotionError> {
        let path = format!("body.sorts[{at}]");
        let is_descending = match sort["direction"].as_str() {
            Some("ascending") | None => false,
            Some("descending") => true,
            Some(_) => {
                let be = "`\"ascending\"` or `\"descending\"`";
                return Err(NotionError::should(
                    &format!("{path}.direction"),
                    be,
                    &sort["direction"],
                ));
            }
        };
        let by = match (sort["timestamp"].as_str(), sort["property"].as_str()) {
            (Some("created_time"), None) => By::Created,
            (Some("last_edited_time"), None) => By::Edited,
            (None, Some(key)) => By::Property(Box::new(property_of(source, key)?.clone())),
            _ => {
                return Err(NotionError::should(
                    &format!("{path}.property"),
                    "defined",
                    &Value::Null,
                ));
            }
        };
        Ok(Self { by, is_descending })
    }

    fn compare(&self, a: &Page, b: &Page) -> Ordering {
        let ordering = match &self.by {
            By::Created => minute(a.times.created_ms).cmp(&minute(b.times.created_ms)),
            By::Edited => minute(a.times.edited_ms).cmp(&minute(b.times.edited_ms)),
            By::Property(property) => {
                let (a, b) = (key(property, a), key(property, b));
                // What is empty comes last in both directions.
                match (&a, &b) {
                    (Key::Nothing, Key::Nothing) => return Ordering::Equal,
                    (Key::Nothing, _) => return Ordering::Greater,
                    (_, Key::Nothing) => return Ordering::Less,
                    _ => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
                }
            }
        };
        if self.is_descending { ordering.reverse() } else { ordering }
    }
}

fn minute(ms: i64) -> i64 {
    time::to_the_minute(ms)
}

#[derive(PartialEq, PartialOrd)]
enum Key {
    Nothing,
    Number(f64),
    Time(i64),
    Place(usize),
    Text(String),
}

fn key(property: &Property, page: &Page) -> Key {
    let kept = page.values.get(&property.id).unwrap_or(&Value::Null);
    let text =
        |text: String| if text.is_empty() { Key::Nothing } else { Key::Text(text.to_lowercase()) };
    match property.kind {
        Kind::Title | Kind::RichText => text(rich_text::plain(kept)),
        Kind::Number => kept.as_f64().map_or(Key::Nothing, Key::Number),
        Kind::UniqueId => Key::Time(i64::try_from(page.number).unwrap_or(i64::MAX)),
        Kind::Checkbox => Key::Place(usize::from(kept == true)),
        Kind::CreatedTime => Key::Time(minute(page.times.created_ms)),
        Kind::LastEditedTime => Key::Time(minute(page.times.edited_ms)),
        Kind::Date => kept["start"].as_str().and_then(time::read).map_or(Key::Nothing, Key::Time),
        // By the order of the options, not of the alphabet.
        Kind::Select | Kind::Status => property
            .choices
            .iter()
            .position(|choice| choice["id"] == kept["id"])
            .map_or(Key::Nothing, Key::Place),
        _ => text(kept.as_str().unwrap_or_default().to_owned()),
    }
}
