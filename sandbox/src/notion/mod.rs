//! Notion: who is calling, under which version, for what, and which of its errors answers a wrong request.

mod block;
mod button;
mod check;
mod comment;
mod connection;
mod database;
mod draft;
mod error;
mod event;
mod file;
mod filter;
mod hand;
mod options;
mod page;
mod post;
mod query;
mod rate;
mod rich_text;
mod schema;
mod search;
mod time;
mod value;
mod version;
mod workspace;

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use block::append;
pub(crate) use button::{ButtonState, press};
pub(crate) use comment::create as comment;
pub(crate) use connection::{Subscription, announce, subscribe};
pub(crate) use error::NotionError;
pub(crate) use hand::{
    add_source, attach, change_schema_by_hand, from_text, kind_of, source_of, whole_page,
};
pub use options::{Button, NotionOptions};
pub(crate) use page::{create as create_page, update as update_page};
pub(crate) use rate::Budget;
pub use rate::NotionRateReport;
pub(crate) use rich_text::{plain, unmarked};
pub(crate) use search::title;
pub(crate) use value::{name_of, plain as plain_value};
pub(crate) use version::Version;
pub(crate) use workspace::{At, Workspace};

use crate::call::Call;
use crate::clock::{MovableClock, now_ms};
use crate::graph::bearer;
use crate::ids;
use crate::lock;
use crate::operation::Operation;
use crate::world::World;
use error::Answer;
use query::Paging;

const LARGEST_BODY: usize = 500 * 1024;

pub(crate) struct Notion {
    pub(crate) clock: MovableClock,
    pub(crate) workspace: Mutex<Workspace>,
    pub(crate) budget: Mutex<Budget>,
    pub(crate) button: Mutex<ButtonState>,
    pub(crate) subscription: Mutex<Subscription>,
}

impl Notion {
    pub(crate) fn new(options: &NotionOptions) -> anyhow::Result<Self> {
        Ok(Self {
            clock: MovableClock::default(),
            workspace: Mutex::new(Workspace::new(options, now_ms())),
            budget: Mutex::new(Budget::new(options.rate)),
            button: Mutex::new(ButtonState::new(options.button_url.as_deref())?),
            subscription: Mutex::new(Subscription::new(options.events_url.as_deref())?),
        })
    }

    pub(crate) fn reset(&self) {
        lock(&self.button).is_paused = false;
        self.clock.reset();
        lock(&self.workspace).empty();
        lock(&self.budget).reset();
    }
}

/// Answers one request under `/notion`; `None` is an address it does not have.
pub(crate) fn answer(world: &Arc<World>, operation: Option<Operation>, call: &Call) -> Response {
    if operation == Some(Operation::NotionFileDownload) {
        return file::download(world, call);
    }
    let request_id = ids::uuid();
    let answered = admit(world, operation, call);
    announce(world);
    match answered {
        Ok(mut value) => {
            value["request_id"] = request_id.to_string().into();
            Json(value).into_response()
        }
        Err(error) => error.into_response(request_id),
    }
}

/// The answer of a fault.
pub(crate) fn refusal(status: u16, retry_after_s: Option<u32>) -> Response {
    let mut error = NotionError::of(status);
    error.retry_after_s = retry_after_s;
    error.into_response(ids::uuid())
}

fn admit(world: &Arc<World>, operation: Option<Operation>, call: &Call) -> Answer {
    let Some(operation) = operation else {
        return Err(NotionError::invalid_request_url());
    };
    if bearer(&call.headers) != Some(world.options.notion.token.as_str()) {
        return Err(NotionError::unauthorized());
    }
    let version = Version::of(&call.headers)?;
    lock(&world.notion.budget).take(Instant::now())?;
    if call.file.is_none() {
        if call.length > 0 && call.body.is_null() {
            return Err(NotionError::invalid_json());
        }
        if call.length > LARGEST_BODY {
            return Err(NotionError::too_many("body", LARGEST_BODY, call.length));
        }
    }
    let mut workspace = lock(&world.notion.workspace);
    let at = At {
        version,
        now_ms: world.notion.clock.now_ms(),
        base_url: world.base_url(),
        by: workspace.bot.id,
    };
    dispatch(&at, &mut workspace, operation, call)
}

