//! What is in the workspace: databases, pages, blocks, comments, people and files.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::NotionError;
use super::event::Event;
use super::file::Files;
use super::options::NotionOptions;
use super::schema::Property;
use super::time;
use super::version::Version;
use crate::ids;

/// Under which circumstances something is asked or done.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) version: Version,
    pub(crate) now_ms: i64,
    pub(crate) base_url: &'a str,
    /// Who does it.
    pub(crate) by: Uuid,
}

pub(crate) struct Workspace {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The connection that the token belongs to.
    pub(crate) bot: Person,
    pub(crate) people: Vec<Person>,
    /// The id of the first database.
    pub(super) first_database: Uuid,
    pub(crate) databases: Vec<Database>,
    pub(crate) sources: Vec<DataSource>,
    pub(crate) pages: HashMap<Uuid, Page>,
    pub(crate) blocks: HashMap<Uuid, Block>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) files: Files,
    /// What happened since somebody last took it to tell it.
    pub(crate) events: Vec<Event>,
}

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

pub(crate) struct Database {
    pub(crate) id: Uuid,
    pub(crate) parent: Uuid,
    pub(crate) title: Value,
    pub(crate) times: Times,
    pub(crate) in_trash: bool,
    pub(crate) is_inline: bool,
}

pub(crate) struct DataSource {
    pub(crate) id: Uuid,
    pub(crate) database: Uuid,
    pub(crate) title: Value,
    pub(crate) times: Times,
    pub(crate) properties: Vec<Property>,
    /// Its pages, the oldest first, those in the trash too.
    pub(crate) rows: Vec<Uuid>,
    /// The number of the next page, for `unique_id`.
    pub(crate) next_number: u64,
}

impl DataSource {
    pub(crate) fn property(&self, key: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.is_called(key))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) created_ms: i64,
    pub(crate) created_by: Uuid,
    pub(crate) edited_ms: i64,
    pub(crate) edited_by: Uuid,
}

impl Times {
    pub(crate) fn new(at: &At<'_>) -> Self {
        Self { created_ms: at.now_ms, created_by: at.by, edited_ms: at.now_ms, edited_by: at.by }
    }

    pub(crate) fn edited(&mut self, at: &At<'_>) {
        self.edited_ms = at.now_ms;
        self.edited_by = at.by;
    }

    pub(super) fn write(&self, object: &mut Value) {
        object["created_time"] = time::minute(self.created_ms).into();
        object["last_edited_time"] = time::minute(self.edited_ms).into();
        object["created_by"] = user_reference(self.created_by);
        object["last_edited_by"] = user_reference(self.edited_by);
    }
}

pub(super) fn user_reference(id: Uuid) -> Value {
    json!({ "object": "user", "id": id })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    Workspace,
    Page(Uuid),
    Source { source: Uuid, database: Uuid },
}

pub(crate) struct Page {
    pub(crate) id: Uuid,
    pub(crate) parent: Parent,
    pub(crate) times: Times,
    pub(crate) in_trash: bool,
    pub(crate) icon: Value,
    pub(crate) cover: Value,
    /// By the property's id; a page outside data sources has a title only.
    pub(crate) values: HashMap<String, Value>,
    pub(crate) number: u64,
    pub(crate) children: Vec<Uuid>,
}

pub(crate) struct Block {
    pub(crate) id: Uuid,
    pub(crate) page: Uuid,
    /// The block that it is in, if it is not on the page itself.
    pub(crate) inside: Option<Uuid>,
    pub(crate) kind: &'static str,
    pub(crate) content: Value,
    pub(crate) times: Times,
    pub(crate) in_trash: bool,
    pub(crate) children: Vec<Uuid>,
}

pub(crate) struct Comment {
    pub(crate) id: Uuid,
    pub(crate) page: Uuid,
    pub(crate) discussion: Uuid,
    pub(crate) rich_text: Value,
    pub(crate) times: Times,
}

