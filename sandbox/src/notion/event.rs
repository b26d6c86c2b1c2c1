//! What happened in the workspace, for the webhooks of the connection.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::workspace::{At, Parent, Workspace};

#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `page.created` and its like.
    pub(crate) name: &'static str,
    pub(crate) entity: Uuid,
    pub(crate) authors: BTreeSet<Uuid>,
    /// The ids of properties or blocks that changed.
    pub(crate) details: BTreeSet<String>,
}

impl Event {
    pub(crate) fn new(name: &'static str, entity: Uuid, at: &At<'_>) -> Self {
        Self { name, entity, authors: BTreeSet::from([at.by]), details: BTreeSet::new() }
    }

    pub(crate) fn with(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    /// Several changes of the same in a short time come as one.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.entity == other.entity
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.authors.extend(other.authors);
        self.details.extend(other.details);
    }

    /// `entity` and `data` of the webhook.
    pub(crate) fn describe(&self, workspace: &Workspace) -> (Value, Value) {
        let kind = self.name.split('.').next().unwrap_or_default();
        let entity = json!({ "id": self.entity, "type": kind });
        if let Some(comment) = workspace.comments.iter().find(|c| c.id == self.entity) {
            let parent = json!({ "id": comment.page, "type": "page" });
            return (entity, json!({ "page_id": comment.page, "parent": parent }));
        }
        if let Ok(source) = workspace.source(self.entity) {
            let parent = json!({ "id": source.database, "type": "database" });
            let mut data = json!({ "parent": parent });
            if self.name == "data_source.schema_updated" {
                let updated: Vec<Value> = self
                    .details
                    .iter()
                    .map(|id| json!({ "id": id, "action": "updated" }))
                    .collect();
                data["updated_properties"] = updated.into();
            }
            return (entity, data);
        }
        let parent = match workspace.pages.get(&self.entity).map(|page| page.parent) {
            Some(Parent::Source { source, database }) => {
                json!({ "id": database, "type": "database", "data_source_id": source })
            }
            Some(Parent::Page(page)) => json!({ "id": page, "type": "page" }),
            _ => json!({ "id": workspace.id, "type": "space" }),
        };
        let mut data = json!({ "parent": parent });
        match self.name {
            "page.properties_updated" => data["updated_properties"] = json!(self.details),
            "page.content_updated" => {
                let blocks: Vec<Value> =
                    self.details.iter().map(|id| json!({ "id": id, "type": "block" })).collect();
                data["updated_blocks"] = blocks.into();
            }
            _ => {}
        }
        (entity, data)
    }
}