fn dispatch(at: &At<'_>, workspace: &mut Workspace, operation: Operation, call: &Call) -> Answer {
    let body = &call.body;
    let segments: Vec<&str> =
        call.path.split('/').filter(|part| !part.is_empty()).skip(2).collect();
    let id = || path_id(&segments);
    let only: Vec<&str> = call
        .pairs
        .iter()
        .filter(|(key, _)| key.trim_end_matches("[]") == "filter_properties")
        .map(|(_, value)| value.as_str())
        .collect();
    if segments[0] == "data_sources" && !at.version.has_data_sources() {
        return Err(NotionError::invalid_request_url());
    }
    match operation {
        Operation::NotionDatabaseCreate => database::create(at, workspace, body),
        Operation::NotionDatabaseRetrieve => database::retrieve(at, workspace, id()?),
        Operation::NotionDatabaseUpdate => database::update(at, workspace, id()?, body),
        Operation::NotionDataSourceRetrieve => database::retrieve_source(at, workspace, id()?),
        Operation::NotionDataSourceUpdate => database::update_source(at, workspace, id()?, body),
        Operation::NotionQuery => {
            let source = match (segments[0], at.version.has_data_sources()) {
                ("data_sources", _) => id()?,
                ("databases", false) => workspace.only_source(id()?)?,
                _ => return Err(NotionError::invalid_request_url()),
            };
            query::query(at, workspace, source, body, &only)
        }
        Operation::NotionPageCreate => page::create(at, workspace, body),
        Operation::NotionPageRetrieve => match segments.get(3) {
            Some(property) => page::property_item(at, workspace, id()?, property),
            None => page::retrieve(at, workspace, id()?, &only),
        },
        Operation::NotionPageUpdate => page::update(at, workspace, id()?, body),
        Operation::NotionBlockRetrieve => block::retrieve(at, workspace, id()?),
        Operation::NotionBlockUpdate => block::update(at, workspace, id()?, body),
        Operation::NotionBlockDelete => block::delete(at, workspace, id()?),
        Operation::NotionBlockChildren => {
            block::list(at, workspace, id()?, &Paging::of_query(call)?)
        }
        Operation::NotionBlockAppend => block::append(at, workspace, id()?, body),
        Operation::NotionComment => comment::create(at, workspace, body),
        Operation::NotionCommentList => match segments.get(1) {
            Some(_) => comment::retrieve(workspace, id()?),
            None => comment::list(workspace, call),
        },
        Operation::NotionUsers => match segments.get(1) {
            None => search::users(workspace, call),
            Some(&"me") => search::user(workspace, workspace.bot.id),
            Some(_) => search::user(workspace, id()?),
        },
        Operation::NotionSearch => search::search(at, workspace, body),
        Operation::NotionFileUpload => match segments.as_slice() {
            [_] => file::create(at, workspace, body),
            [_, _, "send"] => file::send(at, workspace, id()?, call),
            _ => file::retrieve(at, workspace, id()?),
        },
        _ => Err(NotionError::invalid_request_url()),
    }
}

/// The id in the address, under the name that errors give it.
fn path_id(segments: &[&str]) -> Result<Uuid, NotionError> {
    let name = match segments[0] {
        "databases" => "database_id",
        "data_sources" => "data_source_id",
        "pages" => "page_id",
        "comments" => "comment_id",
        "users" => "user_id",
        "file_uploads" => "file_upload_id",
        _ => "block_id",
    };
    check::uuid(segments.get(1).copied().unwrap_or_default(), &format!("path.{name}"))
}

/// `in_trash`, or `archived` before it had that name.
fn read_trash(at: &At<'_>, body: &Value) -> Result<Option<bool>, NotionError> {
    if at.version >= Version::Positions && body.get("archived").is_some() {
        return Err(NotionError::should("body.archived", "not present", &body["archived"]));
    }
    let in_trash = check::flag(&body["in_trash"], "body.in_trash")?;
    Ok(in_trash.or(check::flag(&body["archived"], "body.archived")?))
}

fn write_trash(answer: &mut Value, at: &At<'_>, in_trash: bool) {
    answer["in_trash"] = in_trash.into();
    answer["is_archived"] = in_trash.into();
    if at.version < Version::Positions {
        answer["archived"] = in_trash.into();
    }
}
