//! The properties of a data source: their types, ids and options.

use serde_json::{Map, Value, json};

use super::error::NotionError;
use super::{check, rich_text};
use crate::ids;

/// The type of a property, by the name that the API has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Title,
    RichText,
    PhoneNumber,
    Select,
    Status,
    MultiSelect,
    Date,
    Checkbox,
    Number,
    Url,
    Email,
    People,
    Files,
    UniqueId,
    Button,
    CreatedTime,
    LastEditedTime,
    CreatedBy,
    LastEditedBy,
}

const KINDS: [(Kind, &str); 19] = [
    (Kind::Title, "title"),
    (Kind::RichText, "rich_text"),
    (Kind::PhoneNumber, "phone_number"),
    (Kind::Select, "select"),
    (Kind::Status, "status"),
    (Kind::MultiSelect, "multi_select"),
    (Kind::Date, "date"),
    (Kind::Checkbox, "checkbox"),
    (Kind::Number, "number"),
    (Kind::Url, "url"),
    (Kind::Email, "email"),
    (Kind::People, "people"),
    (Kind::Files, "files"),
    (Kind::UniqueId, "unique_id"),
    (Kind::Button, "button"),
    (Kind::CreatedTime, "created_time"),
    (Kind::LastEditedTime, "last_edited_time"),
    (Kind::CreatedBy, "created_by"),
    (Kind::LastEditedBy, "last_edited_by"),
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    pub(super) fn is_read_only(self) -> bool {
        matches!(
            self,
            Self::UniqueId
                | Self::Button
                | Self::CreatedTime
                | Self::LastEditedTime
                | Self::CreatedBy
                | Self::LastEditedBy
        )
    }

    pub(super) fn has_choices(self) -> bool {
        matches!(self, Self::Select | Self::Status | Self::MultiSelect)
    }
}

/// Who makes a property: some can only be made by hand, in Notion itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    Connection,
    Person,
}

#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    description: Option<String>,
    /// Each an `{id, name, color}`.
    pub(crate) choices: Vec<Value>,
    /// What else its type has: a number's format, an id's prefix.
    settings: Map<String, Value>,
}

const COLORS: [&str; 10] =
    ["default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"];
const LONGEST_CHOICE: usize = 100;
const MOST_CHOICES: usize = 100;

impl Property {
    pub(super) fn parse(
        name: &str,
        given: &Value,
        path: &str,
        maker: Maker,
    ) -> Result<Self, NotionError> {
        let Some(object) = given.as_object() else {
            return Err(NotionError::should(path, "an object", given));
        };
        let kind = object
            .get("type")
            .and_then(Value::as_str)
            .or_else(|| object.keys().map(String::as_str).find(|key| Kind::named(key).is_some()))
            .and_then(Kind::named);
        let Some(kind) = kind else {
            // Relations, formulas and roll-ups too: what is not imitated is refused.
            return Err(NotionError::should(&format!("{path}.title"), "defined", &Value::Null));
        };
        check::only(object, &["id", "name", "type", "description", kind.name()], path)?;
        if kind == Kind::Button && maker == Maker::Connection {
            let path = format!("{path}.button");
            return Err(NotionError::should(&path, "not present", &given["button"]));
        }
        let id = if kind == Kind::Title { "title".to_owned() } else { new_id() };
        let mut property = Self {
            id,
            name: name.to_owned(),
            kind,
            description: given["description"].as_str().map(str::to_owned),
            choices: Vec::new(),
            settings: Map::new(),
        };
        property.configure(&given[kind.name()], &format!("{path}.{}", kind.name()), maker)?;
        Ok(property)
    }

    /// Takes the options and the settings of its type.
    pub(super) fn configure(
        &mut self,
        given: &Value,
        path: &str,
        maker: Maker,
    ) -> Result<(), NotionError> {
        if !given.is_object() {
            return Err(NotionError::should(path, "an object", given));
        }
        match self.kind {
            Kind::Status if maker == Maker::Connection && given.get("options").is_some() => {
                let path = format!("{path}.options");
                return Err(NotionError::should(&path, "not present", &given["options"]));
            }
            Kind::Status if given.get("options").is_none() && self.choices.is_empty() => {
                for name in ["Not started", "In progress", "Done"] {
                    self.add_choice(name);
                }
            }
            kind if kind.has_choices() => self.set_choices(given, path)?,
            Kind::Number => {
                let format = given["format"].as_str().unwrap_or("number");
                self.settings.insert("format".to_owned(), format.into());
            }
            Kind::UniqueId => {
                self.settings.insert("prefix".to_owned(), given["prefix"].clone());
            }
            _ => {}
        }
        Ok(())
    }

