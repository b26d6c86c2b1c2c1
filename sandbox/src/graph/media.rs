//! Media: kept in memory, addressed by id, downloaded from an address that lives five minutes.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::GraphError;
use super::shape::missing;
use crate::call::Call;
use crate::clock::now_ms;
use crate::ids;
use crate::lock;
use crate::world::World;

const ADDRESS_LIVES_MS: i64 = 5 * 60 * 1000;
const LARGEST_DOCUMENT: usize = 100 * 1024 * 1024;

#[derive(Clone)]
pub(crate) struct Media {
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
    pub(crate) sha256: [u8; 32],
}

#[derive(Default)]
pub(crate) struct MediaStore {
    by_id: HashMap<String, Media>,
    addresses: HashMap<String, Address>,
}

struct Address {
    media_id: String,
    until_ms: i64,
}

impl MediaStore {
    /// Keeps a file and gives its id, digits only as the platform's are.
    pub(crate) fn keep(&mut self, mime_type: &str, bytes: Bytes) -> String {
        let id = ids::number(16);
        let media =
            Media { mime_type: mime_type.to_owned(), sha256: Sha256::digest(&bytes).into(), bytes };
        self.by_id.insert(id.clone(), media);
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Media> {
        self.by_id.get(id)
    }

    pub(crate) fn clear(&mut self) {
        self.by_id.clear();
        self.addresses.clear();
    }

    /// No file is there any more, as after the seven days that they live.
    pub(crate) fn forget_files(&mut self) {
        self.by_id.clear();
    }

    /// All addresses given so far die, as they do after five minutes.
    pub(crate) fn expire_addresses(&mut self) {
        self.addresses.clear();
    }

    /// A fresh address of this file.
    pub(crate) fn url(&mut self, base_url: &str, id: &str) -> String {
        let hash = self.address(id);
        let until_s = (now_ms() + ADDRESS_LIVES_MS) / 1000;
        format!("{base_url}/whatsapp_business/attachments/?mid={id}&ext={until_s}&hash={hash}")
    }

    fn address(&mut self, id: &str) -> String {
        let now = now_ms();
        self.addresses.retain(|_, address| now < address.until_ms);
        let hash = ids::token();
        let address = Address { media_id: id.to_owned(), until_ms: now + ADDRESS_LIVES_MS };
        self.addresses.insert(hash.clone(), address);
        hash
    }

    fn at_address(&self, id: &str, hash: &str) -> Option<&Media> {
        let address = self.addresses.get(hash)?;
        (address.media_id == id && now_ms() < address.until_ms)
            .then(|| self.by_id.get(id))
            .flatten()
    }
}

pub(super) fn upload(world: &World, call: &Call) -> Result<Value, GraphError> {
    if call.body["messaging_product"] != "whatsapp" {
        return Err(GraphError::bad_parameter("The parameter messaging_product is required."));
    }
    let Some(file) = &call.file else {
        return Err(missing("file"));
    };
    if let Some(unknown) = call.unknown_field(&["messaging_product", "file", "type"]) {
        return Err(GraphError::bad_parameter(&format!("Unexpected key \"{unknown}\".")));
    }
    let mime_type =
        call.body["type"].as_str().map_or_else(|| file.content_type.clone(), str::to_owned);
    if let Some(problem) = refusal(&mime_type, file.bytes.len()) {
        return Err(GraphError::with_details(131_053, problem));
    }
    let id = lock(&world.media).keep(&mime_type, file.bytes.clone());
    Ok(json!({ "id": id }))
}

/// Why the platform would not take such a file.
fn refusal(mime_type: &str, size: usize) -> Option<String> {
    const MIB: usize = 1024 * 1024;
    let largest = match mime_type.split(['/', ';']).next().unwrap_or_default() {
        _ if mime_type == "image/webp" => 500 * 1024,
        "image" => 5 * MIB,
        "audio" | "video" => 16 * MIB,
        "text" | "application" => LARGEST_DOCUMENT,
        _ => return Some(format!("Unsupported media type: {mime_type}")),
    };
    (size == 0 || size > largest).then(|| format!("File size must be 1 to {largest} bytes"))
}

pub(super) fn info(world: &World, id: &str) -> Result<Value, GraphError> {
    let mut store = lock(&world.media);
    let Some(media) = store.get(id).cloned() else {
        return Err(GraphError::no_such_object("get", id));
    };
    let url = store.url(world.base_url(), id);
    Ok(json!({
        "messaging_product": "whatsapp",
        "url": url,
        "mime_type": media.mime_type,
        "sha256": hex::encode(media.sha256),
        "file_size": media.bytes.len().to_string(),
        "id": id,
    }))
}

/// The file, or 404 with an empty body when the address is dead, as the platform's file server answers.
pub(super) fn download(world: &World, call: &Call) -> Response {
    let part = |name: &str| call.query.get(name).map_or("", String::as_str);
    let found = lock(&world.media).at_address(part("mid"), part("hash")).cloned();
    match found {
        Some(media) => ([(CONTENT_TYPE, media.mime_type)], media.bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) fn delete(world: &World, id: &str) -> Result<Value, GraphError> {
    match lock(&world.media).by_id.remove(id) {
        Some(_) => Ok(json!({ "success": true })),
        None => Err(GraphError::no_such_object("delete", id)),
    }
}
