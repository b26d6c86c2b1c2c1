//! Notion over real HTTP.

mod blocks;
mod desk;
mod faults;
mod hooks;
mod limits;
mod pages;
mod queries;
mod schema;

use std::time::Duration;

use reqwest::Method;
use sandbox::{NotionOptions, Options, Sandbox};
use serde_json::{Value, json};

/// A sandbox and a client of Notion.
pub(crate) struct Workspace {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    pub(crate) version: &'static str,
}

impl Workspace {
    pub(crate) async fn new() -> Self {
        // The limits have tests of their own.
        Self::with(NotionOptions { rate: None, ..NotionOptions::example() }).await
    }

    pub(crate) async fn with(notion: NotionOptions) -> Self {
        let sandbox = Sandbox::start(Options { notion, ..Options::example() }).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http, version: "2025-09-03" }
    }

    pub(crate) fn under(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}/v1/{path}", self.sandbox.notion_url()))
            .bearer_auth(&self.sandbox.options().notion.token)
            .header("Notion-Version", self.version)
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(&body);
        }
        let (status, answer) = crate::read(request.send().await.unwrap()).await;
        assert!(answer["request_id"].is_string(), "{answer}");
        (status.as_u16(), answer)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        ok(self.call(Method::GET, path, Value::Null).await)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        ok(self.call(Method::POST, path, body).await)
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Value {
        ok(self.call(Method::PATCH, path, body).await)
    }

    /// The code and the message of a request that must be refused with this status.
    pub(crate) async fn refused(
        &self,
        status: u16,
        method: Method,
        path: &str,
        body: Value,
    ) -> (String, String) {
        let (got, answer) = self.call(method, path, body).await;
        assert_eq!((got, &answer["object"]), (status, &json!("error")), "{answer}");
        assert_eq!(answer["status"], status);
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    }

    /// A database with a property of every type that an API may make; gives its id and its data source's.
    pub(crate) async fn desk(&self) -> (String, String) {
        let page = self.sandbox.options().notion.page_id;
        let schema = json!({ "properties": properties() });
        let mut body = json!({
            "parent": { "type": "page_id", "page_id": page },
            "title": [{ "text": { "content": "Mesa" } }],
        });
        if self.version == "2022-06-28" {
            body["properties"] = schema["properties"].clone();
        } else {
            body["initial_data_source"] = schema;
        }
        let database = self.post("databases", body).await;
        let id = database["id"].as_str().unwrap().to_owned();
        let source = database["data_sources"][0]["id"].as_str().unwrap_or_default().to_owned();
        (id, source)
    }

    pub(crate) async fn page(&self, source: &str, properties: Value) -> Value {
        let parent = json!({ "type": "data_source_id", "data_source_id": source });
        self.post("pages", json!({ "parent": parent, "properties": properties })).await
    }

    /// The titles that a query gives, in order.
    pub(crate) async fn titles(&self, source: &str, query: Value) -> Vec<String> {
        let answer = self.post(&format!("data_sources/{source}/query"), query).await;
        titles(&answer)
    }
}

pub(crate) fn titles(answer: &Value) -> Vec<String> {
    let pages = answer["results"].as_array().unwrap();
    let title = |page: &Value| {
        page["properties"]["Pregunta"]["title"][0]["plain_text"].as_str().unwrap_or("").to_owned()
    };
    pages.iter().map(title).collect()
}

fn ok((status, answer): (u16, Value)) -> Value {
    assert_eq!(status, 200, "{answer}");
    answer
}

fn properties() -> Value {
    json!({
        "Pregunta": { "title": {} },
        "Respuesta": { "rich_text": {} },
        "ID": { "rich_text": {} },
        "Celular": { "phone_number": {} },
        "Estado": { "select": { "options": [
            { "name": "Nuevo", "color": "blue" }, { "name": "En curso" }, { "name": "Enviar" },
            { "name": "Enviado" }, { "name": "Cerrado" }] } },
        "Fase": { "status": {} },
        "Temas": { "multi_select": {} },
        "Plazo": { "date": {} },
        "Urgente": { "checkbox": {} },
        "Ayudó": { "number": { "format": "number" } },
        "Web": { "url": {} },
        "Correo": { "email": {} },
        "Asignado": { "people": {} },
        "Adjuntos": { "files": {} },
        "Número": { "unique_id": { "prefix": "TCK" } },
        "Creado": { "created_time": {} },
        "Editado": { "last_edited_time": {} },
    })
}

pub(crate) fn title(text: &str) -> Value {
    json!({ "title": [{ "text": { "content": text } }] })
}

pub(crate) fn text(text: &str) -> Value {
    json!({ "rich_text": [{ "text": { "content": text } }] })
}

pub(crate) const A_MINUTE: Duration = Duration::from_secs(60);
