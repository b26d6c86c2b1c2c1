//! Vector stores: files with attributes, which a search finds by what they say.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::embedding;
use super::error::ModelError;
use crate::call::Call;
use crate::clock::now_ms;
use crate::operation::Operation;
use crate::world::World;
use crate::{ids, lock};

const MOST_ATTRIBUTES: usize = 16;
const LONGEST_VALUE: usize = 512;
const LONGEST_KEY: usize = 64;
const MOST_RESULTS: u64 = 50;
const LARGEST_PAGE: usize = 100;
/// A file is found once it has been looked at this often, as if the store had to read it first.
const LOOKS: u8 = 1;

/// All stores and files of one sandbox.
#[derive(Default)]
pub(crate) struct Stores {
    uploads: BTreeMap<String, Upload>,
    /// The files of each store, in the order in which they came.
    stores: BTreeMap<String, Vec<Stored>>,
}

struct Upload {
    name: String,
    text: String,
}

struct Stored {
    file: String,
    attributes: Value,
    looks: u8,
}

impl Stored {
    fn status(&self) -> &'static str {
        if self.looks >= LOOKS { "completed" } else { "in_progress" }
    }

    fn to_json(&self, store: &str) -> Value {
        json!({
            "id": self.file,
            "object": "vector_store.file",
            "created_at": now_ms() / 1000,
            "vector_store_id": store,
            "status": self.status(),
            "last_error": null,
            "usage_bytes": 0,
            "attributes": self.attributes,
        })
    }
}

pub(super) fn answer(
    world: &World,
    operation: Operation,
    call: &Call,
) -> Result<Value, ModelError> {
    let segments: Vec<&str> = call.path.split('/').filter(|part| !part.is_empty()).collect();
    let mut stores = lock(&world.vector_stores);
    match (operation, &segments[2..]) {
        (Operation::FileUpload, _) => stores.upload(call),
        (Operation::FileDelete, [_, file]) => stores.delete(file),
        (Operation::VectorStoreCreate, _) => stores.create(call),
        (Operation::VectorStoreFileAdd, [_, store, _]) => stores.add(store, call),
        (Operation::VectorStoreFiles, [_, store, _]) => stores.list(store, call),
        (Operation::VectorStoreFileDelete, [_, store, _, file]) => stores.take_out(store, file),
        (Operation::VectorStoreSearch, [_, store, _]) => stores.search(store, call),
        _ => Err(ModelError::unknown_url(&call.path)),
    }
}

fn absent(what: &str, id: &str) -> ModelError {
    ModelError::with_status(StatusCode::NOT_FOUND, format!("No {what} found with id '{id}'."))
}

impl Stores {
    fn upload(&mut self, call: &Call) -> Result<Value, ModelError> {
        let known = ["file", "purpose", "expires_after[anchor]", "expires_after[seconds]"];
        if let Some(unknown) = call.unknown_field(&known) {
            return Err(ModelError::unknown_parameter(unknown));
        }
        let file = call.file.as_ref().ok_or_else(|| ModelError::missing("file"))?;
        if call.body["purpose"] != "assistants" && call.body["purpose"] != "user_data" {
            return Err(ModelError::invalid("purpose", "Invalid value for 'purpose'."));
        }
        if file.bytes.is_empty() {
            return Err(ModelError::invalid("file", "File is empty."));
        }
        let text = String::from_utf8(file.bytes.to_vec())
            .map_err(|_| ModelError::invalid("file", "The sandbox reads texts in UTF-8."))?;
        let id = format!("file-{}", ids::token());
        let answer = json!({
            "id": id,
            "object": "file",
            "bytes": file.bytes.len(),
            "created_at": now_ms() / 1000,
            "filename": file.name,
            "purpose": call.body["purpose"],
            "status": "processed",
        });
        self.uploads.insert(id, Upload { name: file.name.clone(), text });
        Ok(answer)
    }

    fn delete(&mut self, file: &str) -> Result<Value, ModelError> {
        self.uploads.remove(file).ok_or_else(|| absent("file", file))?;
        self.stores.values_mut().for_each(|files| files.retain(|one| one.file != file));
        Ok(json!({ "id": file, "object": "file", "deleted": true }))
    }

