//! Databases: where their rows live, and which properties those have.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Error, Notion, Source, Version};

/// A database and where its rows live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    pub id: String,
    pub url: String,
    pub source: Source,
    /// How many data sources it has; with more than one only the first is used.
    pub sources: usize,
}

/// The properties of a database's rows: their types by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    pub types: BTreeMap<String, String>,
    /// The choices of each select and status.
    pub choices: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct DatabaseJson {
    id: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    data_sources: Vec<SourceJson>,
}

#[derive(Deserialize)]
struct SourceJson {
    id: String,
}

#[derive(Deserialize)]
struct SchemaJson {
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

impl Notion {
    pub async fn database(&self, id: &str) -> Result<Database, Error> {
        let database: DatabaseJson = self.get(&["databases", id], &[]).await?;
        Ok(self.found(database))
    }

    fn found(&self, database: DatabaseJson) -> Database {
        let DatabaseJson { id, url, data_sources } = database;
        let first = data_sources.first().map(|source| source.id.clone());
        let source = match (self.version, first) {
            (Version::V2022June, _) | (_, None) => Source::Database(id.clone()),
            (_, Some(first)) => Source::DataSource(first),
        };
        Database { id, url, source, sources: data_sources.len().max(1) }
    }

    /// Creates a database beneath a page, with these properties.
    pub async fn create_database(
        &self,
        page: &str,
        title: &str,
        properties: Value,
    ) -> Result<Database, Error> {
        let mut body = json!({
            "parent": { "type": "page_id", "page_id": page },
            "title": [{ "type": "text", "text": { "content": title } }],
        });
        match self.version {
            Version::V2022June => body["properties"] = properties,
            _ => body["initial_data_source"] = json!({ "properties": properties }),
        }
        let database: DatabaseJson = self.write(Method::POST, &["databases"], &body).await?;
        Ok(self.found(database))
    }

    pub async fn schema(&self, source: &Source) -> Result<Schema, Error> {
        let schema: SchemaJson = self.get(&source_path(source), &[]).await?;
        let mut found = Schema::default();
        for (name, property) in schema.properties {
            let kind = property.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            let options = property.get(&kind).and_then(|inner| inner.get("options"));
            if let Some(options) = options.and_then(Value::as_array) {
                let names = options.iter().filter_map(|one| one.get("name")?.as_str());
                found.choices.insert(name.clone(), names.map(str::to_owned).collect());
            }
            found.types.insert(name, kind);
        }
        Ok(found)
    }

    /// Adds properties, or changes those that are there.
    pub async fn change_schema(&self, source: &Source, properties: Value) -> Result<(), Error> {
        let body = json!({ "properties": properties });
        let _: Value = self.write(Method::PATCH, &source_path(source), &body).await?;
        Ok(())
    }
}

fn source_path(source: &Source) -> [&str; 2] {
    match source {
        Source::Database(id) => ["databases", id],
        Source::DataSource(id) => ["data_sources", id],
    }
}
