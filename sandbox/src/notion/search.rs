//! Users, and the search by title.

use serde_json::Value;
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::page::{page_json, properties_of};
use super::query::Paging;
use super::schema::Kind;
use super::workspace::{At, Page, Workspace};
use super::{check, database, rich_text, value};
use crate::call::Call;

pub(super) fn users(workspace: &Workspace, call: &Call) -> Answer {
    let everybody = workspace.people.iter().chain([&workspace.bot]);
    let users = everybody.map(|person| (person.id, value::person_json(workspace, person)));
    Paging::of_query(call)?.cut(users.collect(), "user")
}

pub(super) fn user(workspace: &Workspace, id: Uuid) -> Answer {
    match workspace.person(id) {
        Some(person) => Ok(value::person_json(workspace, person)),
        None => Err(workspace.not_found("user", id)),
    }
}

pub(super) fn search(at: &At<'_>, workspace: &Workspace, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    check::only(object, &["query", "filter", "sort", "page_size", "start_cursor"], "body")?;
    let container = if at.version.has_data_sources() { "data_source" } else { "database" };
    let wanted = match &body["filter"] {
        Value::Null => None,
        filter
            if filter["property"] == "object"
                && [container, "page"].iter().any(|v| filter["value"] == *v) =>
        {
            filter["value"].as_str()
        }
        filter => {
            let be = format!("`\"page\"` or `\"{container}\"`");
            return Err(NotionError::should("body.filter.value", &be, &filter["value"]));
        }
    };
    let query = body["query"].as_str().unwrap_or_default().to_lowercase();
    let matches = |title: &str| title.to_lowercase().contains(&query);
    let mut found: Vec<(i64, Uuid, Value)> = Vec::new();
    if wanted.is_none_or(|wanted| wanted == "page") {
        for page in
            workspace.pages.values().filter(|p| !p.in_trash && matches(&title(workspace, p)))
        {
            found.push((page.times.edited_ms, page.id, page_json(at, workspace, page, &[])));
        }
    }
    if wanted.is_none_or(|wanted| wanted == container) {
        for source in workspace.sources.iter().filter(|s| matches(&rich_text::plain(&s.title))) {
            if at.version.has_data_sources() {
                let json = database::source_json(at, workspace, source);
                found.push((source.times.edited_ms, source.id, json));
            } else if let Ok(database) = workspace.database(source.database) {
                let json = database::database_json(at, workspace, database);
                found.push((database.times.edited_ms, database.id, json));
            }
        }
    }
    // The last edited first; ids keep the order of a moment.
    found.sort_by_key(|(edited_ms, id, _)| (std::cmp::Reverse(*edited_ms), *id));
    let found = found.into_iter().map(|(_, id, json)| (id, json)).collect();
    Paging::read(body)?.cut(found, &format!("page_or_{container}"))
}

/// What a page is called.
pub(crate) fn title(workspace: &Workspace, page: &Page) -> String {
    let schema = properties_of(workspace, page).unwrap_or_default();
    let id = schema.iter().find(|p| p.kind == Kind::Title).map_or("title", |p| p.id.as_str());
    page.values.get(id).map(rich_text::plain).unwrap_or_default()
}
