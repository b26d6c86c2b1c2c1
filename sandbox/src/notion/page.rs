//! Pages and their properties.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::event::Event;
use super::schema::{Kind, Property};
use super::workspace::{At, Page, Parent, Times, Workspace};
use super::{block, check, database, draft, rich_text, value};
use crate::ids;

pub(crate) fn create(at: &At<'_>, workspace: &mut Workspace, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    check::only(object, &["parent", "properties", "children", "icon", "cover"], "body")?;
    let parent = database::parent_of(at, workspace, &body["parent"])?;
    let values = write_values(workspace, parent, &body["properties"])?;
    let children = match body.get("children") {
        Some(children) => draft::check_all(&workspace.files, children, "body.children")?,
        None => Vec::new(),
    };
    let number = match parent {
        Parent::Source { source, .. } => {
            let source = workspace.source_mut(source)?;
            source.next_number += 1;
            source.next_number - 1
        }
        _ => 0,
    };
    let id = ids::uuid();
    let page = Page {
        id,
        parent,
        times: Times::new(at),
        in_trash: false,
        icon: body["icon"].clone(),
        cover: body["cover"].clone(),
        values,
        number,
        children: Vec::new(),
    };
    workspace.pages.insert(id, page);
    if let Parent::Source { source, .. } = parent {
        workspace.source_mut(source)?.rows.push(id);
    }
    let children = block::insert(at, workspace, id, None, children);
    if let Some(page) = workspace.pages.get_mut(&id) {
        page.children = children;
    }
    workspace.happened(Event::new("page.created", id, at));
    retrieve(at, workspace, id, &[])
}

/// The new values by property id, checked; options of selects that did not exist are made.
fn write_values(
    workspace: &mut Workspace,
    parent: Parent,
    given: &Value,
) -> Result<HashMap<String, Value>, NotionError> {
    let empty = Map::new();
    let given = match given {
        Value::Null => &empty,
        Value::Object(given) => given,
        other => return Err(NotionError::should("body.properties", "an object", other)),
    };
    let Workspace { sources, people, files, .. } = workspace;
    let known = value::Known { people, files };
    let source = match parent {
        Parent::Source { source, .. } => sources.iter_mut().find(|s| s.id == source),
        _ => None,
    };
    let Some(source) = source else {
        let mut values = HashMap::new();
        for (key, given) in given {
            if key != "title" {
                return Err(unknown_property(key));
            }
            let title = given.get("title").unwrap_or(given);
            values.insert(key.clone(), rich_text::write(title, "body.properties.title")?);
        }
        return Ok(values);
    };
    // On a copy, so that a refused request leaves no new options behind.
    let mut properties = source.properties.clone();
    let mut values = HashMap::new();
    for (key, given) in given {
        let Some(property) = properties.iter_mut().find(|property| property.is_called(key)) else {
            return Err(unknown_property(key));
        };
        let path = format!("body.properties.{key}");
        values.insert(property.id.clone(), value::write(property, given, &path, &known)?);
    }
    source.properties = properties;
    Ok(values)
}

pub(super) fn unknown_property(key: &str) -> NotionError {
    NotionError::validation(format!("{key} is not a property that exists."))
}

/// `only` are names or ids of the properties to read; none reads all.
pub(super) fn retrieve(at: &At<'_>, workspace: &Workspace, id: Uuid, only: &[&str]) -> Answer {
    Ok(page_json(at, workspace, workspace.page(id)?, only))
}

pub(crate) fn page_json(at: &At<'_>, workspace: &Workspace, page: &Page, only: &[&str]) -> Value {
    let mut answer = json!({
        "object": "page",
        "id": page.id,
        "icon": page.icon,
        "cover": page.cover,
        "parent": parent_json(at, page.parent),
        "is_locked": false,
        "properties": properties_json(at, workspace, page, only),
        "url": format!("https://app.notion.com/p/{}", page.id.simple()),
        "public_url": null,
    });
    page.times.write(&mut answer);
    super::write_trash(&mut answer, at, page.in_trash);
    answer
}

fn parent_json(at: &At<'_>, parent: Parent) -> Value {
    match parent {
        Parent::Workspace => json!({ "type": "workspace", "workspace": true }),
        Parent::Page(page) => json!({ "type": "page_id", "page_id": page }),
        Parent::Source { source, database } if at.version.has_data_sources() => {
            json!({ "type": "data_source_id", "data_source_id": source, "database_id": database })
        }
        Parent::Source { database, .. } => {
            json!({ "type": "database_id", "database_id": database })
        }
    }
}

