//! Pages with their properties, and blocks, as far as they are read here.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{File, RichText};

/// A row of a database.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    pub id: String,
    #[serde(default)]
    pub url: String,
    /// In milliseconds since the Unix epoch; whole minutes.
    #[serde(default, rename = "last_edited_time", deserialize_with = "millis")]
    pub edited_ms: i64,
    /// Whether it was thrown away, by either name of it.
    #[serde(default)]
    in_trash: bool,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
}

impl Page {
    pub fn is_gone(&self) -> bool {
        self.in_trash || self.archived
    }

    /// A text or title of it as it stands there; empty if there is none.
    pub fn text(&self, name: &str) -> &[RichText] {
        match self.properties.get(name) {
            Some(Property::Title(text) | Property::RichText(text)) => text,
            _ => &[],
        }
    }

    /// What is chosen in a property of either kind.
    pub fn choice(&self, name: &str) -> Option<&str> {
        match self.properties.get(name) {
            Some(Property::Choice(choice)) => choice.as_deref(),
            _ => None,
        }
    }

    pub fn people(&self, name: &str) -> &[Person] {
        match self.properties.get(name) {
            Some(Property::People(people)) => people,
            _ => &[],
        }
    }

    pub fn files(&self, name: &str) -> &[File] {
        match self.properties.get(name) {
            Some(Property::Files(files)) => files,
            _ => &[],
        }
    }
}

/// A property's value. What is not read here is known to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    Title(Vec<RichText>),
    RichText(Vec<RichText>),
    /// Of a select or a status.
    Choice(Option<String>),
    People(Vec<Person>),
    Files(Vec<File>),
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Person {
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
}

impl<'de> Deserialize<'de> for Property {
    /// A value of an odd shape spoils only itself.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Choice {
            name: String,
        }
        let value = Value::deserialize(deserializer)?;
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        let inner = value.get(kind).cloned().unwrap_or_default();
        fn read<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
            serde_json::from_value(value).ok()
        }
        let property = match kind {
            "title" => read(inner).map(Self::Title),
            "rich_text" => read(inner).map(Self::RichText),
            "select" | "status" => read::<Option<Choice>>(inner)
                .map(|choice| Self::Choice(choice.map(|choice| choice.name))),
            "people" => read(inner).map(Self::People),
            "files" => read(inner).map(Self::Files),
            _ => None,
        };
        Ok(property.unwrap_or(Self::Other))
    }
}

/// A block with its text and its file, if it has one.
#[derive(Clone, Debug)]
pub struct Block {
    pub text: Vec<RichText>,
    pub file: Option<File>,
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        let inner = value.get(kind).cloned().unwrap_or_default();
        let text = inner.get("rich_text").cloned().unwrap_or_default();
        let text = serde_json::from_value(text).unwrap_or_default();
        let is_file = ["file", "image", "video", "audio", "pdf"].contains(&kind);
        let file = is_file.then(|| serde_json::from_value(inner).ok()).flatten();
        Ok(Self { text, file })
    }
}

/// A time of RFC 3339; zero if it is none.
fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_read_as_far_as_it_is_understood() {
        let page: Page = serde_json::from_value(json!({
            "object": "page", "id": "p", "url": "https://app.notion.com/p/p",
            "last_edited_time": "2026-11-20T10:00:00.000Z", "is_archived": false, "in_trash": false,
            "properties": {
                "Pregunta": { "id": "title", "type": "title", "title": [{ "plain_text": "¿Abren?" }] },
                "Estado": { "type": "status", "status": { "id": "1", "name": "Enviar", "color": "green" } },
                "Motivo": { "type": "select", "select": null },
                "Asignado": { "type": "people", "people": [{ "object": "user", "id": "u", "name": "Luis" }] },
                "Botón": { "type": "button", "button": {} },
                "Odd": { "type": "title", "title": 7 },
                "Adjuntos": { "type": "files", "files": [
                    { "name": "plan.pdf", "type": "file", "file": { "url": "https://x/plan.pdf", "expiry_time": "2026-11-20T11:00:00.000Z" } },
                    { "name": "foto", "type": "external", "external": { "url": "https://y/foto.png" } }
                ] }
            }
        }))
        .unwrap();
        assert_eq!(page.edited_ms, 1_795_168_800_000);
        assert!(!page.is_gone());
        assert_eq!(RichText::plain(page.text("Pregunta")), "¿Abren?");
        assert_eq!((page.choice("Estado"), page.choice("Motivo")), (Some("Enviar"), None));
        assert_eq!(page.people("Asignado")[0].name.as_deref(), Some("Luis"));
        assert_eq!(page.properties["Odd"], Property::Other);
        let names: Vec<&str> = page.files("Adjuntos").iter().map(File::name).collect();
        assert_eq!(names, ["plan.pdf", "foto"]);
    }
}
