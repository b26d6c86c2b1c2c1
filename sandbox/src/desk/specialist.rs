//! What a specialist does with a ticket in Notion.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Desk;
use super::markdown;
use crate::notion;

/// Somebody who answers from Notion. Every change is this person's.
#[derive(Clone, Debug)]
pub struct Specialist {
    desk: Desk,
    id: Uuid,
}

impl Specialist {
    pub(super) fn new(desk: &Desk, id: Uuid) -> Self {
        Self { desk: desk.clone(), id }
    }

    /// The id of this person in Notion.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What is in the property while somebody is still typing: no button is pressed, no webhook of a button
    /// goes out.
    ///
    /// # Errors
    /// When there is no such ticket, or the property takes no text.
    pub fn types(&self, ticket: Uuid, property: &str, text: &str) -> anyhow::Result<()> {
        self.sets_rich_text(ticket, property, &notion::unmarked(text))
    }

    /// The same with `**bold**`, `*italic*`, `~~struck~~`, `` `code` `` and `[links](https://…)`; lists are
    /// lines that begin with `- ` or `1. `, as they are in a property.
    ///
    /// # Errors
    /// As [`Specialist::types`], and when a link is none.
    pub fn writes(&self, ticket: Uuid, property: &str, markdown: &str) -> anyhow::Result<()> {
        self.sets_rich_text(ticket, property, &markdown::spans(markdown))
    }

    /// Adds content to the page: the same marks, and `- `, `1. `, `[ ] `, `> `, `# ` at the start of lines
    /// make their kinds of block.
    ///
    /// # Errors
    /// When there is no such ticket or a link is none.
    pub fn adds(&self, ticket: Uuid, markdown: &str) -> anyhow::Result<()> {
        let body = json!({ "children": markdown::blocks(markdown) });
        self.desk.acts(self.id, |at, workspace| notion::append(at, workspace, ticket, &body))?;
        Ok(())
    }

    /// Chooses an option of a select or a status, or gives a property of another type its value as text:
    /// a number, a date, `true`. An empty text empties it.
    ///
    /// # Errors
    /// When there is no such ticket or property, or the value does not fit.
    pub fn sets(&self, ticket: Uuid, property: &str, value: &str) -> anyhow::Result<()> {
        self.desk.acts(self.id, |at, workspace| {
            let value = notion::from_text(workspace, ticket, property, value)?;
            notion::update_page(at, workspace, ticket, &with(property, value))
        })?;
        Ok(())
    }

    /// Puts these people, by name, into a property of people.
    ///
    /// # Errors
    /// When there is no such ticket or property.
    pub fn assigns(&self, ticket: Uuid, property: &str, names: &[&str]) -> anyhow::Result<()> {
        self.desk.acts(self.id, |at, workspace| {
            let people: Vec<Value> =
                names.iter().map(|name| json!({ "id": workspace.person_named(name) })).collect();
            notion::update_page(at, workspace, ticket, &with(property, json!({ "people": people })))
        })?;
        Ok(())
    }

    /// Adds a file to a property of files.
    ///
    /// # Errors
    /// When there is no such ticket or property.
    pub fn attaches(
        &self,
        ticket: Uuid,
        property: &str,
        name: &str,
        mime_type: &str,
        bytes: Bytes,
    ) -> anyhow::Result<()> {
        self.desk.acts(self.id, |at, workspace| {
            let file = workspace.files.keep(name, mime_type, bytes);
            notion::attach(at, workspace, ticket, property, name, file)
        })
    }

    /// Puts a file into the page's content; images, videos and audio as such.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub fn inserts_file(
        &self,
        ticket: Uuid,
        name: &str,
        mime_type: &str,
        bytes: Bytes,
    ) -> anyhow::Result<()> {
        self.desk.acts(self.id, |at, workspace| {
            let kind = match mime_type.split('/').next() {
                Some("image") => "image",
                Some("video") => "video",
                Some("audio") => "audio",
                _ if mime_type == "application/pdf" => "pdf",
                _ => "file",
            };
            let file = workspace.files.keep_upload(at, name, mime_type, bytes);
            let mut content = json!({ "type": "file_upload", "file_upload": { "id": file } });
            if kind == "file" {
                content["name"] = name.into();
            }
            let body = json!({ "children": [{ "type": kind, kind: content }] });
            notion::append(at, workspace, ticket, &body)
        })?;
        Ok(())
    }

    /// Presses the button that releases the answer: it sets the property that
    /// [`Button::sets`](crate::Button) names, then sends its webhook. Gives the receiver's HTTP status at the
    /// first attempt; `None` when nothing was sent, or nobody answered.
    ///
    /// # Errors
    /// When there is no such ticket, or it lacks the property.
    pub async fn presses_send(&self, ticket: Uuid) -> anyhow::Result<Option<u16>> {
        if let Some((property, option)) = &self.desk.world.options.notion.button.sets {
            self.sets(ticket, property, option)?;
        }
        Ok(notion::press(&self.desk.world, ticket, self.id).await)
    }

    /// Presses another button with the same webhook, which sets this property to this option.
    ///
    /// # Errors
    /// As [`Specialist::presses_send`].
    pub async fn presses(
        &self,
        ticket: Uuid,
        property: &str,
        option: &str,
    ) -> anyhow::Result<Option<u16>> {
        self.sets(ticket, property, option)?;
        Ok(notion::press(&self.desk.world, ticket, self.id).await)
    }

    /// Writes a comment on the page.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub fn comments(&self, ticket: Uuid, text: &str) -> anyhow::Result<()> {
        let body = json!({ "parent": { "page_id": ticket }, "rich_text": markdown::spans(text) });
        self.desk.acts(self.id, |at, workspace| notion::comment(at, workspace, &body))?;
        Ok(())
    }

    /// Puts the page into the trash, or takes it out again.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub fn trashes(&self, ticket: Uuid, in_trash: bool) -> anyhow::Result<()> {
        let body = json!({ "in_trash": in_trash });
        self.desk
            .acts(self.id, |at, workspace| notion::update_page(at, workspace, ticket, &body))?;
        Ok(())
    }

    /// Makes a page by hand; gives its id.
    ///
    /// # Errors
    /// When there is no such data source, or it has no title.
    pub fn opens(&self, data_source: Uuid, title: &str) -> anyhow::Result<Uuid> {
        let title = json!({ "title": notion::unmarked(title) });
        let body = json!({ "parent": { "data_source_id": data_source }, "properties": { "title": title } });
        let page =
            self.desk.acts(self.id, |at, workspace| notion::create_page(at, workspace, &body))?;
        Ok(page["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default())
    }

    fn sets_rich_text(&self, ticket: Uuid, property: &str, text: &Value) -> anyhow::Result<()> {
        self.desk.acts(self.id, |at, workspace| {
            let kind = notion::kind_of(workspace, ticket, property)?;
            notion::update_page(at, workspace, ticket, &with(property, json!({ kind: text })))
        })?;
        Ok(())
    }
}

/// A change of one property.
fn with(property: &str, value: Value) -> Value {
    json!({ "properties": Map::from_iter([(property.to_owned(), value)]) })
}
