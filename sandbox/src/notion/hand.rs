//! What a person does in Notion and a connection cannot, or does in another way.

use serde_json::{Value, json};
use uuid::Uuid;

use super::block::block_json;
use super::comment::comment_json;
use super::error::NotionError;
use super::page::{page_json, properties_of, unknown_property};
use super::schema::{Kind, Maker, Property};
use super::workspace::{At, DataSource, Page, Parent, Times, Workspace};
use super::{database, event::Event};
use crate::ids;

/// The data source that a page is in.
pub(crate) fn source_of<'a>(workspace: &'a Workspace, page: &Page) -> Option<&'a DataSource> {
    match page.parent {
        Parent::Source { source, .. } => workspace.source(source).ok(),
        _ => None,
    }
}

pub(crate) fn change_schema_by_hand(
    at: &At<'_>,
    workspace: &mut Workspace,
    source: Uuid,
    properties: &Value,
) -> Result<(), NotionError> {
    database::change_schema(at, workspace, source, properties, Maker::Person)
}

/// A data source with nothing but a title.
pub(crate) fn add_source(
    at: &At<'_>,
    workspace: &mut Workspace,
    database: Uuid,
    title: &str,
) -> Result<Uuid, NotionError> {
    workspace.database(database)?;
    let name = Property::parse("Name", &json!({ "title": {} }), "properties", Maker::Person)?;
    let source = DataSource {
        id: ids::uuid(),
        database,
        title: super::rich_text::write(&super::rich_text::unmarked(title), "title")?,
        times: Times::new(at),
        properties: vec![name],
        rows: Vec::new(),
        next_number: 1,
    };
    let id = source.id;
    workspace.happened(Event::new("data_source.created", id, at));
    workspace.sources.push(source);
    Ok(id)
}

fn property<'a>(
    workspace: &'a Workspace,
    page: Uuid,
    key: &str,
) -> Result<&'a Property, NotionError> {
    let schema = properties_of(workspace, workspace.page(page)?).unwrap_or_default();
    schema.iter().find(|property| property.is_called(key)).ok_or_else(|| unknown_property(key))
}

/// The name of a property's type.
pub(crate) fn kind_of(
    workspace: &Workspace,
    page: Uuid,
    key: &str,
) -> Result<&'static str, NotionError> {
    property(workspace, page, key).map(|property| property.kind.name())
}

/// The value that a person means by this text.
pub(crate) fn from_text(
    workspace: &mut Workspace,
    page: Uuid,
    key: &str,
    text: &str,
) -> Result<Value, NotionError> {
    let kind = property(workspace, page, key)?.kind;
    let names = || text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let value = match kind {
        Kind::Title | Kind::RichText => super::rich_text::unmarked(text),
        Kind::MultiSelect => names().map(|name| json!({ "name": name })).collect(),
        Kind::People => {
            let ids: Vec<Uuid> = names().map(|name| workspace.person_named(name)).collect();
            ids.iter().map(|id| json!({ "id": id })).collect()
        }
        Kind::Checkbox => (text == "true").into(),
        _ if text.is_empty() => Value::Null,
        Kind::Select | Kind::Status => json!({ "name": text }),
        Kind::Date => json!({ "start": text }),
        Kind::Number => match text.parse::<f64>() {
            Ok(number) => json!(number),
            Err(_) => text.into(),
        },
        _ => text.into(),
    };
    Ok(json!({ kind.name(): value }))
}

/// A page with its blocks, those inside others in `children`, and its comments, as the API gives them.
pub(crate) fn whole_page(at: &At<'_>, workspace: &Workspace, id: Uuid) -> Option<Value> {
    let page = workspace.pages.get(&id)?;
    let comments = workspace.comments.iter().filter(|comment| comment.page == id);
    Some(json!({
        "page": page_json(at, workspace, page, &[]),
        "blocks": blocks(at, workspace, &page.children),
        "comments": comments.map(|c| comment_json(workspace, c)).collect::<Vec<_>>(),
    }))
}

fn blocks(at: &At<'_>, workspace: &Workspace, children: &[Uuid]) -> Vec<Value> {
    let there = children.iter().filter_map(|id| workspace.blocks.get(id)).filter(|b| !b.in_trash);
    there
        .map(|block| {
            let mut read = block_json(at, workspace, block);
            read["children"] = blocks(at, workspace, &block.children).into();
            read
        })
        .collect()
}

/// Adds a kept file to a property of files.
pub(crate) fn attach(
    at: &At<'_>,
    workspace: &mut Workspace,
    page: Uuid,
    key: &str,
    name: &str,
    file: Uuid,
) -> Result<(), NotionError> {
    let property = property(workspace, page, key)?;
    if property.kind != Kind::Files {
        return Err(NotionError::validation(format!("{key} is expected to be files.")));
    }
    let (id, encoded) = (property.id.clone(), property.encoded_id());
    let attached = json!({ "name": name, "type": "file", "file": { "id": file } });
    if let Some(page) = workspace.pages.get_mut(&page) {
        page.times.edited(at);
        match page.values.get_mut(&id).and_then(Value::as_array_mut) {
            Some(files) => files.push(attached),
            None => drop(page.values.insert(id, json!([attached]))),
        }
    }
    workspace.happened(Event::new("page.properties_updated", page, at).with([encoded]));
    Ok(())
}
