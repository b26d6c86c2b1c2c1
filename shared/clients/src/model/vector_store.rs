//! A vector store at OpenAI: it keeps texts, and says which of them are near to a question.
//!
//! Each text is a file of its own with attributes, by which it is found again.

use std::collections::BTreeMap;

use async_openai::config::Config;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::guard::Guard;
use super::{Error, Model, Unusable};

/// What the store says of a text in a question's favour is asked of so many.
const RESULTS: usize = 50;
/// Files that are listed at once.
const PAGE: usize = 100;

/// The attributes of a file in the store: at most 16, each of at most 512 letters.
pub type Attributes = BTreeMap<String, String>;

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub id: String,
    pub status: FileStatus,
    pub attributes: Attributes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    InProgress,
    Completed,
    Cancelled,
    Failed,
}

/// A file that is near to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    pub attributes: Attributes,
    /// Between 0 and 1.
    pub score: f32,
}

impl Model {
    /// Makes a store, and says its id.
    pub async fn create_store(&self, name: &str) -> Result<String, Error> {
        let made: Made =
            self.ask_store(Method::POST, "", &[], Some(json!({ "name": name }))).await?;
        Ok(made.id)
    }

    /// Puts a text into the store. It is found only once its status is
    /// [`Completed`](FileStatus::Completed).
    pub async fn store_text(
        &self,
        store: &str,
        name: &str,
        text: &str,
        attributes: &Attributes,
    ) -> Result<(), Error> {
        let file: Made = self.indexing.run(self.upload(name, text)).await?;
        let body = json!({ "file_id": file.id, "attributes": attributes });
        let added: Result<Made, Error> =
            self.ask_store(Method::POST, &format!("/{store}/files"), &[], Some(body)).await;
        if added.is_err() {
            // It would lie there for ever, and cost.
            drop(self.delete_file(&file.id).await);
        }
        added.map(drop)
    }

    /// All files of the store.
    pub async fn stored_files(&self, store: &str) -> Result<Vec<StoredFile>, Error> {
        let mut files = Vec::new();
        loop {
            let mut query = vec![("limit", PAGE.to_string())];
            query.extend(files.last().map(|file: &StoredFile| ("after", file.id.clone())));
            let page: Page =
                self.ask_store(Method::GET, &format!("/{store}/files"), &query, None).await?;
            let is_last = !page.has_more || page.data.is_empty();
            files.extend(page.data.into_iter().map(|file| StoredFile {
                id: file.id,
                status: file.status,
                attributes: texts(file.attributes),
            }));
            if is_last {
                return Ok(files);
            }
        }
    }

    /// Takes a file out of the store and deletes it. One that is gone is gone.
    pub async fn unstore(&self, store: &str, file: &str) -> Result<(), Error> {
        let path = format!("/{store}/files/{file}");
        absent(self.ask_store::<Value>(Method::DELETE, &path, &[], None).await)?;
        absent(self.delete_file(file).await)
    }

    /// The files that are nearest to a question, among those that have this attribute. Somebody
    /// waits for it, as long as for [`embed`](Self::embed) and with its breaker.
    pub async fn search_store(
        &self,
        store: &str,
        question: &str,
        (key, value): (&str, &str),
    ) -> Result<Vec<Near>, Error> {
        let body = json!({
            "query": question,
            "max_num_results": RESULTS,
            "filters": { "type": "eq", "key": key, "value": value },
            "rewrite_query": false,
        });
        let path = format!("/{store}/search");
        let found: Found =
            self.call_store(&self.embedding, Method::POST, &path, &[], Some(body)).await?;
        // What was asked for is no promise: another business's text must never come this way.
        let near = |one: Nearby| Near { attributes: texts(one.attributes), score: one.score };
        let is_own = |near: &Near| near.attributes.get(key).is_some_and(|own| own == value);
        Ok(found
            .data
            .into_iter()
            .map(near)
            .filter(is_own)
            .filter(|n| n.score.is_finite())
            .collect())
    }

    async fn upload(&self, name: &str, text: &str) -> Result<Made, Error> {
        let (url, endpoint) = (self.client.config().url("/files"), self.client.config());
        let request = || {
            let part = Part::text(text.to_owned()).file_name(name.to_owned());
            let part = part.mime_str("text/plain").expect("text/plain is a type");
            let form = Form::new().text("purpose", "assistants").part("file", part);
            let headers = endpoint.headers();
            let request = self.transport.http().post(&url).headers(headers).multipart(form).build();
            async { request.map_err(Error::unbuilt) }
        };
        read(&self.transport.call(request).await?)
    }

    async fn delete_file(&self, file: &str) -> Result<(), Error> {
        let path = format!("/files/{file}");
        let call = self.call::<Value>(Method::DELETE, &path, &[], None);
        self.indexing.run(call).await.map(drop)
    }

    async fn ask_store<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<Value>,
    ) -> Result<T, Error> {
        self.call_store(&self.indexing, method, path, query, body).await
    }

    async fn call_store<T: DeserializeOwned>(
        &self,
        guard: &Guard,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<Value>,
    ) -> Result<T, Error> {
        guard.run(self.call(method, &format!("/vector_stores{path}"), query, body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<Value>,
    ) -> Result<T, Error> {
        let endpoint = self.client.config();
        let url = endpoint.url(path);
        let request = || {
            let request = self.transport.http().request(method.clone(), &url).query(query);
            let request = request.headers(endpoint.headers());
            let request = match &body {
                Some(body) => request.json(body).build(),
                None => request.build(),
            };
            async { request.map_err(Error::unbuilt) }
        };
        read(&self.transport.call(request).await?)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| Unusable::NoStore.into())
}

/// What is deleted already need not be.
fn absent<T>(deleted: Result<T, Error>) -> Result<(), Error> {
    match deleted {
        Ok(_) | Err(Error::Rejected { status: 404, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Attributes may be numbers and truths too; none of ours are.
fn texts(attributes: Option<BTreeMap<String, Value>>) -> Attributes {
    let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
    attributes.unwrap_or_default().into_iter().filter_map(text).collect()
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Listed>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    status: FileStatus,
    attributes: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct Found {
    data: Vec<Nearby>,
}

#[derive(Deserialize)]
struct Nearby {
    score: f32,
    attributes: Option<BTreeMap<String, Value>>,
}