fn properties_json(at: &At<'_>, workspace: &Workspace, page: &Page, only: &[&str]) -> Value {
    let is_wanted = |p: &&Property| only.is_empty() || only.iter().any(|key| p.is_called(key));
    let Some(properties) = properties_of(workspace, page) else {
        let title = page.values.get("title").cloned().unwrap_or_else(|| json!([]));
        return json!({ "title": { "id": "title", "type": "title", "title": title } });
    };
    properties
        .iter()
        .filter(is_wanted)
        .map(|property| (property.name.clone(), value::read(workspace, at, property, page)))
        .collect::<Map<_, _>>()
        .into()
}

/// The schema of a page; `None` outside data sources.
pub(crate) fn properties_of<'a>(workspace: &'a Workspace, page: &Page) -> Option<&'a [Property]> {
    match page.parent {
        Parent::Source { source, .. } => {
            workspace.source(source).ok().map(|source| source.properties.as_slice())
        }
        _ => None,
    }
}

/// One property, the long ones as a list.
pub(super) fn property_item(at: &At<'_>, workspace: &Workspace, id: Uuid, key: &str) -> Answer {
    let page = workspace.page(id)?;
    let found = properties_of(workspace, page).unwrap_or_default();
    let Some(property) = found.iter().find(|property| property.is_called(key)) else {
        return Err(NotionError::validation(format!(
            "Could not find property with name or id: {key}"
        )));
    };
    let mut read = value::read(workspace, at, property, page);
    let kind = property.kind.name();
    let is_list = matches!(property.kind, Kind::Title | Kind::RichText | Kind::People);
    if !is_list {
        read["object"] = "property_item".into();
        return Ok(read);
    }
    let items = read[kind].as_array().map(Vec::as_slice).unwrap_or_default();
    let results: Vec<Value> = items
        .iter()
        .map(|item| {
            json!({ "object": "property_item", "id": property.encoded_id(), "type": kind, kind: item })
        })
        .collect();
    Ok(json!({
        "object": "list",
        "results": results,
        "next_cursor": null,
        "has_more": false,
        "type": "property_item",
        "property_item": { "id": property.encoded_id(), "next_url": null, "type": kind, kind: {} },
    }))
}

pub(crate) fn update(at: &At<'_>, workspace: &mut Workspace, id: Uuid, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    let mut known = vec!["properties", "icon", "cover", "in_trash", "is_locked"];
    if at.version < super::Version::Positions {
        known.push("archived");
    }
    check::only(object, &known, "body")?;
    let in_trash = super::read_trash(at, body)?;
    let page = workspace.page(id)?;
    if page.in_trash && in_trash != Some(false) {
        return Err(block::archived());
    }
    let (parent, was_in_trash) = (page.parent, page.in_trash);
    let mut values = write_values(workspace, parent, &body["properties"])?;
    let Some(page) = workspace.pages.get_mut(&id) else {
        return Err(workspace.not_found("page", id));
    };
    page.times.edited(at);
    values.retain(|key, new| !is_same(page.values.get(key), new));
    let changed: Vec<String> = values.keys().cloned().collect();
    page.values.extend(values);
    for (key, place) in [("icon", &mut page.icon), ("cover", &mut page.cover)] {
        if let Some(new) = object.get(key) {
            new.clone_into(place);
        }
    }
    page.in_trash = in_trash.unwrap_or(page.in_trash);
    let is_in_trash = page.in_trash;
    if was_in_trash != is_in_trash {
        let name = if is_in_trash { "page.deleted" } else { "page.undeleted" };
        workspace.happened(Event::new(name, id, at));
    }
    if !changed.is_empty() {
        let page = workspace.page(id)?;
        let schema = properties_of(workspace, page).unwrap_or_default();
        let ids: Vec<String> = changed
            .iter()
            .map(|id| schema.iter().find(|p| p.id == *id).map_or(id.clone(), Property::encoded_id))
            .collect();
        workspace.happened(Event::new("page.properties_updated", id, at).with(ids));
    }
    retrieve(at, workspace, id, &[])
}

/// A value that was never written is the same as an empty one.
fn is_same(old: Option<&Value>, new: &Value) -> bool {
    let is_empty = |v: &Value| {
        v.is_null() || *v == Value::Bool(false) || v.as_array().is_some_and(Vec::is_empty)
    };
    match old {
        Some(old) => old == new,
        None => is_empty(new),
    }
}
