//! Blocks: the content of pages.

use serde_json::{Value, json};
use uuid::Uuid;

use super::check;
use super::draft::{self, Draft};
use super::error::{Answer, NotionError};
use super::event::Event;
use super::query::Paging;
use super::workspace::{At, Block, Times, Workspace};
use crate::ids;

/// Puts checked blocks into the workspace and gives their ids in order.
pub(super) fn insert(
    at: &At<'_>,
    workspace: &mut Workspace,
    page: Uuid,
    inside: Option<Uuid>,
    drafts: Vec<Draft>,
) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for draft in drafts {
        let id = ids::uuid();
        let children = insert(at, workspace, page, Some(id), draft.children);
        let block = Block {
            id,
            page,
            inside,
            kind: draft.kind,
            content: draft.content,
            times: Times::new(at),
            in_trash: false,
            children,
        };
        workspace.blocks.insert(id, block);
        ids.push(id);
    }
    ids
}

pub(super) fn archived() -> NotionError {
    NotionError::validation(
        "Can't edit block that is archived. You must unarchive the block before editing.",
    )
}

/// The page of a block or of a page's own id, and the children there.
fn children_of(
    workspace: &Workspace,
    id: Uuid,
) -> Result<(Uuid, Option<Uuid>, &[Uuid]), NotionError> {
    if let Some(page) = workspace.pages.get(&id) {
        return Ok((id, None, &page.children));
    }
    match workspace.blocks.get(&id) {
        Some(block) => Ok((block.page, Some(id), &block.children)),
        None => Err(workspace.not_found("block", id)),
    }
}

pub(super) fn list(at: &At<'_>, workspace: &Workspace, id: Uuid, paging: &Paging) -> Answer {
    let (_, _, children) = children_of(workspace, id)?;
    let blocks = children.iter().filter_map(|id| workspace.blocks.get(id));
    let blocks = blocks.filter(|block| !block.in_trash);
    paging.cut(blocks.map(|block| (block.id, block_json(at, workspace, block))).collect(), "block")
}

pub(crate) fn append(at: &At<'_>, workspace: &mut Workspace, id: Uuid, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    let is_new = at.version >= super::Version::Positions;
    check::only(object, &["children", if is_new { "position" } else { "after" }], "body")?;
    let (page, inside, siblings) = children_of(workspace, id)?;
    if workspace.pages.get(&page).is_some_and(|page| page.in_trash) {
        return Err(archived());
    }
    let after = match (body["after"].as_str(), body["position"]["type"].as_str()) {
        (Some(after), _) => Some(check::uuid(after, "body.after")?),
        (None, None | Some("end")) => None,
        (None, Some("start")) => Some(Uuid::nil()),
        (None, Some("after_block")) => {
            let path = "body.position.after_block.id";
            let after = check::string(&body["position"]["after_block"]["id"], path)?;
            Some(check::uuid(after, path)?)
        }
        (None, Some(_)) => {
            let be = "`\"end\"`, `\"start\"` or `\"after_block\"`";
            return Err(NotionError::should("body.position.type", be, &body["position"]["type"]));
        }
    };
    let place = match after {
        None => siblings.len(),
        Some(after) if after.is_nil() => 0,
        Some(after) => match siblings.iter().position(|sibling| *sibling == after) {
            Some(place) => place + 1,
            None => {
                return Err(NotionError::validation(format!(
                    "Block to append children after is not found: {after}"
                )));
            }
        },
    };
    let drafts = draft::check_all(&workspace.files, &body["children"], "body.children")?;
    let new = insert(at, workspace, page, inside, drafts);
    let children = match inside {
        Some(block) => workspace.blocks.get_mut(&block).map(|block| &mut block.children),
        None => workspace.pages.get_mut(&page).map(|page| &mut page.children),
    };
    if let Some(children) = children {
        children.splice(place..place, new.iter().copied());
    }
    touch(at, workspace, page, &new);
    let blocks = new.iter().filter_map(|id| workspace.blocks.get(id));
    let results: Vec<Value> = blocks.map(|block| block_json(at, workspace, block)).collect();
    Ok(super::query::list(&results, None, "block"))
}

/// The page of changed blocks has changed too.
fn touch(at: &At<'_>, workspace: &mut Workspace, page: Uuid, blocks: &[Uuid]) {
    if let Some(page) = workspace.pages.get_mut(&page) {
        page.times.edited(at);
    }
    let ids = blocks.iter().map(Uuid::to_string);
    workspace.happened(Event::new("page.content_updated", page, at).with(ids));
}

pub(super) fn retrieve(at: &At<'_>, workspace: &Workspace, id: Uuid) -> Answer {
    match workspace.blocks.get(&id) {
        Some(block) => Ok(block_json(at, workspace, block)),
        None => Err(workspace.not_found("block", id)),
    }
}

pub(super) fn update(at: &At<'_>, workspace: &mut Workspace, id: Uuid, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    let Some(block) = workspace.blocks.get(&id) else {
        return Err(workspace.not_found("block", id));
    };
    let (page, kind) = (block.page, block.kind);
    check::only(object, &["type", kind, "archived", "in_trash"], "body")?;
    let in_trash = super::read_trash(at, body)?;
    if block.in_trash && in_trash != Some(false) {
        return Err(archived());
    }
    let new = match object.get(kind) {
        Some(given) => Some(draft::revise(
            &workspace.files,
            kind,
            &block.content,
            given,
            &format!("body.{kind}"),
        )?),
        None => None,
    };
    if let Some(block) = workspace.blocks.get_mut(&id) {
        block.content = new.unwrap_or_else(|| block.content.clone());
        block.in_trash = in_trash.unwrap_or(block.in_trash);
        block.times.edited(at);
    }
    touch(at, workspace, page, &[id]);
    retrieve(at, workspace, id)
}

pub(super) fn delete(at: &At<'_>, workspace: &mut Workspace, id: Uuid) -> Answer {
    if workspace.pages.contains_key(&id) {
        return super::page::update(at, workspace, id, &json!({ "in_trash": true }));
    }
    let missing = workspace.not_found("block", id);
    let block = workspace.blocks.get_mut(&id).ok_or(missing)?;
    if block.in_trash {
        return Err(archived());
    }
    block.in_trash = true;
    let page = block.page;
    touch(at, workspace, page, &[id]);
    retrieve(at, workspace, id)
}

pub(super) fn block_json(at: &At<'_>, workspace: &Workspace, block: &Block) -> Value {
    let parent = match block.inside {
        Some(id) => json!({ "type": "block_id", "block_id": id }),
        None => json!({ "type": "page_id", "page_id": block.page }),
    };
    let mut content = block.content.clone();
    workspace.files.give_addresses(&mut content, at);
    let is_there = |id: &Uuid| workspace.blocks.get(id).is_some_and(|child| !child.in_trash);
    let mut answer = json!({
        "object": "block",
        "id": block.id,
        "parent": parent,
        "has_children": block.children.iter().any(is_there),
        "type": block.kind,
        block.kind: content,
    });
    block.times.write(&mut answer);
    super::write_trash(&mut answer, at, block.in_trash);
    answer
}
