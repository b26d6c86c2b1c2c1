//! Databases and their data sources.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::event::Event;
use super::schema::{Kind, Maker, Property};
use super::workspace::{At, DataSource, Database, Parent, Times, Workspace};
use super::{check, rich_text};
use crate::ids;

pub(super) fn create(at: &At<'_>, workspace: &mut Workspace, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    let schema_key =
        if at.version.has_data_sources() { "initial_data_source" } else { "properties" };
    let known = ["parent", "title", "description", "icon", "cover", "is_inline", schema_key];
    check::only(object, &known, "body")?;
    let parent = check::string(&body["parent"]["page_id"], "body.parent.page_id")?;
    let parent = workspace.page(check::uuid(parent, "body.parent.page_id")?)?.id;
    let (given, path) = if at.version.has_data_sources() {
        (&body["initial_data_source"]["properties"], "body.initial_data_source.properties")
    } else {
        (&body["properties"], "body.properties")
    };
    let Some(given) = given.as_object() else {
        return Err(NotionError::should(path, "an object", given));
    };
    let properties = given
        .iter()
        .map(|(name, given)| {
            Property::parse(name, given, &format!("{path}.{name}"), Maker::Connection)
        })
        .collect::<Result<Vec<_>, _>>()?;
    match properties.iter().filter(|property| property.kind == Kind::Title).count() {
        1 => {}
        0 => return Err(NotionError::validation("Title is not provided.")),
        _ => return Err(NotionError::validation("Only one title property is allowed.")),
    }
    let title = optional_title(&body["title"])?.unwrap_or_else(|| json!([]));
    let is_first = workspace.databases.is_empty();
    let database = Database {
        id: if is_first { workspace.first_database } else { ids::uuid() },
        parent,
        title: title.clone(),
        times: Times::new(at),
        in_trash: false,
        is_inline: body["is_inline"].as_bool().unwrap_or(false),
    };
    let source = DataSource {
        // As stable as the database's: a receiver keeps it.
        id: Uuid::new_v5(&database.id, b"data source"),
        database: database.id,
        title,
        times: Times::new(at),
        properties,
        rows: Vec::new(),
        next_number: 1,
    };
    let id = database.id;
    workspace.happened(Event::new("data_source.created", source.id, at));
    workspace.databases.push(database);
    workspace.sources.push(source);
    retrieve(at, workspace, id)
}

fn optional_title(given: &Value) -> Result<Option<Value>, NotionError> {
    if given.is_null() { Ok(None) } else { rich_text::write(given, "body.title").map(Some) }
}

pub(super) fn retrieve(at: &At<'_>, workspace: &Workspace, id: Uuid) -> Answer {
    let database = workspace.database(id)?;
    if !at.version.has_data_sources() {
        // Under this version more than one is an error.
        workspace.only_source(id)?;
    }
    Ok(database_json(at, workspace, database))
}

pub(super) fn database_json(at: &At<'_>, workspace: &Workspace, database: &Database) -> Value {
    let mut answer = json!({
        "object": "database",
        "id": database.id,
        "title": database.title,
        "description": [],
        "parent": { "type": "page_id", "page_id": database.parent },
        "is_inline": database.is_inline,
        "is_locked": false,
        "icon": null,
        "cover": null,
        "url": format!("https://app.notion.com/p/{}", database.id.simple()),
        "public_url": null,
    });
    database.times.write(&mut answer);
    super::write_trash(&mut answer, at, database.in_trash);
    if at.version.has_data_sources() {
        let sources: Vec<Value> = workspace
            .sources_of(database.id)
            .map(|source| json!({ "id": source.id, "name": rich_text::plain(&source.title) }))
            .collect();
        answer["data_sources"] = sources.into();
    } else if let Some(source) = workspace.sources_of(database.id).next() {
        answer["properties"] = schema_json(source);
    }
    answer
}

fn schema_json(source: &DataSource) -> Value {
    source.properties.iter().map(|p| (p.name.clone(), p.to_json())).collect::<Map<_, _>>().into()
}

pub(super) fn update(at: &At<'_>, workspace: &mut Workspace, id: Uuid, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    workspace.database(id)?;
    let mut known = vec!["title", "description", "icon", "cover", "is_inline", "in_trash"];
    if at.version.has_data_sources() {
        known.extend(["parent", "is_locked"]);
    } else {
        known.extend(["properties", "archived"]);
        if let Some(given) = object.get("properties") {
            let source = workspace.only_source(id)?;
            change_schema(at, workspace, source, given, Maker::Connection)?;
        }
    }
    check::only(object, &known, "body")?;
    let title = optional_title(&body["title"])?;
    let in_trash = super::read_trash(at, body)?;
    let database = workspace.databases.iter_mut().find(|database| database.id == id);
    if let Some(database) = database {
        database.title = title.unwrap_or_else(|| database.title.clone());
        database.in_trash = in_trash.unwrap_or(database.in_trash);
        database.times.edited(at);
    }
    retrieve(at, workspace, id)
}

