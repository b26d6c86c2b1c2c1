//! Files: attached by specialists or uploaded, given out under an address that expires.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::{Answer, NotionError};
use super::time;
use super::workspace::{At, Workspace};
use super::{check, rich_text};
use crate::call::Call;
use crate::ids;
use crate::lock;
use crate::world::World;

/// An address of a file lives an hour.
const LIVES: Duration = Duration::from_secs(60 * 60);
/// Of one part; larger files are sent in several, which is not imitated.
const LARGEST: usize = 20 * 1024 * 1024;
const LONGEST_URL: usize = 2_000;

pub(crate) struct Files {
    by_id: HashMap<Uuid, File>,
    uploads: HashMap<Uuid, Upload>,
    /// Signs addresses; all of them die when it changes.
    key: String,
}

impl Default for Files {
    fn default() -> Self {
        Self { by_id: HashMap::new(), uploads: HashMap::new(), key: ids::token() }
    }
}

struct File {
    name: String,
    mime_type: String,
    bytes: Bytes,
}

struct Upload {
    name: String,
    mime_type: String,
    created_ms: i64,
    file: Option<Uuid>,
}

impl Files {
    /// Keeps a file and gives the id under which a value or a block refers to it.
    pub(crate) fn keep(&mut self, name: &str, mime_type: &str, bytes: Bytes) -> Uuid {
        let id = ids::uuid();
        let file = File { name: name.to_owned(), mime_type: mime_type.to_owned(), bytes };
        self.by_id.insert(id, file);
        id
    }

    /// Keeps a file as one that a client has uploaded, so that a block can be made of it.
    pub(crate) fn keep_upload(
        &mut self,
        at: &At<'_>,
        name: &str,
        mime_type: &str,
        bytes: Bytes,
    ) -> Uuid {
        let file = Some(self.keep(name, mime_type, bytes));
        let id = ids::uuid();
        let (name, mime_type) = (name.to_owned(), mime_type.to_owned());
        self.uploads.insert(id, Upload { name, mime_type, created_ms: at.now_ms, file });
        id
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Every address that was given out is dead.
    pub(crate) fn expire(&mut self) {
        self.key = ids::token();
    }

    fn signature(&self, id: Uuid, until_ms: i64) -> String {
        hex::encode(Sha256::digest(format!("{}/{id}/{until_ms}", self.key)))
    }

    /// Puts a fresh address in place of every file of ours in a value.
    pub(super) fn give_addresses(&self, value: &mut Value, at: &At<'_>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.give_addresses(item, at)),
            Value::Object(object) if object.contains_key("file") => {
                let id = object["file"]["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
                let Some((id, file)) = id.and_then(|id| Some((id, self.by_id.get(&id)?))) else {
                    return;
                };
                let lives = i64::try_from(LIVES.as_millis()).unwrap_or(i64::MAX);
                let until_ms = at.now_ms.saturating_add(lives);
                let signature = self.signature(id, until_ms);
                // A name may hold anything; a URL that is parsed encodes it.
                let mut url = format!("{}/notion/files/{id}/", at.base_url);
                url.extend(file.name.bytes().map(|byte| match byte {
                    byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                        char::from(byte).to_string()
                    }
                    byte => format!("%{byte:02X}"),
                }));
                url.push_str(&format!(
                    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires={until_ms}&X-Amz-Signature={signature}&x-id=GetObject"
                ));
                object.insert(
                    "file".to_owned(),
                    json!({ "url": url, "expiry_time": time::written(until_ms) }),
                );
            }
            _ => {}
        }
    }
}

/// Checks a file of a property or a block: an address outside, or an upload of ours.
pub(super) fn reference(
    files: &Files,
    given: &Value,
    path: &str,
) -> Result<(&'static str, Value), NotionError> {
    if !given["external"].is_null() {
        let path = format!("{path}.external.url");
        let url = check::string(&given["external"]["url"], &path)?;
        rich_text::longest(url, LONGEST_URL, &path)?;
        if reqwest::Url::parse(url).is_err() {
            return Err(NotionError::validation(format!("Invalid URL for {path}.")));
        }
        return Ok(("external", json!({ "url": url })));
    }
    let path = format!("{path}.file_upload.id");
    let id = check::uuid(check::string(&given["file_upload"]["id"], &path)?, &path)?;
    match files.uploads.get(&id).and_then(|upload| upload.file) {
        Some(file) => Ok(("file", json!({ "id": file }))),
        None => {
            Err(NotionError::validation(format!("File upload {id} is not in an `uploaded` state.")))
        }
    }
}

