//! A page of a data source, as a person reads it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::notion::{self, Workspace};

/// A ticket as it was when it was looked at.
#[derive(Clone, Serialize)]
pub struct Ticket {
    pub id: Uuid,
    pub data_source: Uuid,
    pub title: String,
    /// Every property as a person reads it: the name of an option, names of people with commas, …
    pub properties: BTreeMap<String, String>,
    /// The lines of the page's content, lists with `- `, boxes with `[ ] `, files as `[file: name]`.
    pub body: Vec<String>,
    /// The oldest first.
    pub comments: Vec<Note>,
    pub created_ms: i64,
    pub edited_ms: i64,
    pub in_trash: bool,
}

/// A comment.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub author: String,
    pub text: String,
    pub at_ms: i64,
}

// Both hold what customers and specialists wrote.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .field("lines", &self.body.len())
            .field("comments", &self.comments.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("author", &self.author).finish_non_exhaustive()
    }
}

impl Ticket {
    /// What this property reads; empty too when there is none.
    #[must_use]
    pub fn text(&self, property: &str) -> &str {
        self.properties.get(property).map_or("", String::as_str)
    }

    /// `None` when there is no such page, or it is in no data source.
    pub(super) fn read(workspace: &Workspace, id: Uuid) -> Option<Self> {
        let page = workspace.pages.get(&id)?;
        let source = notion::source_of(workspace, page)?;
        let properties = source
            .properties
            .iter()
            .map(|property| (property.name.clone(), notion::plain_value(workspace, property, page)))
            .collect();
        let mut body = Vec::new();
        lines(workspace, &page.children, 0, &mut body);
        let comments = workspace
            .comments
            .iter()
            .filter(|comment| comment.page == id)
            .map(|comment| Note {
                author: notion::name_of(workspace, comment.times.created_by),
                text: notion::plain(&comment.rich_text),
                at_ms: comment.times.created_ms,
            })
            .collect();
        Some(Self {
            id,
            data_source: source.id,
            title: notion::title(workspace, page),
            properties,
            body,
            comments,
            created_ms: page.times.created_ms,
            edited_ms: page.times.edited_ms,
            in_trash: page.in_trash,
        })
    }
}

fn lines(workspace: &Workspace, children: &[Uuid], depth: usize, into: &mut Vec<String>) {
    for block in children.iter().filter_map(|id| workspace.blocks.get(id)) {
        if block.in_trash {
            continue;
        }
        let text = notion::plain(&block.content["rich_text"]);
        let line = match block.kind {
            "bulleted_list_item" => format!("- {text}"),
            "numbered_list_item" => format!("1. {text}"),
            "to_do" if block.content["checked"] == true => format!("[x] {text}"),
            "to_do" => format!("[ ] {text}"),
            "heading_1" => format!("# {text}"),
            "heading_2" => format!("## {text}"),
            "heading_3" => format!("### {text}"),
            "quote" => format!("> {text}"),
            "divider" => "---".to_owned(),
            "bookmark" => block.content["url"].as_str().unwrap_or_default().to_owned(),
            "image" | "file" | "pdf" | "video" | "audio" => {
                let caption = notion::plain(&block.content["caption"]);
                let named = [&block.content["name"], &block.content["external"]["url"]];
                let name = named.into_iter().find_map(Value::as_str).unwrap_or(&caption);
                format!("[{}: {name}]", block.kind)
            }
            _ => text,
        };
        into.push(format!("{}{line}", "  ".repeat(depth)));
        lines(workspace, &block.children, depth + 1, into);
    }
}
