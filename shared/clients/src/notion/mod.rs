//! Notion's API: databases, pages, blocks and comments.
//!
//! It has no idempotency key, so [`Error`] says of every failure whether the write may have
//! happened all the same. Nothing is repeated here. Facts: developers.notion.com/reference.

mod error;
mod file;
mod page;
mod rich_text;
mod schema;

use std::fmt;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use self::error::{Class, Error, Written};
pub use self::file::{File, FileError};
pub use self::page::{Block, Page, Person, Property};
pub use self::rich_text::{RichText, TEXT_MAX, spans};
pub use self::schema::{Database, Schema};
use crate::http;

/// So many blocks are appended at once.
pub const BLOCKS_MAX: usize = 100;
/// So many pages or blocks come at once.
const PAGE_SIZE: usize = 100;

/// How to reach it.
#[derive(Debug)]
pub struct Options {
    /// Such as `https://api.notion.com`.
    pub api_url: String,
    pub version: Version,
    pub api_key: SecretString,
    /// The most one request takes, its connection included.
    pub timeout: Duration,
}

/// A version of the API that is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V2022June,
    /// Rows live in data sources, which a database contains.
    V2025September,
    /// `in_trash` in place of `archived`, `position` in place of `after`.
    V2026March,
}

impl Version {
    pub const ALL: [Self; 3] = [Self::V2022June, Self::V2025September, Self::V2026March];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2022June => "2022-06-28",
            Self::V2025September => "2025-09-03",
            Self::V2026March => "2026-03-11",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }
}

/// Where rows live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Before there were data sources.
    Database(String),
    DataSource(String),
}

/// A client for one connection. Cloning shares what it holds.
#[derive(Clone)]
pub struct Notion {
    http: Client,
    /// Without our key, for files that are kept elsewhere.
    files: Client,
    base: Url,
    version: Version,
}

/// Some of the results; the next come with the cursor.
#[derive(Debug, Deserialize)]
pub struct Listed<T> {
    pub results: Vec<T>,
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// What a new page or database is about: how it shows in Notion.
#[derive(Debug, Deserialize)]
struct Made {
    id: String,
}

impl Notion {
    pub fn new(options: Options) -> Result<Self, http::Error> {
        let Options { api_url, version, api_key, timeout } = options;
        let base = http::address("the address of Notion's API", &api_url)?;
        let mut headers = http::bearer("the key of Notion's API", &api_key)?;
        headers.insert("notion-version", HeaderValue::from_static(version.as_str()));
        let files = http::client(file::TIMEOUT, HeaderMap::new())?;
        Ok(Self { http: http::client(timeout, headers)?, files, base, version })
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// Whose key it is: the name of the connection. For a check.
    pub async fn whose(&self) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Bot {
            #[serde(default)]
            name: Option<String>,
        }
        let bot: Bot = self.get(&["users", "me"], &[]).await?;
        Ok(bot.name.unwrap_or_default())
    }

    /// A page with its properties.
    pub async fn page(&self, id: &str) -> Result<Page, Error> {
        self.get(&["pages", id], &[]).await
    }

    /// Creates a page with these properties and at most [`BLOCKS_MAX`] blocks.
    pub async fn create_page(
        &self,
        source: &Source,
        properties: Value,
        children: &[Value],
    ) -> Result<Page, Error> {
        let body = json!({
            "parent": source.as_parent(),
            "properties": properties,
            "children": children,
        });
        self.write(Method::POST, &["pages"], &body).await
    }

    /// Sets these properties, and leaves the others as they are.
    pub async fn update_page(&self, id: &str, properties: Value) -> Result<Page, Error> {
        self.write(Method::PATCH, &["pages", id], &json!({ "properties": properties })).await
    }

    /// Appends at most [`BLOCKS_MAX`] blocks to the end of a page.
    pub async fn append(&self, page: &str, children: &[Value]) -> Result<(), Error> {
        let mut body = json!({ "children": children });
        if self.version == Version::V2026March {
            body["position"] = json!({ "type": "end" });
        }
        let _: Value = self.write(Method::PATCH, &["blocks", page, "children"], &body).await?;
        Ok(())
    }

    /// The blocks of a page, from its beginning.
    pub async fn children(&self, page: &str, cursor: Option<&str>) -> Result<Listed<Block>, Error> {
        let size = PAGE_SIZE.to_string();
        let mut query = vec![("page_size", size.as_str())];
        query.extend(cursor.map(|cursor| ("start_cursor", cursor)));
        self.get(&["blocks", page, "children"], &query).await
    }

    /// Writes a comment beneath a page.
    pub async fn comment(&self, page: &str, rich_text: &[Value]) -> Result<(), Error> {
        let body = json!({ "parent": { "page_id": page }, "rich_text": rich_text });
        let made: Made = self.write(Method::POST, &["comments"], &body).await?;
        let _ = made.id;
        Ok(())
    }

    /// The rows that were edited at or after this time, the oldest edit first. Notion knows
    /// minutes only. Milliseconds since the Unix epoch.
    pub async fn edited_since(
        &self,
        source: &Source,
        since_ms: i64,
        cursor: Option<&str>,
    ) -> Result<Listed<Page>, Error> {
        let since = jiff::Timestamp::from_millisecond(since_ms).unwrap_or_default().to_string();
        let mut body = json!({
            "filter": {
                "timestamp": "last_edited_time",
                "last_edited_time": { "on_or_after": since },
            },
            "sorts": [{ "timestamp": "last_edited_time", "direction": "ascending" }],
            "page_size": PAGE_SIZE,
        });
        if let Some(cursor) = cursor {
            body["start_cursor"] = cursor.into();
        }
        self.query(source, &body).await
    }

    /// The rows in which this text property is exactly that.
    pub async fn with_text(
        &self,
        source: &Source,
        property: &str,
        text: &str,
    ) -> Result<Vec<Page>, Error> {
        let body = json!({
            "filter": { "property": property, "rich_text": { "equals": text } },
            "page_size": PAGE_SIZE,
        });
        Ok(self.query(source, &body).await?.results)
    }

    async fn query(&self, source: &Source, body: &Value) -> Result<Listed<Page>, Error> {
        let path = match source {
            Source::Database(id) => ["databases", id, "query"],
            Source::DataSource(id) => ["data_sources", id, "query"],
        };
        // It only reads, whatever the method says.
        self.read(self.http.post(self.url(&path)).json(body)).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.read(self.http.get(self.url(path)).query(query)).await
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        error::answer(request.send().await).await.map_err(Error::of_a_read)
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
    ) -> Result<T, Error> {
        let request = self.http.request(method, self.url(path)).json(body);
        error::answer(request.send().await).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an http address has a path")
            .pop_if_empty()
            .push("v1")
            .extend(path);
        url
    }
}

impl Source {
    fn as_parent(&self) -> Value {
        match self {
            Self::Database(id) => json!({ "type": "database_id", "database_id": id }),
            Self::DataSource(id) => json!({ "type": "data_source_id", "data_source_id": id }),
        }
    }
}

impl fmt::Debug for Notion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notion")
            .field("base", &self.base.as_str())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