    fn create(&mut self, call: &Call) -> Result<Value, ModelError> {
        let known =
            ["name", "description", "file_ids", "expires_after", "chunking_strategy", "metadata"];
        if let Some(unknown) = call.unknown_field(&known) {
            return Err(ModelError::unknown_parameter(unknown));
        }
        let id = format!("vs_{}", ids::token());
        self.stores.insert(id.clone(), Vec::new());
        Ok(json!({
            "id": id,
            "object": "vector_store",
            "created_at": now_ms() / 1000,
            "name": call.body["name"],
            "status": "completed",
            "file_counts": { "in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0 },
        }))
    }

    fn store(&mut self, id: &str) -> Result<&mut Vec<Stored>, ModelError> {
        self.stores.get_mut(id).ok_or_else(|| absent("vector store", id))
    }

    fn add(&mut self, store: &str, call: &Call) -> Result<Value, ModelError> {
        if let Some(unknown) = call.unknown_field(&["file_id", "attributes", "chunking_strategy"]) {
            return Err(ModelError::unknown_parameter(unknown));
        }
        let file = call.body["file_id"].as_str().ok_or_else(|| ModelError::missing("file_id"))?;
        if !self.uploads.contains_key(file) {
            return Err(absent("file", file));
        }
        check_attributes(&call.body["attributes"])?;
        let files = self.store(store)?;
        files.retain(|one| one.file != file);
        let attributes = call.body["attributes"].clone();
        let stored = Stored { file: file.to_owned(), attributes, looks: 0 };
        let answer = stored.to_json(store);
        files.push(stored);
        Ok(answer)
    }

    fn list(&mut self, store: &str, call: &Call) -> Result<Value, ModelError> {
        let limit = call.query.get("limit").map_or(Some(20), |text| text.parse().ok());
        let limit = limit
            .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
            .ok_or_else(|| ModelError::invalid("limit", "'limit' must be between 1 and 100."))?;
        let after = call.query.get("after");
        let files = self.store(store)?;
        let start = match after {
            None => 0,
            Some(after) => {
                let place = files.iter().position(|one| one.file == *after);
                place.map(|place| place + 1).ok_or_else(|| absent("file", after))?
            }
        };
        let page: Vec<Value> =
            files.iter().skip(start).take(limit).map(|one| one.to_json(store)).collect();
        let has_more = files.len() > start + page.len();
        files.iter_mut().for_each(|one| one.looks = one.looks.saturating_add(1));
        let id = |one: Option<&Value>| one.map(|one| one["id"].clone()).unwrap_or_default();
        Ok(json!({
            "object": "list",
            "first_id": id(page.first()),
            "last_id": id(page.last()),
            "has_more": has_more,
            "data": page,
        }))
    }

    fn take_out(&mut self, store: &str, file: &str) -> Result<Value, ModelError> {
        let files = self.store(store)?;
        let place = files.iter().position(|one| one.file == file);
        files.remove(place.ok_or_else(|| absent("file", file))?);
        Ok(json!({ "id": file, "object": "vector_store.file.deleted", "deleted": true }))
    }

    fn search(&mut self, store: &str, call: &Call) -> Result<Value, ModelError> {
        let known = ["query", "max_num_results", "filters", "ranking_options", "rewrite_query"];
        if let Some(unknown) = call.unknown_field(&known) {
            return Err(ModelError::unknown_parameter(unknown));
        }
        let query = call.body["query"].as_str().filter(|query| !query.is_empty());
        let query = query.ok_or_else(|| ModelError::missing("query"))?.to_owned();
        let limit = call.body["max_num_results"].as_u64().unwrap_or(10);
        if !(1..=MOST_RESULTS).contains(&limit) {
            let message = "'max_num_results' must be between 1 and 50.";
            return Err(ModelError::invalid("max_num_results", message));
        }
        let filter = filter(&call.body["filters"])?;
        self.store(store)?;
        let mut found: Vec<(f32, Value)> = self.stores[store]
            .iter()
            .filter(|one| one.status() == "completed")
            .filter(|one| filter.as_ref().is_none_or(|(key, value)| one.attributes[key] == *value))
            .filter_map(|one| {
                let upload = self.uploads.get(&one.file)?;
                let score = embedding::nearness(&query, &upload.text);
                Some((
                    score,
                    json!({
                        "file_id": one.file,
                        "filename": upload.name,
                        "score": score,
                        "attributes": one.attributes,
                        "content": [{ "type": "text", "text": upload.text }],
                    }),
                ))
            })
            .collect();
        found.sort_by(|one, other| other.0.total_cmp(&one.0));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(json!({
            "object": "vector_store.search_results.page",
            "search_query": [query],
            "data": found.into_iter().map(|(_, one)| one).collect::<Vec<_>>(),
            "has_more": false,
            "next_page": null,
        }))
    }
}

fn check_attributes(attributes: &Value) -> Result<(), ModelError> {
    let Some(attributes) = attributes.as_object() else { return Ok(()) };
    let is_plain = |(key, value): (&String, &Value)| {
        let is_short = value.as_str().is_none_or(|text| text.chars().count() <= LONGEST_VALUE);
        key.chars().count() <= LONGEST_KEY && is_short && !value.is_object() && !value.is_array()
    };
    if attributes.len() > MOST_ATTRIBUTES || !attributes.iter().all(is_plain) {
        return Err(ModelError::invalid("attributes", "Invalid 'attributes'."));
    }
    Ok(())
}

/// One comparison; the sandbox knows no compound ones.
fn filter(filters: &Value) -> Result<Option<(String, Value)>, ModelError> {
    if filters.is_null() {
        return Ok(None);
    }
    match (filters["type"].as_str(), filters["key"].as_str()) {
        (Some("eq"), Some(key)) => Ok(Some((key.to_owned(), filters["value"].clone()))),
        _ => Err(ModelError::invalid("filters", "The sandbox filters by 'eq' alone.")),
    }
}