impl Workspace {
    pub(crate) fn new(options: &NotionOptions, now_ms: i64) -> Self {
        let person = |name: &str| Person { id: ids::uuid(), name: name.to_owned() };
        let mut workspace = Self {
            id: ids::uuid(),
            name: options.workspace_name.clone(),
            bot: person(&options.connection_name),
            people: options.people.iter().map(|name| person(name)).collect(),
            first_database: options.database_id,
            databases: Vec::new(),
            sources: Vec::new(),
            pages: HashMap::new(),
            blocks: HashMap::new(),
            comments: Vec::new(),
            files: Files::default(),
            events: Vec::new(),
        };
        let owner = workspace.people.first().unwrap_or(&workspace.bot).id;
        let times =
            Times { created_ms: now_ms, created_by: owner, edited_ms: now_ms, edited_by: owner };
        let title =
            super::rich_text::write(&super::rich_text::unmarked(&options.workspace_name), "title");
        workspace.pages.insert(
            options.page_id,
            Page {
                id: options.page_id,
                parent: Parent::Workspace,
                times,
                in_trash: false,
                icon: Value::Null,
                cover: Value::Null,
                values: HashMap::from([("title".to_owned(), title.unwrap_or_default())]),
                number: 0,
                children: Vec::new(),
            },
        );
        workspace
    }

    /// Rows, blocks, comments and files go; databases and people stay, because a client knows their ids.
    pub(crate) fn empty(&mut self) {
        self.pages.retain(|_, page| page.parent == Parent::Workspace);
        for page in self.pages.values_mut() {
            page.children.clear();
        }
        for source in &mut self.sources {
            source.rows.clear();
        }
        self.blocks.clear();
        self.comments.clear();
        self.files.clear();
        self.events.clear();
    }

    pub(super) fn not_found(&self, what: &str, id: Uuid) -> NotionError {
        NotionError::not_found(what, id, &self.bot.name)
    }

    pub(crate) fn page(&self, id: Uuid) -> Result<&Page, NotionError> {
        self.pages.get(&id).ok_or_else(|| self.not_found("page", id))
    }

    pub(crate) fn database(&self, id: Uuid) -> Result<&Database, NotionError> {
        let found = self.databases.iter().find(|database| database.id == id);
        found.ok_or_else(|| self.not_found("database", id))
    }

    pub(crate) fn source(&self, id: Uuid) -> Result<&DataSource, NotionError> {
        let found = self.sources.iter().find(|source| source.id == id);
        found.ok_or_else(|| self.not_found("data source", id))
    }

    pub(crate) fn source_mut(&mut self, id: Uuid) -> Result<&mut DataSource, NotionError> {
        let missing = self.not_found("data source", id);
        self.sources.iter_mut().find(|source| source.id == id).ok_or(missing)
    }

    pub(crate) fn sources_of(&self, database: Uuid) -> impl Iterator<Item = &DataSource> {
        self.sources.iter().filter(move |source| source.database == database)
    }

    /// The one data source of a database, which is what the API before data sources means by it.
    pub(super) fn only_source(&self, database: Uuid) -> Result<Uuid, NotionError> {
        self.database(database)?;
        let mut sources = self.sources_of(database);
        match (sources.next(), sources.next()) {
            (Some(only), None) => Ok(only.id),
            _ => Err(NotionError::validation(
                "Databases with multiple data sources are not supported in this API version.",
            )),
        }
    }

    pub(crate) fn person(&self, id: Uuid) -> Option<&Person> {
        self.people.iter().chain([&self.bot]).find(|person| person.id == id)
    }

    /// The id of somebody with this name, who joins if there is nobody yet.
    pub(crate) fn person_named(&mut self, name: &str) -> Uuid {
        if let Some(known) = self.people.iter().find(|person| person.name == name) {
            return known.id;
        }
        let id = ids::uuid();
        self.people.push(Person { id, name: name.to_owned() });
        id
    }

    pub(crate) fn happened(&mut self, event: Event) {
        self.events.push(event);
    }
}
