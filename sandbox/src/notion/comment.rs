//! Comments on pages.

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::event::Event;
use super::query::Paging;
use super::workspace::{At, Comment, Times, Workspace};
use super::{check, rich_text, time, value};
use crate::call::Call;
use crate::ids;

pub(crate) fn create(at: &At<'_>, workspace: &mut Workspace, body: &Value) -> Answer {
    let Some(object) = body.as_object() else {
        return Err(NotionError::should("body", "an object", body));
    };
    check::only(object, &["parent", "discussion_id", "rich_text"], "body")?;
    let (page, discussion) = match body["discussion_id"].as_str() {
        Some(id) => {
            let id = check::uuid(id, "body.discussion_id")?;
            let found = workspace.comments.iter().find(|comment| comment.discussion == id);
            let Some(found) = found else {
                return Err(workspace.not_found("discussion", id));
            };
            (found.page, id)
        }
        None => {
            let path = "body.parent.page_id";
            let page = check::uuid(check::string(&body["parent"]["page_id"], path)?, path)?;
            (workspace.page(page)?.id, ids::uuid())
        }
    };
    let rich_text = rich_text::write(&body["rich_text"], "body.rich_text")?;
    let comment = Comment { id: ids::uuid(), page, discussion, rich_text, times: Times::new(at) };
    let answer = comment_json(workspace, &comment);
    workspace.happened(Event::new("comment.created", comment.id, at));
    workspace.comments.push(comment);
    Ok(answer)
}

pub(super) fn list(workspace: &Workspace, call: &Call) -> Answer {
    let path = "query.block_id";
    let id = call.query.get("block_id").map_or(Value::Null, |id| id.as_str().into());
    let page = check::uuid(check::string(&id, path)?, path)?;
    if !workspace.blocks.contains_key(&page) {
        workspace.page(page)?;
    }
    let comments = workspace.comments.iter().filter(|comment| comment.page == page);
    let comments = comments.map(|comment| (comment.id, comment_json(workspace, comment)));
    Paging::of_query(call)?.cut(comments.collect(), "comment")
}

pub(super) fn retrieve(workspace: &Workspace, id: Uuid) -> Answer {
    match workspace.comments.iter().find(|comment| comment.id == id) {
        Some(comment) => Ok(comment_json(workspace, comment)),
        None => Err(workspace.not_found("comment", id)),
    }
}

pub(super) fn comment_json(workspace: &Workspace, comment: &Comment) -> Value {
    let author = comment.times.created_by;
    let kind = if author == workspace.bot.id { "integration" } else { "user" };
    json!({
        "object": "comment",
        "id": comment.id,
        "parent": { "type": "page_id", "page_id": comment.page },
        "discussion_id": comment.discussion,
        "created_time": time::minute(comment.times.created_ms),
        "last_edited_time": time::minute(comment.times.edited_ms),
        "created_by": { "object": "user", "id": author },
        "rich_text": comment.rich_text,
        "attachments": [],
        "display_name": { "type": kind, "resolved_name": value::name_of(workspace, author) },
    })
}
