//! The desk as people see it: tickets, their content, and what specialists do with them.

mod markdown;
mod specialist;
mod ticket;

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use anyhow::{anyhow, bail};
use serde_json::{Value, json};
use uuid::Uuid;

pub use specialist::Specialist;
pub use ticket::{Note, Ticket};

use crate::lock;
use crate::notion::{self, At, NotionError, Version, Workspace};
use crate::world::World;

/// The workspace of Notion, by hand.
#[derive(Clone)]
pub struct Desk {
    world: Arc<World>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world) }
    }

    /// All tickets, the oldest first, those in the trash too.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        let workspace = self.workspace();
        let rows = workspace.sources.iter().flat_map(|source| &source.rows);
        rows.filter_map(|id| Ticket::read(&workspace, *id)).collect()
    }

    /// The tickets of one data source.
    #[must_use]
    pub fn tickets_of(&self, data_source: Uuid) -> Vec<Ticket> {
        let mut tickets = self.tickets();
        tickets.retain(|ticket| ticket.data_source == data_source);
        tickets
    }

    #[must_use]
    pub fn ticket(&self, id: Uuid) -> Option<Ticket> {
        Ticket::read(&self.workspace(), id)
    }

    /// The first ticket whose property reads so.
    #[must_use]
    pub fn ticket_with(&self, property: &str, text: &str) -> Option<Ticket> {
        self.tickets().into_iter().find(|ticket| ticket.text(property) == text)
    }

    /// Waits for a ticket of which this is true.
    ///
    /// # Errors
    /// When there is none within the limit.
    pub async fn sees(
        &self,
        limit: Duration,
        predicate: impl Fn(&Ticket) -> bool,
    ) -> anyhow::Result<Ticket> {
        let find = || self.tickets().into_iter().find(|ticket| predicate(ticket));
        match crate::wait::wait_for(&self.world, limit, find).await {
            Some(ticket) => Ok(ticket),
            None => bail!("wait for a ticket: none within {limit:?}"),
        }
    }

    /// Somebody of the workspace's people, who joins if the name is new.
    #[must_use]
    pub fn specialist(&self, name: &str) -> Specialist {
        let id = self.workspace().person_named(name);
        Specialist::new(self, id)
    }

    /// Adds or changes properties of a data source as a person does in Notion itself, who may do what a
    /// connection may not: buttons, and the options of a status.
    ///
    /// # Errors
    /// When there is no such data source, or a property is none.
    pub fn changes_properties(&self, data_source: Uuid, properties: &Value) -> anyhow::Result<()> {
        let by = self.somebody();
        self.acts(by, |at, workspace| {
            notion::change_schema_by_hand(at, workspace, data_source, properties)
        })
    }

    /// Adds another data source to a database, as a person does in Notion itself; gives its id. From then on
    /// the API before data sources refuses the database, as
    /// `a_second_data_source_shuts_out_the_old_version` holds.
    ///
    /// # Errors
    /// When there is no such database.
    pub fn adds_data_source(&self, database: Uuid, title: &str) -> anyhow::Result<Uuid> {
        let by = self.somebody();
        self.acts(by, |at, workspace| notion::add_source(at, workspace, database, title))
    }

    /// Where the button's webhook goes from now on.
    ///
    /// # Errors
    /// When it is not a URL.
    pub fn calls(&self, url: &str) -> anyhow::Result<()> {
        lock(&self.world.notion.button).set_url(url)
    }

    /// Subscribes a receiver to the connection's webhooks: tells it the verification token, and sends it
    /// everything from then on.
    ///
    /// # Errors
    /// When it is not a URL, or the receiver does not answer with 2xx.
    pub async fn subscribes(&self, url: &str) -> anyhow::Result<()> {
        notion::subscribe(&self.world, url).await
    }

    /// Whether the button's webhook has stopped after three refusals: what is pressed is not sent.
    #[must_use]
    pub fn button_is_paused(&self) -> bool {
        lock(&self.world.notion.button).is_paused
    }

    /// Somebody resumes the button's webhook by hand. What was pressed meanwhile stays unsent.
    pub fn resumes_button(&self) {
        lock(&self.world.notion.button).is_paused = false;
        self.world.has_changed();
    }

    /// `X-Notion-Signature` over these bytes.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        crate::delivery::sign(&self.world.options.notion.verification_token, body)
    }

    /// Moves Notion's clock ahead: times of pages, expiry of files.
    pub fn advance_clock(&self, by: Duration) {
        self.world.notion.clock.advance(by);
        self.world.has_changed();
    }

    /// The addresses of files that were given out so far die, as they do after an hour.
    pub fn expire_file_addresses(&self) {
        self.workspace().files.expire();
    }

    pub(crate) fn workspace(&self) -> MutexGuard<'_, Workspace> {
        lock(&self.world.notion.workspace)
    }

    /// A ticket as a person reads it, and all of it as the API gives it.
    pub(crate) fn whole_ticket(&self, id: Uuid) -> Option<Value> {
        let workspace = self.workspace();
        let ticket = Ticket::read(&workspace, id)?;
        let at = self.at(workspace.bot.id);
        let mut whole = notion::whole_page(&at, &workspace, id)?;
        whole["ticket"] = json!(ticket);
        Some(whole)
    }

    pub(crate) fn first_person(&self) -> String {
        let workspace = self.workspace();
        workspace.people.first().unwrap_or(&workspace.bot).name.clone()
    }

    fn at(&self, by: Uuid) -> At<'_> {
        At {
            version: Version::Positions,
            now_ms: self.world.notion.clock.now_ms(),
            base_url: self.world.base_url(),
            by,
        }
    }

    fn somebody(&self) -> Uuid {
        let workspace = self.workspace();
        workspace.people.first().unwrap_or(&workspace.bot).id
    }

    /// Does something in a person's name, then tells whoever listens.
    fn acts<T>(
        &self,
        by: Uuid,
        act: impl FnOnce(&At<'_>, &mut Workspace) -> Result<T, NotionError>,
    ) -> anyhow::Result<T> {
        let done = act(&self.at(by), &mut self.workspace());
        notion::announce(&self.world);
        self.world.has_changed();
        done.map_err(|error| anyhow!("{error}"))
    }

    /// What the board page draws: properties, people and tickets, without the content of pages.
    pub(crate) fn board(&self) -> Value {
        let workspace = self.workspace();
        let databases: Vec<Value> = workspace
            .sources
            .iter()
            .map(|source| {
                let properties: Vec<Value> = source
                    .properties
                    .iter()
                    .map(|property| {
                        json!({ "name": property.name, "type": property.kind.name(), "options": property.choices })
                    })
                    .collect();
                json!({
                    "data_source": source.id,
                    "database": source.database,
                    "title": notion::plain(&source.title),
                    "properties": properties,
                })
            })
            .collect();
        let people: Vec<&str> = workspace.people.iter().map(|p| p.name.as_str()).collect();
        let mut board = json!({ "databases": databases, "people": people });
        drop(workspace);
        let button = lock(&self.world.notion.button);
        let sets = self.world.options.notion.button.sets.as_ref();
        board["button"] = json!({
            "is_paused": button.is_paused,
            "calls": button.url.as_ref().map(reqwest::Url::as_str),
            "sets": sets.map(|(property, option)| json!({ "property": property, "option": option })),
        });
        let subscription = lock(&self.world.notion.subscription);
        board["events_to"] = json!(subscription.url.as_ref().map(reqwest::Url::as_str));
        board
    }
}