pub(super) fn retrieve_source(at: &At<'_>, workspace: &Workspace, id: Uuid) -> Answer {
    Ok(source_json(at, workspace, workspace.source(id)?))
}

pub(super) fn source_json(at: &At<'_>, workspace: &Workspace, source: &DataSource) -> Value {
    let grandparent = workspace.database(source.database).map(|database| database.parent);
    let mut answer = json!({
        "object": "data_source",
        "id": source.id,
        "title": source.title,
        "description": [],
        "parent": { "type": "database_id", "database_id": source.database },
        "database_parent": { "type": "page_id", "page_id": grandparent.ok() },
        "icon": null,
        "properties": schema_json(source),
        "url": format!("https://app.notion.com/p/{}", source.id.simple()),
        "public_url": null,
    });
    source.times.write(&mut answer);
    super::write_trash(&mut answer, at, false);
    answer
}

pub(super) fn update_source(
    at: &At<'_>,
    workspace: &mut Workspace,
    id: Uuid,
    body: &Value,
) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    workspace.source(id)?;
    check::only(object, &["properties", "title", "icon", "in_trash", "parent"], "body")?;
    if let Some(given) = object.get("properties") {
        change_schema(at, workspace, id, given, Maker::Connection)?;
    }
    if let Some(title) = optional_title(&body["title"])? {
        workspace.source_mut(id)?.title = title;
    }
    retrieve_source(at, workspace, id)
}

/// Adds, changes, renames and removes properties: all of what is asked for, or nothing.
pub(super) fn change_schema(
    at: &At<'_>,
    workspace: &mut Workspace,
    id: Uuid,
    given: &Value,
    maker: Maker,
) -> Result<(), NotionError> {
    let Some(given) = given.as_object() else {
        return Err(NotionError::should("body.properties", "an object", given));
    };
    let source = workspace.source_mut(id)?;
    let mut properties = source.properties.clone();
    let mut changed = Vec::new();
    for (key, given) in given {
        let path = format!("body.properties.{key}");
        let Some(at) = properties.iter().position(|property| property.is_called(key)) else {
            let name = given["name"].as_str().unwrap_or(key);
            let property = Property::parse(name, given, &path, maker)?;
            if property.kind == Kind::Title {
                return Err(NotionError::validation("Only one title property is allowed."));
            }
            changed.push(property.encoded_id());
            properties.push(property);
            continue;
        };
        let property = &mut properties[at];
        changed.push(property.encoded_id());
        if given.is_null() {
            if property.kind == Kind::Title {
                return Err(NotionError::validation("Cannot delete the title property."));
            }
            properties.remove(at);
            continue;
        }
        if let Some(settings) = given.get(property.kind.name()) {
            property.configure(settings, &format!("{path}.{}", property.kind.name()), maker)?;
        } else if given
            .as_object()
            .is_some_and(|o| o.keys().any(|k| k != "name" && k != "description"))
        {
            if property.kind == Kind::Title {
                return Err(NotionError::validation(
                    "Cannot change the type of the title property.",
                ));
            }
            let (id, name) = (property.id.clone(), property.name.clone());
            *property = Property::parse(&name, given, &path, maker)?;
            property.id = id;
        }
        if let Some(name) = given["name"].as_str() {
            property.rename(name);
        }
    }
    let mut names: Vec<&str> = properties.iter().map(|property| property.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(NotionError::validation("Two properties have the same name."));
    }
    source.properties = properties;
    source.times.edited(at);
    workspace.happened(Event::new("data_source.schema_updated", id, at).with(changed));
    Ok(())
}

/// The data source that a page is to go into.
pub(super) fn parent_of(
    at: &At<'_>,
    workspace: &Workspace,
    parent: &Value,
) -> Result<Parent, NotionError> {
    let id = |key: &str| -> Result<Option<Uuid>, NotionError> {
        let path = format!("body.parent.{key}");
        parent.get(key).map(|id| check::uuid(check::string(id, &path)?, &path)).transpose()
    };
    if let Some(source) = id("data_source_id")? {
        if !at.version.has_data_sources() {
            let given = &parent["data_source_id"];
            return Err(NotionError::should("body.parent.data_source_id", "not present", given));
        }
        return Ok(Parent::Source { source, database: workspace.source(source)?.database });
    }
    if let Some(database) = id("database_id")? {
        return Ok(Parent::Source { source: workspace.only_source(database)?, database });
    }
    if let Some(page) = id("page_id")? {
        return Ok(Parent::Page(workspace.page(page)?.id));
    }
    Err(NotionError::should("body.parent.page_id", "defined", &Value::Null))
}