pub(super) fn create(at: &At<'_>, workspace: &mut Workspace, body: &Value) -> Answer {
    if let Some(mode) = body["mode"].as_str().filter(|mode| *mode != "single_part") {
        return Err(NotionError::should("body.mode", "`\"single_part\"`", &mode.into()));
    }
    let id = ids::uuid();
    let upload = Upload {
        name: body["filename"].as_str().unwrap_or("file").to_owned(),
        mime_type: body["content_type"].as_str().unwrap_or("application/octet-stream").to_owned(),
        created_ms: at.now_ms,
        file: None,
    };
    let answer = upload_json(at, id, &upload, None);
    workspace.files.uploads.insert(id, upload);
    Ok(answer)
}

pub(super) fn send(at: &At<'_>, workspace: &mut Workspace, id: Uuid, call: &Call) -> Answer {
    let missing = workspace.not_found("file upload", id);
    let Some(file) = &call.file else {
        return Err(NotionError::should("body.file", "defined", &Value::Null));
    };
    if file.bytes.len() > LARGEST {
        return Err(NotionError::too_many("body.file", LARGEST, file.bytes.len()));
    }
    let files = &mut workspace.files;
    let Some(upload) = files.uploads.get_mut(&id) else {
        return Err(missing);
    };
    if upload.file.is_some() {
        return Err(NotionError::validation("File upload has already been uploaded."));
    }
    let kept = ids::uuid();
    upload.file = Some(kept);
    let name = if upload.name == "file" { file.name.clone() } else { upload.name.clone() };
    let mime_type = upload.mime_type.clone();
    let answer = upload_json(at, id, upload, Some(file.bytes.len()));
    files.by_id.insert(kept, File { name, mime_type, bytes: file.bytes.clone() });
    Ok(answer)
}

pub(super) fn retrieve(at: &At<'_>, workspace: &Workspace, id: Uuid) -> Answer {
    let files = &workspace.files;
    let Some(upload) = files.uploads.get(&id) else {
        return Err(workspace.not_found("file upload", id));
    };
    let length = upload.file.and_then(|file| files.by_id.get(&file)).map(|file| file.bytes.len());
    Ok(upload_json(at, id, upload, length))
}

fn upload_json(at: &At<'_>, id: Uuid, upload: &Upload, length: Option<usize>) -> Value {
    let mut answer = json!({
        "object": "file_upload",
        "id": id,
        "created_time": time::minute(upload.created_ms),
        "status": if upload.file.is_some() { "uploaded" } else { "pending" },
        "filename": upload.name,
        "content_type": upload.mime_type,
        "content_length": length,
        "expiry_time": null,
    });
    if upload.file.is_none() {
        let lives = i64::try_from(LIVES.as_millis()).unwrap_or(i64::MAX);
        answer["expiry_time"] = time::written(upload.created_ms.saturating_add(lives)).into();
        answer["upload_url"] = format!("{}/notion/v1/file_uploads/{id}/send", at.base_url).into();
    }
    answer
}

/// The file, or 403 when the address is dead or was made up, as the file server answers.
pub(super) fn download(world: &World, call: &Call) -> Response {
    let until_ms = call.query.get("X-Amz-Expires").and_then(|until| until.parse::<i64>().ok());
    let id = call.path.split('/').nth(3).and_then(|id| Uuid::parse_str(id).ok());
    let workspace = lock(&world.notion.workspace);
    let found = id.zip(until_ms).and_then(|(id, until_ms)| {
        let signature = workspace.files.signature(id, until_ms);
        let is_ours = call.query.get("X-Amz-Signature").is_some_and(|given| *given == signature);
        let lives = world.notion.clock.now_ms() < until_ms;
        workspace.files.by_id.get(&id).filter(|_| is_ours && lives)
    });
    let Some(file) = found else {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        return (StatusCode::FORBIDDEN, [(CONTENT_TYPE, "application/xml")], body).into_response();
    };
    // Only ever to be looked at: the desk page links to it.
    let headers = [
        (CONTENT_TYPE, file.mime_type.as_str()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file.bytes.clone()).into_response()
}
