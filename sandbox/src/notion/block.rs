//! Blocks: the content of pages.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::event::Event;
use super::file::{self, Files};
use super::query::Paging;
use super::workspace::{At, Block, Times, Workspace};
use super::{check, rich_text};
use crate::ids;

const MOST_CHILDREN: usize = 100;
const MOST_BLOCKS: usize = 1_000;
const DEEPEST: usize = 2;
const LONGEST_URL: usize = 2_000;

/// A block of a request, checked and completed.
pub(super) struct Draft {
    kind: &'static str,
    content: Value,
    children: Vec<Draft>,
}

/// What a type of block holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// `rich_text` and `color`, and these flags or words with their defaults.
    Text,
    /// A file or an address outside, with a caption.
    File,
    Url,
    Nothing,
}

const TYPES: [(&str, Holds); 18] = [
    ("paragraph", Holds::Text),
    ("heading_1", Holds::Text),
    ("heading_2", Holds::Text),
    ("heading_3", Holds::Text),
    ("bulleted_list_item", Holds::Text),
    ("numbered_list_item", Holds::Text),
    ("to_do", Holds::Text),
    ("quote", Holds::Text),
    ("callout", Holds::Text),
    ("toggle", Holds::Text),
    ("code", Holds::Text),
    ("divider", Holds::Nothing),
    ("bookmark", Holds::Url),
    ("image", Holds::File),
    ("file", Holds::File),
    ("pdf", Holds::File),
    ("video", Holds::File),
    ("audio", Holds::File),
];

fn may_have_children(kind: &str) -> bool {
    !matches!(kind, "heading_1" | "heading_2" | "heading_3" | "code")
}

/// Checks the children of a request, all of them and theirs.
pub(super) fn check_all(
    files: &Files,
    given: &Value,
    path: &str,
) -> Result<Vec<Draft>, NotionError> {
    let mut count = 0;
    let drafts = check_level(files, given, path, 1, &mut count)?;
    if count > MOST_BLOCKS {
        return Err(NotionError::too_many(path, MOST_BLOCKS, count));
    }
    Ok(drafts)
}

fn check_level(
    files: &Files,
    given: &Value,
    path: &str,
    depth: usize,
    count: &mut usize,
) -> Result<Vec<Draft>, NotionError> {
    let Some(items) = given.as_array().filter(|_| depth <= DEEPEST) else {
        let be = if depth <= DEEPEST { "an array" } else { "not present" };
        return Err(NotionError::should(path, be, given));
    };
    if items.len() > MOST_CHILDREN {
        return Err(NotionError::too_many(path, MOST_CHILDREN, items.len()));
    }
    *count += items.len();
    let mut drafts = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let Some(object) = item.as_object() else {
            return Err(NotionError::should(&path, "an object", item));
        };
        let Some((kind, holds)) = TYPES.iter().find(|(kind, _)| object.contains_key(*kind)) else {
            return Err(NotionError::should(&format!("{path}.paragraph"), "defined", &Value::Null));
        };
        check::only(object, &["object", "type", kind], &path)?;
        if item["type"].as_str().is_some_and(|given| given != *kind) {
            return Err(NotionError::should(
                &format!("{path}.type"),
                &format!("`\"{kind}\"`"),
                &item["type"],
            ));
        }
        let path = format!("{path}.{kind}");
        let content = content(files, kind, *holds, &item[kind], &path)?;
        let children = match item[kind].get("children") {
            Some(children) if *holds == Holds::Text && may_have_children(kind) => {
                check_level(files, children, &format!("{path}.children"), depth + 1, count)?
            }
            Some(children) => {
                return Err(NotionError::should(
                    &format!("{path}.children"),
                    "not present",
                    children,
                ));
            }
            None => Vec::new(),
        };
        drafts.push(Draft { kind, content, children });
    }
    Ok(drafts)
}

fn content(
    files: &Files,
    kind: &str,
    holds: Holds,
    given: &Value,
    path: &str,
) -> Result<Value, NotionError> {
    let Some(object) = given.as_object() else {
        return Err(NotionError::should(path, "an object", given));
    };
    let caption = || match given.get("caption") {
        Some(caption) => rich_text::write(caption, &format!("{path}.caption")),
        None => Ok(json!([])),
    };
    match holds {
        Holds::Nothing => {
            check::only(object, &[], path)?;
            Ok(json!({}))
        }
        Holds::Url => {
            check::only(object, &["url", "caption"], path)?;
            let url = check::string(&given["url"], &format!("{path}.url"))?;
            rich_text::longest(url, LONGEST_URL, &format!("{path}.url"))?;
            Ok(json!({ "url": url, "caption": caption()? }))
        }
        Holds::File => {
            check::only(object, &["type", "external", "file_upload", "caption", "name"], path)?;
            let (source, of) = file::reference(files, given, path)?;
            let mut content = json!({ "caption": caption()?, "type": source, source: of });
            if kind == "file" {
                content["name"] = given["name"].clone();
            }
            Ok(content)
        }
        Holds::Text => {
            let mut known = vec!["rich_text", "color", "children"];
            let extra: &[&str] = match kind {
                "to_do" => &["checked"],
                "code" => &["language", "caption"],
                "callout" => &["icon"],
                "heading_1" | "heading_2" | "heading_3" => &["is_toggleable"],
                _ => &[],
            };
            known.extend(extra);
            check::only(object, &known, path)?;
            let text = rich_text::write(&given["rich_text"], &format!("{path}.rich_text"))?;
            let mut content = json!({ "rich_text": text });
            match kind {
                "code" => {
                    let language = given["language"].as_str();
                    content["language"] = language.unwrap_or("plain text").into();
                    content["caption"] = caption()?;
                    return Ok(content);
                }
                "to_do" => {
                    let path = format!("{path}.checked");
                    content["checked"] =
                        check::flag(&given["checked"], &path)?.unwrap_or(false).into();
                }
                "callout" => content["icon"] = given["icon"].clone(),
                "heading_1" | "heading_2" | "heading_3" => {
                    content["is_toggleable"] =
                        given["is_toggleable"].as_bool().unwrap_or(false).into()
                }
                _ => {}
            }
            content["color"] = given["color"].as_str().unwrap_or("default").into();
            Ok(content)
        }
    }
}

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
    let drafts = check_all(&workspace.files, &body["children"], "body.children")?;
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
    let results = blocks.map(|block| block_json(at, workspace, block)).collect();
    Ok(super::query::list(results, None, "block"))
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
    let holds = TYPES.iter().find(|(known, _)| *known == kind).map_or(Holds::Text, |(_, h)| *h);
    let new = match object.get(kind) {
        Some(given) => Some(content(
            &workspace.files,
            kind,
            holds,
            &merged(&block.content, given),
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

/// What a change leaves out stays as it is; a file can only be replaced as a whole.
fn merged(old: &Value, new: &Value) -> Value {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        return new.clone();
    };
    let mut both: Map<String, Value> = old.clone();
    if ["external", "file_upload"].iter().any(|key| new.contains_key(*key)) {
        for key in ["type", "external", "file"] {
            both.remove(key);
        }
    }
    both.extend(new.clone());
    Value::Object(both)
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