    fn set_choices(&mut self, given: &Value, path: &str) -> Result<(), NotionError> {
        let path = format!("{path}.options");
        let Some(options) = given["options"].as_array() else {
            return if given["options"].is_null() {
                Ok(())
            } else {
                Err(NotionError::should(&path, "an array", &given["options"]))
            };
        };
        if options.len() > MOST_CHOICES {
            return Err(NotionError::too_many(&path, MOST_CHOICES, options.len()));
        }
        let before = std::mem::take(&mut self.choices);
        for (at, option) in options.iter().enumerate() {
            let known = before.iter().find(|known| {
                option["id"] == known["id"]
                    || (option["id"].is_null() && option["name"] == known["name"])
            });
            if let Some(known) = known {
                self.choices.push(known.clone());
                continue;
            }
            let name = check::string(&option["name"], &format!("{path}[{at}].name"))?;
            let color = option["color"].as_str().unwrap_or("default");
            if !COLORS.contains(&color) {
                let path = format!("{path}[{at}].color");
                return Err(NotionError::should(&path, "a color", &color.into()));
            }
            self.choose(name, &format!("{path}[{at}].name"))?;
            if let Some(choice) = self.choices.last_mut().filter(|_| !option["color"].is_null()) {
                choice["color"] = color.into();
            }
        }
        Ok(())
    }

    /// The option of this name, made if there is none yet.
    pub(super) fn choose(&mut self, name: &str, path: &str) -> Result<Value, NotionError> {
        if let Some(choice) = self.choices.iter().find(|choice| choice["name"] == name) {
            return Ok(choice.clone());
        }
        if name.is_empty() {
            return Err(NotionError::should(&format!("{path}.length"), "≥ `1`", &0.into()));
        }
        if name.contains(',') {
            return Err(NotionError::validation(format!(
                "Invalid select option, commas not allowed: {name}"
            )));
        }
        rich_text::longest(name, LONGEST_CHOICE, path)?;
        Ok(self.add_choice(name))
    }

    fn add_choice(&mut self, name: &str) -> Value {
        let color = COLORS[(self.choices.len() + 1) % COLORS.len()];
        let choice = json!({ "id": ids::uuid(), "name": name, "color": color });
        self.choices.push(choice.clone());
        choice
    }

    /// As the id stands in answers.
    pub(crate) fn encoded_id(&self) -> String {
        encode(&self.id)
    }

    pub(crate) fn is_called(&self, key: &str) -> bool {
        self.name == key || self.id == key || self.encoded_id() == key
    }

    pub(super) fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    pub(super) fn to_json(&self) -> Value {
        let mut settings = self.settings.clone();
        if self.kind.has_choices() {
            settings.insert("options".to_owned(), self.choices.clone().into());
        }
        if self.kind == Kind::Status {
            let all: Vec<&Value> = self.choices.iter().map(|choice| &choice["id"]).collect();
            let group = json!({ "id": "todo-status-group", "name": "To-do", "color": "gray", "option_ids": all });
            settings.insert("groups".to_owned(), json!([group]));
        }
        json!({
            "id": self.encoded_id(),
            "name": self.name,
            "description": self.description,
            "type": self.kind.name(),
            self.kind.name(): settings,
        })
    }

    pub(super) fn prefix(&self) -> Value {
        self.settings.get("prefix").cloned().unwrap_or_default()
    }
}

/// Four characters, some of which a URL cannot hold.
fn new_id() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@:";
    let random = ids::uuid();
    // The first of them is always one that has to be encoded, so that nobody forgets it.
    let rest = random.as_bytes()[..3].iter().map(|byte| ALPHABET[usize::from(byte & 63)] as char);
    [if random.as_bytes()[3] & 1 == 0 { '@' } else { ';' }].into_iter().chain(rest).collect()
}

fn encode(id: &str) -> String {
    id.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
